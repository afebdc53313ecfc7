"""`python -m tests.faults` injects faults into searches, and counts what follows.

First on this machine, then on test hosts, where this machine can run them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from rich.console import Console

from controller.errors import HeirloomError
from testbed.cluster import Cluster
from testbed.machine import check_machine
from tests.faults.environment import Environment
from tests.faults.hosts import SECOND, SERVER, hosts, hosts_made_ready
from tests.faults.injector import run_with_faults
from tests.faults.local import REPOSITORY, local
from tests.faults.tally import Tally

Searches = Callable[[int], AbstractContextManager[Environment]]  # from a seed

_EACH = 16  # injections in one search, at most
_TRIALS = 60
_CLUSTER = "faults"


def main() -> int:
    """Run, and return the exit code: 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--injections", type=int, default=200, help="on this machine, at least")
    parser.add_argument("--on-hosts", type=int, default=40, help="on test hosts, at least")
    parser.add_argument("--seed", type=int, help="of the first search; by chance if not given")
    parser.add_argument("--kind", action="append", help="only faults with this in their name")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that disks and hosts are removed
    seed = int.from_bytes(os.urandom(4)) if given.seed is None else given.seed
    broken = False
    if given.injections:
        broken = _go_on(_here, given.injections, seed, given.kind, "this machine")
    if given.on_hosts:
        try:
            check_machine()
        except HeirloomError as error:
            print(f"nothing was tried on test hosts: {error}")
            return int(broken)
        with hosts_made_ready(_CLUSTER) as cluster:
            on_hosts = _on(cluster)
            broken |= _go_on(on_hosts, given.on_hosts, seed, given.kind, "test hosts")
    return int(broken)


def _go_on(
    searches: Searches, injections: int, seed: int, only: list[str] | None, where: str
) -> bool:
    """Run searches until enough faults are injected, and print the counts.

    Return whether a promise was broken.
    """
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    began = time.monotonic()
    total = Tally()
    while total.injections.total() < injections:
        left = min(injections - total.injections.total(), _EACH)
        print(f"search on {where} with seed {seed}:", flush=True)
        with searches(seed) as environment:
            tally = _search(environment, seed, left, only)
        total.add(tally)
        if tally.broken:
            print(f"seed {seed}: {json.dumps(tally.broken, indent=1)}")
        seed += 1
    for table in total.tables():
        console.print(table)
    print(f"{time.monotonic() - began:.0f} s; trials without weights: {total.failed}")
    (REPOSITORY / "build").mkdir(exist_ok=True)
    written = REPOSITORY / f"build/faults-{where.replace(' ', '-')}.json"
    written.write_text(json.dumps(total.plain(), indent=1))
    return bool(total.broken)


def _search(environment: Environment, seed: int, injections: int, only: list[str] | None) -> Tally:
    rng = random.Random(seed)
    kinds = [kind for kind in environment.faults if not only or any(word in kind for word in only)]
    if not kinds:
        raise SystemExit(f"no fault there has {only} in its name: {', '.join(environment.faults)}")
    drawn = [kind for _ in range(_EACH) for kind in rng.sample(kinds, len(kinds))]
    return run_with_faults(environment, rng, drawn[:injections], _tell)


@contextmanager
def _here(seed: int) -> Iterator[Environment]:
    with (
        tempfile.TemporaryDirectory(prefix="heirloom-faults-") as path,
        local(Path(path), _TRIALS, seed) as environment,
    ):
        yield environment


def _on(cluster: Cluster) -> Searches:
    """Searches on a cluster. In every third one the controller runs on the store's server."""
    return lambda seed: hosts(cluster, seed, SERVER if seed % 3 == 0 else SECOND)


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
