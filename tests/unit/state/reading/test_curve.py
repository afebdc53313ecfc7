"""Learning curves for pictures."""

import pytest

from controller.core import events as e
from controller.core.events.attempts import Metrics
from controller.state.reading.curve import Curve
from controller.state.reading.curves import Curves


def curve_of(values: list[float]) -> list[tuple[int, float]]:
    curve = Curve()
    for step, value in enumerate(values):
        curve.extend([(step, value)])
    return curve.points


@pytest.mark.parametrize("count", [0, 1, 2, 499, 500, 501, 1000])
def test_a_short_curve_has_every_report(count: int) -> None:
    values = [float(step % 7) + step * (step % 2) for step in range(count)]
    assert curve_of(values) == list(enumerate(values))


@pytest.mark.parametrize("count", [1001, 4096, 50_000])
def test_a_long_curve_keeps_its_extremes_and_its_end(count: int) -> None:
    values = [(step * 7919) % 104_729 / 104_729 for step in range(count)]
    values[count // 3], values[count // 2], values[-1] = 9.0, -9.0, 0.5
    points = curve_of(values)
    assert len(points) <= 1001
    assert points == sorted(points)
    assert {(count // 3, 9.0), (count // 2, -9.0), (count - 1, 0.5)} <= set(points)
    assert all(values[step] == value for step, value in points)


def test_the_attempts_of_a_trial_stay_in_their_order() -> None:
    curve = Curve()
    curve.extend([(0, 0.1), (1, 0.2), (0, 0.3)])
    assert curve.points == [(0, 0.1), (1, 0.2), (0, 0.3)]


def test_values_and_metrics_have_curves_of_their_own() -> None:
    curves = Curves()
    curves.add(e.Reported(at=1, trial=3, number=1, step=0, value=0.5, metrics={"loss": 2.0}))
    curves.add(e.Reported(at=1, trial=3, number=1, step=1, value=None, metrics=None))
    metrics: tuple[Metrics | None, ...] = ({"loss": 1.0, "lr": None}, None, {"lr": 0.1})
    values = ({"default": 0.25}, 0.75, "text")
    curves.add(
        e.ReportedMany(at=2, trial=4, number=1, steps=(0, 1, 2), values=values, metrics=metrics)
    )
    assert curves.values == {3: [(0, 0.5)], 4: [(0, 0.25), (1, 0.75)]}
    assert curves.metrics == {"loss": {3: [(0, 2.0)], 4: [(0, 1.0)]}, "lr": {4: [(2, 0.1)]}}


def test_a_curve_is_that_of_the_latest_attempt_after_what_it_continues() -> None:
    curves = Curves()
    for step in range(4):
        curves.add(e.Reported(at=1, trial=3, number=1, step=step, value=step, metrics={"m": step}))
    curves.add(e.ContinuedFrom(at=2, trial=3, number=2, source=1, step=2))
    assert curves.values == {3: [(0, 0), (1, 1), (2, 2)]}
    curves.add(e.Reported(at=3, trial=3, number=2, step=3, value=30, metrics={"m": 30.0}))
    assert curves.values == {3: [(0, 0), (1, 1), (2, 2), (3, 30)]}
    assert curves.metrics == {"m": curves.values}
    curves.add(e.Reported(at=4, trial=3, number=3, step=0, value=7))
    assert curves.values == {3: [(0, 7)]}
