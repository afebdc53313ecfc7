"""`python -m tests.simulation SEED` tells the story of one run; `--seeds N` lives through N."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from pathlib import Path

from tests.simulation.world.lab import live
from tests.simulation.world.rules import Violation

FAILED = Path(__file__).parent / "seeds.txt"  # every seed that ever failed


def main() -> int:
    """The exit code: 1 where a rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", help="tell the story of this run")
    parser.add_argument("--seeds", type=int, default=1000, help="how many runs, of chance seeds")
    parser.add_argument("--first", type=int, help="count the seeds from here instead")
    given = parser.parse_args()
    if given.seed is not None:
        return _tell(given.seed)
    first = int.from_bytes(os.urandom(5)) if given.first is None else given.first
    return _many(range(first, first + given.seeds))


def known_seeds() -> list[int]:
    """The seeds that ever failed."""
    lines = FAILED.read_text().splitlines()
    return [int(line.split()[0]) for line in lines if line and not line.startswith("#")]


def _tell(seed: int) -> int:
    try:
        counts = live(seed, print)
    except Violation as broken:
        print(f"seed {seed}: {broken}")
        return 1
    print(f"seed {seed}: all rules held; faults: {dict(counts)}")
    return 0


def _many(seeds: range) -> int:
    began = time.monotonic()
    faults: Counter[str] = Counter()
    broken: list[int] = []
    with multiprocessing.Pool(os.cpu_count(), _pin) as pool:
        for seed, counts, why in pool.imap_unordered(_one, seeds, chunksize=10):
            faults.update(counts)
            if why:
                broken.append(seed)
                print(f"seed {seed}: {why}")
    seconds = time.monotonic() - began
    for kind, count in faults.most_common():
        print(f"{count:9,}  {kind}")
    print(
        f"{len(seeds):,} runs from seed {seeds[0]} in {seconds:.0f} s "
        f"({len(seeds) / seconds:.1f} a second), {faults.total():,} faults, "
        f"{len(broken)} runs broke a rule"
    )
    return _tell(broken[0]) if broken else 0


def _pin() -> None:
    """Threads that take turns do it fastest on one processor."""
    mine = sorted(os.sched_getaffinity(0))
    number = multiprocessing.current_process()._identity[0]
    os.sched_setaffinity(0, {mine[number % len(mine)]})


def _one(seed: int) -> tuple[int, Counter[str], str]:
    try:
        return seed, live(seed), ""
    except Violation as broken:
        return seed, Counter(), str(broken)


if __name__ == "__main__":
    sys.exit(main())
