"""What passes between nodes through their mounts of the store: hand-offs and checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import searches
from benchmarks.figure import Figure
from benchmarks.searches import Search
from heirloom.store.manifest import Manifest

_HANDOFF = 300.0  # milliseconds
_SHARE = 0.9  # of dd
_SMALL = 1_000_000  # bytes of weights that are handed off
_LARGE = 256 << 20  # bytes of a checkpoint
_ARMED = 7  # links of a chain that are under way at once
_HERE = Path(__file__).parent

# `date` comes first, as in benchmarks/handoff.py; the chain starts when others are armed.
_LINK = """
began=$(date +%s%N)
if [ -z "$HEIRLOOM_RESTORE_PATH" ]; then
  until [ -e "$HEIRLOOM_SAVE_PATH/../../../{last}.1/spec.json" ]; do sleep 0.5; done
  sleep 2
fi
exec python handoff.py "$began" {size}
"""


def measure(work: Path, inventory: Path, *, quick: bool = False) -> list[Figure]:
    """Hand-offs between nodes in milliseconds; checkpoints of 256 MB beside dd.

    Takes 6 GB of the store for a while. The controller's machine has to see the store. Raises
    RuntimeError when a search does not end well, or no child ran on another node than its parent.
    """
    return [
        *_handoffs(work / "handoff", inventory, links=7 if quick else 61),
        *_checkpoints(work / "checkpoint", inventory, quick=quick),
    ]


def _handoffs(work: Path, inventory: Path, links: int) -> list[Figure]:
    """From the server's stamp of the rename to the child's first instruction, by one clock.

    The attempt's directory changes last by that rename (benchmarks/handoff.py). Digests of a file
    as small as this take a millisecond and are left in.
    """
    search = searches.run(
        work, _chain(_LINK.format(last=_ARMED - 1, size=_SMALL), links), inventory
    )
    taken = tuple(
        (child.result["began"] - child.result["skew"] - _renamed(search, parent)) / 1e6
        for parent, child in _abroad(search)
    )
    searches.clear(work, search)
    return [
        Figure(
            name=f"hand-off of 1 MB to a child armed on another node ({len(taken)} times)",
            unit="ms",
            values=taken,
            target=_HANDOFF,
            against="a wave of Ansible's takes 1300 ms and more",
        )
    ]


def _checkpoints(work: Path, inventory: Path, *, quick: bool) -> list[Figure]:
    size, times, links = (_SMALL, 1, 4) if quick else (_LARGE, 3, 6)
    chain = _chain(f"python checkpoint.py {size} {times}", links)
    search = searches.run(work, chain, inventory)
    pairs = [pair for pair in _abroad(search) if pair[1].result["nfs"]]
    if not pairs:
        raise RuntimeError("no child saw the store by NFS: try again")
    results = [child.result for _, child in pairs]
    manifests = [child for _, child in pairs]
    searches.clear(work, search)
    verified = tuple(
        min(child.result["read_dd"]) / child.seconds["verifying"] for child in manifests
    )
    return [
        _share("write with fsync by a trial", _ratios(results, "write_dd", "write"), _SHARE),
        _share("cold read by a trial", _ratios(results, "read_dd", "read"), _SHARE),
        _share("cold read with digests, before the child starts", verified, None),
        Figure(
            name="digest of a checkpoint, alone",
            unit="s",
            values=tuple(float(result["digest"]) for result in results),
            against=f"dd reads it cold in {min(min(each['read_dd']) for each in results):.2f} s",
        ),
    ]


def _chain(command: str, links: int) -> dict[str, Any]:
    return {
        "tuner": {"class": "chain.Chain", "code_dir": str(_HERE / "tuners")},
        "trial": {"command": command, "code_dir": str(_HERE / "trials"), "timeout": 600},
        "budget": {"trials": links, "concurrency": _ARMED},
        "lookahead": _ARMED,
    }


def _abroad(search: Search) -> Iterator[tuple[Manifest, Manifest]]:
    """Parents and children that ran on different nodes."""
    found = [pair for pair in pairwise(search.manifests()) if pair[0].node != pair[1].node]
    if not found:
        raise RuntimeError("every child ran where its parent did: give the inventory more nodes")
    return iter(found)


def _renamed(search: Search, parent: Manifest) -> int:
    return (search.root.attempts / str(parent.attempt)).stat().st_mtime_ns


def _ratios(results: list[dict[str, Any]], ours: str, theirs: str) -> tuple[float, ...]:
    return tuple(
        a / b for result in results for a, b in zip(result[ours], result[theirs], strict=True)
    )


def _share(name: str, values: tuple[float, ...], target: float | None) -> Figure:
    return Figure(
        name=f"{name}, 256 MB over NFS",
        unit="of dd's speed",
        values=values,
        target=target,
        better="higher",
        against="dd bs=8M on the same mount, alternating",
    )
