"""The parameters and MACs of a model's candidates, as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich import filesize
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.views import output

if TYPE_CHECKING:
    from controller.config.model import ModelSpace

_COSTS = ("parameters", "macs")
_ROWS = 40  # options shown


def show(console: Console, made: ModelSpace) -> None:
    """Print the spread of both costs over the candidates, and their means by label and option."""
    found = made.costs
    measured, size = found["measured"], found["candidates"]
    which = f"all {size}" if made.is_whole else f"a sample of {measured}"
    of = "" if made.is_whole else f" of {size}"
    console.print(escape(f"\n{which}{of} candidates of {made.model}"), soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("MACs", justify="right", no_wrap=True)
    for key in ("min", "median", "max"):
        table.add_row(key, *(_shown(found[name], key) for name in _COSTS))
    size = found.get("supernet")
    if size is not None:
        label = f"supernet ({filesize.decimal(size['bytes'])})"
        table.add_row(label, *(_shown(size, name) for name in _COSTS))
    for each in found["options"][:_ROWS]:
        option = each["option"]
        text = option if isinstance(option, str) else json.dumps(option)
        label = escape(f"mean with {each['label']} {text}")
        table.add_row(label, *(_shown(each, name) for name in _COSTS))
    output.print_table(console, table)
    if len(found["options"]) > _ROWS:
        command = f"python -m heirloom.nas {made.model} --table"
        more = f"and {len(found['options']) - _ROWS} more options: {command}"
        console.print(f"[dim]{escape(more)}[/]", soft_wrap=True)
    console.print()


def spread(found: Mapping[str, Any] | None) -> list[str]:
    """The spread of both costs in words, in parentheses; nothing where they are not known."""
    if found is None:
        return []
    names = {"parameters": "parameters", "macs": "MACs"}
    parts = [
        f"{_shown(found[key], 'min')} to {_shown(found[key], 'max')} {name}"
        for key, name in names.items()
        if found[key] is not None
    ]
    return [f"({', '.join(parts)})"]


def _shown(values: Mapping[str, Any] | None, key: str) -> str:
    value = None if values is None else values.get(key)
    return "" if value is None else f"{value:,.0f}"
