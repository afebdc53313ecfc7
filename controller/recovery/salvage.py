"""Reconstruct the events of an experiment whose journal is lost, from the store."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from controller.core import events as e
from controller.core.model import Outcome, State, split_attempt
from controller.errors import reason
from controller.store.layout import Root, StoreError
from controller.store.mail.maildir import SIZE_LIMIT
from controller.store.mail.messages import MalformedError, SupervisorMessage, parse_message
from controller.store.monitor.attempts import continued_event, read_part, report_events
from controller.store.monitor.metrics import MetricsReader
from controller.store.verdicts import READS, Verdicts
from heirloom.node.spec import Spec, SpecError
from heirloom.store.files import RealFiles
from heirloom.store.manifest import REMOVED

_FILES = RealFiles()
_SPEC_LIMIT = 16 << 20  # bytes
_LOST = "its parameters were lost with the journal, before it was placed on a node"


class Salvage:
    """The specs, messages and verdicts of an experiment on the store."""

    def __init__(self, root: Root, imports: e.ImportAsked | None = None) -> None:
        self._root = root
        self._imports = imports
        self._verdicts = Verdicts(root, root.experiment, _FILES, time.time)
        self._specs: dict[int, dict[int, tuple[Spec, float]]] = {}  # with the time of writing
        self._messages: dict[tuple[int, int], SupervisorMessage] = {}
        self.lost: list[str] = []
        try:
            self._read_attempts()
            self._read_mail()
            verdicts = [int(name) for name in _names(root.trials) if name.isdecimal()]
        except OSError as error:
            raise StoreError(f"cannot read {root.path}: {reason(error)}") from None
        self.count = max([*self._specs, *verdicts], default=-1) + 1

    def imports(self) -> Iterator[e.Event]:
        """The events of trials that were imported, before the search began."""
        if self._imports is None:
            return
        yield self._imports
        for found in self._imported():
            yield e.Imported(
                at=found.at,
                trial=found.trial,
                value=found.value,
                values=found.values,
                result=found.result,
                size=found.size,
            )

    def events(self) -> Iterator[e.Event]:
        """All other events that are known, in a probable order."""
        first = 0 if self._imports is None else len(self._imports.trials)
        for imported in self._imported():  # the tuner had these results before its first proposal
            yield e.ResultSent(at=imported.at, trial=imported.trial)
        seen = {trial: self._verdict(trial) for trial in range(first, self.count)}
        proposed = [0.0] * self.count  # by trial
        latest = time.time()
        for trial in reversed(range(first, self.count)):  # ids are in the order of the proposals
            times = [at for _, at in self._specs.get(trial, {}).values()]
            proposed[trial] = latest = min([latest, *times])
        line: list[tuple[float, int, int]] = []
        for trial in range(first, self.count):
            line.append((proposed[trial], 0, trial))
            if (verdict := seen[trial]) is not None:
                line.append((max(verdict.at, proposed[trial]), 1, trial))
        for at, kind, trial in sorted(line):
            if kind == 0:
                yield from self._proposal(trial, at)
            elif (verdict := seen[trial]) is not None:
                yield from self._ends(trial, verdict, at)
                yield dataclasses.replace(verdict, at=at)
                yield e.ResultSent(at=at, trial=trial)
        for trial in range(first, self.count):
            if seen[trial] is None:
                yield from self._ends(trial, None, latest)
                if trial not in self._specs:
                    self.lost.append(f"trial {trial}: {_LOST}")
                    yield e.VerdictAsked(
                        at=latest, trial=trial, state=State.CANCELLED, reason=_LOST
                    )
        if gone := tuple(trial for trial in range(self.count) if self._is_removed(trial)):
            # The removal may be incomplete: resume completes it.
            yield e.RemovalAsked(at=latest, trials=gone)

    def _imported(self) -> Iterator[e.VerdictSeen]:
        """The verdicts of imported trials. `resume` imports those from the first that has none."""
        for trial in range(0 if self._imports is None else len(self._imports.trials)):
            found = self._verdict(trial)
            if found is None:
                return
            yield found

    def _is_removed(self, trial: int) -> bool:
        return (self._root.trial(trial) / REMOVED).exists()

    def _proposal(self, trial: int, at: float) -> Iterator[e.Event]:
        specs = self._specs.get(trial, {})
        first = specs[min(specs)][0] if specs else None
        yield e.ProposalAsked(at=at, trial=trial)
        parents = first.restore if first else ()
        # A parent has a smaller id. A spec that says otherwise is wrong.
        sound = tuple(parent for parent in parents if parent < trial)
        params = dict(first.params) if first else {}
        candidate = first is None or first.candidate
        yield e.Proposed(at=at, trial=trial, params=params, parents=sound, candidate=candidate)
        for number in range(1, max(specs, default=0) + 1):
            spec = specs[number][0] if number in specs else first
            assert spec is not None
            restore = tuple(parent for parent in spec.restore if parent < trial)
            yield e.Placed(at=at, trial=trial, number=number, node=spec.node, restore=restore)
            if number < max(specs):
                yield from self._end(trial, number, None, at)

    def _ends(self, trial: int, verdict: e.VerdictSeen | None, at: float) -> Iterator[e.Event]:
        """The end of the last attempt, which may still run."""
        if trial in self._specs:
            yield from self._end(trial, max(self._specs[trial]), verdict, at, is_last=True)

    def _end(
        self,
        trial: int,
        number: int,
        verdict: e.VerdictSeen | None,
        at: float,
        *,
        is_last: bool = False,
    ) -> Iterator[e.Event]:
        yield from self._reports(trial, number, at)
        message = self._messages.get((trial, number))
        ended = partial(e.Ended, at=at, trial=trial, number=number)
        if verdict is not None and verdict.number == number:
            stopped = verdict.state is State.STOPPED
            yield ended(
                outcome=Outcome.STOPPED if stopped else Outcome.COMMITTED,
                reason=verdict.reason,
                seconds=message.seconds if message else None,
                peak_memory=message.peak_memory if message else None,
                checkpoints=message.checkpoints if message else 0,
                cpu_seconds=message.cpu_seconds if message else None,
                gpus=message.gpus if message else None,
            )
        elif message is not None and not message.has_manifest:
            yield message.event(at)
        elif not is_last:
            yield ended(outcome=Outcome.RECALLED, reason="its outcome was lost with the journal")

    def _reports(self, trial: int, number: int, at: float) -> Iterator[e.Event]:
        path, reader = f"{self._root.attempt(trial, number)}/metrics.jsonl", MetricsReader()
        more, told = True, False
        with contextlib.suppress(OSError):
            while more:
                reports, more = reader.read_new(partial(read_part, path))
                if reader.continued is not None and not told:
                    told = True
                    yield continued_event((trial, number), reader.continued, at)
                yield from report_events((trial, number), reports, at)

    def _verdict(self, trial: int) -> e.VerdictSeen | None:
        try:
            found = self._read_verdict(trial)
            if found is None:
                return None
            return dataclasses.replace(found, at=self._root.trial(trial).stat().st_mtime)
        except OSError as error:
            raise StoreError(f"cannot read {self._root.trial(trial)}: {reason(error)}") from None

    def _read_verdict(self, trial: int) -> e.VerdictSeen | None:
        """The verdict, read until a damaged manifest counts as damaged. Raises OSError."""
        for _ in range(READS - 1):
            with contextlib.suppress(OSError):
                return self._verdicts.read(trial)
        return self._verdicts.read(trial)

    def _read_attempts(self) -> None:
        for name in _names(self._root.attempts):
            try:
                trial, number = split_attempt(name)
            except ValueError:
                continue  # a verdict that is being passed
            path = self._root.attempts / name / "spec.json"
            try:
                spec = Spec.from_dict(json.loads(_FILES.read(str(path), _SPEC_LIMIT)))
                if (spec.attempt, spec.experiment) != (name, self._root.experiment):
                    raise SpecError(f"it is the spec of {spec.attempt} of {spec.experiment}")
                at = path.stat().st_mtime
            except (OSError, ValueError, RecursionError) as error:
                self.lost.append(f"attempt {name}: its spec cannot be read ({error})")
                continue
            self._specs.setdefault(trial, {})[number] = spec, at

    def _read_mail(self) -> None:
        for name in _names(self._root.mail / "done"):
            if not name.endswith(".ended.json"):
                continue
            with contextlib.suppress(OSError, ValueError, MalformedError, RecursionError):
                path = str(self._root.mail / "done" / name)
                content: Any = json.loads(_FILES.read(path, SIZE_LIMIT))
                found = parse_message(name, content if isinstance(content, dict) else {})
                self._messages[found.trial, found.number] = found


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())
