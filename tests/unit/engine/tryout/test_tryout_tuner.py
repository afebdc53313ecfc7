"""Which child a try-out proposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules, State, Trial
from controller.engine.tryout.tuner import Post, TryoutTuner
from heirloom.space import contains, parse
from heirloom.tuners.process.protocol import SavedState

SPACE = {"x": {"_type": "choice", "_value": [1, 2]}, "y": {"_type": "uniform", "_value": [0, 1]}}


class Own:
    """The experiment's tuner."""

    long_calls = ()
    unassessed = 0

    def __init__(self, post: Post) -> None:
        self.post = post
        self.asked: list[int] = []
        self.answers: list[e.Event] = []

    def propose(self, trial: int, room: int = 1) -> None:
        self.asked.append(trial)
        if self.answers:
            self.post([self.answers.pop(0)])

    def under_way(self, count: int) -> None: ...

    def observe(self, result: Mapping[str, Any]) -> None:
        self.post([e.SearchEnded(at=0.0, reason="enough")])

    def conclude(self) -> None: ...

    def report(self, trial: int, number: int, reports: Sequence[tuple[int, Any]]) -> None: ...

    def continued(self, trial: int, number: int, source: int, step: int) -> None: ...

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        return Future()

    def state(self) -> Future[SavedState]:
        return Future()

    def close(self, timeout: float) -> None: ...


class Bench:
    """A tuner of a try-out, whose candidate has the given params."""

    def __init__(self, params: Mapping[str, Any], *, size: int = 10) -> None:
        self.posted: list[e.Event] = []
        self.experiment = Experiment(Rules())
        self.own: Own

        def start(post: Post) -> Own:
            self.own = Own(post)
            return self.own

        self.tuner = TryoutTuner(start, self.posted.extend, self.experiment, SPACE, 1)
        self.tuner.propose(0, 5)
        assert self.own.asked == [0]
        trial = Trial(0, dict(params), (), (), State.SUCCEEDED, 0.0, weights=True, size=size)
        self.experiment.trials.append(trial)

    def child(self) -> e.Proposed:
        self.tuner.propose(1, 5)
        [event] = self.posted
        assert isinstance(event, e.Proposed)
        assert (event.trial, event.parents) == (1, (0,))
        return event


def test_child_differs_from_the_candidate_in_one_parameter() -> None:
    bench = Bench({"x": 1, "y": 0.5})
    params = bench.child().params
    assert contains(parse(SPACE), params)
    assert sum(params[name] != value for name, value in {"x": 1, "y": 0.5}.items()) == 1
    assert bench.own.asked == [0]


def test_end_of_the_search_does_not_keep_the_child_from_being_proposed() -> None:
    bench = Bench({"x": 1, "y": 0.5})
    bench.tuner.observe({})
    assert not bench.posted
    bench.child()


def test_candidate_outside_the_space_has_the_next_proposal_as_child() -> None:
    bench = Bench({"z": 1})
    bench.own.answers = [e.Proposed(at=0.0, trial=1, params={"z": 2}, token=7)]
    child = bench.child()
    assert (child.params, child.token) == ({"z": 2}, 7)


@pytest.mark.parametrize(
    "answer", [e.ProposalWithheld(at=0.0, trial=1), e.SearchEnded(at=0.0, reason="enough")]
)
def test_without_a_proposal_the_child_has_the_params_of_the_candidate(answer: e.Event) -> None:
    bench = Bench({"z": 1})
    bench.own.answers = [answer]
    assert bench.child().params == {"z": 1}


def test_failure_of_the_tuner_is_passed_on() -> None:
    bench = Bench({"z": 1})
    bench.own.answers = [e.SearchEnded(at=0.0, reason="it broke", error=True)]
    bench.tuner.propose(1, 5)
    assert bench.posted == [e.SearchEnded(at=0.0, reason="it broke", error=True)]


def test_without_weights_there_is_no_child() -> None:
    bench = Bench({"x": 1, "y": 0.5}, size=0)
    bench.tuner.propose(1, 5)
    [event] = bench.posted
    assert isinstance(event, e.SearchEnded)
    assert not event.error
