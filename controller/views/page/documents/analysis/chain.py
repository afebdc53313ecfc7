"""The generations of a chain of shared weights: the policy or the alphas over time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from controller.views.page.figures.rewards import rewards
from controller.views.page.figures.shares import HEIGHT, WIDTH, Charts, shares
from controller.views.page.generations import generations
from controller.views.page.source import Source


def document(source: Source) -> dict[str, Any] | None:
    """A picture of the rewards, and a chart of each choice; None without a generation.

    The paths of the charts are those of SVG elements, `width` by `height` units large.
    """
    found = generations(source.by_id.values(), source.space)
    if found is None:
        return None
    charts = shares(found)
    return {
        "generations": len(found.numbers),
        "figure": rewards(found, source.objective.name),
        "width": WIDTH,
        "height": HEIGHT,
        "shares": None if charts is None else _plain(charts),
    }


def _plain(charts: Charts) -> dict[str, Any]:
    return asdict(charts) | {
        "charts": [asdict(chart) | {"words": chart.words} for chart in charts.charts]
    }
