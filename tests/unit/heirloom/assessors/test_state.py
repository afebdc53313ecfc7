"""An assessor goes on from a saved state as if it had never been interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heirloom.assessors import Assessor
from heirloom.assessors.curve_fitting import CurveFitting
from heirloom.assessors.median import MedianStopping
from heirloom.assessors.reports import Reports, TrialReports

CREATE: dict[str, Callable[[], Assessor]] = {
    "median": lambda: MedianStopping(maximize=True, min_trials=1),
    # Its models are fitted at no step, which would take long; only what it has seen is compared.
    "curve_fitting": lambda: CurveFitting(maximize=False, warmup=99),
}


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


class Search:
    """Five trials that report and end, at random."""

    def __init__(self, assessor: Assessor, seed: int) -> None:
        self.assessor = assessor
        self.answers: list[bool] = []
        self._random = Random(seed)
        self._histories: dict[int, list[float]] = {}

    def step(self) -> None:
        trial = self._random.randrange(5)
        history = self._histories.setdefault(trial, [])
        action = self._random.random()
        if action < 0.2:
            self.assessor.trial_end(trial, success=action < 0.15)
            del self._histories[trial]
            return
        if action < 0.3:
            history.clear()  # another attempt
        history.append(self._random.randrange(10) / 10)
        self.answers.append(self.assessor.assess(trial, list(history)))


@pytest.mark.parametrize("name", CREATE)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), cut=st.integers(0, 60))
def test_an_assessor_goes_on_from_its_state(name: str, seed: int, cut: int) -> None:
    whole, search = Search(CREATE[name](), seed), Search(CREATE[name](), seed)
    for at in range(60):
        if at == cut:
            state = plain(search.assessor.state())
            search.assessor = CREATE[name]()
            search.assessor.load_state(state)
            assert plain(search.assessor.state()) == state
        whole.step()
        search.step()
    assert search.answers == whole.answers
    assert search.assessor.state() == whole.assessor.state()


def test_an_assessor_need_not_save_anything() -> None:
    class Mine(Assessor):
        def __init__(self, *, maximize: bool) -> None: ...

        def assess(self, trial_id: int, history: Any) -> bool:
            return True

    assert Mine(maximize=True).state() is None
    with pytest.raises(NotImplementedError, match="Mine has no load_state"):
        Mine(maximize=True).load_state({})


def test_reports_go_on_from_their_state() -> None:
    reports = TrialReports(Reports)
    for step in range(3):
        reports.of(4, 1).add(step, step / 4)
    reports.continue_from(4, 2, 1, step=1)
    again = TrialReports(Reports)
    again.load_state(plain(reports.state()))
    for each in (reports, again):
        each.of(4, 2).add(1, 0.9)  # a report of the step before the last that it took over
    assert again.state() == reports.state()
    assert again.of(4, 2).values == [0.0, 0.9]
