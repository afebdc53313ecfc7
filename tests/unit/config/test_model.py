"""`model` in the experiment file, and the answer of the trial that makes its search space."""

import json
from pathlib import Path

import pytest

from controller.config import ConfigError, Experiment, dump, load, restore
from controller.config.model import AnswerError, ModelSpace, read
from heirloom.objective import Objectives
from tests.unit.config.experiment_files import mistakes, write

FILE = """\
model: net.Net
tuner: {name: evolution, args: {initial: [{width: 7}]}}
trial: {command: python train.py}
budget: {trials: 4}
"""
SPACE = {"width": {"_type": "choice", "_value": [8, 16]}}
SPREAD = {"min": 10, "median": 15.0, "max": 20}
COSTS = {
    "candidates": 2,
    "measured": 2,
    "parameters": SPREAD,
    "macs": {"min": 100, "median": 150.0, "max": 200},
    "options": [
        {"label": "width", "option": 8, "measured": 1, "parameters": 10.0, "macs": 100.0},
        {"label": "width", "option": 16, "measured": 1, "parameters": 20.0, "macs": 200.0},
    ],
}


def answer(**changes: object) -> bytes:
    return json.dumps({"space": SPACE, "costs": COSTS} | changes).encode()


def test_what_depends_on_the_space_is_checked_when_it_is_known(tmp_path: Path) -> None:
    path = write(tmp_path, FILE)
    assert load(path).lacks_space
    with pytest.raises(ConfigError, match=r"tuner.args.initial.0.width: .*7"):
        load(path, SPACE)


def test_the_experiment_keeps_the_space(tmp_path: Path) -> None:
    path = write(tmp_path, FILE.replace("7", "8"))
    found: Experiment = restore(dump(load(path, SPACE)))
    assert (found.model, found.search_space) == ("net.Net", SPACE)
    assert not found.lacks_space


@pytest.mark.parametrize("key", ["search_space: {x: [1, 2]}", "search_space_file: space.json"])
def test_model_and_a_space(tmp_path: Path, key: str) -> None:
    (tmp_path / "space.json").write_text(json.dumps(SPACE))
    text = f"{key}\n{FILE}".replace("{width: 7}", "")
    [found] = mistakes(write(tmp_path, text))
    assert f"give either model or {key.partition(':')[0]}, not both" in found


@pytest.mark.parametrize("name", ["Net", "net.", "net/net.Net", "3.Net"])
def test_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    [found] = mistakes(write(tmp_path, FILE.replace("net.Net", name)))
    assert found == f"1: model: must be MODULE.NAME, such as net.Net, not {name}"


def test_answer() -> None:
    unknown = {"machine": None, "gpu": None}
    plain = ModelSpace("net.Net", SPACE, COSTS | {"supernet": None}, unknown, [])
    assert read(answer(), "net.Net") == plain
    costs, memory = COSTS | {"supernet": {"parameters": 3, "bytes": 12}}, {"machine": 5, "gpu": 7}
    found = read(answer(costs=costs, memory=memory, values=["width"]), "net.Net")
    assert (found.costs, found.memory, found.supernet_bytes) == (costs, memory, 12)
    assert found.values == ["width"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an object"),
        (answer(space=json.loads("[" * 200 + "]" * 200)), "nested too deeply"),
        (answer(error="net.Net has no choices"), "net.Net has no choices"),
        (answer(space={}), "has no search space"),
        (answer(space={"x": {"_type": "choise", "_value": [1]}}), "its search space is wrong"),
        (answer(space={"x": {"_type": "choice", "_value": [float("nan")]}}), "finite number"),
        (answer(costs=None), "its answer is wrong: costs"),
        (answer(costs=COSTS | {"measured": "2"}), "costs.measured"),
        (answer(costs=COSTS | {"supernet": {"parameters": 3}}), "costs.supernet.bytes"),
        (answer(memory={"machine": -1}), "memory.machine"),
        (answer(values=[1]), "is wrong: values must be a list of labels"),
        (answer(costs=COSTS | {"macs": {"min": 1}}), "costs.macs.median"),
        (answer(costs=COSTS | {"macs": SPREAD | {"max": 10**400}}), "costs.macs.max"),
    ],
)
def test_answer_that_is_wrong(data: bytes, text: str) -> None:
    with pytest.raises(AnswerError) as found:
        read(data, "net.Net")
    assert text in str(found.value)


def reached(objective: dict[str, object], **changes: object) -> list[str]:
    made = ModelSpace("net.Net", SPACE, COSTS | changes)
    return list(made.out_of_reach(Objectives.parse({"accuracy": "maximize"} | objective)))


def test_bounds_that_no_candidate_meets() -> None:
    assert not reached({"macs": {"at_most": 100}, "parameters": {"at_least": 20}})
    assert not reached({"latency": {"at_most": 0.1}})
    [text] = reached({"macs": {"at_most": 99}})
    assert text == "macs: at_most is 99, and the least of all 2 candidates of net.Net is 100"
    [text] = reached({"parameters": {"minimize": True, "at_least": 21}}, candidates=10)
    assert "the most of the measured candidates of net.Net is 20" in text
    [text] = reached({"macs": {"at_most": 200}}, macs=None)
    assert "net.Net has no input_shape" in text
