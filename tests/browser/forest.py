"""A search of many generations, to look at."""

import random

from controller.core.model import State, Trial
from controller.views.page.source import Source
from tests.unit.views.page.pages import recorded, trial


def forest(count: int, seed: int = 0, **more: object) -> Source:
    """An evolution of `count` trials, some of which failed. The first ones are always the same."""
    rng = random.Random(seed)
    trials: list[Trial] = []
    alive: list[Trial] = []
    for number in range(count):
        parents = [max(rng.choices(alive[-400:], k=4), key=_value)] if len(alive) > 20 else []
        if parents and rng.random() < 0.05:
            parents.append(rng.choice(alive))
        has_failed = rng.random() < 0.03
        trials.append(
            trial(
                number,
                *dict.fromkeys(each.id for each in parents),
                state=State.FAILED if has_failed else State.SUCCEEDED,
                value=None if has_failed else _bounded(parents, rng.gauss(0.0002, 0.02)),
                params={
                    "lr": 10 ** rng.uniform(-4, -1),
                    "width": rng.choice([16, 32, 64, 128]),
                    "activation": rng.choice(["relu", "gelu", "silu"]),
                    "depth": rng.randint(1, 9),
                    "dropout": round(rng.random(), 3),
                },
                result={"inherited": {"share": round(rng.random(), 3)}} if parents else None,
            )
        )
        if not has_failed:
            alive.append(trials[-1])
    return recorded(*trials, **more)


def _value(each: Trial) -> float:
    return each.value or 0.0


def _bounded(parents: list[Trial], change: float) -> float:
    return min(0.99, (_value(parents[0]) if parents else 0.5) + change)
