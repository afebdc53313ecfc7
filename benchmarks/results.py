"""Writes pages of the documentation from docs/results.json: `python -m benchmarks.results`.

With `--take FILE`, the results of a study that a benchmark wrote into build/ are taken over first.
Their pictures are drawn into docs/pictures, and the searches of `benchmarks inherit` are copied to
docs/results.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import jinja2
import typer

from benchmarks.inherit import archive, pictures, tables
from benchmarks.inherit import outcome as inherit
from benchmarks.inherit.kept import Kept, directory_of
from benchmarks.nasbench import outcome
from benchmarks.nasbench.methods import METHODS
from benchmarks.nasbench.study import VALUES

DOCS = Path(__file__).resolve().parent.parent / "docs"
INHERIT = "inherit"
TEMPLATES = Path(__file__).parent / "templates"
RESULTS = "results.md"
PAGES = (RESULTS, "explanation/when-inheriting-pays.md")


def main(
    take: Annotated[Path | None, typer.Option(help="Such as build/nasbench.json.")] = None,
    docs: Annotated[Path, typer.Option(help="Where results.json and the pages lie.")] = DOCS,
) -> None:
    """Write the pages that have results."""
    path = docs / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    if take is not None:
        results[take.stem] = record = shortened(json.loads(take.read_text()))
        if _is_of_inherit(take.stem):
            pictures.draw(record, docs / "pictures", take.stem)
            kept = Kept(directory_of(take.parent, record["size"]))
            archive.publish(kept, docs / "results", take.stem)
        path.write_text(json.dumps(results, indent=1) + "\n")
    for name in PAGES:
        (docs / name).parent.mkdir(exist_ok=True)
        (docs / name).write_text(page(results, name))


def _is_of_inherit(name: str) -> bool:
    """Whether a record is of `benchmarks inherit`: `inherit`, or `inherit-SIZE` of another size."""
    return name == INHERIT or name.startswith(f"{INHERIT}-")


def shortened(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the figures of single searches, and without what no page or picture has."""
    if "methods" in record:
        return {**record, "methods": [_with_curves_by_epochs(row) for row in record["methods"]]}
    if "rows" not in record:
        return record
    rows = [{key: row[key] for key in row if key != "found"} for row in record["rows"]]
    return {**record, "rows": rows}


def _with_curves_by_epochs(row: dict[str, Any]) -> dict[str, Any]:
    def kept(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "curves": [each for each in found["curves"] if each["axis"] == "epochs"]}

    return {**kept(row), "further": row["further"] and kept(row["further"])}


def page(results: dict[str, Any], name: str = RESULTS) -> str:
    """A page, in Markdown."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    values = {
        "nasbench": None,
        **_nasbench(results),
        "one_shot": results.get("nasbench_one_shot"),
        "peers": results.get("peers"),
        **_inherit(results),
    }
    template = environment.get_template(f"{Path(name).name}.j2")
    return template.render(values).strip() + "\n"


def _inherit(results: dict[str, Any]) -> dict[str, Any]:
    record = results.get(INHERIT)
    others = {name: results[name] for name in sorted(results) if _is_of_inherit(name)}
    return {
        "inherit": record,
        "inherits": {INHERIT: None} | others,  # by the stem of their pictures
        "show": tables,
        "interval": tables.interval,
        "goal": inherit.GOAL,
        "goal_method": inherit.GOAL_METHOD,
        "fewer": inherit.fewer,
        "is_reached": inherit.is_reached,
        "is_as_often": inherit.is_as_often,
        "all_as_often": lambda rows: all(map(inherit.is_as_often, rows)),
        "is_longest": inherit.is_longest,
        "at_target": inherit.reached,
    }


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
