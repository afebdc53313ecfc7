"""Searches in a lab where everything goes wrong: the seven rules hold, and all come to an end."""

import contextlib
import os
import subprocess
import sys

import pytest

from tests.simulation.__main__ import known_seeds
from tests.simulation.planted import LIMIT, PLANTED, catch
from tests.simulation.world.lab import live
from tests.simulation.world.rules import Violation

FRESH = 300
SHARES = 4  # that may run beside each other


def lives_through(seed):
    try:
        live(seed)
    except Violation:
        with contextlib.suppress(Violation):
            live(seed, print)
        print(f"this story again: make simulate SEED={seed}")
        raise


@pytest.mark.parametrize("share", range(SHARES))
def test_fresh_seeds(share):
    first = int.from_bytes(os.urandom(5))
    for seed in range(first, first + FRESH // SHARES):
        lives_through(seed)


@pytest.mark.parametrize("seed", known_seeds())
def test_every_seed_that_ever_failed(seed):
    lives_through(seed)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_caught(name):
    assert catch(name, iter(range(LIMIT))) is not None


def test_a_seed_tells_the_same_story_whatever_the_order_of_sets():
    stories = set()
    for hashing in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "8"],
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        )
        stories.add(told.stdout)
    assert len(stories) == 1
