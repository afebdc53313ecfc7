"""The weight-sharing example, in NNI's form and in Heirloom's. No end of the parent hangs it."""

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
    """The example's configuration, with a directory of the lab for weights."""
    place = lab.path / "for_nni"
    shutil.copytree(EXAMPLE / "for_nni", place)
    config = yaml.safe_load((place / "config.yml").read_text())
    config["trialConcurrency"] = concurrency
    config["tuner"]["classArgs"]["save_dir_root"] = str(lab.path / "shared")
    (place / "config.yml").write_text(yaml.safe_dump(config | more))
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
def test_nni_form(lab: Lab, concurrency: int) -> None:
    lab("run", nni_form(lab, concurrency))
    trials = lab.trials("weight-sharing")
    assert [trial["state"] for trial in trials] == ["succeeded"] * 10
    assert [trial["params"]["role"] for trial in trials] == ["parent", *["child"] * 9]
    [checksum] = {trial["result"]["nni"]["checksum"] for trial in trials}
    files = sorted((lab.path / "shared").rglob("weights"))
    assert len(files) == 10
    assert {digest(file) for file in files} == {checksum}


def test_heirloom_form(lab: Lab) -> None:
    lab("run", heirloom_form(lab))
    trials = lab.trials("parents")
    assert [trial["state"] for trial in trials] == ["succeeded"] * 10
    assert [trial["parents"] for trial in trials] == [[], *[[0]] * 9]
    [checksum] = {trial["result"]["checksum"] for trial in trials}
    assert {digest(Path(trial["weights"]) / "weights") for trial in trials} == {checksum}


def fail_the_parent(trial: Path) -> None:
    change(trial, "os.urandom(SIZE)", "os.urandom(-1)")


def test_children_of_a_failed_parent_are_skipped(lab: Lab) -> None:
    experiment = heirloom_form(lab)
    fail_the_parent(experiment.with_name("trial.py"))
    lab("run", experiment, code=1)
    states = [trial["state"] for trial in lab.trials("parents")]
    assert states == ["failed", *["skipped"] * 9]


def test_waiting_proposals_end_when_the_parent_fails(lab: Lab) -> None:
    config = nni_form(lab)
    fail_the_parent(config.with_name("trial.py"))
    lab("run", config, code=1)
    assert [trial["state"] for trial in lab.trials("weight-sharing")] == ["failed"]


def test_proposal_that_waits_for_ever_is_named_and_given_up(lab: Lab) -> None:
    config = nni_form(lab, heirloom={"tuner": {"patience": "2s"}})
    fail_the_parent(config.with_name("trial.py"))
    change(config.with_name("sharing_tuner.py"), "def trial_end", "def not_called")
    change(
        config.with_name("sharing_tuner.py"),
        """self.checksum = value["checksum"]""",
        """self.checksum = value["checksum"]; self.parent_ended.set()""",
    )
    output = lab("run", config, code=1)
    lines = config.with_name("sharing_tuner.py").read_text().splitlines()
    waits = next(n for n, line in enumerate(lines, 1) if "parent_ended.wait()" in line)
    assert f"sharing_tuner.py:{waits}" in output


@pytest.mark.parametrize("form", ["for_nni", "for_heirloom"])
def test_changed_bytes_end_the_search(lab: Lab, form: str) -> None:
    file = nni_form(lab) if form == "for_nni" else heirloom_form(lab)
    trial = file.with_name("trial.py")
    whose = """params["role"] == "child\"""" if form == "for_nni" else "parent"
    change(trial, "hashlib.md5(data,", f"hashlib.md5(data[1:] if {whose} else data,")
    with lab.start("run", file) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, output
    assert "did not read the bytes that its parent wrote" in output
    assert "sharing_tuner.py" in output
