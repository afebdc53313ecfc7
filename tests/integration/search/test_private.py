"""Files that may hold secrets are readable by their owner only, with any umask."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.search.conftest import PATIENCE, Lab

OTHERS = stat.S_IRWXG | stat.S_IRWXO
SECRETS = {
    "SSH_AUTH_SOCK": "/tmp/agent-s3cret",
    "ANSIBLE_REMOTE_USER": "s3cret-user",
    "AWS_SECRET_ACCESS_KEY": "s3cret-aws",
    "WANDB_API_KEY": "s3cret-wandb",
}
SEES = """
    import json, os, pathlib, sys, time
    from heirloom import trial

    (trial.save_path / "seen").write_text(json.dumps(dict(os.environ)))
    while trial.params["x"] and not pathlib.Path(sys.argv[1]).exists():
        time.sleep(0.05)
    trial.finish(1.0)
"""


def open_to_others(top: Path) -> Iterator[str]:
    """What other users could read, write or list below a directory."""
    for found in sorted(top.iterdir()):
        try:
            mode = found.lstat().st_mode
        except FileNotFoundError:  # a wave's, and over
            continue
        if stat.S_ISLNK(mode) or not mode & OTHERS:
            continue
        yield f"{mode:o} {found}"


@pytest.mark.parametrize("umask", [0, 0o022])
def test_other_users_cannot_read_the_files_of_a_search(lab: Lab, umask: int) -> None:
    lab.write("code/train.py", SEES)
    gate = lab.path / "go"
    host = {"ansible_connection": "local", "ansible_password": "s3cret-login", "heirloom_slots": 2}
    file = lab.experiment(
        ["python", "train.py", str(gate)],
        trial={"environment": {"TOKEN": "s3cret-for-the-trial"}},
        inventory={"trial_nodes": {"hosts": {"here": host}}},
        budget={"trials": 2},
    )
    environment = lab.environment | SECRETS
    output = lab.path / "output"
    command = [sys.executable, "-m", "controller", "run", str(file)]
    with output.open("w") as log:
        running = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[3],
            env=environment,
            umask=umask,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    journal = lab.home / "experiments/search/journal.db"
    lab.wait(
        lambda: journal.exists() and any(t["started_at"] for t in lab.trials()), "a running trial"
    )
    during = list(open_to_others(lab.home))
    (root,) = lab.home.glob("store/*/search-*")
    gate.touch()
    assert running.wait(PATIENCE) == 0, output.read_text()
    assert during == list(open_to_others(lab.home)) == []
    place = lab.home / "experiments/search"
    kept = [path for path in place.rglob("*") if path.is_file() and path.name != "report.html"]
    names = {path.name for path in kept}
    assert {"journal.db", "experiment.yml", "inventory.yml", "controller.log"} <= names
    assert [str(path) for path in kept if path.stat().st_mode & OTHERS] == []
    for trial in (0, 1):
        seen = json.loads((root / f"trials/{trial}/weights/seen").read_text())
        assert seen["TOKEN"] == "s3cret-for-the-trial"
        secret = [name for name, text in seen.items() if "s3cret" in text and name != "TOKEN"]
        assert not secret
        assert not SECRETS.keys() & seen.keys()
        assert not [name for name in seen if name.startswith(("ANSIBLE_", "RUNNER_", "AWX_"))]
    for path in root.rglob("*"):  # trials can read what stands on the store
        if path.is_file() and path.name != "train.py":
            assert "s3cret-login" not in path.read_text(errors="replace"), path
