"""The seven rules, looked after by somebody who sees everything."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Outcome, State, split_attempt
from controller.engine.replay import replay
from heirloom.node.spec import Spec
from heirloom.store.manifest import REMOVED, Manifest
from tests.simulation.core_state import check, check_decisions, state_of
from tests.simulation.world.store import Inode

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab

COMMAND = ["python", "train.py"]
_MADE_A_VERDICT = ("committed", "stopped")  # outcomes
_CONTROLLERS = {"controller dies", "killed between acts"}  # faults that touch no attempt


class Violation(BaseException):
    """A rule was broken. No program that is tested may catch it."""


@dataclass(frozen=True)
class Verdict:
    """What appeared under `trials/N`."""

    at: float
    manifest: Manifest
    weights: Mapping[str, bytes]


class Rules:
    """Watches one run, and judges it at its end."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.verdicts: dict[int, Verdict] = {}
        self.rotten: set[int] = set()  # trials whose bytes the disk changed
        self._started: set[str] = set()
        self._slots: dict[str, float] = {}
        self._told: Counter[int] = Counter()

    def hold(self, rule: int, holds: bool, words: str) -> None:
        """A rule holds here."""
        if not holds:
            raise Violation(f"rule {rule} at {self._lab.schedule.now:.3f}: {words}")

    # While it runs

    def appeared(self, path: str, what: Inode) -> None:
        """A directory got this name."""
        directory, _, name = path.rpartition("/")
        if name == REMOVED:
            self._lab.removals.begins(int(directory.rpartition("/")[2]))
        if directory != "trials":
            return
        trial = int(name)
        self.hold(2, trial not in self.verdicts, f"trials/{trial} appears a second time")
        manifest = Manifest.from_json(what.names["manifest.json"].data)
        self.hold(2, manifest.trial == trial, f"trials/{trial} has the manifest of another")
        weights = what.names.get("weights")
        files = dict(self._lab.server.walk("", weights)) if weights is not None else {}
        found = {path: inode.data for path, inode in files.items()}
        self.verdicts[trial] = Verdict(self._lab.schedule.now, manifest, found)
        self._lab.story.say("store", f"trials/{trial} is {manifest.state} by {manifest.attempt}")
        if manifest.weights:
            self.hold(1, _is_whole(manifest, found), f"trials/{trial} is committed torn")

    def vanished(self, path: str, what: Inode) -> None:
        """A power cut took the name back."""
        directory, _, name = path.rpartition("/")
        if directory == "trials":
            self._lab.story.say("store", f"trials/{name} is gone with the power")
            del self.verdicts[int(name)]

    def attempt_starts(self, spec: Spec) -> None:
        """A supervisor is started."""
        promised = self._lab.disk.promised
        trial, number = split_attempt(spec.attempt)
        placed = any(
            isinstance(event, e.Placed) and (event.trial, event.number) == (trial, number)
            for event in promised
        )
        self.hold(3, placed, f"{spec.attempt} is started, and the journal does not know of it")
        self.hold(
            7,
            spec.params == self._params(trial),
            f"{spec.attempt} does not have its trial's parameters",
        )
        self.hold(7, spec.command == COMMAND, f"{spec.attempt} has the command {spec.command}")

    def _params(self, trial: int) -> Mapping[str, Any]:
        """What the journal says that the trial is to be trained with."""
        over = False
        for event in self._lab.disk.promised:
            if isinstance(event, e.Opened | e.SearchEnded | e.StopAsked):
                over = not isinstance(event, e.Opened)
            late = over and isinstance(event, e.Proposed) and event.retry_of is None
            if isinstance(event, e.Proposed) and event.trial == trial and not late:
                return event.params
        return {}

    def slot_taken(self, attempt: str) -> None:
        """A supervisor has its slot: from here on it may look for its own verdict."""
        self._slots[attempt] = self._lab.schedule.now

    def process_starts(self, spec: Spec) -> None:
        """A trial's program is about to run."""
        name = spec.attempt
        self.hold(2, name not in self._started, f"the process of {name} is started twice")
        self._started.add(name)
        own = self.verdicts.get(spec.trial)
        late = own is None or own.at > self._slots[name]
        self.hold(2, late, f"{name} starts its process, and its trial has had its verdict")
        for parent in spec.restore:
            verdict = self.verdicts.get(parent)
            whole = verdict is not None and verdict.manifest.weights
            self.hold(1, whole, f"{name} starts, and its parent {parent} is not committed")

    def attempt_says(self, attempt: str, outcome: str) -> None:
        """A supervisor's last word."""
        verdict = self.verdicts.get(split_attempt(attempt)[0])
        made = verdict is not None and verdict.manifest.attempt == attempt
        words = f"{attempt} says that it {outcome}, and it {'did' if made else 'did not'} commit"
        self.hold(2, made == (outcome in _MADE_A_VERDICT), words)

    def child_reads(self, attempt: str, parent: int, found: Mapping[str, bytes]) -> None:
        """A trial's program reads its parent's weights."""
        if not self._lab.removals.stand(parent) and split_attempt(attempt)[0] in self.verdicts:
            return  # it was beaten before it began: it finds nothing, and commits nothing
        committed = self.verdicts[parent].weights
        self.hold(1, found == committed, f"{attempt} reads other weights than {parent} committed")

    def told(self, result: Mapping[str, Any]) -> None:
        """The tuner is told of a trial's end."""
        trial = result["trial_id"]
        self._told[trial] += 1
        stands = self.verdicts[trial].manifest if trial in self.verdicts else None
        self.hold(
            2,
            stands is not None and stands.state == result["state"],
            f"the tuner is told that {trial} {result['state']}, on the store it is "
            f"{stands and stands.state}",
        )

    # In the end

    def judge(self, x: Experiment) -> None:
        """The experiment is closed, and nothing of it lives any more."""
        for trial in x.trials:
            self.hold(5, trial.state.is_verdict, f"{trial.id} has no verdict: {trial.state}")
            good = trial.state is State.SUCCEEDED or bool(trial.reason)
            self.hold(5, good, f"{trial.id} {trial.state} without a reason")
            self.hold(2, "supervisor broke" not in trial.reason, trial.reason)
            sound = not trial.damaged or trial.id in self.rotten
            self.hold(5, sound, f"{trial.id} is held to be damaged, and nothing was wrong with it")
            self._judge_verdict(x, trial.id)
            self._judge_attempts(x, trial.id)
        standing = sorted(map(int, self._lab.server.find("trials").names))
        self.hold(2, standing == list(range(len(x.trials))), f"verdicts stand for {standing}")
        promised = self._lab.disk.promised
        told = Counter(event.trial for event in promised if isinstance(event, e.ResultSent))
        once = told == Counter(range(len(x.trials)))
        self.hold(3, once, f"the tuner was told so often of trials: {dict(told)}")
        self._lab.removals.judge(x)
        again = replay(self._lab.config, self._lab).experiment
        self.hold(3, state_of(again) == state_of(x), "the journal leads elsewhere")
        check(x)
        check_decisions(promised)

    def _judge_verdict(self, x: Experiment, number: int) -> None:
        trial, server = x.trials[number], self._lab.server
        place = server.find(f"trials/{number}/manifest.json")
        self.hold(2, place is not None, f"{number} {trial.state}, and nothing stands on the store")
        assert place is not None
        stands = Manifest.from_json(place.data)
        self.hold(2, stands == self.verdicts[number].manifest, f"trials/{number} was changed")
        agree = (stands.state, stands.value) == (str(trial.state), trial.value)
        self.hold(2, agree, f"{number} {trial.state} in the journal, {stands.state} on the store")
        self.hold(2, stands.weights == trial.weights, f"{number}: weights or none?")
        if not (stands.weights and self._lab.removals.stand(number)):
            return
        found = {path: inode.data for path, inode in server.tree(f"trials/{number}/weights")}
        if number not in self.rotten:
            same = found == self.verdicts[number].weights
            self.hold(6, same and _is_whole(stands, found), f"the weights of {number} were changed")
        model = found.get("model", b"")
        mine = f"{stands.attempt} {json.dumps(trial.params)}".encode()
        if model and number not in self.rotten:
            self.hold(1, model.startswith(mine), f"{number} has the weights of another: {model!r}")
        if stands.state == "succeeded":
            value = self._lab.value_of(stands.attempt or "")
            self.hold(2, stands.value == value, f"{number} has the value of another")

    def _judge_attempts(self, x: Experiment, number: int) -> None:
        """Nobody is held to be lost because the controller was."""
        innocent = not self._lab.weather.counts.keys() - _CONTROLLERS
        for attempt in x.trials[number].attempts:
            name = f"{number}.{attempt.number}"
            kept = not (innocent and attempt.outcome is Outcome.LOST)
            self.hold(4, kept, f"{name} is lost, and only the controller died: {attempt.reason}")


def _is_whole(manifest: Manifest, found: Mapping[str, bytes]) -> bool:
    """Whether the files are those of the manifest."""
    said = {entry.path: (entry.size, entry.digest) for entry in manifest.files}
    there = {
        path: (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")
        for path, data in found.items()
    }
    return said == there
