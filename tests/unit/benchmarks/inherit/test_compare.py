"""The whole comparison, with searches that are made up."""

import json

import pytest

from benchmarks import results
from benchmarks.inherit import __main__ as command
from benchmarks.inherit import archive, compare, images, pictures, tables
from benchmarks.inherit.figures.runs import Report, Run, TrialRecord
from benchmarks.inherit.kept import Kept
from benchmarks.inherit.outcome import is_reached
from benchmarks.inherit.search import Place
from benchmarks.trials.inherit.sizes import SIZES

MEASURED = {
    "date": "2026-01-02T03:04:05+00:00",
    "cores": 2,
    "kernel": "6",
    "python": "3",
    "torch": "2",
}


def a_search(keys, value):
    """Two trials of an epoch each, the second one inheriting unless that is switched off."""
    restored = [] if keys.get("inheritance") == {"from": "none"} else [0]
    return Run(
        seconds=9.0,
        reports=[Report(0, 1, 3.0, 1, 2.0, value / 2), Report(1, 1, 6.0, 1, 2.0, value)],
        trials=[
            TrialRecord(0, "succeeded", {"width": 4}, value=value / 2),
            TrialRecord(1, "succeeded", {"width": 8}, restored, value, 0.1, 0.5, test=value),
        ],
        measured=MEASURED,
    )


def trainings(keys):
    options = keys["search_space"]["trial"]["_value"]
    trials = [
        TrialRecord(at, "succeeded", option, value=at / 10, test=0.5, accuracies=[0.1, 0.2, 0.3])
        for at, option in enumerate(options)
    ]
    return Run(seconds=9.0, reports=[], trials=trials, measured=MEASURED)


@pytest.fixture
def started(monkeypatch):
    """The names of the searches that are really run."""
    names = []

    def run(self, name, keys, *, tests_all=False):
        names.append(name)
        return trainings(keys) if "trial" in keys.get("search_space", ()) else a_search(keys, 0.75)

    monkeypatch.setattr(Place, "run", run)
    monkeypatch.setattr(Place, "space", lambda self, model: {"op": ["a", "b"]})
    monkeypatch.setattr(images, "write", lambda directory, size, digits: directory / "images")
    return names


def test_every_search_is_run_once_and_the_record_has_its_figures(started, tmp_path):
    record = compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")

    arms = {"evolution-a-1", "evolution-b-2"}
    arms.add("evolution-further-1")
    assert set(started) == {f"{arm}-{seed}" for arm in arms for seed in (0, 1)} | {
        "final-evolution-a-1",
        "final-evolution-b-2",
    }
    [row] = record["methods"]
    assert row["target"] == 0.75
    assert [(arm["arm"], arm["length"]) for arm in row["arms"]] == [("a", 1), ("b", 2)]
    assert row["ratio"]["epochs"] == [1.0, 1.0, 1.0]
    assert [each["children"] for each in row["births"]] == [2]
    assert [each["test"] for each in row["final"]] == [[0.5, 0.0]] * 2
    assert [each["epochs"] for each in row["generations"]] == [1, 2]
    assert (row["further"]["reached"], row["further"]["value"]) == (2, [0.75, 0.0])
    assert row["further"]["ratio"] == {"epochs": [1.0, 1.0, 1.0]}
    assert record["shared"] is None
    assert json.loads((tmp_path / "inherit-short.json").read_text()) == record


def test_a_value_before_the_first_step_has_cost_no_epochs(tmp_path, started, monkeypatch):
    def run(self, name, keys, **more):
        if "trial" in keys["search_space"]:
            return trainings(keys)
        reports = [Report(0, 1, 1.0, 0, 0.5, 0.25), Report(0, 1, 3.0, 4, 2.0, 0.5)]
        trials = [TrialRecord(0, "succeeded", {"graph": []}, value=0.5, test=0.5)]
        return Run(seconds=9.0, reports=reports, trials=trials, measured=MEASURED)

    monkeypatch.setattr(Place, "run", run)
    [row] = compare.run(tmp_path, methods=["reading"], seeds=1, size="short")["methods"]

    points = row["curves"][0]["points"]
    assert (points[0], points[-1]) == ([1.0, 0.25, 0.25, 0.25], [4, 0.5, 0.5, 0.5])


