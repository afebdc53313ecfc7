"""How many no-op trials a second four slots of this machine take, every one committed."""

from __future__ import annotations

from pathlib import Path

from benchmarks import searches
from benchmarks.figure import Figure

TARGET = 10.0  # trials a second
LOOKAHEAD = 124  # so that waves are large
RUNS = 5
_AGAINST = "NNI 3.0: 0.8; Ray Tune 2.60: 0.7, with reused actors 4.2 (2 cores)"


def measure(work: Path, *, quick: bool = False) -> list[Figure]:
    """Trials a second: over the controller's whole process, and over the journal's events.

    The process's time includes its imports, the tuner's start and the report at the end; the
    journal's is that from its first event to its last verdict.
    """
    trials, runs = (4, 1) if quick else (200, RUNS)
    whole: list[float] = []
    journal: list[float] = []
    for number in range(runs):
        directory = work / f"throughput-{number}"
        search = searches.run(directory, no_ops(trials))
        committed = len(search.manifests())
        if committed != trials:
            raise RuntimeError(f"{committed} of {trials} trials were committed")
        whole.append(trials / search.seconds)
        journal.append(trials / (search.verdicts[-1].at - search.events[0].at))
        searches.clear(directory)
    return [
        Figure(
            name=f"{trials} no-op trials, whole process",
            unit="trials/s",
            values=tuple(whole),
            target=TARGET,
            better="higher",
            against=_AGAINST,
        ),
        Figure(
            name=f"{trials} no-op trials, first event to last verdict",
            unit="trials/s",
            values=tuple(journal),
            target=TARGET,
            better="higher",
            against=_AGAINST,
        ),
    ]


def no_ops(trials: int, lookahead: int = LOOKAHEAD) -> dict[str, object]:
    """An experiment of no-op trials, in waves of at most the slots and the lookahead."""
    return {
        "tuner": {"name": "random"},
        "search_space": {"x": {"_type": "uniform", "_value": [0, 1]}},
        "trial": {"command": searches.NO_OP},
        "budget": {"trials": trials, "concurrency": searches.SLOTS + lookahead},
        "lookahead": lookahead,
        "seed": 1,
    }
