"""A damaged or missing journal is recovered from the store."""

from __future__ import annotations

import shutil

import pytest

from tests.integration.search.conftest import PATIENCE, Lab
from tests.integration.search.test_whole import WRITES, check_lineage

TRIALS = 12


def begin(lab: Lab) -> None:
    """Run a search until some trials are committed, and kill its controller."""
    lab.write("code/train.py", WRITES)
    file = lab.experiment(
        "python train.py",
        tuner={"name": "evolution", "args": {"population": 4, "sample": 2}},
        budget={"trials": TRIALS},
        lookahead=2,
    )
    with lab.start("run", file) as process:
        store = lab.home / "store"
        lab.wait(lambda: len([*store.glob("*/*/trials/*/manifest.json")]) >= 4, "four verdicts")
        process.kill()
        process.communicate(timeout=PATIENCE)


def damage(lab: Lab) -> None:
    journal = lab.home / "experiments/search/journal.db"
    (lab.home / "experiments/search/journal.db-wal").unlink(missing_ok=True)
    with journal.open("r+b") as file:
        file.seek(100)  # behind SQLite's header
        file.write(b"\xff" * max(8192, journal.stat().st_size - 100))


def go_on(lab: Lab) -> None:
    output = lab("resume", "search")
    assert "report: " in output
    check_lineage(lab, TRIALS)


def test_a_damaged_journal_is_refused_and_recovered(lab: Lab) -> None:
    begin(lab)
    root = lab.root()
    damage(lab)
    refused = lab("resume", "search", code=2)
    assert "journal" in refused
    assert "recover search" in refused
    output = lab("recover", str(root))
    assert "go on with: python -m controller resume search" in output
    [kept] = (lab.home / "experiments/search").glob("journal.damaged-*.db")
    assert str(kept) in output
    go_on(lab)
    assert "the journal of search is whole" in lab("recover", "search", code=2)


def test_an_experiment_whose_directory_is_gone_is_recovered_by_name(lab: Lab) -> None:
    begin(lab)
    shutil.rmtree(lab.home / "experiments/search")
    output = lab("recover", "search")
    assert "damaged journal" not in output
    go_on(lab)


def test_a_damaged_experiment_file_is_recovered_from_the_store(lab: Lab) -> None:
    begin(lab)
    (lab.home / "experiments/search/experiment.yml").write_text("")
    assert "recover search" in lab("resume", "search", code=2)
    assert "go on with: python -m controller resume search" in lab("recover", "search")
    go_on(lab)


def test_a_failed_write_is_reported(lab: Lab) -> None:
    begin(lab)
    root = lab.root()
    place = lab.home / "experiments/search"
    shutil.rmtree(place)
    place.touch()
    assert f"{place} cannot be written" in lab("recover", root, code=2)


@pytest.mark.parametrize("named", ["nobody", "/nowhere/ann/nobody-1"])
def test_an_unknown_experiment_cannot_be_recovered(lab: Lab, named: str) -> None:
    output = lab("recover", named, code=2)
    assert "nobody" in output


def test_a_running_controller_is_not_disturbed(lab: Lab) -> None:
    lab.write("code/train.py", "import time\ntime.sleep(600)\n")
    with lab.start("run", lab.experiment("python train.py")) as process:
        journal = lab.home / "experiments/search/journal.db"
        lab.wait(journal.exists, "a journal")
        assert "already run by another controller" in lab("recover", "search", code=2)
        process.kill()
        process.communicate(timeout=PATIENCE)


def test_removed_weights_stay_removed_after_recovery(lab: Lab) -> None:
    lab.write("code/train.py", WRITES)
    file = lab.experiment("python train.py", tuner={"name": "random"}, keep="best 1")
    lab("run", file)
    root = lab.root()
    removed = {path.parent.name for path in root.glob("trials/*/weights.removed")}
    assert removed
    damage(lab)
    shown = lab("status")
    assert "unreadable" in shown
    assert "recover search" in shown
    lab("recover", root)
    for trial in removed:
        assert "removed" in lab("show", "search", trial)
