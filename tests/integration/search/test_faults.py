"""Each kind of real fault once during a search. `make faults` runs for an hour."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.injector import run_with_faults
from tests.faults.local import local

TRIALS = 45


@pytest.mark.timeout(900)
def test_a_search_under_kills_full_disks_and_flipped_bits(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    with local(tmp_path, TRIALS, seed) as environment:
        kinds = rng.sample([*environment.faults], len(environment.faults))
        tally = run_with_faults(environment, rng, kinds, print)
    assert tally.broken == {}, seed
    assert tally.injections.total() >= len(kinds) // 2
    assert tally.commits >= TRIALS // 2
    assert tally.children
