"""Draws a picture of a search within the lines and columns of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from controller.formats import counted
from controller.views.screen import columns
from controller.views.screen.columns import Row
from controller.views.screen.picture import NodeRow, Picture, TrialRow
from controller.views.text import COLOURS

_LOG = 5  # one line in so many, and at least two, is left to the lines that scroll by above
_BAR = 60  # columns of the progress bar, at most
_WITH_CHANGE = 90  # columns from which a trial's row has the change from its parent's value
_NODE = 12  # columns of a node's name in a terminal that is not so wide
_NARROW = 70  # columns below which it has no step and no parent's value


class View:
    """A picture as Rich draws it. Takes fewer lines than the terminal has."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Draw it for the size that the terminal has now."""
        height = console.size.height
        room = height - max(2, height // _LOG) - 1
        parts: list[RenderableType] = [*_head(self._picture, options.max_width)]
        parts += _notes(self._picture.notes, max(1, room // 5))
        parts += _nodes(self._picture.nodes, room // 3)
        yield from parts[:room]
        room -= len(parts)
        if room >= 3 and self._picture.trials:
            yield from _trials(self._picture, options.max_width, room)
        yield Text()  # the cursor's line: what the terminal echoes there, such as ^C, moves nothing


def _line(text: str | Text, style: str = "") -> Text:
    """One line, which is cut where the terminal is narrower."""
    line = text if isinstance(text, Text) else Text(text.replace("\n", " "), style=style)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _head(picture: Picture, width: int) -> Iterator[Table | Text]:
    line = Text.assemble((picture.name, "bold"), f"  {picture.time}")
    if picture.over:
        line.append(f"  {picture.over}", "dim")
    yield _line(line)
    if picture.budget is not None:
        yield _progress(picture.done, picture.budget, width)
    counts = [(f"{count} {state}", COLOURS[state]) for state, count in picture.counts]
    yield _line(Text("  ").join(Text(*pair) for pair in counts) if counts else "no trials yet")
    yield _line(picture.best)
    if picture.waits_for:
        yield _line(f"waits for {', '.join(picture.waits_for)}", "yellow")


def _progress(done: int, budget: int, width: int) -> Table:
    """A bar: how many trials of the budget have a verdict."""
    label = f"{done}/{budget}"
    row = Table.grid(padding=(0, 1))
    bar = max(1, min(_BAR, width - len(label) - 2))
    row.add_row(ProgressBar(total=budget, completed=done, width=bar), label)
    return row


def _notes(notes: Sequence[str], limit: int) -> Iterator[Text]:
    shown = notes if len(notes) <= limit else notes[: limit - 1]
    yield from (_line(note, "yellow") for note in shown)
    if len(shown) < len(notes):
        yield _line(f"and {counted(len(notes) - len(shown), 'further note')}", "yellow")


def _nodes(nodes: Sequence[NodeRow], limit: int) -> list[Text]:
    """What runs and what is armed on each node. More than `limit` lines are one."""
    if len(nodes) == 1 or len(nodes) + 1 > limit:
        return [_all_nodes(nodes)]
    rows = [Row(("node", "running", "slots", "armed", ""), "dim")]
    for node in nodes:
        numbers = (str(number) for number in (node.running, node.slots, node.armed))
        rows.append(Row((node.name, *numbers, ""), "red" if node.is_down else ""))
    return list(columns.lines(rows, right=(1, 2, 3), widest={}))


def _all_nodes(nodes: Sequence[NodeRow]) -> Text:
    running, armed = sum(node.running for node in nodes), sum(node.armed for node in nodes)
    slots, down = sum(node.slots for node in nodes), sum(node.is_down for node in nodes)
    name = f"node {nodes[0].name}" if len(nodes) == 1 else counted(len(nodes), "node")
    line = f"{name}: {running} running, {counted(slots, 'slot')}, {armed} armed"
    return _line(f"{line}, {down} down" if down else line, "red" if down else "")


def _trials(picture: Picture, width: int, room: int) -> Iterator[Text]:
    """The trials on nodes in at most `room` lines, with the columns for which there is room."""
    shown, more = list(picture.trials), picture.more
    if len(shown) + 1 + bool(more) > room:
        fit = room - 2
        more += len(shown) - fit
        shown = shown[:fit]
    names = ["trial", "from", "step", "value", "parent's", "change", "age", "node", ""]
    if width < _NARROW:
        names = ["trial", "from", "value", "age", "node", ""]
    elif width < _WITH_CHANGE:
        names.remove("change")
    rows = [Row(names, "dim")]
    for row in shown:
        cells = _cells(row)
        good = {names.index(name): "green" for name in ("value", "change") if name in names}
        styles = good if row.is_better else None
        style = "dim" if row.waits_for else ""
        rows.append(Row([cells[name] for name in names], style, styles))
    right = range(len(names) - 2)
    widest = {} if width >= _WITH_CHANGE else {names.index("node"): _NODE}
    yield from columns.lines(rows, right, widest)
    if more:
        yield _line(f"… and {more} more on nodes", "dim")


def _cells(row: TrialRow) -> dict[str, str]:
    """What a row shows, by the heading of its column."""
    change = ""
    if row.value is not None and row.parent_value is not None:
        change = f"{row.value - row.parent_value:+.3g}"
    return {
        "trial": str(row.trial),
        "from": " ".join(map(str, row.parents)),
        "step": "" if row.step is None else str(row.step),
        "value": _number(row.value),
        "parent's": _number(row.parent_value),
        "change": change,
        "age": row.age,
        "node": row.node,
        "": f"waits for {row.waits_for}" if row.waits_for else row.params,
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:#.5g}"
