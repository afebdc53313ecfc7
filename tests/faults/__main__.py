"""`python -m tests.faults` breaks things under searches until enough was broken, and counts."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.faults.injector import endure
from tests.faults.local import REPOSITORY, local
from tests.faults.tally import Tally

_EACH = 16  # injections in one search, at most
_TRIALS = 60


def main() -> int:
    """The exit code: 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--injections", type=int, default=200, help="how many, at least")
    parser.add_argument("--seed", type=int, help="of the first search; by chance if not given")
    parser.add_argument("--kind", action="append", help="only faults with this in their name")
    given = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    seed = int.from_bytes(os.urandom(4)) if given.seed is None else given.seed
    began = time.monotonic()
    total = Tally()
    while total.injections.total() < given.injections:
        tally = _search(seed, given.injections - total.injections.total(), given.kind)
        total.add(tally)
        if tally.broken:
            print(f"seed {seed}: {json.dumps(tally.broken, indent=1)}")
        seed += 1
    for table in total.tables():
        console.print(table)
    print(f"{time.monotonic() - began:.0f} s; trials without weights: {total.failed}")
    (REPOSITORY / "build").mkdir(exist_ok=True)
    (REPOSITORY / "build/faults.json").write_text(json.dumps(total.plain(), indent=1))
    return 1 if total.broken else 0


def _search(seed: int, injections: int, only: list[str] | None) -> Tally:
    rng = random.Random(seed)
    with (
        tempfile.TemporaryDirectory(prefix="heirloom-faults-") as path,
        local(Path(path), _TRIALS, seed) as place,
    ):
        kinds = [kind for kind in place.faults if not only or any(word in kind for word in only)]
        drawn = [kind for _ in range(_EACH) for kind in rng.sample(kinds, len(kinds))]
        print(f"search with seed {seed}:", flush=True)
        return endure(place, rng, drawn[: min(injections, _EACH)], _tell)


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
