"""Variables of the shell that trials get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.config import ConfigError, dump, load, restore
from controller.config.passed import MissingVariableError, left_behind, read

EXPERIMENT = """
search_space: {{x: {{_type: uniform, _value: [0, 1]}}}}
trial: {{command: 'true', environment: {{GIVEN: x}}, pass_environment: {chosen}}}
budget: {{trials: 1}}
"""


def file_with(directory: Path, chosen: str) -> Path:
    path = directory / "experiment.yml"
    path.write_text(EXPERIMENT.format(chosen=chosen))
    return path


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("[HEIRLOOM_HOME]", "Heirloom sets HEIRLOOM_… itself"),
        ("[NNI_PLATFORM]", "Heirloom sets NNI_… itself"),
        ("[CUDA_VISIBLE_DEVICES]", "heirloom_slots"),
        ("[GIVEN]", "is in trial.environment too"),
        ("['A=1']", "without its value"),
        ("[A-B]", "is not the name of a variable"),
        ("['']", "is not the name of a variable"),
        ("[NOT_SET_HERE]", "NOT_SET_HERE is not set here"),
        ("{A: b}", "must be a list of names"),
        ("[1]", "'1' is not the name of a variable"),
        ("[[A]]", "must be a list of names"),
        ("HF_HOME", "must be a list of names"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, chosen: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(file_with(tmp_path, chosen))
    assert words in str(error.value)
    assert "experiment.yml:3: trial.pass_environment" in str(error.value)


def test_the_experiment_has_names_and_no_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    experiment = load(file_with(tmp_path, "[TOKEN, TOKEN]"))
    text = dump(experiment)
    assert json.loads(text)["trial"]["pass_environment"] == ["TOKEN"]
    assert "s3cret" not in text
    monkeypatch.delenv("TOKEN")
    assert restore(text) == experiment  # what is set by then is known to `resume`


def test_values_are_read_from_the_shell_and_not_shown() -> None:
    passed = read(["TOKEN", "EMPTY"], {"TOKEN": "s3cret", "EMPTY": "", "OTHER": "x"})
    assert passed.on(is_local=False) == {"TOKEN": "s3cret", "EMPTY": ""}
    assert "s3cret" not in repr(passed)
    with pytest.raises(MissingVariableError, match="A, B, which are not set here"):
        read(["A", "B"], {})


def test_all_is_for_this_machine_and_leaves_out_what_heirloom_sets() -> None:
    shell = {
        "HOME": "/home/ann",
        "DATA": "/data",
        "BASH_FUNC_f%%": "() { :; }",
        "PATH": "/bin",
        "VIRTUAL_ENV": "/venv",
        "HEIRLOOM_HOME": "/h",
        "NNI_PLATFORM": "x",
        "ANSIBLE_DEBUG": "1",
        "CUDA_VISIBLE_DEVICES": "1",
        "PWD": "/",
    }
    passed = read("all", shell)
    assert passed.on(is_local=True).keys() == {"HOME", "DATA", "BASH_FUNC_f%%"}
    assert passed.on(is_local=False) == {}


def test_well_known_variables_that_do_not_arrive_are_named() -> None:
    shell = {"HF_HOME": "/hf", "TORCH_HOME": "/t", "PAGER": "less", "WANDB_API_KEY": "s3cret"}
    [note] = left_behind(["TORCH_HOME"], (), shell)
    assert "HF_HOME, WANDB_API_KEY;" in note
    assert "s3cret" not in note
    assert left_behind("all", (), shell) == []
    assert left_behind(list(shell), (), shell) == []
    assert left_behind((), shell, shell) == []
    [note] = left_behind("all", (), {"CUDA_VISIBLE_DEVICES": "1"})
    assert "heirloom_slots" in note
