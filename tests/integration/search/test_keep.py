"""Garbage collection of weights, during a search and by `gc`."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.search.conftest import PATIENCE, Lab
from tests.integration.search.test_whole import WRITES

EVOLUTION = {"name": "evolution", "args": {"population": 3, "sample": 2}}
BACKBONE = """
    import json
    from heirloom import trial

    # A head of its own on a backbone that stays as it is.
    body = bytes(300_000)
    if trial.restore_path:
        body = (trial.restore_path / "backbone").read_bytes()
    (trial.save_path / "backbone").write_bytes(body)
    (trial.save_path / "head").write_text(json.dumps(trial.params))
    trial.finish(trial.params["x"])
"""


def has_weights(lab: Lab, trial: int) -> bool:
    return (lab.root() / f"trials/{trial}/weights").exists()


def standing(lab: Lab) -> set[int]:
    return {trial["id"] for trial in lab.trials() if has_weights(lab, trial["id"])}


def best(lab: Lab, count: int) -> set[int]:
    ranked = sorted(lab.trials(), key=lambda trial: (-trial["value"], trial["id"]))
    return {trial["id"] for trial in ranked[:count]}


def tree(path: Path) -> dict[str, int]:
    return {str(p.relative_to(path)): p.lstat().st_mtime_ns for p in path.rglob("*")}


def test_the_best_weights_are_kept_and_every_child_starts(lab: Lab) -> None:
    lab.write("code/train.py", WRITES)
    file = lab.experiment(
        "python train.py", tuner=EVOLUTION, budget={"trials": 16}, lookahead=4, keep="best 2"
    )
    output = lab("run", file)
    assert "removed the weights of" in output
    trials = lab.trials()
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert all(trial["attempts"][-1]["outcome"] == "committed" for trial in trials)
    assert sum(1 for trial in trials if trial["parents"]) >= 4
    assert standing(lab) == best(lab, 2)
    root = lab.root()
    for trial in trials:
        manifest = json.loads((root / f"trials/{trial['id']}/manifest.json").read_text())
        assert manifest["state"] == "succeeded"
        assert (trial["weights"] is not None) == (not trial["removed"])
        if trial["removed"]:
            assert "removed" in lab("show", "search", str(trial["id"]))
            break
    digests = {  # each child read exactly what its parent had committed
        trial["id"]: json.loads((root / f"trials/{trial['id']}/manifest.json").read_text())[
            "files"
        ][0]["digest"].removeprefix("sha256:")
        for trial in trials
    }
    for trial in trials:
        expected = [digests[parent] for parent in trial["parents"]]
        assert trial["result"]["read"] == (expected or [hashlib.sha256(b"").hexdigest()])[0]
    assert lab("gc", "search") == "nothing to remove\n"
    assert "cannot be run again" in lab(
        "retry",
        "search",
        str(
            next(
                t["id"]
                for t in trials
                if t["parents"] and any(trials[p]["removed"] for p in t["parents"])
            )
        ),
        code=2,
    )
    assert (lab.home / "experiments/search/report.html").exists()


def test_gc_after_a_stop_removes_weights_that_no_resume_needs(lab: Lab) -> None:
    lab.write("code/train.py", WRITES)
    file = lab.experiment(
        "python train.py", tuner=EVOLUTION, budget={"trials": 16}, keep="lineage", lookahead=0
    )
    journal = lab.home / "experiments/search/journal.db"
    with lab.start("run", file) as running:
        lab.wait(
            lambda: journal.exists() and sum(t["state"] == "succeeded" for t in lab.trials()) > 6,
            "some trials",
        )
        assert "asked the controller of search" in lab("gc", "search")
        lab.wait(lambda: any(t["removed"] for t in lab.trials()), "weights that are removed")
        lab("stop", "search")
        running.communicate(timeout=PATIENCE)
    root = lab.root()
    before = tree(root), events(journal)
    output = lab("gc", "search", "--dry-run")
    assert (tree(root), events(journal)) == before
    had = standing(lab)
    done = lab("gc", "search")
    assert done.removeprefix("removed ") == output.removeprefix("would remove ")
    left = standing(lab)
    assert (left < had) == ("the weights of" in output)
    assert lab("gc", "search") == "nothing to remove\n"
    lab("resume", "search")  # whatever the tuner names now is there
    trials = lab.trials()
    # What the stop cancelled used up nothing of the budget.
    assert sum(trial["state"] == "succeeded" for trial in trials) == 16
    assert {trial["state"] for trial in trials} <= {"succeeded", "cancelled"}


def committed(place: Path) -> bool:
    """Whether the supervisor has done the last thing that it does there."""
    return place.exists() and place.stat().st_mode & 0o777 == 0o550


def events(journal: Path) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as opened:
        return opened.execute("SELECT kind, body FROM events ORDER BY seq").fetchall()


def test_a_removal_is_continued_after_a_kill(lab: Lab) -> None:
    command = f"""
        echo body > "$HEIRLOOM_SAVE_PATH/w"
        while [ "$HEIRLOOM_TRIAL" = 2 ] && [ ! -e '{lab.path}/go' ]; do sleep 0.1; done
        echo '{{"value": 1}}' > "$HEIRLOOM_RESULT"
    """
    file = lab.experiment(command, budget={"trials": 3}, keep="best 1")
    journal = lab.home / "experiments/search/journal.db"
    with lab.start("run", file) as running:
        lab.wait(lambda: journal.exists() and bool(lab.trials()), "a trial")
        root = lab.root()
        place = root / "trials/1"
        lab.wait(lambda: committed(place), "a commit")
        place.chmod(0o750)  # its weights cannot be moved aside: it tries again and again
        (place / "weights.removed/in the way").mkdir(parents=True)
        (lab.path / "go").touch()
        lab.wait(lambda: any(t["removed"] for t in lab.trials()), "the decision")
        running.kill()
        running.communicate(timeout=PATIENCE)
    assert [kind for kind, _ in events(journal)][-1] == "removal-asked"
    assert standing(lab) == {0, 1, 2}
    shutil.rmtree(place / "weights.removed")
    lab("resume", "search")
    assert standing(lab) == {0}
    assert [kind for kind, _ in events(journal)][-2:] == ["removed", "closed"]


def test_only_leftovers_of_dead_attempts_are_removed(lab: Lab) -> None:
    other = lab.experiment("echo '{\"value\": 1}' > $HEIRLOOM_RESULT", budget={"trials": 1})
    lab("run", other, "--name", "other")
    before = tree(lab.root("other"))
    command = 'head -c 50000 /dev/zero > "$HEIRLOOM_SAVE_PATH/w"; echo hello; exit 1'
    lab("run", lab.experiment(command, budget={"trials": 2}), code=1)
    root = lab.root()
    assert (root / "attempts/0.1/out.failed/weights/w").stat().st_size == 50_000
    assert "what 2 attempts left" in lab("gc", "search", "--dry-run")
    assert (root / "attempts/0.1/out.failed").exists()
    assert "removed what 2 attempts left" in lab("gc", "search")
    assert not list(root.glob("attempts/*/out*/*"))
    assert lab("logs", "search", "0") == "hello\n"
    assert tree(lab.root("other")) == before


def test_unchanged_files_of_a_child_are_stored_once(lab: Lab) -> None:
    lab.write("code/train.py", BACKBONE)
    file = lab.experiment("python train.py", tuner=EVOLUTION, budget={"trials": 10}, lookahead=0)
    lab("run", file)
    root, trials = lab.root(), lab.trials()
    children = [trial for trial in trials if trial["parents"]]
    assert children
    for trial in children:
        [parent] = trial["parents"]
        mine, theirs = (root / f"trials/{t}/weights/backbone" for t in (trial["id"], parent))
        assert mine.stat().st_ino == theirs.stat().st_ino
        assert mine.stat().st_nlink > 1
        heads = [root / f"trials/{t}/weights/head" for t in (trial["id"], parent)]
        assert heads[0].stat().st_ino != heads[1].stat().st_ino


@pytest.fixture
def small_store(lab: Lab) -> Iterator[Path]:
    """A file system of 40 MB, where this user may mount one."""
    path = lab.path / "small"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m", "none", str(path)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small store")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


FILLS = """
    head -c 4000000 /dev/urandom > "$HEIRLOOM_SAVE_PATH/w"
    echo '{"value": 1}' > "$HEIRLOOM_RESULT"
