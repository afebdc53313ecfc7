"""Colours that colour-blind readers can tell apart (Okabe and Ito, 2008), and common styles."""

from __future__ import annotations

from typing import Any

Figure = dict[str, Any]  # {"data": [traces], "layout": {...}}, Plotly's JSON form

BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"
PALE = "#c9ced6"
SKY, PURPLE, GREEN, GREY = "#56B4E9", "#CC79A7", "#009E73", "#8c8c8c"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY)  # of the lines of a chart, in this order
SCALE = "Cividis"

LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def colour(line: int) -> str:
    """The colour of a chart's line by its number. After the last colour comes the first again."""
    return COLOURS[line % len(COLOURS)]
