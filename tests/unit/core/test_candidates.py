"""Trials that are no candidates: their values count for no best."""

from typing import Any

import pytest

from controller.core import events as e
from controller.core.gc import kept
from controller.core.model import Keep
from controller.core.ranking import best_trials
from heirloom.objective import Objectives
from tests.unit.core.drive import Drive

TWO = Objectives.parse({"a": "maximize", "b": "maximize"})


def grow(d: Drive, value: float, *parents: int, candidate: bool = True, **more: Any) -> int:
    trial: int = d.x.asked
    d.event(e.Proposed, trial=trial, params={}, parents=parents, candidate=candidate)
    d.commit(trial, value=value, **more)
    return trial


def test_the_best_is_that_of_the_candidates() -> None:
    d = Drive()
    grow(d, 0.9, candidate=False)
    assert (d.x.best, d.x.latest) == (None, 0)
    grow(d, 0.5)
    grow(d, 0.8, candidate=False)
    assert (d.x.best, d.x.latest) == (1, 2)
    assert best_trials(d.x.trials, d.x.rules, 5) == [1]


def test_the_front_and_the_order_are_those_of_the_candidates() -> None:
    d = Drive(objectives=TWO)
    for number, values in enumerate([{"a": 9.0, "b": 9.0}, {"a": 1.0, "b": 2.0}]):
        grow(d, values["a"], candidate=number == 1, values=values)
    assert d.x.front.ids == [1]
    assert best_trials(d.x.trials, d.x.rules, 5) == [1]


def test_a_retry_and_a_last_trial_are_candidates_or_not_as_they_were_proposed() -> None:
    d = Drive(trials=2)
    d.event(e.TunerDeclared, concludes=True)
    grow(d, 0.9, candidate=False)
    d.event(e.RetryAsked, trial=0)
    d.withhold()
    assert not d.x.trials[1].candidate
    d.commit(1)
    d.event(e.Concluded, trials=(e.LastTrial({}), e.LastTrial({}, (), False)))
    assert [trial.candidate for trial in d.x.trials[2:]] == [True, False]


def test_an_imported_trial_is_no_candidate_if_it_was_none() -> None:
    d = Drive()
    asked = {"experiment": "old", "root": "/old", "trials": (7, 8), "candidates": ({}, {})}
    d.event(e.ImportAsked, **asked, no_candidates=(7,))
    for trial in (0, 1):
        d.event(e.Imported, trial=trial, value=1.0 - trial)
    assert [trial.candidate for trial in d.x.trials] == [False, True]
    assert d.x.best == 1


@pytest.mark.parametrize("keep", [Keep.LINEAGE, Keep.BEST])
def test_the_latest_trial_that_is_no_candidate_is_kept_beside_the_best(keep: Keep) -> None:
    d = Drive(keep=keep, keep_best=2)

    def held() -> set[int]:
        return kept(d.x.trials, d.x.best, d.x.rules)

    assert held() == set()
    grow(d, 0.1, candidate=False)
    grow(d, 0.2, 0, candidate=False)
    grow(d, 0.9, candidate=False, weights=False)  # such as an evaluation
    assert held() == {1}
    grow(d, 0.3)
    assert held() == {1, 3}
