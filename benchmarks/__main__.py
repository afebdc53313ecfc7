"""Measures, shows the figures and writes them to build/bench.json."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks import cluster, commits, handoff, machine, overhead, pure, throughput, weights
from benchmarks.figure import Figure
from benchmarks.nasbench import one_shot, outcome, ranks, study
from benchmarks.nasbench.methods import METHODS
from benchmarks.peers.quoted import PEERS
from benchmarks.reading import figures as reading
from controller.store import layout

MEASUREMENTS: dict[str, Callable[..., list[Figure]]] = {
    "throughput": throughput.measure,
    "handoff": handoff.measure,
    "commit": commits.measure,
    "core": pure.measure,
    "overhead": overhead.measure,
    "weights": weights.measure,
    "reading": reading.measure,
}
STUDIES = ("inherit", "peers")  # with options of their own
NASBENCH = "nasbench"  # a comparison of methods; its figures are no times of this machine
_WIDTH = 140  # of the tables where the output is no terminal
BUILD = Path(__file__).resolve().parent.parent / "build"


def main(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help=f"{', '.join(MEASUREMENTS)}; or {NASBENCH}"),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small sizes: shows that it works, and no more.")
    ] = False,
    build: Annotated[Path, typer.Option(help="Where to work and to write bench.json.")] = BUILD,
    inventory: Annotated[
        Path | None,
        typer.Option("-i", "--inventory", help="Measure between the nodes of this one instead."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help=f"With {NASBENCH}: only this tuner. May be repeated.")
    ] = None,
    is_one_shot: Annotated[
        bool,
        typer.Option("--one-shot", help=f"With {NASBENCH}: search with shared weights instead."),
    ] = False,
) -> None:
    """Measure everything (about ten minutes), or what is named, and write the figures as JSON.

    nasbench compares tuners on the table of NAS-Bench-201 instead (20 minutes), and writes
    nasbench.json. With --one-shot it searches with enas and darts on this machine, looks up in the
    table what they find, and writes nasbench_one_shot.json. What was ended goes on where it was.
    inherit compares searches with and without inherited weights, and has options of its own.
    """
    if names == [NASBENCH]:
        (_search if is_one_shot else _compare)(build, only or [], quick=quick)
        return
    if is_one_shot:
        raise typer.BadParameter(f"--one-shot goes with {NASBENCH}")
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


def _compare(build: Path, only: list[str], *, quick: bool) -> None:
    """Run the comparison on NAS-Bench-201 and print it."""
    console, record = _study(study.run, [each.tuner for each in METHODS], build, only, quick)
    console.print(outcome.as_table(record))
    for values in study.VALUES:
        for goal in outcome.goals(record, values):
            text = f"{values}: {goal.text}: {_MET[goal.met]} ({goal.found})"
            console.print(text, soft_wrap=True)
    console.print(f"written to {build / study.FILE}")


def _search(build: Path, only: list[str], *, quick: bool) -> None:
    """Search with shared weights over the cell of NAS-Bench-201, and print the ranks."""
    tuners = [each.tuner for each in one_shot.METHODS]
    console, record = _study(one_shot.run, tuners, build, only, quick)
    console.print(ranks.as_table(record))
    skip = record["all_skip"]
    text = f"all skip_connect: {skip['accuracy']:.2f}, rank {skip['rank']:,}"
    console.print(f"{text}; half of all cells reach {record['middle']:.2f}")
    console.print(f"written to {build / one_shot.FILE}")


def _study(
    run: Callable[..., dict[str, Any]],
    tuners: list[str],
    build: Path,
    only: list[str],
    quick: bool,
) -> tuple[Console, dict[str, Any]]:
    """Run a study of tuners, or of those of `only`. Returns where to print, and its record."""
    if unknown := sorted(set(only) - set(tuners)):
        raise typer.BadParameter(f"{', '.join(unknown)}: choose of {', '.join(tuners)}")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    try:
        with console.status(NASBENCH) as status:
            record = run(build, only=only, quick=quick, notify=status.update)
    except RuntimeError as error:
        console.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(1)
    return console, record


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


def _run() -> None:
    """Run `main`, or the study that is named, which has options of its own."""
    if sys.argv[1:2] and sys.argv[1] in STUDIES:
        name = sys.argv.pop(1)
        sys.argv[0] += f" {name}"
        typer.run(import_module(f"benchmarks.{name}.__main__").main)
    typer.run(main)


if __name__ == "__main__":
    _run()
