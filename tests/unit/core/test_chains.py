"""A chain of shared weights as the core sees it: disk use, and damaged generations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from controller.core import events as e
from controller.core.model import Keep, OnParentFailure, State
from controller.tuners.results import result_of
from heirloom.tuners.interface import Result, Tuner
from heirloom.tuners.methods.darts.tuner import Darts
from heirloom.tuners.methods.enas.tuner import Enas
from tests.unit.core.drive import Drive

SPACE = {label: {"_type": "choice", "_value": ["conv", "pool"]} for label in "ab"}
FEW = 5  # generations


def darts(generations: int) -> Tuner:
    return Darts(SPACE, seed=1, maximize=True, generations=generations, epochs=1, edges=None)


def enas(_: int) -> Tuner:
    return Enas(SPACE, seed=1, maximize=True, samples=2, updates=3, children=2)


class Chain:
    """A search on one slot, with a real tuner, a store that removes at once, and no faults."""

    def __init__(self, tuner: Tuner, trials: int, **rules: Any) -> None:
        self.d = Drive(nodes={"a": 1}, trials=trials, concurrency=1, **rules)
        self.d.event(e.TunerDeclared, concludes=True)
        self.tuner = tuner
        self._observed = 0

    def run(self, until: int) -> Iterator[set[int]]:
        """Run up to a trial; after each one, the trials whose weights are on the store."""
        x = self.d.x
        while len(x.trials) < until and x.search.over is None:
            self._answer()
            if x.asked is not None:
                self._propose(x.asked)
            for trial, number in list(x.on_nodes):
                self._end(x.trials[trial], number)
            self.d.carry_out()
            self._answer()
            yield {trial.id for trial in x.trials if trial.weights and not trial.removed}

    def _propose(self, trial: int) -> None:
        proposal = self.tuner.propose(trial)
        assert proposal is not None
        self.d.event(
            e.Proposed,
            trial=trial,
            params=dict(proposal.params),
            parents=tuple(proposal.parents),
            candidate=proposal.candidate,
        )

    def _end(self, trial: Any, number: int) -> None:
        lost = next((p for p in trial.restore if p in DAMAGED), None)
        if lost is not None:
            self.d.end(trial.id, "corrupt", number, parent=lost, reason="expected 5 bytes")
            return
        task = trial.params["task"]
        result: dict[str, Any] = {"alphas": {label: {"conv": 0.4, "pool": 0.6} for label in "ab"}}
        if task == "evaluate":
            result = {"rewards": [0.1, 0.2]}
        self.d.commit(trial.id, number, weights=task != "evaluate", result=result, value=0.9)

    def _answer(self) -> None:
        """The tuner and the store answer what is due."""
        d = self.d
        sent = [event.trial for event in d.ever(e.ResultSent)][self._observed :]
        self._observed += len(sent)
        for trial in sent:
            fields = result_of(d.x.trials[trial], d.x.rules.objectives)
            tuples = {name: tuple(fields[name]) for name in ("parents", "restored")}
            self.tuner.observe(Result(**{**fields, **tuples}))
        if d.x.gc.asked:
            asked = d.ever(e.ParentsAsked)[-1].trials
            possible = tuple(filter(self.tuner.may_be_parent, asked))
            d.event(e.ParentsAnswered, trials=asked, possible=possible)
        if d.x.gc.is_removing:
            removal = d.ever(e.RemovalAsked)[-1]
            d.event(e.Removed, trials=removal.trials, attempts=removal.attempts)


DAMAGED: set[int] = set()


@pytest.fixture(autouse=True)
def undamaged() -> Iterator[None]:
    yield
    DAMAGED.clear()


@pytest.mark.parametrize(("create", "trials"), [(darts, 30), (enas, 120)])
@pytest.mark.parametrize("keep", [Keep.LINEAGE, Keep.BEST])
def test_a_long_chain_has_few_generations_on_the_store(
    create: Any, trials: int, keep: Keep
) -> None:
    chain = Chain(create(30), trials, keep=keep, keep_best=1)
    held = list(chain.run(trials))
    committed = [trial for trial in chain.d.x.trials if trial.weights]
    assert len(committed) == 30
    assert max(map(len, held)) <= FEW


@pytest.mark.parametrize("create", [darts, enas])
@pytest.mark.parametrize("policy", [OnParentFailure.SKIP, OnParentFailure.ANCESTOR])
def test_a_chain_goes_on_from_the_last_whole_generation(
    create: Any, policy: OnParentFailure
) -> None:
    chain = Chain(create(30), 40, keep=Keep.LINEAGE, on_parent_failure=policy)
    *_, held = chain.run(12)
    last = max(held)
    DAMAGED.add(last)
    x = chain.d.x
    begun = len(x.trials)
    for _ in chain.run(30):
        pass
    assert x.trials[last].damaged
    later = [trial for trial in x.trials[begun:] if trial.state is State.SUCCEEDED]
    assert later
    assert all(trial.restored and last not in trial.restored for trial in later)
    states = {trial.state for trial in x.trials} - {State.SUCCEEDED}
    skips = policy is OnParentFailure.SKIP
    assert states - {State.ARMED, State.READY} == ({State.SKIPPED} if skips else set())
