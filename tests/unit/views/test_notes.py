"""What the screen says about work that takes long."""

import pytest

from controller.core.experiment import Experiment
from controller.core.model import Rules
from controller.engine.observer import Situation
from controller.views import text


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (Situation(now=0.0), []),
        (Situation(now=0.0, reading=(3, 500), unassessed=200), []),
        (
            Situation(now=0.0, reading=(3, 120_000)),
            ["reading the reports of trial 3: 120,000 so far"],
        ),
        (
            Situation(now=0.0, unassessed=12_000),
            ["the assessor has 12,000 reports to assess"],
        ),
        (Situation(now=0.0, store_stalled=19.0), ["the store has not answered for 19s"]),
    ],
)
def test_long_work_is_named(situation: Situation, expected: list[str]) -> None:
    assert text.notes(Experiment(Rules()), situation) == expected
