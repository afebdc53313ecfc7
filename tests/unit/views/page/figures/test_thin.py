"""Fewer points of a curve."""

from hypothesis import given
from hypothesis import strategies as st

from controller.views.page.figures.thin import columns, thinned


@given(st.lists(st.floats(allow_nan=False), max_size=500), st.integers(2, 60))
def test_extremes_and_ends_stay(values: list[float], limit: int) -> None:
    points = list(enumerate(values))
    found = thinned(points, limit)
    assert len(found) <= max(limit, 2 * (limit // 2) + 2)
    if points:
        assert (found[0], found[-1]) == (points[0], points[-1])
        kept = [value for _, value in found]
        assert (min(kept), max(kept)) == (min(values), max(values))
    assert [step for step, _ in found] == sorted({step for step, _ in found})


def test_a_curve_has_its_steps_and_values_apart() -> None:
    assert columns([(1, 0.5), (3, 0.25)], 10) == {"steps": [1, 3], "values": [0.5, 0.25]}
