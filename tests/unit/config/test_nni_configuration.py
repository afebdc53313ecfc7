"""NNI's configuration files come to experiments of Heirloom's own form."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from controller.config import load
from controller.config.document import read
from controller.config.nni import version_of
from controller.config.nni.convert import convert
from tests.unit.config.nni_files import OWN_V1, V1, V2, lay_out, loaded, write


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> None:
    lay_out(tmp_path)


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def tuner_of(text: str) -> str:
    """The tuner's section of V1."""
    return text[text.index("tuner:") : text.index("trial:")]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (V1, "v1"),
        (V2, "v2"),
        ("trialConcurrency: 1\ntrial: {command: x}\ntuner: {}\n", "v1"),
        ("trialCommand: x\ntuner: {name: TPE}\ntrainingService: {platform: local}\n", "v2"),
        ("trial: {command: x}\nbudget: {trials: 1}\ntrialConcurrency: 2\n", None),
        ("trial: {command: x}\nbudget: {trials: 1}\n", None),
        ("tuner: {name: TPE}\n", None),
    ],
)
def test_version_is_recognised_by_the_keys(tmp_path: Path, text: str, version: str | None) -> None:
    assert version_of(read(write(tmp_path, text)).value) == version


def test_version_1(tmp_path: Path) -> None:
    experiment, notes = loaded(tmp_path, V1)
    assert notes == []
    assert experiment.name == "mnist-example"
    assert experiment.description == "MNIST example, by ann"
    assert experiment.objective == "minimize"
    assert experiment.search_space == {"x": {"_type": "uniform", "_value": [0, 1]}}
    assert experiment.tuner.name == "random"
    assert experiment.trial.command == "python3 mnist.py"
    assert experiment.trial.code_dir == tmp_path / "code"
    assert experiment.trial.value == "optional"
    assert experiment.trial.workdir == "copy"
    assert experiment.budget.model_dump() == {"trials": 10, "duration": 3600, "concurrency": 3}
    assert experiment.lookahead == 0


def test_version_2(tmp_path: Path) -> None:
    text = V2 + "maxExperimentDuration: 0.5h\nmaxTrialDuration: 90s\nassessor: {name: Medianstop}\n"
    experiment, notes = loaded(tmp_path, text)
    assert notes == []
    assert experiment.name == "mnist"
    assert experiment.objective == "maximize"
    assert experiment.tuner.name == "random"
    assert experiment.assessor is not None
    assert experiment.assessor.args == {"warmup": 0, "min_trials": 1}
    assert experiment.trial.timeout == 90
    assert experiment.budget.model_dump() == {"trials": 10, "duration": 1800, "concurrency": 2}


def test_version_2_with_trial_keys_in_the_training_service(tmp_path: Path) -> None:
    text = dedent(
        """\
        searchSpace: {x: {_type: choice, _value: [1, 2]}}
        tuner: {name: gridsearch}
        trainingService:
          platform: local
          trialCommand: python3 mnist.py
          trialCodeDirectory: code
        """
    )
    experiment, _ = loaded(tmp_path, text)
    assert experiment.trial.command == "python3 mnist.py"
    assert experiment.trial.code_dir == tmp_path / "code"
    assert experiment.tuner.name == "grid"
    assert experiment.budget.concurrency == 1


def test_keys_with_null_are_ignored(tmp_path: Path) -> None:
    text = V1 + "advisor:\nassessor:\nnniManagerIp:\nlocalConfig:\n  gpuIndices:\n"
    experiment, notes = loaded(tmp_path, replaced(text, "maxTrialNum: 10", "maxTrialNum:"))
    assert experiment.assessor is None
    assert notes == []
    assert experiment.budget.trials is None


def test_search_without_limits_has_the_trial_limit_of_nni(tmp_path: Path) -> None:
    text = replaced(V1, "maxExecDuration: 1h\nmaxTrialNum: 10\n", "")
    assert loaded(tmp_path, text)[0].budget.trials == 99999


@pytest.mark.parametrize(
    ("command", "run"),
    [
        ("python3 train.py --lr=0.1 data/x", "python3 train.py --lr=0.1 data/x"),
        ("source env/bin/activate", ["bash", "-c", "source env/bin/activate"]),
        (". env/activate", ["bash", "-c", ". env/activate"]),
        ("python a.py && echo $HOME", ["bash", "-c", "python a.py && echo $HOME"]),
    ],
)
def test_commands_beyond_sh_run_in_bash(tmp_path: Path, command: str, run: Any) -> None:
    experiment, _ = loaded(
        tmp_path, replaced(V1, "command: python3 mnist.py", f"command: {command}")
    )
    assert experiment.trial.command == run


