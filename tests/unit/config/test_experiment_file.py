"""What is read from a good experiment file."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from controller.config import Experiment, dump, json_schema, load, restore
from controller.core.model import Inherit, OnParentFailure, RetryRule, Rules
from heirloom.objective import Objective, Objectives
from tests.unit.config.experiment_files import FULL, GOOD, full, write


def test_defaults(tmp_path: Path) -> None:
    path = write(tmp_path / "My Digits", GOOD)
    experiment = load(path)
    assert experiment.name == "my-digits"
    assert experiment.objective == "maximize"
    assert experiment.tuner.name == "evolution"
    assert experiment.search_space["lr"]["_value"] == [0.0001, 0.1]
    assert experiment.trial.code_dir == path.parent
    assert experiment.trial.timeout is None
    assert experiment.seed is None
    assert experiment.rules() == Rules(trials=40)


def test_everything_set(tmp_path: Path) -> None:
    experiment = load(full(tmp_path))
    assert experiment.trial.command == ["python", "train.py", "3"]
    assert experiment.trial.timeout == 5400
    assert experiment.trial.log_limit == 64_000_000
    assert experiment.trial.environment == {"A": "1", "B": "text"}
    assert experiment.trial.code_dir == tmp_path / "code"
    assert experiment.store == tmp_path.parent / "store"
    assert experiment.inventory == tmp_path / "hosts.yml"
    assert experiment.rules() == Rules(
        trials=40,
        duration=86400,
        concurrency=4,
        lookahead=2,
        slots=2,
        retries=1,
        retry=(
            RetryRule(name="on 'CUDA error'", exclude_node=True),
            RetryRule(name="exit_code 75", times=3),
        ),
        on_parent_failure=OnParentFailure.ANCESTOR,
        objectives=Objectives((Objective(maximize=False),)),
        assess=True,
    )
    assert json.loads(json.dumps(experiment.tuner_setup(3))) == {
        "experiment": experiment.name,
        "tuner": experiment.tuner.model_dump(mode="json", by_alias=True),
        "assessor": {
            "name": "median_stopping",
            "class": None,
            "code_dir": str(tmp_path),
            "args": {"warmup": 3},
            "interface": "heirloom",
        },
        "space": experiment.search_space,
        "seed": 3,
        "maximize": False,
        "objectives": "minimize",
        "resource": None,
    }


def test_paths_are_relative_to_the_file_and_not_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = full(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert load(Path("..", path.name)).trial.code_dir == tmp_path / "code"


@pytest.mark.parametrize("text", [GOOD, FULL.replace("../store", "~/store")])
def test_dump_is_read_back_when_the_files_are_gone(tmp_path: Path, text: str) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "hosts.yml").touch()
    experiment = load(write(tmp_path, text))
    (tmp_path / "code").rmdir()
    (tmp_path / "hosts.yml").unlink()
    assert restore(dump(experiment)) == experiment


def test_dump_is_an_experiment_file(tmp_path: Path) -> None:
    experiment = load(full(tmp_path))
    assert load(write(tmp_path / "other", dump(experiment))) == experiment


def test_search_space_file(tmp_path: Path) -> None:
    space = {"lr": {"_type": "loguniform", "_value": [1e-05, 0.1]}}
    write(tmp_path, json.dumps(space, indent="\t"), "space.json")
    path = write(
        tmp_path, GOOD.replace(GOOD[: GOOD.index("trial:")], "search_space_file: space.json\n")
    )
    experiment = load(path)
    assert experiment.search_space == space
    restored = restore(dump(experiment))
    assert restored.search_space == space


def test_search_space_in_the_short_form_is_kept_in_nnis(tmp_path: Path) -> None:
    short = "{lr: {loguniform: [1e-4, 0.1]}, n: [1, {_name: a, m: [2, 3]}]}"
    nni = {
        "lr": {"_type": "loguniform", "_value": [1e-4, 0.1]},
        "n": {
            "_type": "choice",
            "_value": [1, {"_name": "a", "m": {"_type": "choice", "_value": [2, 3]}}],
        },
    }
    rest = GOOD[GOOD.index("trial:") :]
    for tuner in ("", "tuner: {class: my_tuner.MyTuner}\n"):
        write(tmp_path, "class MyTuner: pass\n", "my_tuner.py")
        experiment = load(write(tmp_path, f"search_space: {short}\n{rest}{tuner}"))
        assert experiment.search_space == nni
        assert restore(dump(experiment)) == experiment
    write(tmp_path, short, "space.yml")
    assert load(write(tmp_path, f"search_space_file: space.yml\n{rest}")).search_space == nni


@pytest.mark.parametrize("text", [GOOD, FULL])
def test_schema_takes_a_good_file(text: str) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(text.replace("{on:", "{'on':")), schema)  # `on` of YAML 1.2


@pytest.mark.parametrize(
    ("old", "new"), [("trials: 40", "trails: 40"), ("python train.py", "[]"), ("trial:", "try:")]
)
def test_schema_refuses_a_bad_file(old: str, new: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(GOOD.replace(old, new)), json_schema())


def test_schema_describes_every_key() -> None:
    for section in [json_schema(), *json_schema()["$defs"].values()]:
        for key, spec in section["properties"].items():
            assert "$ref" in spec or spec["description"], key  # a section describes itself
    assert set(json_schema()["properties"]) == set(Experiment.model_fields)


def test_a_tuner_that_ends_its_search_needs_no_budget(tmp_path: Path) -> None:
    text = GOOD.replace("budget: {trials: 40}", "tuner: {name: grid}").replace(
        "loguniform, _value: [1e-4, 0.1]", "choice, _value: [0, 1]"
    )
    assert load(write(tmp_path, text)).rules().trials is None


def test_whose_weights_trials_start_from(tmp_path: Path) -> None:
    text = GOOD + "inheritance: {from: nearest, limit: 0.2}\n"
    rules = load(write(tmp_path, text)).rules()
    assert (rules.inherit, rules.inherit_limit) == (Inherit.NEAREST, 0.2)
    assert rules.space is not None
    assert list(rules.space.dimensions) == ["lr"]
    none = load(write(tmp_path, GOOD + "inheritance: {from: none}\n"))
    assert none.rules().inherit is Inherit.NONE
    assert restore(dump(none)).rules() == none.rules()


def test_paths_of_exporters_are_absolute_and_addresses_stay(tmp_path: Path) -> None:
    given = {
        "tensorboard": "runs",
        "mlflow": "http://lab:5000",
        "optuna": "sqlite:///study.db",
        "jsonl": "/data/trials.jsonl",
    }
    text = GOOD + yaml.safe_dump({"exporters": given})
    experiment = load(write(tmp_path, text))
    assert experiment.exporters == given | {
        "tensorboard": str(tmp_path / "runs"),
        "optuna": f"sqlite:///{tmp_path / 'study.db'}",
    }
    assert restore(dump(experiment)) == experiment
