"""Writes docs/results.md from docs/results.json: `python -m benchmarks.results`.

With `--take FILE`, the results of a study that a benchmark wrote into build/ are taken over first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import jinja2
import typer

from benchmarks.nasbench import outcome
from benchmarks.nasbench.methods import METHODS
from benchmarks.nasbench.study import VALUES

DOCS = Path(__file__).resolve().parent.parent / "docs"
TEMPLATE = Path(__file__).with_suffix(".md.j2")


def main(
    take: Annotated[Path | None, typer.Option(help="Such as build/nasbench.json.")] = None,
    docs: Annotated[Path, typer.Option(help="Where results.json and results.md lie.")] = DOCS,
) -> None:
    """Write the page of results."""
    path = docs / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    if take is not None:
        results[take.stem] = shortened(json.loads(take.read_text()))
        path.write_text(json.dumps(results, indent=1) + "\n")
    (docs / "results.md").write_text(page(results))


def shortened(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the figures of single searches."""
    rows = [{key: row[key] for key in row if key != "found"} for row in record["rows"]]
    return {**record, "rows": rows}


def page(results: dict[str, Any]) -> str:
    """The page, in Markdown."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(TEMPLATE.read_text())
    return template.render({"nasbench": None, **_nasbench(results)}).strip() + "\n"


def _nasbench(results: dict[str, Any]) -> dict[str, Any]:
    record = results.get("nasbench")
    if record is None:
        return {}
    facts = [row["measured"] for row in record["rows"]]
    return {
        "nasbench": record,
        "cells": outcome.cells,
        "goals": list(zip(*(outcome.goals(record, each) for each in VALUES), strict=True)),
        "expected": ", ".join(f"{each:.2f}" for each in record["expected_of_random"]),
        "published": [method for method in METHODS if method.published],
        "dates": sorted({each["date"][:10] for each in facts}),
        "measured": facts[-1],
    }


if __name__ == "__main__":
    typer.run(main)
