"""Real tuners in some of the runs, and checks of what they propose before and after a resume."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from controller.core import events as e
from controller.engine.continuation.calls import calls
from controller.tuners.calls import Call
from heirloom.tuners import Proposal, Result, SearchFinished, Tuner
from heirloom.tuners.process.construct import construct
from heirloom.tuners.process.protocol import Setup
from heirloom.tuners.registry import find
from tests.simulation.world import chains

if TYPE_CHECKING:
    from controller.core.experiment import Experiment
    from controller.state.journal import Journal
    from heirloom.tuners.process.protocol import SavedState
    from tests.simulation.world.lab import Lab

_SHARE = 0.25  # of the runs
_ARGS: dict[str, dict[str, Any]] = {
    "evolution": {"population": 3, "sample": 2},
    "random": {},
    "asha": {},
    "bohb": {"samples": 4},
    "hyperband": {},
    "pbt": {"population": 3},
}
_SEVERAL = ("evolution", "random")  # that take several objectives
_SPACE = {"x": {"_type": "uniform", "_value": [0, 1]}}
_RESOURCE = {"name": "epochs", "min": 1, "max": 4, "eta": 2}
_PARTS = ("asha", "bohb", "hyperband", "pbt")  # that train candidates in parts
_ONCE = ("asha", "bohb", "hyperband")  # that train a candidate up to each amount once


def method_of(seed: int) -> str | None:
    """The real tuner that a run has unless it takes no several objectives; None: a simulated one.

    It has a generator of its own, so that it leaves everything else as it is.
    """
    rng = random.Random(f"{seed} method")
    name = rng.choice([*_ARGS, *chains.ARGS])
    return name if rng.random() < _SHARE else None


def has_chain(seed: int) -> bool:
    """Whether the real tuner of a run shares weights along a chain."""
    return method_of(seed) in chains.ARGS


class Methods:
    """Which tuner a run has, and the checks of its proposals. None: a simulated one."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self._lab, self._seed = lab, seed
        self._rng = random.Random(f"{seed} method of tuners")
        name, is_single = method_of(seed), lab.config.rules().objectives.is_single
        self.name = name if is_single or name in _SEVERAL else None
        self.has_chain = self.name in chains.ARGS
        self._args = (
            chains.args_of(name, seed) if name in chains.ARGS else _ARGS.get(name or "", {})
        )
        self._generations = chains.LastGeneration(self._args.get("workers", 1))
        self._last: tuple[list[tuple[str, int]], Any] | None = None  # calls and state at the kill
        self._params: dict[int, dict[str, Any]] = {}  # as proposed
        self._weights: set[int] = set()  # trials that left weights
        self._observed: set[int] = set()
        self._trained: dict[tuple[Any, int], int] = {}

    def start(self, journal: Journal, experiment: Experiment) -> Method | None:
        """The tuner of another life of the controller.

        It repeats the journaled calls, or goes on from the state in the journal.
        """
        if self.name is None:
            return None
        method = Method(self.name, self._create())
        for call in calls(self._lab.config, journal, experiment):
            self._repeat(method, call)
        kept = journal.tuner_state()
        if kept is not None:
            self._lab.faults.counts["tuner state loaded"] += 1
            loaded = Method(self.name, self._create())
            loaded.tuner.load_state(kept.saved["state"])
            for call in calls(self._lab.config, journal, experiment, kept.seq):
                self._repeat(loaded, call)
            same = _plain(loaded.tuner.state()) == _plain(method.tuner.state())
            self.hold(same, "has another state from the journal's than from all calls")
            method.tuner = self._rng.choice([loaded.tuner, method.tuner])
        if self._last is not None and self._last[0] == method.calls:
            self._lab.faults.counts["state compared"] += 1
            same = _plain(method.tuner.state()) == self._last[1]
            self.hold(same, "has another state after the resume than before")
            again = self._create()
            again.load_state(self._last[1])
            same = _plain(again.state()) == self._last[1]
            self.hold(same, "has another state than the one that it loaded")
            method.tuner = self._rng.choice([again, method.tuner])
        return method

    def ended(self, method: Method | None) -> None:
        """The controller has ended, or was killed."""
        if method is not None:
            self._last = method.calls, _plain(method.tuner.state())

    def answers_at_once(self) -> bool:
        """Whether the tuner's state is there at once."""
        return self._rng.random() < 0.5

    def journaled(self, event: e.Event) -> None:
        """Check a proposal that was journaled."""
        if self.has_chain:
            self._generations.journaled(event)
        match event:
            case e.Imported() | e.VerdictSeen(weights=True):
                self._weights.add(event.trial)
            case e.ResultSent():
                self._observed.add(event.trial)
            case e.Proposed(retry_of=None, concludes=False) if self.name is not None:
                self._proposed(event)

    def hold(self, holds: bool, message: str) -> None:
        """Raise Violation unless it holds."""
        self._lab.rules.hold(3, holds, f"{self.name} {message}")

    def _proposed(self, event: e.Proposed) -> None:
        trial, params = event.trial, event.params
        self._params[trial] = params
        there = self._weights & self._observed
        exist = there.issuperset(event.parents)
        self.hold(exist, f"names {event.parents} as parents of {trial}; with weights: {there}")
        if self.has_chain:
            wrong = chains.problem(params, [self._params[parent] for parent in event.parents])
            wrong = wrong or self._generations.problem(event)
            self.hold(not wrong, wrong)
        if self.name not in _PARTS:
            return
        begins, until = params["epochs_from"], params["epochs"]
        self.hold(begins < until, f"lets {trial} train from {begins} to {until}")
        self.hold(not begins or bool(event.parents), f"lets {trial} begin at {begins}")
        if self.name not in _ONCE:
            return
        before = self._trained.setdefault((params["x"], until), trial)
        self.hold(before == trial, f"trains {trial} up to {until}, as {before} was")
        for parent in event.parents:
            given = self._params[parent]
            goes_on = (given["x"], given["epochs"]) == (params["x"], begins)
            self.hold(goes_on, f"lets {trial} begin at {begins} with {parent}'s weights: {given}")

    def _create(self) -> Tuner:
        assert self.name is not None
        objectives = self._lab.config.rules().objectives
        setup: Any = {
            "call": "setup",
            "tuner": {"name": self.name, "args": self._args},
            "space": chains.SPACES.get(self.name, _SPACE),
            "seed": self._seed % 1000,
            "maximize": objectives.first.maximize,
            "objectives": _written(objectives),
            "resource": _RESOURCE if self.name in _PARTS else None,
        }
        return construct(find("tuner", self.name), cast("Setup", setup), self.name)

    def _repeat(self, method: Method, call: Call) -> None:
        """Repeat a call, and compare the proposal with the journaled one."""
        if call[0] == "observe":
            method.observe(dict(call[1]))
        elif call[0] == "conclude" and self.has_chain:
            last, before = tuple(method.conclude()), call[1].trials
            same = last == before
            self.hold(same, f"concludes with {last} after a resume, before it with {before}")
        elif call[0] == "propose":
            journaled = call[2]
            found = method.propose(call[1])
            now = None if found is None else (found.params, tuple(found.parents))
            is_one = isinstance(journaled, e.Proposed)
            then = (journaled.params, journaled.parents) if is_one else None
            self.hold(now == then, f"proposes {now} as {call[1]} after a resume, before it {then}")


