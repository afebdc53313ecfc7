"""Searches under way, for what the screen shows of them."""

from __future__ import annotations

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Outcome, Rules, State

NODES = tuple(NodeInfo(f"gpu{number}", 2) for number in range(3))


def under_way(ended: int = 6, running: int = 4, rules: Rules | None = None) -> Experiment:
    """A search in which `ended` trials have succeeded and `running` run on three nodes.

    Each further trial starts from trial 0 and has reported 0.9 at step 7.
    """
    x = Experiment(rules or Rules(trials=1000, concurrency=1000))
    x.apply(e.Opened(at=0.0))
    x.apply(e.NodesFound(at=0.0, nodes=NODES))
    for trial in range(ended + running):
        placed(x, trial, parents=(0,) if trial else ())
        x.apply(e.Armed(at=1.0, trial=trial, number=1))
        x.apply(e.Began(at=2.0, trial=trial, number=1))
        x.apply(e.Reported(at=3.0, trial=trial, number=1, step=7, value=0.9))
        if trial < ended:
            x.apply(verdict(trial))
            x.apply(e.Ended(at=4.0, trial=trial, number=1, outcome=Outcome.COMMITTED))
            x.apply(e.ResultSent(at=4.0, trial=trial))
    return x


def verdict(trial: int) -> e.VerdictSeen:
    """The trial succeeds with the value 0.8."""
    return e.VerdictSeen(
        at=4.0, trial=trial, state=State.SUCCEEDED, number=1, value=0.8, weights=True
    )


def placed(x: Experiment, trial: int, parents: tuple[int, ...] = ()) -> None:
    """Propose a trial, and assign it to a node."""
    params = {"rate": 0.0125, "width": 64, "layers": "a" * 30}
    x.apply(e.Proposed(at=1.0, trial=trial, params=params, parents=parents))
    node = NODES[trial % len(NODES)].name
    x.apply(e.Placed(at=1.0, trial=trial, number=1, node=node, restore=parents))
