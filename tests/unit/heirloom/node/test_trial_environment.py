import os
import subprocess
import sys
from dataclasses import replace

import pytest

from heirloom.node.process.environment import environment
from heirloom.node.slots import Slot
from heirloom.node.spec import Spec

SPEC = Spec("7.2", "exp-1", "/store/exp-1", "here", "true", "runtime/1", {})
TWO = (Slot("0", ("4",)), Slot("1", ("5", "4")))


def seen(spec=SPEC, taken=TWO[:1], of=1, run_dir="/nowhere/run", inherited=None, passed=None):
    return environment(spec, taken, of, run_dir, inherited or {}, passed or {})


def test_gpus_are_visible_only_to_trials_that_need_them():
    assert seen(replace(SPEC, gpus=2), TWO)["CUDA_VISIBLE_DEVICES"] == "4,5"
    assert seen(SPEC, TWO)["CUDA_VISIBLE_DEVICES"] == ""


def test_indexes_of_gpus_are_those_of_nvidia_smi():
    assert seen(replace(SPEC, gpus=1))["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    own = replace(SPEC, environment={"CUDA_DEVICE_ORDER": "FASTEST_FIRST"})
    assert seen(own)["CUDA_DEVICE_ORDER"] == "FASTEST_FIRST"


@pytest.mark.parametrize(("of", "taken", "threads"), [(1, 1, 8), (4, 1, 2), (4, 2, 4), (99, 1, 1)])
def test_threads_are_the_cores_shared_by_the_slots(monkeypatch, of, taken, threads):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    found = seen(taken=TWO[:taken], of=of)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        assert found[name] == str(threads)


def test_threads_of_the_experiment_take_precedence():
    assert seen(replace(SPEC, threads=3))["OMP_NUM_THREADS"] == "3"
    own = replace(SPEC, threads=3, environment={"OMP_NUM_THREADS": "5"})
    assert seen(own)["OMP_NUM_THREADS"] == "5"
    assert seen(own)["MKL_NUM_THREADS"] == "3"


def test_only_listed_variables_are_inherited():
    inherited = {"HOME": "/home/ann", "LC_ALL": "C", "SSH_AUTH_SOCK": "x", "VAULT_TOKEN": "x"}
    found = seen(inherited=inherited)
    assert (found["HOME"], found["LC_ALL"]) == ("/home/ann", "C")
    assert not {"SSH_AUTH_SOCK", "VAULT_TOKEN"} & found.keys()
    assert found["PATH"] == "/usr/local/bin:/usr/bin:/bin"


def test_passed_variables_stand_between_heirlooms_defaults_and_the_experiment():
    passed = {"OMP_NUM_THREADS": "7", "MKL_NUM_THREADS": "7", "HF_HOME": "/data/hf"}
    found = seen(replace(SPEC, environment={"MKL_NUM_THREADS": "5"}), passed=passed)
    assert (found["OMP_NUM_THREADS"], found["MKL_NUM_THREADS"]) == ("7", "5")
    assert found["HF_HOME"] == "/data/hf"


def test_a_passed_pythonpath_stands_behind_heirlooms_packages():
    found = seen(passed={"PYTHONPATH": "/mine"})["PYTHONPATH"].split(":")
    assert found == [
        "/store/exp-1/runtime/1",
        "/store/exp-1/runtime/1/heirloom/compat",
        "/mine",
    ]


def test_ansibles_locale_does_not_override_a_passed_one():
    ansibles = {"LC_ALL": "C.UTF-8"}
    assert seen(inherited=ansibles)["LC_ALL"] == "C.UTF-8"
    found = seen(inherited=ansibles, passed={"LANG": "de_DE.UTF-8"})
    assert (found.get("LC_ALL"), found["LANG"]) == (None, "de_DE.UTF-8")


def test_heirloom_variables_cannot_be_overridden():
    found = seen(replace(SPEC, environment={"HEIRLOOM_TRIAL": "9"}))
    assert found["HEIRLOOM_TRIAL"] == "7"


def test_trials_written_for_nni_find_its_variables():
    found = seen(replace(SPEC, code="code/1", environment={"NNI_EXP_ID": "other"}))
    assert {key: value for key, value in found.items() if key.startswith("NNI_")} == {
        "NNI_PLATFORM": "local",
        "NNI_EXP_ID": "exp-1",
        "NNI_TRIAL_JOB_ID": "exp-1-7",
        "NNI_TRIAL_SEQ_ID": "7",
        "NNI_SYS_DIR": "/store/exp-1/attempts/7.2",
        "NNI_OUTPUT_DIR": "/store/exp-1/attempts/7.2",
        "NNI_CODE_DIR": "/store/exp-1/code/1",
    }
    copied = seen(replace(SPEC, code="code/1", workdir="copy"))
    assert copied["NNI_CODE_DIR"] == "/store/exp-1/attempts/7.2/work"


def test_the_interpreters_directory_is_first_on_path(tmp_path):
    spec = replace(SPEC, python=sys.executable)
    found = seen(spec, run_dir=str(tmp_path), inherited={"PATH": "/usr/bin:/bin"})
    done = subprocess.run(
        ["sh", "-c", "python -c 'import sys; print(sys.prefix)'"],
        env=found,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == sys.prefix  # with its virtual environment


@pytest.mark.parametrize(
    ("directory", "interpreter"), [("it's mine", "python-of-mine"), ("10:30", "python")]
)
def test_an_interpreter_that_path_cannot_name_is_python_on_path(tmp_path, directory, interpreter):
    mine = tmp_path / directory
    mine.mkdir()
    for name in ("python", "python-of-mine"):
        (mine / name).write_text(f"#!/bin/sh\necho {name} $1\n")
        (mine / name).chmod(0o755)
    spec = replace(SPEC, python=str(mine / interpreter))
    for _ in range(2):
        found = seen(spec, run_dir=str(tmp_path), inherited={"PATH": "/usr/bin:/bin"})
        for name in ("python", "python3"):
            done = subprocess.run(
                ["sh", "-c", f"{name} x"], env=found, capture_output=True, text=True, check=True
            )
            assert done.stdout == f"{interpreter} x\n"


def test_a_missing_interpreter_is_named():
    with pytest.raises(FileNotFoundError, match="heirloom_python does not exist"):
        seen(replace(SPEC, python="/nowhere/python"))


def test_objectives_have_their_bounds():
    assert seen()["HEIRLOOM_OBJECTIVES"] == "{}"
    named = replace(SPEC, objectives=("accuracy", "macs"), bounds={"macs": {"at_most": 5.0}})
    assert seen(named)["HEIRLOOM_OBJECTIVES"] == '{"accuracy": {}, "macs": {"at_most": 5.0}}'
