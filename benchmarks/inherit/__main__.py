"""`python -m benchmarks inherit`."""

from __future__ import annotations

import importlib.util
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from benchmarks.inherit import archive, compare, tables
from benchmarks.inherit.kept import Kept, directory_of
from benchmarks.inherit.methods import methods_of
from benchmarks.inherit.shared import SHARED
from benchmarks.trials.inherit.sizes import SIZES

BUILD = Path(__file__).resolve().parents[2] / "build"
SHORT = "short"
NEEDED = ("torch", "safetensors")  # by the trials, which run with this Python
SEEDS = 5
_WIDTH = 140  # of the tables where the output is no terminal


def main(
    method: Annotated[
        list[str] | None,
        typer.Option(help=f"Only this one: {', '.join(compare.KNOWN)}. May be repeated."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from 0.")] = SEEDS,
    size: Annotated[str, typer.Option(help=", ".join(SIZES))] = "small",
    short: Annotated[
        bool, typer.Option("--short", help="The smallest size: shows that it works, and no more.")
    ] = False,
    published: Annotated[
        bool,
        typer.Option(
            "--published",
            help="Take the searches that were published, and run only what is missing.",
        ),
    ] = False,
    build: Annotated[Path, typer.Option(help="Where to work, and to write the record.")] = BUILD,
) -> None:
    """Compare searches whose trials inherit weights with searches whose trials do not.

    The protocol is docs/explanation/inherit-protocol.md. A method takes up to two hours on two
    cores. Each search is kept: what was ended goes on with those that are missing.
    """
    if unknown := sorted(set(method or ()) - set(compare.KNOWN)):
        raise typer.BadParameter(f"{', '.join(unknown)}: choose of {', '.join(compare.KNOWN)}")
    size = SHORT if short else size
    if size not in SIZES:
        raise typer.BadParameter(f"{size}: choose of {', '.join(SIZES)}")
    known = (*methods_of(SIZES[size]), SHARED)
    if unknown := sorted(set(method or ()) - set(known)):
        raise typer.BadParameter(f"size {size} has no {', '.join(unknown)}")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    if absent := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        console.print(
            f"[red]error:[/] not installed: {', '.join(absent)}. The searches train with PyTorch: "
            "pip install -r requirements-torch.txt -r requirements-dev.txt",
            soft_wrap=True,
        )
        sys.exit(1)
    began = time.monotonic()

    def notify(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.0f} s[/]  {escape(text)}")

    build = build.absolute()
    if published:
        kept = Kept(directory_of(build, size))
        count = archive.take(archive.DIRECTORY, compare.file_of(build, size).stem, kept)
        notify(f"{count} published searches are taken")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        record = compare.run(
            build, methods=method or compare.KNOWN, seeds=seeds, size=size, notify=notify
        )
    except RuntimeError as error:
        console.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(1)
    for each in tables.all_of(record):
        console.print(each, "")
    console.print(f"written to {compare.file_of(build, size)}")
