import json

import pytest

from benchmarks.inherit import archive
from benchmarks.inherit.figures.runs import Run
from benchmarks.inherit.kept import Kept
from benchmarks.inherit.methods import FIXED, Task, extent
from benchmarks.inherit.outcome import of_generations, of_method
from benchmarks.results import DOCS, shortened
from benchmarks.trials.inherit.sizes import SIZES

NAMES = ("evolution-a-1-0", "final-evolution-b-8", "random-b-8-4", "final-random-b-8", "shared")


def test_published_searches_are_kept_again(tmp_path):
    kept, again = Kept(tmp_path / "kept"), Kept(tmp_path / "again")
    for name in NAMES:
        kept.add(name, {"digest": name, "run": {}})
    files = archive.publish(kept, tmp_path / "results", "inherit")

    assert sorted(file.name for file in files) == [
        "inherit-evolution.json.gz",
        "inherit-random.json.gz",
        "inherit-shared.json.gz",
    ]
    before = [file.read_bytes() for file in files]
    assert archive.publish(kept, tmp_path / "results", "inherit") == files
    assert [file.read_bytes() for file in files] == before
    again.add("shared", {})
    assert archive.take(tmp_path / "results", "inherit", again) == len(NAMES) - 1
    assert again.documents() == {**kept.documents(), "shared": {}}
    assert archive.take(tmp_path / "results", "inherit-gpu", again) == 0


ROWS = json.loads((DOCS / "results.json").read_text())["inherit"]["methods"]


@pytest.mark.parametrize("row", ROWS, ids=[row["method"] for row in ROWS])
def test_the_published_figures_come_from_the_published_searches(row):
    found = archive.read(archive.DIRECTORY, "inherit")
    method, size = row["method"], SIZES["small"]
    of = extent(method, size, row["seeds"])
    tasks = [
        Task(method, arm, length, seed)
        for seed in range(of.seeds)
        for arm, length in [("a", 1), *(("b", each) for each in of.lengths)]
    ]
    runs = {task: Run.from_json(found[task.name]["run"]) for task in tasks}
    again = of_method(method, runs)
    if method in FIXED:
        again["generations"] = of_generations(runs, of.epochs)
    [figures] = shortened({"methods": [{**row, **again}]})["methods"]
    assert figures == row
