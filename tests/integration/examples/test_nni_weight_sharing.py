"""One file read by all others, in NNI's form and in Heirloom's: never a hang, however it ends."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.search.conftest import PATIENCE, REPOSITORY, Lab, lab

__all__ = ["lab"]

EXAMPLE = REPOSITORY / "examples" / "nni_weight_sharing"


def nni_form(lab: Lab, concurrency: int = 3, **more: Any) -> Path:
    """The example's configuration, beside its own code, with a directory of the lab's."""
    place = lab.path / "for_nni"
    shutil.copytree(EXAMPLE / "for_nni", place)
    said = yaml.safe_load((place / "config.yml").read_text())
    said["trialConcurrency"] = concurrency
    said["tuner"]["classArgs"]["save_dir_root"] = str(lab.path / "shared")
    (place / "config.yml").write_text(yaml.safe_dump(said | more))
    return place / "config.yml"


def heirloom_form(lab: Lab) -> Path:
    shutil.copytree(EXAMPLE / "for_heirloom", lab.path / "for_heirloom")
    return lab.path / "for_heirloom" / "experiment.yml"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def digest(file: Path) -> str:
    return hashlib.md5(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("concurrency", [3, 10])
def test_nnis_form(lab: Lab, concurrency: int) -> None:
    lab("run", nni_form(lab, concurrency))
    trials = lab.trials("weight-sharing")
    assert [trial["state"] for trial in trials] == ["succeeded"] * 10
    assert [trial["params"]["role"] for trial in trials] == ["father", *["child"] * 9]
    [checksum] = {trial["result"]["nni"]["checksum"] for trial in trials}
    files = sorted((lab.path / "shared").rglob("weights"))
    assert len(files) == 10
    assert {digest(file) for file in files} == {checksum}


def test_heirlooms_form(lab: Lab) -> None:
    lab("run", heirloom_form(lab))
    trials = lab.trials("parents")
    assert [trial["state"] for trial in trials] == ["succeeded"] * 10
    assert [trial["parents"] for trial in trials] == [[], *[[0]] * 9]
    [checksum] = {trial["result"]["checksum"] for trial in trials}
    assert {digest(Path(trial["weights"]) / "weights") for trial in trials} == {checksum}


def fail_the_father(trial: Path) -> None:
    change(trial, "os.urandom(SIZE)", "os.urandom(-1)")


def test_children_of_a_father_that_fails_are_skipped(lab: Lab) -> None:
    experiment = heirloom_form(lab)
    fail_the_father(experiment.with_name("trial.py"))
    lab("run", experiment, code=1)
    states = [trial["state"] for trial in lab.trials("parents")]
    assert states == ["failed", *["skipped"] * 9]


def test_threads_that_wait_for_a_father_that_fails_are_woken(lab: Lab) -> None:
    config = nni_form(lab)
    fail_the_father(config.with_name("trial.py"))
    lab("run", config, code=1)
    assert [trial["state"] for trial in lab.trials("weight-sharing")] == ["failed"]


def test_a_tuner_that_does_not_wake_them_is_named_and_given_up(lab: Lab) -> None:
    config = nni_form(lab, heirloom={"tuner": {"patience": "2s"}})
    fail_the_father(config.with_name("trial.py"))
    change(config.with_name("father_tuner.py"), "def trial_end", "def forgotten")
    change(
        config.with_name("father_tuner.py"),
        """self.checksum = value["checksum"]""",
        """self.checksum = value["checksum"]; self.father_ended.set()""",
    )
    output = lab("run", config, code=1)
    lines = config.with_name("father_tuner.py").read_text().splitlines()
    waits = next(n for n, line in enumerate(lines, 1) if "father_ended.wait()" in line)
    assert f"father_tuner.py:{waits}" in output


@pytest.mark.parametrize("form", ["for_nni", "for_heirloom"])
def test_other_bytes_than_the_fathers_end_the_search(lab: Lab, form: str) -> None:
    file = nni_form(lab) if form == "for_nni" else heirloom_form(lab)
    trial = file.with_name("trial.py")
    whose = """params["role"] == "child\"""" if form == "for_nni" else "parent"
    change(trial, "hashlib.md5(data,", f"hashlib.md5(data[1:] if {whose} else data,")
    with lab.start("run", file) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, output
    assert "read other bytes than its father wrote" in output
    assert "father_tuner.py" in output