def test_a_second_start_goes_on_with_what_is_missing(started, tmp_path, monkeypatch):
    run = Place.run

    def interrupted(self, name, keys, **more):
        if name == "evolution-b-2-1":
            raise RuntimeError("killed")
        return run(self, name, keys, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Place, "run", interrupted)
        with pytest.raises(RuntimeError, match="killed"):
            compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")
    before = list(started)
    compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")

    assert "evolution-a-1-0" in before
    assert len(started) == len(set(started)) == 8

    compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")
    assert len(started) == 8


def test_a_method_with_fewer_seeds_is_in_the_record_too(started, tmp_path):
    compare.run(tmp_path, methods=["random"], seeds=1, size="short")
    record = compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")

    assert [(row["method"], row["seeds"]) for row in record["methods"]] == [
        ("evolution", 2),
        ("random", 1),
    ]


def test_published_searches_are_not_run_again(started, tmp_path, monkeypatch, capsys):
    compare.run(tmp_path / "first", methods=["random"], seeds=1, size="short")
    monkeypatch.setattr(archive, "DIRECTORY", tmp_path / "results")
    archive.publish(Kept(tmp_path / "first/inherit/short"), archive.DIRECTORY, "inherit-short")
    started.clear()
    command.main(["random"], 1, short=True, published=True, build=tmp_path / "again")

    assert started == []
    assert "published searches are taken" in capsys.readouterr().out
    assert (tmp_path / "again/inherit-short.json").exists()


def test_random_search_from_nothing_stands_beside_the_final_trainings(started, tmp_path):
    compare.run(tmp_path, methods=["random"], seeds=1, size="short")
    record = compare.run(tmp_path, methods=["evolution"], seeds=1, size="short")

    final = {row["method"]: row["final"] for row in record["methods"]}
    assert [(row["method"], row["arm"]) for row in final["evolution"]] == [
        ("evolution", "a"),
        ("evolution", "b"),
        ("random", "b"),
    ]


def test_reading_has_its_own_seeds_and_no_random_search_beside_it(started, tmp_path):
    record = compare.run(tmp_path, methods=["random", "reading"], seeds=5, size="short")

    assert sum(name.startswith("reading-") for name in started) == 2 * 4
    row = next(row for row in record["methods"] if row["method"] == "reading")
    assert (row["seeds"], row["candidates"], row["measure"]) == (4, 3, "F1")
    assert [(final["method"], final["arm"]) for final in row["final"]] == [
        ("reading", "a"),
        ("reading", "b"),
    ]


def test_the_ranking_by_shared_weights_is_correlated_with_that_of_trainings(started, tmp_path):
    size = SIZES["short"]
    record = compare.run(tmp_path, methods=["shared"], seeds=2, size="short")

    assert record["methods"] == []
    assert record["shared"]["networks"] == size.ranked == 3
    assert record["shared"]["kendall_by_seed"] == [1.0, 1.0]
    assert record["shared"]["spearman"] == [1.0, 0.0]


def test_the_record_is_shown_as_tables(started, tmp_path):
    record = compare.run(tmp_path, methods=compare.KNOWN, seeds=1, size="short")
    shown = list(tables.all_of(record))

    assert any(
        isinstance(each, str) and "evolution: ratio 1.00 in epochs" in each for each in shown
    )
    assert any(isinstance(each, str) and "the goal of 3 is missed" in each for each in shown)


