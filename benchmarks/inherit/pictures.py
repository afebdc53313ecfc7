"""The pictures of a record, as SVG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.inherit.outcome import is_as_often
from benchmarks.inherit.tables import arm as name_of

# Okabe and Ito's colours, which people with a colour vision deficiency can tell apart.
_COLOURS = ("#D55E00", "#56B4E9", "#009E73", "#0072B2", "#CC79A7", "#E69F00")
_DASHES = ("solid", "dotted", "dashdot", "dashed", (0, (5, 1)), "solid")
_GREY = "#595959"
_SETTINGS: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "inherit",  # the same figures give the same file
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",  # the pages have a dark theme too
    "savefig.facecolor": "white",
}


def draw(record: dict[str, Any], directory: Path, stem: str) -> list[Path]:
    """Write the pictures of a record into `directory`, with matplotlib.

    STEM-ratios.svg has the ratio of every method with its interval; STEM-METHOD.svg the best value
    so far by epochs, with a band from the lowest to the highest seed.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    directory.mkdir(parents=True, exist_ok=True)
    figures = {}
    with mpl.rc_context(_SETTINGS):
        if record["methods"]:
            ratios = f"{stem}-ratios.svg"
            figures[ratios] = Figure(
                figsize=(7, 1.1 + 0.35 * len(record["methods"])), layout="constrained"
            )
            _ratios(figures[ratios].subplots(), record["methods"])
        for row in record["methods"]:
            name = f"{stem}-{row['method']}.svg"
            figures[name] = Figure(figsize=(7, 3.8), layout="constrained")
            _curves(figures[name].subplots(), row)
        for name, figure in figures.items():
            figure.savefig(directory / name, format="svg", metadata={"Date": None})
    return [directory / name for name in figures]


def _ratios(axes: Any, rows: list[dict[str, Any]]) -> None:
    """The ratios in epochs. An open mark: arm A is at the target less often than arm B."""
    for at, row in enumerate(rows):
        value, *bounds = row["ratio"]["epochs"]
        mark = _COLOURS[3] if is_as_often(row) else "white"
        if bounds:
            axes.plot(bounds, [at, at], color=_COLOURS[3], linewidth=1.6, zorder=2)
        axes.plot(
            [value], [at], "o", markersize=7, color=mark, markeredgecolor=_COLOURS[3], zorder=3
        )
    axes.axvline(1, color=_GREY, linewidth=0.8, linestyle="dashed", zorder=1)
    axes.set_yticks(range(len(rows)), [row["method"] for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    _numbers(axes, [bound for row in rows for bound in (1, *row["ratio"]["epochs"])])
    axes.set_xlabel("epochs of arm B until the target / epochs of arm A, with its 95 % interval")


def _curves(axes: Any, row: dict[str, Any]) -> None:
    """The best value so far of each arm: mean and band over the seeds."""
    further = row["further"]["curves"] if row["further"] else []
    curves = [
        curve for curve in row["curves"] + further if curve["axis"] == "epochs" and curve["points"]
    ]
    for curve, colour, dash in zip(curves, _COLOURS, _DASHES, strict=False):
        epochs, *values = zip(*curve["points"], strict=True)
        mean, low, high = ([100 * value for value in each] for each in values)
        width = 2.4 if curve["arm"] == "a" else 1.6
        axes.step(
            epochs,
            mean,
            where="post",
            color=colour,
            linestyle=dash,
            linewidth=width,
            label=f"{name_of(curve)}: {row['epochs'] * curve['length']} epochs",
        )
        axes.fill_between(epochs, low, high, step="post", color=colour, alpha=0.15, linewidth=0)
    axes.axhline(100 * row["target"], color=_GREY, linewidth=0.8, label="target")
    _numbers(axes, [point[0] for curve in curves for point in curve["points"]])
    axes.set_title(
        f"{row['method']}: {_what(row)}",
        fontsize=9.0,
        loc="left",
    )
    axes.set_xlabel("epochs of all trials of a search, log scale")
    axes.set_ylabel(f"best validation {row['measure']} so far, %")
    axes.legend(
        frameon=False, title="epochs of a trial", loc="center left", bbox_to_anchor=(1.0, 0.5)
    )


def _what(row: dict[str, Any]) -> str:
    if row["seeds"] == 1:
        return "one seed"
    return f"mean of {row['seeds']} seeds, band from the lowest to the highest"


def _numbers(axes: Any, values: list[float]) -> None:
    """A log scale of x for these values, with ticks such as 1, 2, 3, 5, 10."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    if values:
        axes.set_xlim(0.85 * min(values), 1.15 * max(values))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, at: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