"""


def test_no_trial_starts_while_the_store_lacks_space(lab: Lab, small_store: Path) -> None:
    ballast = small_store / "ballast"
    ballast.write_bytes(bytes(20_000_000))
    file = lab.experiment(
        FILLS,
        budget={"trials": 6},
        store=str(small_store / "store"),
        store_reserve="1MB",
        lookahead=0,
    )
    with lab.start("run", file) as running:
        assert running.stdout is not None
        output = ""
        for line in running.stdout:
            output += line
            if "no trial is started" in line:
                ballast.unlink()
                break
        output += running.communicate(timeout=PATIENCE)[0]
    assert running.returncode == 0, output
    assert "the store has room again" in output
    attempts = [attempt for trial in lab.trials() for attempt in trial["attempts"]]
    assert {attempt["outcome"] for attempt in attempts} == {"committed"}


def test_a_full_store_is_garbage_collected_first(lab: Lab, small_store: Path) -> None:
    file = lab.experiment(
        FILLS,
        budget={"trials": 14},
        store=str(small_store / "store"),
        store_reserve="1MB",
        keep="best 1",
        lookahead=0,
    )
    output = lab("run", file)
    attempts = [attempt for trial in lab.trials() for attempt in trial["attempts"]]
    assert {attempt["outcome"] for attempt in attempts} == {"committed"}
    assert len(attempts) == 14
    assert "removed the weights of" in output


def test_an_invalid_keep_is_refused(lab: Lab) -> None:
    output = lab("check", lab.experiment("true", keep="best"), code=2)
    assert "keep: must be all, lineage, or best with a number, such as best 5; not 'best'" in output
    keys = yaml.safe_load(lab.experiment("true", keep="best 5").read_text())
    assert keys["keep"] == "best 5"