@pytest.mark.parametrize(
    ("reported", "name", "args"),
    [
        ("Random", "random", {}),
        ("BatchTuner", "batch", {}),
        ("grid", "grid", {}),
        ("gridsearch", "grid", {}),
        ("TPE_legacy, classArgs: {parallel_optimize: true}", "tpe", {"startup": 20}),
        ("TPE", "tpe", {"startup": 20}),
        (
            "TPE, classArgs: {tpe_args: {n_startup_jobs: 5, n_ei_candidates: 9}}",
            "tpe",
            {"startup": 5, "candidates": 9},
        ),
        ("Evolution", "evolution", {"population": 32, "sample": 2, "inherit": False}),
        (
            "Evolution, classArgs: {population_size: 7}",
            "evolution",
            {"population": 7, "sample": 2, "inherit": False},
        ),
    ],
)
def test_supported_tuners(tmp_path: Path, reported: str, name: str, args: dict[str, Any]) -> None:
    space = '{"a": {"_type": "choice", "_value": [{"x": 1}, {"x": 2}]}}'
    (tmp_path / "search_space.json").write_text(space)
    own = tuner_of(V1)
    v1, _ = loaded(tmp_path, replaced(V1, own, f"tuner: {{builtinTunerName: {reported}}}\n"))
    v2, _ = loaded(tmp_path, replaced(V2, "  name: Random", f"  {{name: {reported}}}"))
    for experiment in (v1, v2):
        assert (experiment.tuner.name, experiment.tuner.args) == (name, args)


def test_tuner_seed_becomes_the_seed_of_the_experiment(tmp_path: Path) -> None:
    text = replaced(V1, "optimize_mode: minimize", "seed: 5")
    experiment, _ = loaded(tmp_path, text)
    assert experiment.seed == 5
    assert experiment.objective == "maximize"


@pytest.mark.parametrize(("start", "warmup"), [(0, 0), (1, 0), (5, 4)])
def test_median_stopping_starts_at_the_same_step(tmp_path: Path, start: int, warmup: int) -> None:
    more = f"assessor: {{builtinAssessorName: Medianstop, classArgs: {{start_step: {start}}}}}\n"
    experiment, _ = loaded(tmp_path, V1 + more)
    assert experiment.assessor is not None
    assert experiment.assessor.args == {"warmup": warmup, "min_trials": 1}


def test_own_tuner_and_assessor(tmp_path: Path) -> None:
    own = "assessor: {codeDir: tuners, classFileName: my_tuner.py, className: MyAssessor}\n"
    experiment, _ = loaded(
        tmp_path, replaced(V1, tuner_of(V1), OWN_V1) + own + "multiThread: true\n"
    )
    tuner, assessor = experiment.tuner, experiment.assessor
    assert assessor is not None
    assert (tuner.class_, assessor.class_) == ("my_tuner.MyTuner", "my_tuner.MyAssessor")
    assert (tuner.interface, assessor.interface) == ("nni", "nni")
    assert tuner.code_dir == assessor.code_dir == tmp_path / "tuners"
    assert tuner.args == {"optimize_mode": "minimize", "population": 3}
    assert tuner.multi_thread
    assert not tuner.include_intermediate_results
    assert experiment.objective == "minimize"


def test_own_tuner_in_version_2(tmp_path: Path) -> None:
    own = "  {className: deep.my_tuner.MyTuner, codeDirectory: tuners, classArgs: {a: 1}}"
    experiment, _ = loaded(tmp_path, replaced(V2, "  name: Random", own))
    assert experiment.tuner.class_ == "deep.my_tuner.MyTuner"
    assert experiment.tuner.interface == "nni"
    assert experiment.tuner.args == {"a": 1}


@pytest.mark.parametrize(
    ("file", "directory", "class_"),
    [
        ("deep/my_tuner.py", "", "deep.my_tuner.MyTuner"),
        ("./my_tuner.py", "", "my_tuner.MyTuner"),
        ("not-a-package/my_tuner.py", "not-a-package", "my_tuner.MyTuner"),
    ],
)
def test_own_tuner_in_a_subdirectory(
    tmp_path: Path, file: str, directory: str, class_: str
) -> None:
    (tmp_path / "tuners/not-a-package").mkdir()
    (tmp_path / "tuners/not-a-package/my_tuner.py").write_text("class MyTuner: pass")
    own = replaced(OWN_V1, "my_tuner.py", file) + "  includeIntermediateResults: true\n"
    experiment, _ = loaded(tmp_path, replaced(V1, tuner_of(V1), own))
    assert experiment.tuner.class_ == class_
    assert experiment.tuner.code_dir == tmp_path / "tuners" / directory
    assert experiment.tuner.include_intermediate_results


def test_save_directory_of_the_tuner_is_writable(tmp_path: Path) -> None:
    own = replaced(OWN_V1, "population: 3", "save_dir_root: /data/saved")
    experiment, _ = loaded(tmp_path, replaced(V1, tuner_of(V1), own))
    assert [str(path) for path in experiment.trial.writable] == ["/data/saved"]
    own = replaced(OWN_V1, "population: 3", "save_dir_root: saved")
    experiment, _ = loaded(tmp_path, replaced(V1, tuner_of(V1), own))
    assert experiment.trial.writable == []


