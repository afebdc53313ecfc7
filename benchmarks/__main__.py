"""Measures, shows the figures and writes them to build/bench.json."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks import cluster, commits, handoff, machine, overhead, pure, throughput, weights
from benchmarks.figure import Figure
from benchmarks.peers import PEERS
from controller.store import layout

MEASUREMENTS: dict[str, Callable[..., list[Figure]]] = {
    "throughput": throughput.measure,
    "handoff": handoff.measure,
    "commit": commits.measure,
    "core": pure.measure,
    "overhead": overhead.measure,
    "weights": weights.measure,
}
_WIDTH = 140  # of the tables where the output is no terminal
BUILD = Path(__file__).resolve().parent.parent / "build"


def main(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help=", ".join(MEASUREMENTS))
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small sizes: shows that it works, and no more.")
    ] = False,
    build: Annotated[Path, typer.Option(help="Where to work and to write bench.json.")] = BUILD,
    inventory: Annotated[
        Path | None,
        typer.Option("-i", "--inventory", help="Measure between the nodes of this one instead."),
    ] = None,
) -> None:
    """Measure everything (below ten minutes), or what is named, and write the figures as JSON."""
    measurements = MEASUREMENTS
    if inventory is not None:
        measurements = {"cluster": partial(cluster.measure, inventory=inventory.absolute())}
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    if unknown := sorted(set(names or ()) - measurements.keys()):
        raise typer.BadParameter(f"{', '.join(unknown)}: choose of {', '.join(measurements)}")
    build.mkdir(parents=True, exist_ok=True)
    if machine.is_memory(build) and not quick:
        raise typer.BadParameter(f"{build} lies in memory: name a directory on a disk with --build")
    work = build / "bench"
    layout.remove(work)
    work.mkdir()
    facts = machine.facts(work)
    figures: list[Figure] = []
    began = time.monotonic()
    for name in names or measurements:
        try:
            with console.status(f"{name} …"):
                found = measurements[name](work, quick=quick)
        except RuntimeError as error:
            console.print(f"[red]error:[/] {escape(name)}: {escape(str(error))}; see {work}")
            sys.exit(1)
        figures += found
        console.print(_table(found), "")
    layout.remove(work)
    seconds = time.monotonic() - began
    record_path = build / "bench.json"
    record_path.write_text(json.dumps(_record(facts, figures, quick, seconds), indent=1) + "\n")
    if "throughput" in (names or measurements):
        peers = "; ".join(f"{name}: {rate}" for name, rate in PEERS.items())
        console.print(f"no-op trials a second of others on 2 cores: {peers}", soft_wrap=True)
    cores, kernel = facts["cores"], facts["kernel"]
    console.print(f"{cores} cores, Linux {kernel}, {seconds:.0f} s; written to {record_path}")


def _table(figures: list[Figure]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("figure", "median", "range", "target", "met", "compares to"):
        table.add_column(column, justify="right" if column in ("median", "range") else "left")
    for figure in figures:
        target = "" if figure.target is None else f"{_SIGN[figure.better]} {figure.target:g}"
        table.add_row(
            figure.name,
            f"{figure.median:.3g} {figure.unit}",
            f"{min(figure.values):.3g} to {max(figure.values):.3g}",
            target,
            _MET[figure.met],
            figure.against,
        )
    return table


_SIGN = {"higher": "≥", "lower": "≤"}
_MET = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}


def _record(
    facts: dict[str, Any], figures: list[Figure], quick: bool, seconds: float
) -> dict[str, Any]:
    return {
        "machine": facts,
        "quick": quick,
        "seconds": round(seconds, 1),
        "figures": [figure.to_json() for figure in figures],
        "peers_trials_per_second": PEERS,
    }


if __name__ == "__main__":
    typer.run(main)
