"""From the rename that commits a parent to the first instruction of its armed child."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

from benchmarks import searches
from benchmarks.figure import Figure
from heirloom.store import digests
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

TARGET = 100.0  # milliseconds beyond the digests
SIZE = 10_000_000  # bytes of weights
_TIMES_HASHED = 5

# `date` runs as the trial's first command, so its own start and the shell's count as hand-off. The
# first trial waits until the last one's supervisor has made its directory: then all are armed.
_TRIAL = """
began=$(date +%s%N)
if [ -z "$HEIRLOOM_RESTORE_PATH" ]; then
  until [ -e "$HEIRLOOM_SAVE_PATH/../../../{last}.1/spec.json" ]; do sleep 0.1; done
  sleep 0.5
fi
head -c {size} /dev/urandom > "$HEIRLOOM_SAVE_PATH/weights"
echo "{{\\"value\\": 1, \\"began\\": $began}}" > "$HEIRLOOM_RESULT"
"""


def measure(work: Path, *, quick: bool = False) -> list[Figure]:
    """Milliseconds of each hand-off in a chain of trials, beyond the time that the digests take.

    The rename takes `out` out of the attempt's directory, and nothing else is made or removed
    there afterwards: that directory's mtime is the moment of the commit, by the kernel's clock,
    which lags behind by up to a tick (4 ms) and so lengthens the figure. The digests of the same
    files are taken again when the search is over, with nothing beside them.
    """
    trials = 3 if quick else 31
    directory = work / "handoff"
    search = searches.run(directory, _chain(trials))
    manifests = search.manifests()
    beyond: list[float] = []
    hashing: list[float] = []
    for parent, child in pairwise(manifests):
        renamed = (search.root.attempts / str(parent.attempt)).stat().st_mtime_ns
        digest = _digest_seconds(search.root.weights(parent.trial), parent)
        hashing.append(digest * 1e3)
        beyond.append((child.result["began"] - renamed) / 1e6 - digest * 1e3)
    searches.clear(directory)
    return [
        Figure(
            name=f"hand-off of 10 MB to an armed child, beyond digests ({len(beyond)} times)",
            unit="ms",
            values=tuple(beyond),
            target=TARGET,
            against="a wave of Ansible's takes 1300 ms and more",
        ),
        Figure(
            name="digests of those 10 MB",
            unit="ms",
            values=tuple(hashing),
            against="what the hand-off is measured beyond",
        ),
    ]


def _chain(trials: int) -> dict[str, object]:
    command = _TRIAL.format(last=trials - 1, size=SIZE)
    return {
        "tuner": {"class": "chain.Chain", "code_dir": str(Path(__file__).parent / "tuners")},
        "trial": {"command": command, "weights": "required", "timeout": 60},
        "budget": {"trials": trials, "concurrency": trials},
        "lookahead": trials,
    }


def _digest_seconds(weights: Path, parent: Manifest) -> float:
    """The shortest of several times that the digests of a trial's files take."""
    sizes = [(str(weights / entry.path), entry.size) for entry in parent.files]
    spent = []
    for _ in range(_TIMES_HASHED):
        began = time.perf_counter()
        digests.measure(RealFiles(), sizes, sync=False, idle=lambda: None)
        spent.append(time.perf_counter() - began)
    return min(spent)
