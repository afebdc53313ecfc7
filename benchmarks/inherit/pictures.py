"""The best value so far of both arms of a method, as pictures for the page of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.inherit.tables import arm as name_of

# Okabe and Ito's colours, which people with a colour vision deficiency can tell apart.
_COLOURS = ("#D55E00", "#56B4E9", "#009E73", "#0072B2", "#CC79A7")
_DASHES = ("solid", "dotted", "dashdot", "dashed", (0, (5, 1)))
_SETTINGS: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "inherit",  # the same figures give the same file
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(record: dict[str, Any], directory: Path) -> list[Path]:
    """Write a picture for each method of a record, `directory`/inherit-METHOD.svg, with matplotlib.

    The band is from the lowest to the highest seed.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    directory.mkdir(parents=True, exist_ok=True)
    found = []
    with mpl.rc_context(_SETTINGS):
        for row in record["methods"]:
            figure = Figure(figsize=(7, 3.6), layout="constrained")
            axes = figure.subplots()
            curves = [curve for curve in row["curves"] if curve["axis"] == "epochs"]
            for curve, colour, dash in zip(curves, _COLOURS, _DASHES, strict=False):
                x, mean, low, high = zip(*curve["points"], strict=True)
                width = 2.4 if curve["arm"] == "a" else 1.4
                axes.plot(
                    x, mean, color=colour, linestyle=dash, linewidth=width, label=name_of(curve)
                )
                axes.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
            axes.axhline(row["target"], color="#777777", linewidth=0.8, label="target")
            axes.set_xscale("log")
            axes.set_xlabel("epochs of all trials")
            axes.set_ylabel("best validation accuracy")
            axes.legend(frameon=False, loc="lower right")
            path = directory / f"inherit-{row['method']}.svg"
            figure.savefig(path, format="svg", metadata={"Date": None})
            found.append(path)
    return found