class Method:
    """A real tuner in one life of the controller, called at once and in order."""

    def __init__(self, name: str, tuner: Tuner) -> None:
        self.name = name
        self.tuner = tuner
        self.calls: list[tuple[str, int]] = []  # that may have changed its state

    def saved(self) -> SavedState:
        """The state, as the tuner's process sends it."""
        state = _plain(self.tuner.state())
        return {"tuner": self.name, "state": state, "assessor": None, "reason": "", "code": ""}

    def propose(self, trial: int) -> Proposal | None:
        """Raises SearchFinished."""
        proposal = self.tuner.propose(trial)
        self.calls.append(("propose", trial))
        if proposal is None:
            return None
        return dataclasses.replace(
            proposal, params=_plain(proposal.params), parents=tuple(proposal.parents)
        )

    def answer(self, trial: int) -> Callable[[float], e.Event]:
        """Propose; the event that says so, by its time."""
        try:
            proposal = self.propose(trial)
        except SearchFinished as finished:
            reason = str(finished)
            return lambda at: e.SearchEnded(at=at, reason=reason)
        if proposal is None:
            return lambda at: e.ProposalWithheld(at=at, trial=trial)
        params, parents = dict(proposal.params), tuple(proposal.parents)
        return lambda at: e.Proposed(
            at=at, trial=trial, params=params, parents=parents, candidate=proposal.candidate
        )

    def conclude(self) -> list[e.LastTrial]:
        """The last trials of the search."""
        self.calls.append(("conclude", -1))
        return [
            e.LastTrial(_plain(last.params), tuple(last.parents), last.candidate)
            for last in self.tuner.conclude()
        ]

    def observe(self, fields: dict[str, Any]) -> None:
        """Pass a result on, as the tuner's process does."""
        plain = _plain(fields)
        tuples = {name: tuple(plain[name]) for name in ("parents", "restored")}
        self.tuner.observe(Result(**{**plain, **tuples}))
        self.calls.append(("observe", plain["trial_id"]))


def _plain(value: Any) -> Any:
    """The value after it went through JSON."""
    return json.loads(json.dumps(value))


def _written(objectives: Any) -> Any:
    """The objectives as an experiment file has them."""
    if objectives.is_single and not objectives.are_named:
        return objectives.first.direction
    written: dict[str, Any] = {each.name: {each.direction: True} for each in objectives.objectives}
    for each in objectives.constraints:
        bounds = {"at_least": each.at_least, "at_most": each.at_most}
        entry = written.setdefault(each.name, {})
        entry.update({key: bound for key, bound in bounds.items() if bound is not None})
    return written