def test_one_seed_has_no_spread_and_no_interval(started, tmp_path):
    record = compare.run(tmp_path, methods=["evolution"], seeds=1, size="short")
    [row] = record["methods"]

    assert row["arms"][0]["value"] == [0.75]
    assert row["ratio"]["epochs"] == row["further"]["ratio"]["epochs"] == [1.0]
    page = results.page({"inherit": record})
    assert "| A | 75.00 | 75.00 | 75.00 | 2 | 1 of 1 | 2 |" in page
    assert "| **1.00** |" in page
    assert "seed 0. " in page
    assert "±" not in page
    assert "standard" not in page
    pictures.draw(record, tmp_path / "pictures", "inherit")
    assert "one seed" in (tmp_path / "pictures/inherit-evolution.svg").read_text()


def test_methods_that_lack_seeds_are_named(started, tmp_path):
    compare.run(tmp_path, methods=["random", "reading"], seeds=1, size="short")
    record = compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")

    page = results.page({"inherit": record})
    assert "`random` (1) and `reading` (1) have not been measured with all seeds" in page
    assert "seeds 0 and 1. " in page
    several = {**record, "methods": record["methods"][:1]}
    assert "all seeds" not in results.page({"inherit": several})


def test_a_tuner_that_continues_networks_is_compared_at_equal_training(started, tmp_path):
    record = compare.run(tmp_path, methods=["pbt", "random"], seeds=1, size="short")
    heading, name = "The plainest comparison", "explanation/when-inheriting-pays.md"
    assert heading not in results.page({"inherit": record}, name)  # B has no length 1

    for row in record["methods"]:
        row["arms"][1]["length"] = row["best"] = row["cheapest"] = 1
    _, found, table = results.page({"inherit": record}, name).partition(heading)
    assert found
    assert "| `pbt` | 1 | 75.00 | 2 | 75.00 | 2 |" in table
    assert "`random`" not in table


def test_a_method_has_its_row_before_arm_a_has_gone_on(started, tmp_path, monkeypatch):
    run = Place.run

    def interrupted(self, name, keys, **more):
        if name == "evolution-further-1-0":
            raise RuntimeError("killed")
        return run(self, name, keys, **more)

    monkeypatch.setattr(Place, "run", interrupted)
    with pytest.raises(RuntimeError, match="killed"):
        compare.run(tmp_path, methods=["evolution"], seeds=1, size="short")
    record = compare.run(tmp_path, methods=["random"], seeds=1, size="short")
    further = {row["method"]: row["further"] for row in record["methods"]}
    assert further == {"evolution": None, "random": None}
    (tmp_path / "inherit.json").write_text(json.dumps(record))
    results.main(take=tmp_path / "inherit.json", docs=tmp_path)
    assert "goes on" not in (tmp_path / "results.md").read_text()


def test_the_page_of_results_has_every_method_and_its_picture(started, tmp_path):
    record = compare.run(tmp_path, methods=["evolution", "shared"], seeds=2, size="short")
    (tmp_path / "inherit.json").write_text(json.dumps(record))
    results.main(take=tmp_path / "inherit.json", docs=tmp_path)

    page = (tmp_path / "results.md").read_text()
    assert "| `evolution` | accuracy 75.00 % | 2 | 2, 2 of 2 | **1.00 (1.00 to 1.00)** |" in page
    assert "| A | 75.00 ± 0.00 | 75.00 ± 0.00 | 75.00 ± 0.00 | 2 ± 0 | 2 of 2 |" in page
    assert "Arm B is best at its longest length" in page
    assert "square brackets" not in page.partition("](pictures/inherit-ratios.svg)")[0]
    assert "is missed." in page
    assert "| 1 | 2 | 37.50 | 56.25 |" in page
    assert f"| {'75.00 ± 0.00 | ' * 4}2 ± 0 | 2 of 2 | 2 ± 0 | 1.00 (1.00 to 1.00) |" in page
    assert "Kendall's 1.00 ± 0.00" in page
    assert "](pictures/inherit-evolution.svg)" in page
    picture = tmp_path / "pictures/inherit-evolution.svg"
    assert "best validation accuracy so far, %" in picture.read_text()
    assert "A that goes on" in picture.read_text()
    assert "evolution" in (tmp_path / "pictures/inherit-ratios.svg").read_text()
    paying = (tmp_path / "explanation/when-inheriting-pays.md").read_text()
    assert "| `evolution` | 2 | 1.00 (1.00 to 1.00) | 2, 1 | 50.00 % |" in paying
    assert "has been measured yet" not in paying


