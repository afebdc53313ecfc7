"""The choice of the nearest parent among many committed trials."""

from __future__ import annotations

import random
import time

from controller.core.model import Inherit, Rules, State, Trial
from controller.core.nearest import Nearest
from heirloom.space import parse, sample

TARGET = 50.0  # milliseconds
_CHOICE = {"_type": "choice", "_value": ["a", "b", "c", "d", "e"]}
_NUMBER = {"_type": "uniform", "_value": [0, 1]}


def measure(standing: int = 10_000, choices: int = 20) -> tuple[float, ...]:
    """Milliseconds of each choice; the space has five choices and five numbers.

    Each trial is encoded once, when it is first a candidate. That is not counted.
    """
    rng = random.Random(1)
    names = [(f"c{i}", _CHOICE) for i in range(5)] + [(f"n{i}", _NUMBER) for i in range(5)]
    space = parse(dict(names))
    trials = [
        Trial(
            number,
            sample(space, rng),
            (),
            (),
            State.SUCCEEDED,
            0.0,
            weights=True,
            value=rng.random(),
        )
        for number in range(standing + choices)
    ]
    nearest = Nearest(Rules(inherit=Inherit.NEAREST, space=space))
    candidates = range(standing)
    nearest.choose(trials, trials[standing], candidates)
    taken = []
    for trial in trials[standing:]:
        began = time.perf_counter()
        nearest.choose(trials, trial, candidates)
        taken.append((time.perf_counter() - began) * 1e3)
    return tuple(taken)
