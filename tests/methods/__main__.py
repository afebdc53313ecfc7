"""`python -m tests.methods` runs every example of a method and fails where one does not learn."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from controller.store import layout
from tests.methods.learning import Learning
from tests.methods.search import EXAMPLES, REPOSITORY, Outcome, run

BUILD = REPOSITORY / "build"


def main() -> int:
    """Run the examples one after the other. Returns the exit code: 1 if one does not learn."""
    parser = argparse.ArgumentParser(prog="python -m tests.methods", description=__doc__)
    parser.add_argument("--method", action="append", choices=EXAMPLES, help="run only this one")
    parser.add_argument("--short", action="store_true", help="fewer trials, and small images")
    parser.add_argument(
        "--build", type=Path, default=BUILD, help="where to make the folder methods"
    )
    given = parser.parse_args()
    work: Path = given.build.absolute() / "methods"
    layout.remove(work)
    work.mkdir(parents=True)
    began = time.monotonic()
    outcomes = [_told(method, work, given.short) for method in given.method or EXAMPLES]
    Console(highlight=False).print(_table(outcomes))
    print(f"{len(outcomes)} methods in {time.monotonic() - began:.0f} s")
    failed = [outcome for outcome in outcomes if outcome.problems]
    for outcome in failed:
        for text in outcome.problems:
            print(f"{outcome.method}: {text}", file=sys.stderr)
    return 1 if failed else 0


def _told(method: str, work: Path, short: bool) -> Outcome:
    """Run a method, and print a line about it."""
    began = time.monotonic()
    try:
        outcome = run(method, work, short=short)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        nothing = Learning(0, 0, None, 0, None, None)
        outcome = Outcome(method, nothing, time.monotonic() - began, [str(error)])
    found = outcome.learning
    ended = "FAILED" if outcome.problems else "learned"
    print(
        f"{method}: {ended}, {found.succeeded} of {found.trials} trials succeeded, "
        f"best {_number(found.best)}, {outcome.seconds:.0f} s",
        flush=True,
    )
    return outcome


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("method", box=None)
    for name in ("trials", "inherited", "share", "before", "best", "seconds"):
        table.add_column(name, justify="right")
    for outcome in outcomes:
        found = outcome.learning
        share = "" if found.share is None else f"{found.share:.0%}"
        table.add_row(
            outcome.method,
            str(found.succeeded),
            str(found.children),
            share,
            _number(found.before),
            _number(found.best),
            f"{outcome.seconds:.0f}",
        )
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
