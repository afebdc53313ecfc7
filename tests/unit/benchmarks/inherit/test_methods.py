import re

import pytest
import yaml

from benchmarks.inherit.methods import (
    EXAMPLE,
    Task,
    experiment,
    extent,
    further_tasks,
    methods_of,
    tasks,
)
from benchmarks.inherit.search import Place
from benchmarks.trials.inherit.sizes import SIZES
from controller import config


@pytest.mark.parametrize(
    ("size", "method"), [(size, method) for size in SIZES for method in methods_of(SIZES[size])]
)
def test_each_search_has_a_valid_experiment_file(method, size, tmp_path, monkeypatch):
    monkeypatch.setattr(Place, "space", lambda self, model: {"width": [1, 2]})
    place = Place(tmp_path, size, tmp_path / "images.safetensors")
    for number, task in enumerate(tasks(method, SIZES[size], seed=3)):
        file = tmp_path / f"{number}.yml"
        keys = place.complete(experiment(task, SIZES[size]))
        file.write_text(yaml.safe_dump({"name": "bench", **keys}))

        loaded = config.load(file)

        assert loaded.seed == 3
        assert (loaded.inheritance.from_ == "none") == (task.arm == "b")


def test_a_longer_arm_trains_each_trial_longer():
    size = SIZES["small"]
    for method in ("evolution", "random", "morphism"):
        commands = [experiment(Task(method, "b", by, 0), size)["command"][-1] for by in (1, 8)]
        assert commands == ["2", "16"]
    for method, most in (("pbt", [10, 80]), ("asha", [18, 144])):
        amounts = [experiment(Task(method, "b", by, 0), size)["resource"] for by in (1, 8)]
        assert [amount["min"] for amount in amounts] == [2, 16]
        assert [amount["max"] for amount in amounts] == most


def test_arm_a_goes_on_to_more_candidates_of_the_same_length():
    size = SIZES["small"]
    found = [experiment(task, size) for task in further_tasks("evolution", size, 2)]
    first = experiment(Task("evolution", "a", 1, 0), size)

    assert found[0] == {**first, "budget": {"trials": 120}}
    assert [keys["seed"] for keys in found] == [0, 1]
    assert further_tasks("random", size, 2) == []


def test_another_experiment_or_another_size_is_another_search(tmp_path):
    place = Place(tmp_path, "small", tmp_path / "images")
    first, second = (experiment(Task("evolution", "a", 1, seed), place.size) for seed in (0, 1))

    assert place.digest(first) != place.digest(second)
    assert place.digest(first) == place.digest(dict(first))
    assert Place(tmp_path, "gpu", tmp_path / "images").digest(first) != place.digest(first)


def test_the_full_size_of_reading_is_the_size_of_the_example():
    given = yaml.safe_load((EXAMPLE / "experiment.yml").read_text())
    [epochs] = re.findall(r"^EPOCHS = (\d+)", (EXAMPLE / "network.py").read_text(), re.M)
    keys = experiment(Task("reading", "a", 1, 0), SIZES["small"])

    assert keys["budget"] == given["budget"]
    assert keys["tuner"] == given["tuner"]
    assert keys["search_space"] == given["search_space"]
    assert keys["command"][-1] == epochs


def test_reading_has_lengths_and_seeds_of_its_own():
    size = SIZES["small"]

    assert extent("reading", size, 5).seeds == 4
    assert extent("reading", size, 2).seeds == 2
    assert extent("evolution", size, 5).seeds == 5
    assert [task.length for task in tasks("reading", size, 0)] == [1, 1, 2, 4]
    assert "reading" not in methods_of(SIZES["gpu"])


def test_the_example_is_part_of_its_searches_and_of_no_others(tmp_path, monkeypatch):
    place = Place(tmp_path, "small", tmp_path / "images")
    reading, evolution = (
        experiment(Task(method, "a", 1, 0), place.size) for method in ("reading", "evolution")
    )
    before = place.digest(reading), place.digest(evolution)
    monkeypatch.setattr("benchmarks.inherit.search._READING", ("graph.py",))

    assert place.digest(reading) != before[0]
    assert place.digest(evolution) == before[1]
    assert place.complete(reading)["tuner"]["code_dir"] == str(EXAMPLE)
