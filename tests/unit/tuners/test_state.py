"""A tuner goes on from a saved state, and after a replay, as if it had never been interrupted."""

from __future__ import annotations

import contextlib
import inspect
import json
from random import Random
from typing import Any, NamedTuple

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heirloom.objective import Objectives
from heirloom.space import parse, sample
from heirloom.tuners import Result, SearchFinished, Tuner, generator_state, load_generator
from heirloom.tuners.registry import TUNERS, find
from tests.unit.tuners.every_method import CELL, METHODS, create

SEVERAL = Objectives.parse({"a": "maximize", "b": {"minimize": True, "at_most": 0.5}})
SAVED = [name for name, method in METHODS.items() if method.unsaved is None]


class Step(NamedTuple):
    """What happens next in a search: some proposals, then the end of one trial."""

    proposals: int
    ends: int  # which of the running trials
    state: str
    value: float
    weights: bool


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, 3),
        st.integers(0, 9),
        st.sampled_from(["succeeded"] * 5 + ["failed", "stopped", "skipped", "cancelled", "none"]),
        st.integers(0, 4).map(lambda number: number / 4),  # so that many values are equal
        st.sampled_from([True, True, True, False]),
    ),
    min_size=4,
    max_size=40,
)


def _failing(steps: list[Step]) -> list[Step]:
    return [step._replace(state="failed") for step in steps]


class Search:
    """Calls a tuner as the controller does, and keeps its answers."""

    def __init__(self, tuner: Tuner, imported: int = 0, space: Any = None) -> None:
        self.tuner = tuner
        self.answers: list[Any] = []
        self.running: dict[int, Any] = {}
        self.ended: list[int] = []
        self.proposed = imported
        for trial in range(imported):
            params = sample(parse(space, layers=True), Random(trial))
            self.observe(Result(trial, "succeeded", 0.5, params, imported=True, weights=True))

    def play(self, steps: list[Step]) -> Search:
        for step in steps:
            for _ in range(step.proposals):
                self.propose()
            if self.running and step.state != "none":
                trial = list(self.running)[step.ends % len(self.running)]
                self.end(trial, step)
            self.answers.append([self.tuner.may_be_parent(trial) for trial in self.ended])
        return self

    def propose(self) -> None:
        try:
            proposal = self.tuner.propose(self.proposed)
        except SearchFinished as finished:
            self.answers.append(str(finished))
            return
        if proposal is None:
            self.answers.append(None)
            return
        plain = json.loads(json.dumps([proposal.params, proposal.parents], allow_nan=False))
        self.answers.append(plain)
        self.running[self.proposed] = plain
        self.proposed += 1

    def end(self, trial: int, step: Step) -> None:
        params, parents = self.running.pop(trial)
        value = step.value if step.state in ("succeeded", "stopped") else None
        values = {} if value is None else {"a": value, "b": (trial % 5) / 4}
        weights = step.weights and value is not None
        alphas = {"none": 0.3, "skip_connect": step.value, "conv": 0.4}
        result = {
            "rewards": [step.value, 1 - step.value],  # for enas
            "alphas": dict.fromkeys(CELL, alphas),  # for darts
        }
        self.observe(
            Result(
                trial,
                step.state,
                value,
                params,
                tuple(parents),
                weights=weights,
                values=values,
                restored=tuple(parents),
                result=result,
            )
        )

    def observe(self, result: Result) -> None:
        self.ended.append(result.trial_id)
        self.tuner.observe(result)


def test_every_method_is_in_the_table() -> None:
    assert METHODS.keys() == TUNERS.keys()


@pytest.mark.parametrize("name", SAVED)
def test_a_search_goes_on_from_its_state_and_after_a_replay(name: str) -> None:
    method = METHODS[name]
    takes_several = "objectives" in inspect.signature(find("tuner", name)).parameters

    @settings(
        max_examples=method.examples,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],  # as in tests/conftest.py
    )
    @given(
        seed=st.integers(0, 2**32 - 1),
        args=st.sampled_from(method.args),
        several=st.sampled_from([None, SEVERAL] if takes_several else [None]),
        imported=st.sampled_from([0, 0, 2]),
        steps=STEPS | STEPS.map(_failing),
        data=st.data(),
    )
    def hold(seed, args, several, imported, steps, data) -> None:
        def begin() -> Search:
            return Search(create(name, seed, args, several), imported, method.space)

        whole = begin().play(steps)
        assert begin().play(steps).answers == whole.answers
        cut = data.draw(st.integers(0, len(steps)))
        search = begin().play(steps[:cut])
        state = json.loads(json.dumps(search.tuner.state(), allow_nan=False))
        fresh = create(name, seed, args, several)
        fresh.load_state(state)
        assert json.loads(json.dumps(fresh.state())) == state
        with contextlib.suppress(SearchFinished):  # it shares nothing with the tuner below
            fresh.propose(search.proposed)
        other = create(name, seed, args, several)
        other.load_state(state)
        search.tuner = other
        assert search.play(steps[cut:]).answers == whole.answers

    hold()


@pytest.mark.parametrize("name", sorted(METHODS.keys() - set(SAVED)))
def test_a_method_without_a_state_says_so(name: str) -> None:
    """That it repeats its proposals is tested beside it."""
    assert create(name, 3, METHODS[name].args[0]).state() is None


@pytest.mark.parametrize("name", SAVED)
def test_saving_the_state_changes_nothing(name: str) -> None:
    method, steps = METHODS[name], [Step(2, 1, "succeeded", 0.5, True)] * 12
    plain = Search(create(name, 3, method.args[0])).play(steps)
    saved = Search(create(name, 3, method.args[0]))
    for step in steps:
        saved.tuner.state()
        saved.play([step])
    assert saved.answers == plain.answers


@pytest.mark.parametrize("name", SAVED)
@pytest.mark.parametrize("foreign", [{}, {"initial": 99}, "text", [1]])
def test_another_state_is_rejected(name: str, foreign: Any) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        create(name, 1, METHODS[name].args[0]).load_state(foreign)


def test_a_tuner_need_not_save_anything() -> None:
    class Mine(Tuner):
        def __init__(self, space: Any, *, seed: int, maximize: bool) -> None: ...

        def propose(self, trial_id: int) -> None: ...

    tuner = Mine({}, seed=1, maximize=True)
    assert tuner.state() is None
    with pytest.raises(NotImplementedError, match="Mine has no load_state"):
        tuner.load_state({})


@pytest.mark.parametrize(
    ("create_generator", "draw"),
    [
        (Random, lambda one: one.gauss(0, 1)),
        (numpy.random.RandomState, lambda one: one.randn()),
        (numpy.random.default_rng, lambda one: one.standard_normal()),
    ],
)
def test_a_generator_goes_on_from_its_state(create_generator: Any, draw: Any) -> None:
    one, other = create_generator(1), create_generator(2)
    draw(one)  # of two numbers from a normal distribution, the second is kept
    state = json.loads(json.dumps(generator_state(one)))
    load_generator(other, state)
    assert [draw(other) for _ in range(3)] == [draw(one) for _ in range(3)]