def test_note_names_each_key_without_effect(tmp_path: Path) -> None:
    (tmp_path / "code/.nniignore").write_text("data\n")
    text = replaced(V1, "classArgs:", "gpuIndices: 0\n  classArgs:") + dedent(
        """\
        logLevel: debug
        versionCheck: false
        logDir: /var/nni
        sharedStorage: {storageType: NFS}
        """
    )
    _, notes = loaded(tmp_path, replaced(text, "Random", "Evolution"))
    assert [note.partition(": ")[0] for note in notes] == ["10", "11", "16", "18", "20", "21"]
    assert "10: tuner.builtinTunerName: NNI's drops the worse of two" in notes[0]
    assert "11: tuner.gpuIndices: is not used: the tuner sees the GPUs" in notes[1]
    assert "16: trial.codeDir: the file .nniignore in it is not read" in notes[2]
    assert notes[3] == "18: logLevel: has no effect in Heirloom (and versionCheck)"
    assert "20: logDir: is not used" in notes[4]
    assert "21: sharedStorage: is not used" in notes[5]


def test_keys_under_heirloom_replace_the_others(tmp_path: Path) -> None:
    more = """\
    heirloom:
      on_parent_failure: ancestor
      budget: {duration: null, trials: 3}
      trial: {retries: 2}
      tuner: {args: {population: 4}}
      store: stored
    """
    experiment, _ = loaded(tmp_path, replaced(V1, "Random", "Evolution") + dedent(more))
    assert experiment.on_parent_failure == "ancestor"
    assert experiment.budget.model_dump() == {"trials": 3, "duration": None, "concurrency": 3}
    assert experiment.trial.retries == 2
    assert experiment.trial.command == "python3 mnist.py"
    assert experiment.tuner.args == {"population": 4, "sample": 2, "inherit": False}
    assert experiment.store == tmp_path / "stored"


def test_tuner_under_heirloom_replaces_the_tuner(tmp_path: Path) -> None:
    more = "heirloom: {tuner: {name: grid}, search_space: {a: {_type: choice, _value: [1]}}, "
    text = replaced(V1, "Random", "Evolution") + more + "search_space_file: null}\n"
    experiment, _ = loaded(tmp_path, text)
    assert (experiment.tuner.name, experiment.tuner.args) == ("grid", {})
    assert experiment.search_space == {"a": {"_type": "choice", "_value": [1]}}


@pytest.mark.parametrize("text", [V1, V2, replaced(V1, tuner_of(V1), OWN_V1)])
def test_converted_file_is_the_same_experiment(tmp_path: Path, text: str) -> None:
    text += "debug: true\nheirloom: {seed: 3, trial: {environment: {A: b}}}\n"
    before, _ = loaded(tmp_path, text)
    reported = convert(tmp_path / "config.yml")
    assert "# Line " in reported
    assert "debug: has no effect" in reported
    (tmp_path / "experiment.yml").write_text(reported)
    assert load(tmp_path / "experiment.yml") == before
    assert "heirloom" not in yaml.safe_load(reported)


def test_search_space_is_converted_to_the_short_form(tmp_path: Path) -> None:
    space = "{x: {_type: choice, _value: [1, 2]}, y: {_type: uniform, _value: [0, 1]}}"
    text = V1.replace("searchSpacePath: search_space.json\n", "")
    text += f"heirloom: {{search_space: {space}}}\n"
    before, _ = loaded(tmp_path, text)
    (tmp_path / "experiment.yml").write_text(convert(tmp_path / "config.yml"))
    written = yaml.safe_load((tmp_path / "experiment.yml").read_text())
    assert written["search_space"] == {"x": [1, 2], "y": {"uniform": [0, 1]}}
    assert load(tmp_path / "experiment.yml") == before


def test_own_tuner_gets_the_space_of_an_nni_configuration_as_it_is(tmp_path: Path) -> None:
    space = {"K": {"_type": "factor", "_value": [1024, 3]}, "L": [1, 100]}
    text = replaced(V1, tuner_of(V1), OWN_V1)
    loaded(tmp_path, text)
    (tmp_path / "search_space.json").write_text(json.dumps(space))
    assert load(tmp_path / "config.yml").search_space == space
    assert "# search_space: the tuner gets a list as" in convert(tmp_path / "config.yml")
    short = "heirloom: {search_space: {L: [1, 100]}, search_space_file: null}\n"
    (tmp_path / "config.yml").write_text(text + short)
    chosen = {"L": {"_type": "choice", "_value": [1, 100]}}
    assert load(tmp_path / "config.yml").search_space == chosen
