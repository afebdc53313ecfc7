"""Checks of the seven rules, with access to the whole simulated state."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Outcome, State, split_attempt
from controller.engine.continuation.replay import replay
from heirloom.node.spec import Spec
from heirloom.store.manifest import REMOVED, Manifest
from tests.simulation.core_state import check, check_decisions, started_in_pauses, state_of
from tests.simulation.several_objectives import front_problem
from tests.simulation.world.candidates import is_candidate
from tests.simulation.world.store import Inode

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab

COMMAND = ["python", "train.py"]
_MADE_A_VERDICT = ("committed", "stopped")  # outcomes that make a verdict
_CONTROLLERS = {"controller dies", "killed between acts"}  # faults that affect no attempt


class Violation(BaseException):
    """A rule was broken. A BaseException, so that the tested program does not catch it."""


@dataclass(frozen=True)
class Verdict:
    """A verdict at the time when it appeared."""

    at: float
    manifest: Manifest
    weights: Mapping[str, bytes]


class Rules:
    """Checks one run while it goes on and at its end."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.verdicts: dict[int, Verdict] = {}
        self.corrupted: set[int] = set()  # trials with bytes that the disk changed
        self._started: set[str] = set()
        self._slots: dict[str, float] = {}
        self._observed: Counter[int] = Counter()

    def hold(self, rule: int, holds: bool, message: str) -> None:
        """Raise Violation unless the rule holds."""
        if not holds:
            raise Violation(f"rule {rule} at {self._lab.schedule.now:.3f}: {message}")

    # During the run

    def appeared(self, path: str, what: Inode) -> None:
        """Check a directory that appeared under this name."""
        directory, _, name = path.rpartition("/")
        if name == REMOVED:
            self._lab.gc_rules.begins(int(directory.rpartition("/")[2]))
        if directory != "trials":
            return
        trial = int(name)
        self.hold(2, trial not in self.verdicts, f"trials/{trial} appears a second time")
        manifest = Manifest.from_json(what.names["manifest.json"].data)
        self.hold(2, manifest.trial == trial, f"trials/{trial} has another trial's manifest")
        weights = what.names.get("weights")
        files = dict(self._lab.server.walk("", weights)) if weights is not None else {}
        found = {path: inode.data for path, inode in files.items()}
        self.verdicts[trial] = Verdict(self._lab.schedule.now, manifest, found)
        self._lab.trace.write("store", f"trials/{trial} is {manifest.state} by {manifest.attempt}")
        if manifest.weights:
            self.hold(1, _is_whole(manifest, found), f"trials/{trial} is committed incompletely")

    def vanished(self, path: str, what: Inode) -> None:
        """Note a name that a power cut undid."""
        directory, _, name = path.rpartition("/")
        if directory == "trials":
            self._lab.trace.write("store", f"trials/{name} is lost in the power cut")
            del self.verdicts[int(name)]

    def attempt_starts(self, spec: Spec) -> None:
        """Check a supervisor that starts."""
        promised = self._lab.disk.promised
        trial, number = split_attempt(spec.attempt)
        placed = any(
            isinstance(event, e.Placed) and (event.trial, event.number) == (trial, number)
            for event in promised
        )
        self.hold(3, placed, f"{spec.attempt} is started without a journaled decision")
        self.hold(
            7,
            spec.params == self._params(trial),
            f"{spec.attempt} does not have its trial's parameters",
        )
        self.hold(7, spec.command == COMMAND, f"{spec.attempt} has the command {spec.command}")

    def _params(self, trial: int) -> Mapping[str, Any]:
        """The trial's parameters according to the journal."""
        over = False
        for event in self._lab.disk.promised:
            if isinstance(event, e.SearchEnded | e.StopAsked | e.ConclusionAsked):
                over = True
            elif isinstance(event, e.Opened | e.ProposalAsked):
                over = False
            of_search = isinstance(event, e.Proposed) and not event.concludes
            late = over and of_search and event.retry_of is None
            if isinstance(event, e.Proposed) and event.trial == trial and not late:
                return event.params
        return {}

    def slot_taken(self, attempt: str) -> None:
        """Note when a supervisor got its slot. After that it reads its trial's verdict."""
        self._slots[attempt] = self._lab.schedule.now

    def process_starts(self, spec: Spec) -> None:
        """Check a process that is about to start."""
        name = spec.attempt
        self.hold(2, name not in self._started, f"the process of {name} is started twice")
        self._started.add(name)
        own = self.verdicts.get(spec.trial)
        is_imported = own is not None and own.manifest.imported is not None
        self.hold(2, not is_imported, f"{name} trains an imported trial")
        late = own is None or own.at > self._slots[name]
        self.hold(2, late, f"{name} starts its process although its trial has ended")
        for parent in spec.restore:
            verdict = self.verdicts.get(parent)
            whole = verdict is not None and verdict.manifest.weights
            self.hold(1, whole, f"{name} starts although its parent {parent} is not committed")

    def attempt_reports(self, attempt: str, outcome: str) -> None:
        """Check the end that a supervisor reports."""
        verdict = self.verdicts.get(split_attempt(attempt)[0])
        made = verdict is not None and verdict.manifest.attempt == attempt
        message = f"{attempt} reports {outcome}, but it {'did' if made else 'did not'} commit"
        self.hold(2, made == (outcome in _MADE_A_VERDICT), message)

    def child_reads(self, attempt: str, parent: int, found: Mapping[str, bytes]) -> None:
        """Check the bytes that a trial's program reads from a parent."""
        if (
            not self._lab.gc_rules.has_weights(parent)
            and split_attempt(attempt)[0] in self.verdicts
        ):
            return  # its trial ended before; it cannot commit
        committed = self.verdicts[parent].weights
        self.hold(1, found == committed, f"{attempt} reads other bytes than {parent} committed")

    def observed(self, result: Mapping[str, Any]) -> None:
        """Check a result that the tuner observes."""
        trial = result["trial_id"]
        self._observed[trial] += 1
        existing = self.verdicts[trial].manifest if trial in self.verdicts else None
        self.hold(
            2,
            existing is not None and existing.state == result["state"],
            f"the tuner observes {trial} as {result['state']}, on the store it is "
            f"{existing and existing.state}",
        )

    # At the end

    def judge(self, x: Experiment) -> None:
        """Check the end state. No process is left."""
        for trial in x.trials:
            self.hold(5, trial.state.is_verdict, f"{trial.id} has no verdict: {trial.state}")
            good = trial.state is State.SUCCEEDED or bool(trial.reason)
            self.hold(5, good, f"{trial.id} {trial.state} without a reason")
            self.hold(2, "supervisor broke" not in trial.reason, trial.reason)
            sound = not trial.damaged or trial.id in self.corrupted
            self.hold(5, sound, f"{trial.id} counts as damaged, but nothing was wrong with it")
            same = trial.candidate == is_candidate(trial.params)
            self.hold(3, same, f"{trial.id} is a candidate: {trial.candidate}")
            self._judge_verdict(x, trial.id)
            self._judge_attempts(x, trial.id)
        standing = sorted(map(int, self._lab.server.find("trials").names))
        self.hold(2, standing == list(range(len(x.trials))), f"verdicts exist for {standing}")
        promised = self._lab.disk.promised
        sent = Counter(event.trial for event in promised if isinstance(event, e.ResultSent))
        once = sent == Counter(range(len(x.trials)))
        self.hold(3, once, f"the tuner observed results this often: {dict(sent)}")
        self._lab.gc_rules.judge(x)
        self._lab.continuation.judge(x)
        self._lab.checkpoint_rules.judge(x)
        self._judge_last_trials()
        again = replay(self._lab.config, cast("Any", self._lab))
        self.hold(3, state_of(again) == state_of(x), "the journal leads to another state")
        check(x)
        if started := started_in_pauses(promised):
            raise Violation(f"started while the search was paused: {started[0]}")
        check_decisions(promised)
        if problem := front_problem(x):
            raise Violation(problem)

    def _judge_last_trials(self) -> None:
        """Check that each trial of the tuner's latest answer became one, unless it was stopped."""
        due: list[Mapping[str, Any]] = []
        asked = answered = False
        for event in self._lab.disk.promised:
            match event:
                case e.Opened():
                    asked = False
                case e.ConclusionAsked():
                    self.hold(3, not (asked or answered), "the last trials are requested twice")
                    asked = True
                case e.Concluded() if asked:
                    asked, answered = False, True
                    due += [last.params for last in event.trials]
                case e.Proposed(concludes=True):
                    is_next = bool(due) and event.params == due.pop(0)
                    self.hold(3, is_next, f"{event.trial} is no last trial")
                case (
                    e.StopAsked() | e.BudgetExtended() | e.ProposalAsked()
                ):  # it goes on after that
                    asked = answered = False
                    due.clear()
        self.hold(3, not due, f"last trials that never became trials: {due}")

    def _judge_verdict(self, x: Experiment, number: int) -> None:
        trial, server = x.trials[number], self._lab.server
        place = server.find(f"trials/{number}/manifest.json")
        self.hold(2, place is not None, f"{number} {trial.state}, but the store has no verdict")
        assert place is not None
        existing = Manifest.from_json(place.data)
        self.hold(2, existing == self.verdicts[number].manifest, f"trials/{number} was changed")
        journaled = (str(trial.state), trial.value, trial.values)
        agree = (existing.state, existing.value, existing.values) == journaled
        self.hold(2, agree, f"{number} {trial.state} in the journal, {existing.state} on the store")
        self.hold(
            2, existing.weights == trial.weights, f"{number}: journal and store disagree on weights"
        )
        if not (existing.weights and self._lab.gc_rules.has_weights(number)):
            return
        found = {path: inode.data for path, inode in server.tree(f"trials/{number}/weights")}
        if number not in self.corrupted:
            same = found == self.verdicts[number].weights
            self.hold(
                6, same and _is_whole(existing, found), f"the weights of {number} were changed"
            )
        model = found.get("model", b"")
        if existing.imported is not None:
            return
        mine = f"{existing.attempt} {json.dumps(trial.params)}".encode()
        if model and number not in self.corrupted:
            self.hold(
                1, model.startswith(mine), f"{number} has another attempt's weights: {model!r}"
            )
        if existing.state == "succeeded":
            values = self._lab.values_of(existing.attempt or "")
            named = x.rules.objectives.values(existing.value, existing.values)
            self.hold(2, named == values, f"{number} has another attempt's values")
            first = values[x.rules.objectives.first.name]
            self.hold(2, existing.value == first, f"{number} has another value than {first}")

    def _judge_attempts(self, x: Experiment, number: int) -> None:
        """Check that no attempt counts as lost because only the controller was killed."""
        innocent = not self._lab.faults.counts.keys() - _CONTROLLERS
        for attempt in x.trials[number].attempts:
            name = f"{number}.{attempt.number}"
            kept = not (innocent and attempt.outcome is Outcome.LOST)
            self.hold(
                4,
                kept,
                f"{name} counts as lost, but only the controller was killed: {attempt.reason}",
            )


def _is_whole(manifest: Manifest, found: Mapping[str, bytes]) -> bool:
    """Whether the files match the manifest."""
    listed = {entry.path: (entry.size, entry.digest) for entry in manifest.files}
    there = {
        path: (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")
        for path, data in found.items()
    }
    return listed == there
