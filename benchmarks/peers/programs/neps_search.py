"""A worker of a random search with NePS. Its workers share a directory."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import neps
from trial import evaluate


class Space(neps.PipelineSpace):
    """The search space."""

    x = neps.Float(0, 1)


def main() -> None:
    """Run, or print the results."""
    what, directory, _, trials, seconds = sys.argv[1:]
    root = Path(directory, "results")
    if what == "results":
        costs = []
        if root.is_dir():
            found, _ = neps.status(root, print_summary=False)
            costs = found["objective_to_minimize"].dropna().tolist() if len(found) else []
        print(json.dumps([-cost for cost in costs]))
        return
    neps.run(
        partial(_candidate, directory, float(seconds)),
        Space(),
        root_directory=root,
        total_evaluations_to_spend=int(trials),
        optimizer="neps_random_search",
    )


def _candidate(directory: str, seconds: float, x: float) -> float:
    return -evaluate(directory, repr(x), x, seconds)


main()
