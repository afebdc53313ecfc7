"""Networks ranked with shared weights, and by trainings from nothing."""

from __future__ import annotations

import random
from statistics import mean
from typing import Any

from benchmarks.inherit.figures.runs import Run
from benchmarks.inherit.methods import GENERATION, Keys
from benchmarks.inherit.outcome import spread
from benchmarks.inherit.study import Study
from heirloom.space import parse, sample

REPEATS = 3  # trainings from nothing of each network
_MODEL = "inherit.net.macro"
SHARED, _ALONE = "shared", "shared-alone"  # names of the searches


def run(study: Study, seeds: int) -> None:
    """Train the shared weights with each seed, and each network alone. Raises RuntimeError."""
    networks = _networks(study)
    study.run(SHARED, _shared_keys(study, networks, seeds))
    study.run(_ALONE, _alone_keys(study, networks))


def row(study: Study, seeds: int) -> dict[str, Any] | None:
    """The correlations of both rankings, for each seed; None while they are missing."""
    networks = _networks(study)
    shared = study.get(SHARED, _shared_keys(study, networks, seeds))
    alone = study.get(_ALONE, _alone_keys(study, networks))
    if shared is None or alone is None:
        return None
    values = _by_network(alone, len(networks))
    rankings = [trial.accuracies for trial in shared.trials]
    return {
        "networks": len(networks),
        **correlations(rankings, values),
        "alone": spread(values),
        "measured": shared.measured,
    }


def correlations(rankings: list[Any], values: list[float]) -> dict[str, Any]:
    """Kendall's and Spearman's correlation of each ranking with the values; their spread."""
    from scipy.stats import kendalltau, spearmanr

    kendall = [float(kendalltau(each, values).statistic) for each in rankings]
    spearman = [float(spearmanr(each, values).statistic) for each in rankings]
    return {
        "kendall": spread(kendall),
        "kendall_by_seed": [round(each, 4) for each in kendall],
        "spearman": spread(spearman),
        "spearman_by_seed": [round(each, 4) for each in spearman],
    }


def _networks(study: Study) -> list[dict[str, Any]]:
    space, rng = parse(study.place.space(_MODEL)), random.Random(0)
    return [sample(space, rng) for _ in range(study.size.ranked)]


def _shared_keys(study: Study, networks: list[dict[str, Any]], seeds: int) -> Keys:
    trials = [{"chosen": networks, "search": seed} for seed in range(seeds)]
    return {
        "search_space": {"trial": {"_type": "choice", "_value": trials}},
        "tuner": {"name": "batch"},
        "command": ["python", "-m", "inherit.shared", str(GENERATION * study.size.generations)],
        "trial": {"weights": "optional"},
        "seed": 0,
    }


def _alone_keys(study: Study, networks: list[dict[str, Any]]) -> Keys:
    trials = [
        {"chosen": network, "search": at, "repeat": repeat}
        for at, network in enumerate(networks)
        for repeat in range(REPEATS)
    ]
    epochs = study.size.epochs * max(study.size.lengths)
    return {
        "search_space": {"trial": {"_type": "choice", "_value": trials}},
        "tuner": {"name": "batch"},
        "command": ["python", "-m", "inherit.final", str(epochs)],
        "seed": 0,
    }


def _by_network(alone: Run, count: int) -> list[float]:
    """The mean validation accuracy of each network's trainings."""
    found: list[list[float]] = [[] for _ in range(count)]
    for trial in alone.trials:
        if trial.value is not None:
            found[trial.params["search"]].append(trial.value)
    return [mean(values) for values in found]
