"""`python -m benchmarks peers`."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks import machine
from benchmarks.peers import study
from benchmarks.peers.environments import TOOLS

BUILD = Path(__file__).resolve().parents[2] / "build"
_WIDTH = 140  # of the tables where the output is no terminal


def main(
    tool: Annotated[
        list[str] | None, typer.Option(help=f"Only this one: {', '.join(TOOLS)}. May be repeated.")
    ] = None,
    short: Annotated[
        bool, typer.Option("--short", help="Few trials: shows that it works, and no more.")
    ] = False,
    build: Annotated[Path, typer.Option(help="Where to work, and to write the record.")] = BUILD,
) -> None:
    """Run the same searches with Heirloom, Ray Tune, NePS and Optuna (15 minutes).

    Each of the others gets an environment of its own in build/peers, which takes 3 GB and is kept.
    """
    if unknown := sorted(set(tool or ()) - TOOLS.keys()):
        raise typer.BadParameter(f"{', '.join(unknown)}: choose of {', '.join(TOOLS)}")
    build = build.absolute()
    build.mkdir(parents=True, exist_ok=True)
    if machine.is_memory(build) and not short:
        raise typer.BadParameter(f"{build} lies in memory: name a directory on a disk with --build")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    began = time.monotonic()

    def notify(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.0f} s[/]  {escape(text)}")

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        record = study.run(build, only=tool or (), short=short, notify=notify)
    except RuntimeError as error:
        console.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(1)
    console.print(_costs(record), "", _kills(record))
    console.print(f"written to {build / study.FILE}")


def _costs(record: study.Record) -> Table:
    table = _table("tool", "search", "results", "wall s", "CPU s", "peak MB", "best")
    for row in record["rows"]:
        for kind in ("search", "pbt"):
            if kind in row:
                found = row[kind]
                table.add_row(
                    f"{row['title']} {row['version']}",
                    kind,
                    str(found["results"]),
                    f"{found['wall']:.1f}",
                    f"{found['cpu']:.1f}",
                    f"{found['peak'] / 1e6:.0f}",
                    "" if found["best"] is None else f"{found['best']:.3f}",
                )
    return table


def _kills(record: study.Record) -> Table:
    table = _table(
        "tool",
        "killed",
        "exit codes",
        "results",
        "unfinished",
        "lost",
        "again",
        "results",
        "unfinished",
        "lost",
    )
    for row in record["rows"]:
        for kill in study.KILLS:
            if kill in row:
                found = row[kill]
                table.add_row(
                    row["title"],
                    kill,
                    _codes(found["exits"]),
                    *_left(found["after"]),
                    _codes(found["exits_again"]),
                    *_left(found["again"]),
                )
    return table


def _codes(codes: list[int]) -> str:
    return " ".join(map(str, codes))


def _left(found: study.Record) -> list[str]:
    return [str(found[name]) for name in ("results", "unfinished", "lost")]


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="left" if column in ("tool", "search") else "right")
    return table
