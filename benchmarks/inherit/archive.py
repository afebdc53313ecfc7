"""The searches that the published figures come from: `docs/results` has a file for each method."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from benchmarks.inherit.kept import Document, Kept
from benchmarks.inherit.methods import METHODS
from benchmarks.inherit.shared import SHARED

DIRECTORY = Path(__file__).resolve().parents[2] / "docs/results"

Searches = dict[str, Document]  # by their names


def publish(kept: Kept, results: Path, stem: str) -> list[Path]:
    """Write the searches that were kept into `results`; return the files.

    Args:
        kept: the searches.
        results: the directory of the published ones.
        stem: the beginning of their names, which is that of the record.
    """
    by_method: dict[str, Searches] = {}
    for name, document in kept.documents().items():
        by_method.setdefault(_method_of(name), {})[name] = document
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


def take(results: Path, stem: str, kept: Kept) -> int:
    """Keep the published searches of a record that are not kept yet; return how many."""
    known = kept.documents()
    absent = {name: each for name, each in read(results, stem).items() if name not in known}
    for name, document in absent.items():
        kept.add(name, document)
    return len(absent)


def _method_of(name: str) -> str:
    """The method of a search with this name."""
    method = name.removeprefix("final-").partition("-")[0]
    return method if method in METHODS else SHARED
