"""Simulated searches with faults: the seven rules hold, and every search ends."""

import contextlib
import os
import subprocess
import sys

import pytest

from tests.simulation.__main__ import known_seeds
from tests.simulation.planted import LIMIT, PLANTED, catch
from tests.simulation.world.lab import run_lab
from tests.simulation.world.rules import Violation

NEW_SEEDS = 300
SHARES = 4  # that may run in parallel


def run_seed(seed):
    try:
        run_lab(seed)
    except Violation:
        with contextlib.suppress(Violation):
            run_lab(seed, print)
        print(f"this run again: make simulate SEED={seed}")
        raise


@pytest.mark.parametrize("share", range(SHARES))
def test_new_seeds(share):
    first = int.from_bytes(os.urandom(5))
    for seed in range(first, first + NEW_SEEDS // SHARES):
        run_seed(seed)


@pytest.mark.parametrize("seed", known_seeds())
def test_every_seed_that_failed_before(seed):
    run_seed(seed)


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_planted_bug_is_caught(name):
    assert catch(name, iter(range(LIMIT))) is not None


def test_a_seed_gives_the_same_run_for_any_hash_seed():
    traces = set()
    for hashing in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "8"],
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        )
        traces.add(done.stdout)
    assert len(traces) == 1
