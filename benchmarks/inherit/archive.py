"""The searches that the published figures come from: `docs/results` has a file for each method."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from benchmarks.inherit.methods import METHODS

DIRECTORY = Path(__file__).resolve().parents[2] / "docs/results"
SHARED = "shared"  # its trainings are in a file of their own

Searches = dict[str, Any]  # what a kept file holds, by the name of the search


def publish(kept: Path, results: Path, stem: str) -> list[Path]:
    """Write the searches in the directory `kept` into `results`; return the files.

    Args:
        kept: the searches that were kept, a file each.
        results: the directory of the published ones.
        stem: the beginning of their names, which is that of the record.
    """
    by_method: dict[str, Searches] = {}
    for path in sorted(kept.glob("*.json")):
        found = by_method.setdefault(_method_of(path.stem), {})
        found[path.stem] = json.loads(path.read_text())
    written = []
    for method, searches in by_method.items():
        results.mkdir(parents=True, exist_ok=True)
        written.append(results / f"{stem}-{method}.json.gz")
        text = json.dumps(searches, separators=(",", ":"))
        written[-1].write_bytes(gzip.compress(text.encode(), mtime=0))  # equal bytes each time
    return written


def read(results: Path, stem: str) -> Searches:
    """The published searches of a record, by their names."""
    found: Searches = {}
    for path in sorted(results.glob(f"{stem}-*.json.gz")):
        if path.name.removeprefix(f"{stem}-").removesuffix(".json.gz") in (*METHODS, SHARED):
            found.update(json.loads(gzip.decompress(path.read_bytes())))
    return found


def take(results: Path, stem: str, kept: Path) -> int:
    """Keep the published searches of a record, unless `kept` has them; return how many."""
    kept.mkdir(parents=True, exist_ok=True)
    taken = 0
    for name, search in read(results, stem).items():
        path = kept / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(search))
            taken += 1
    return taken


def _method_of(name: str) -> str:
    """The method of a search with this name."""
    method = name.removeprefix("final-").partition("-")[0]
    return method if method in METHODS else SHARED