def test_the_page_on_inheriting_explains_the_figures_by_generations(started, tmp_path):
    record = compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")
    [row] = record["methods"]
    row["generations"] = [
        {"epochs": 2, "trials": 20, "value": 0.5, "others": 0.51},
        {"epochs": 4, "trials": 8, "value": 0.75, "others": 0.74},
        {"epochs": 6, "trials": 7, "value": 0.8, "others": 0.79},  # too few
    ]
    (tmp_path / "inherit.json").write_text(json.dumps(record))
    results.main(take=tmp_path / "inherit.json", docs=tmp_path)

    paying = (tmp_path / "explanation/when-inheriting-pays.md").read_text()
    assert "A candidate that was trained for 4 epochs together with its ancestors" in paying
    assert "has 75.00 % on average" in paying
    assert "larger kernel, width or depth than their parents begin 27.50 points below" in paying
    assert "differ from their parents' by +37.50 points" in paying
    assert "goes on to 2 candidates, 2 of 2 searches reach the target (of arm B 2)" in paying


def test_a_ratio_is_no_gain_where_the_other_arm_is_at_the_target_more_often(started, tmp_path):
    record = compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")
    record["methods"][0]["arms"][0]["reached"] = 1
    (tmp_path / "inherit.json").write_text(json.dumps(record))
    results.main(take=tmp_path / "inherit.json", docs=tmp_path)

    page = (tmp_path / "results.md").read_text()
    assert "| 1, 2 of 2 | [1.00 (1.00 to 1.00)] |" in page
    assert "A ratio in square brackets is not a gain" in page
    paying = (tmp_path / "explanation/when-inheriting-pays.md").read_text()
    assert "A ratio in square brackets is not a gain" in paying


def test_results_of_other_sizes_have_sections_and_pictures_of_their_own(started, tmp_path):
    record = compare.run(tmp_path, methods=["evolution"], seeds=2, size="short")
    for name, size in (("inherit-gpu", "gpu"), ("inherit", "small")):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps({**record, "size": size}))
        results.main(take=file, docs=tmp_path)

    page = (tmp_path / "results.md").read_text()
    first, second = page.index("## Inheriting\n"), page.index("## Inheriting, at the size gpu\n")
    assert "](pictures/inherit-evolution.svg)" in page[first:second]
    assert "](pictures/inherit-gpu-evolution.svg)" in page[second:]
    assert "](pictures/inherit-gpu-ratios.svg)" in page[second:]
    assert "benchmarks inherit --size gpu --method evolution`" in page[second:]
    assert (tmp_path / "pictures/inherit-gpu-evolution.svg").exists()


def test_without_pytorch_the_command_says_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        command.main(short=True, build=tmp_path)
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert "not installed: torch, safetensors" in printed
    assert "requirements-torch.txt" in printed
    assert not list(tmp_path.iterdir())


def a_row(ratio, reached_a, reached_b):
    arms = [
        {"arm": "a", "length": 1, "reached": reached_a},
        {"arm": "b", "length": 1, "reached": 0},
        {"arm": "b", "length": 4, "reached": reached_b},
    ]
    return {"arms": arms, "cheapest": 4, "ratio": {"epochs": [ratio, 1.0, 9.0]}}


def test_the_goal_needs_the_ratio_and_an_arm_that_reaches_the_target_as_often():
    assert is_reached(a_row(3.0, 3, 3))
    assert not is_reached(a_row(2.9, 5, 3))
    assert not is_reached(a_row(9.0, 2, 3))  # its small budget counts where it never got there
