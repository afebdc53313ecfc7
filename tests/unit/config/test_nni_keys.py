"""NNI 2 ignores case and underscores in keys, though not in search spaces and in arguments."""

from pathlib import Path

import pytest

from controller.config.document import read
from controller.config.nni import version_of
from controller.config.nni.convert import convert
from tests.unit.config.nni_files import OWN_V1, V1, V2, lay_out, loaded, mistakes, write

SNAKE_V2 = """\
experiment_name: resnet sweep
search_space:
  base_lr: {_type: choice, _value: [0.1, 0.2]}
  baseLr: {_type: choice, _value: [1, 2]}
trial_command: python3 mnist.py
trial_code_directory: code
trial_concurrency: 2
max_trial_number: 10
max_experiment_duration: 1h
tuner:
  class_name: my_tuner.MyTuner
  code_directory: tuners
  class_args: {optimize_mode: minimize, PopulationSize: 3, save_dir: x}
training_service:
  platform: local
  use_active_gpu: true
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    lay_out(tmp_path)


def test_snake_case_in_version_2(tmp_path: Path) -> None:
    experiment, notes = loaded(tmp_path, SNAKE_V2)
    assert notes == []
    assert experiment.name == "resnet-sweep"
    assert set(experiment.search_space) == {"base_lr", "baseLr"}
    assert experiment.tuner.class_ == "my_tuner.MyTuner"
    assert experiment.tuner.args == {
        "optimize_mode": "minimize",
        "PopulationSize": 3,
        "save_dir": "x",
    }
    assert experiment.objective == "minimize"
    assert experiment.budget.model_dump() == {"trials": 10, "duration": 3600, "concurrency": 2}


@pytest.mark.parametrize("text", [V1, V1 + "localConfig: {useActiveGpu: true}\n", V2, SNAKE_V2])
def test_any_spelling_of_the_keys_is_the_same_experiment(tmp_path: Path, text: str) -> None:
    before, _ = loaded(tmp_path, text)
    for old, new in (
        ("trialConcurrency", "TRIAL_CONCURRENCY"),
        ("trial_concurrency", "trialConcurrency"),
        ("trainingService", "training_Service"),
        ("maxTrialNum", "Max_trial_num"),
        ("builtinTunerName", "builtin_tuner_name"),
        ("class_args", "classargs"),
        ("  platform", "  Platform"),
        ("gpuNum", "gpu_num"),
        ("use_active_gpu", "useActiveGPU"),
        ("useActiveGpu", "use_active_gpu"),
    ):
        text = text.replace(old, new)
    assert loaded(tmp_path, text)[0] == before


def test_keys_of_machines_may_be_in_snake_case(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    text = V2.replace("  platform: local\n", "  platform: remote\n  machine_list:\n") + (
        "    - {host: a, user: u, ssh_key_file: key, python_path: /opt/bin, port: 2222}\n"
    )
    experiment, _ = loaded(tmp_path, text)
    assert isinstance(experiment.inventory, dict)
    [host] = experiment.inventory["trial_nodes"]["hosts"].values()
    assert host["ansible_ssh_private_key_file"] == str(tmp_path / "key")
    assert host["heirloom_python"] == "/opt/bin/python"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("trial_command: x\ntuner: {name: TPE}\ntraining_service: {platform: local}\n", "v2"),
        ("search_space: {}\ntrial_command: x\ntrial_concurrency: 1\ntraining_service: {}\n", "v2"),
        ("trial_concurrency: 1\ntrial: {command: x}\ntuner: {}\n", "v1"),
        ("search_space: {}\ntrial: {command: x}\nbudget: {trials: 1}\n", None),
        ("search_space_file: x\ntrial: {command: x}\nobjective: x\ntrial_command: x\n", None),
    ],
)
def test_version_is_recognised_in_any_spelling(
    tmp_path: Path, text: str, version: str | None
) -> None:
    assert version_of(read(write(tmp_path, text)).value) == version


def test_mistakes_name_the_keys_as_the_file_spells_them(tmp_path: Path) -> None:
    text = SNAKE_V2.replace("trial_concurrency: 2", "trial_concurrency: none")
    text = text.replace("  use_active_gpu: true", "  use_active_gpus: true")
    text = text.replace("class_args: {opt", "class_arg: {opt").replace(": code\n", ": cod\n")
    reported = mistakes(tmp_path, text)
    assert [one.rpartition(": ")[0].split(": ")[:2] for one in reported] == [
        ["6", "trial_code_directory"],
        ["7", "trial_concurrency"],
        ["13", "tuner.class_arg"],
        ["16", "training_service.use_active_gpus"],
    ]


def test_a_key_in_two_spellings_is_a_mistake(tmp_path: Path) -> None:
    [mistake] = mistakes(tmp_path, V2 + "max_trial_number: 3\n")
    assert mistake == (
        "11: max_trial_number: is the same key as maxTrialNumber on line 6: remove one of them"
    )


def test_arguments_of_nnis_own_keep_their_spelling(tmp_path: Path) -> None:
    text = V2.replace("name: Random", "{name: Evolution, classArgs: {populationSize: 3}}")
    [mistake] = mistakes(tmp_path, text.replace("tuner:\n  {", "tuner: {"))
    assert "unknown argument populationSize; did you mean population_size?" in mistake


def test_converted_file_with_other_spellings_is_the_same_experiment(tmp_path: Path) -> None:
    before, _ = loaded(tmp_path, SNAKE_V2 + "log_level: info\n")
    written = convert(tmp_path / "config.yml")
    assert "# Line 17: log_level: has no effect" in written
    write(tmp_path, written)
    assert loaded(tmp_path, written)[0] == before


def test_own_tuner_of_version_1_in_snake_case(tmp_path: Path) -> None:
    own = OWN_V1.replace("codeDir", "code_dir").replace("classFileName", "class_file_name")
    own = own.replace("className", "class_name").replace("classArgs", "class_args")
    text = V1[: V1.index("tuner:")] + own + V1[V1.index("trial:") :]
    experiment, _ = loaded(tmp_path, text)
    assert experiment.tuner.class_ == "my_tuner.MyTuner"
    assert experiment.tuner.code_dir == tmp_path / "tuners"
