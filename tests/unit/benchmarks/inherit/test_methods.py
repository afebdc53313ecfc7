import pytest
import yaml

from benchmarks.inherit.methods import METHODS, Task, experiment, tasks
from benchmarks.inherit.search import Place
from benchmarks.trials.inherit.sizes import SIZES
from controller import config


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("method", METHODS)
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


def test_another_experiment_or_another_size_is_another_search(tmp_path):
    place = Place(tmp_path, "small", tmp_path / "images")
    first, second = (experiment(Task("evolution", "a", 1, seed), place.size) for seed in (0, 1))

    assert place.digest(first) != place.digest(second)
    assert place.digest(first) == place.digest(dict(first))
    assert Place(tmp_path, "gpu", tmp_path / "images").digest(first) != place.digest(first)
