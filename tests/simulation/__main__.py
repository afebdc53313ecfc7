"""`python -m tests.simulation SEED` prints the trace of one run; `--seeds N` does N runs."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from pathlib import Path

from tests.simulation.world.lab import run_lab
from tests.simulation.world.rules import Violation

FAILED = Path(__file__).parent / "seeds.txt"  # every seed that failed before


def main() -> int:
    """Return the exit code: 1 if a rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", help="print the trace of this run")
    parser.add_argument(
        "--seeds", type=int, default=1000, help="the number of runs, with random seeds"
    )
    parser.add_argument("--first", type=int, help="use consecutive seeds from this one")
    given = parser.parse_args()
    if given.seed is not None:
        return _print_trace(given.seed)
    first = int.from_bytes(os.urandom(5)) if given.first is None else given.first
    return _many(range(first, first + given.seeds))


def known_seeds() -> list[int]:
    """The seeds that failed before."""
    lines = FAILED.read_text().splitlines()
    return [int(line.split()[0]) for line in lines if line and not line.startswith("#")]


def _print_trace(seed: int) -> int:
    try:
        counts = run_lab(seed, print)
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
    return _print_trace(broken[0]) if broken else 0


def _pin() -> None:
    """Pin the process: threads of which one runs at a time are fastest on one processor."""
    mine = sorted(os.sched_getaffinity(0))
    number = multiprocessing.current_process()._identity[0]
    os.sched_setaffinity(0, {mine[number % len(mine)]})


def _one(seed: int) -> tuple[int, Counter[str], str]:
    try:
        return seed, run_lab(seed), ""
    except Violation as broken:
        return seed, Counter(), str(broken)


if __name__ == "__main__":
    sys.exit(main())
