"""The plot of what the generations of a chain found."""

from __future__ import annotations

from controller.views.page.figures.hover import short
from controller.views.page.figures.palette import LEGEND, Figure, colour
from controller.views.page.generations import Generations


def rewards(found: Generations | None, name: str) -> Figure | None:
    """The mean value of each generation, with a line for each task. None without a value.

    name: of the values.
    """
    if found is None or not any(
        value is not None for row in found.values.values() for value in row
    ):
        return None
    traces: list[Figure] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": short(task),
            "x": list(found.numbers),
            "y": list(row),
            "customdata": list(found.trials),
            "hovertemplate": "generation %{x}: %{y}<extra></extra>",
            "line": {"color": colour(number), "width": 2},
        }
        for number, (task, row) in enumerate(found.values.items())
    ]
    span = found.numbers[-1] - found.numbers[0]
    layout = {
        "height": 320,
        "hovermode": "closest",
        "xaxis": {"title": {"text": "generation"}, "dtick": max(1, span // 10)},
        "yaxis": {"title": {"text": name}},
        "legend": LEGEND,
        "showlegend": True,
    }
    return {"data": traces, "layout": layout}
