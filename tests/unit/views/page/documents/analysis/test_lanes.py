"""The heights of trials in the picture by family."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controller.views.page.documents.analysis.lanes import lanes


@st.composite
def forests(draw: st.DrawFn) -> list[int | None]:
    """A parent for each trial, or None."""
    size = draw(st.integers(0, 40))
    return [draw(st.none() | st.integers(0, n - 1)) if n else None for n in range(size)]


@given(forests())
def test_childless_trials_have_lanes_of_their_own_and_parents_stand_amid_their_children(
    parents: list[int | None],
) -> None:
    children = {
        n: [c for c, parent in enumerate(parents) if parent == n] for n in range(len(parents))
    }
    heights = lanes(children, [n for n, parent in enumerate(parents) if parent is None])
    assert heights.keys() == children.keys()
    leaves = sorted(heights[n] for n in children if not children[n])
    assert all(above - below >= 1 for below, above in pairwise(leaves))
    for parent, below in children.items():
        if below:
            assert heights[below[0]] <= heights[parent] <= heights[below[-1]]
