import contextlib
import fcntl
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from heirloom.node.inspect import mounts, node_report
from heirloom.store.files import RealFiles


def _command_lines():
    """Those of all processes of this machine."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            yield path.read_text(errors="replace")


@pytest.fixture
def node(tmp_path, monkeypatch):
    return Node(tmp_path, monkeypatch)


class Node:
    """A node with a run directory, a store, and programs of its own."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.store = path / "store"
        (self.store / "ann/look-1").mkdir(parents=True)
        (self.store / "ann/look-1/marker").write_text("token")
        self.slots = [{"name": "0", "gpus": []}, {"name": "1", "gpus": []}]
        self.run_dir = path / "run"
        self.python: str | None = sys.executable
        (path / "bin").mkdir()
        monkeypatch.setenv("PATH", f"{path}/bin:/usr/bin:/bin")

    def program(self, name: str, text: str) -> str:
        program = self.path / "bin" / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        return str(program)

    def inspect(self, directory: str = "ann/look-1", timeout: float = 60.0):
        request = {
            "run_dir": str(self.run_dir),
            "slots": self.slots,
            "python": self.python,
            "store": {"path": str(self.store), "node": "gpu1", "directory": directory},
        }
        return node_report.inspect(request, timeout)


def test_report_contains_user_and_group(node):
    report = node.inspect()
    assert (report["uid"], report["gid"]) == (os.geteuid(), os.getegid())


def test_report_counts_existing_and_taken_slots(node):
    assert node.inspect()["slots"] == {"wanted": 2, "there": 0, "taken": 0, "reason": ""}
    assert not node.run_dir.exists()
    (node.run_dir / "slots").mkdir(parents=True)
    for name in "01":
        (node.run_dir / "slots" / name).touch()
    with (node.run_dir / "slots/1").open() as taken:
        fcntl.flock(taken, fcntl.LOCK_EX)
        assert node.inspect()["slots"] == {"wanted": 2, "there": 2, "taken": 1, "reason": ""}
    assert node.inspect()["slots"]["taken"] == 0


def test_run_directory_below_a_file_is_reported(node):
    (node.path / "file").touch()
    node.run_dir = node.path / "file/run"
    assert node.inspect()["run_dir"] == f"{node.path}/file is not a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_run_directory_without_write_permission_is_reported(node):
    node.run_dir = Path("/heirloom")
    assert node.inspect()["run_dir"] == "/heirloom does not exist, and / is not writable"


def test_python_version_or_error_is_reported(node):
    version = ".".join(map(str, sys.version_info[:3]))
    assert node.inspect()["python"] == {"path": sys.executable, "version": version, "reason": ""}
    node.python = "/nowhere/python"
    assert "no such file or directory" in node.inspect()["python"]["reason"]
    node.python = node.program("python", "echo 'no libraries' >&2; exit 3")
    assert node.inspect()["python"]["reason"] == "exit code 3: no libraries"
    node.python = None
    assert node.inspect()["python"]["path"] == sys.executable


def test_missing_and_unnamed_gpus_are_reported(node):
    node.slots = [{"name": "0", "gpus": ["0", "GPU-1f"]}, {"name": "1", "gpus": ["2", "MIG-7"]}]
    report = node.inspect()["gpus"]
    assert (report["there"], report["missing"]) == ([], ["0", "GPU-1f", "2"])
    node.program("nvidia-smi", "echo '0, GPU-0a, NVIDIA X'; echo '1, GPU-1f2, NVIDIA X'")
    report = node.inspect()["gpus"]
    assert (report["missing"], report["unnamed"]) == (["2"], [])
    assert [gpu["uuid"] for gpu in report["there"]] == ["GPU-0a", "GPU-1f2"]
    node.slots = [{"name": "0", "gpus": []}]
    assert node.inspect()["gpus"]["unnamed"] == ["0", "1"]
    node.program("nvidia-smi", "echo 'driver mismatch'; exit 18")
    assert node.inspect()["gpus"]["reason"] == "nvidia-smi: exit code 18: driver mismatch"


def test_slot_of_several_lock_files_is_taken_if_one_of_them_is(node):
    node.slots = [{"name": "GPU-a+GPU-b", "gpus": ["0", "1"]}]
    (node.run_dir / "slots").mkdir(parents=True)
    for name in ("GPU-a", "GPU-b"):
        (node.run_dir / "slots" / name).touch()
    assert node.inspect()["slots"] == {"wanted": 1, "there": 1, "taken": 0, "reason": ""}
    with (node.run_dir / "slots/GPU-b").open() as taken:
        fcntl.flock(taken, fcntl.LOCK_EX)
        assert node.inspect()["slots"]["taken"] == 1


def test_hanging_parts_are_reported_after_the_timeout(node, monkeypatch):
    os.mkfifo(node.path / "never")
    node.python = node.program("python", f"read line < '{node.path}/never'")
    node.program("nvidia-smi", f"read line < '{node.path}/never'")
    monkeypatch.setattr(RealFiles, "read", lambda *asked: threading.Event().wait())
    report = node.inspect(timeout=2)
    assert report["python"]["reason"] == "no answer within 1.6 seconds"
    assert report["gpus"]["reason"] == "nvidia-smi does not answer"
    assert (report["store"]["state"], report["store"]["free"]) == ("hung", None)
    assert report["store"]["mount"]["point"] == (mounts.find_mount(str(node.store)) or {})["point"]
    assert str(node.path) not in "".join(_command_lines())


def test_marker_is_answered_with_its_token(node):
    report = node.inspect()["store"]
    assert (report["state"], report["path"]) == ("seen", str(node.store))
    assert report["free"] > 0
    answers = list((node.store / "ann/look-1").glob("[!m]*"))
    assert [answer.name for answer in answers] == ["answer.gpu1"]
    assert json.loads(answers[0].read_text()) == {"token": "token", "node": "gpu1"}
    assert answers[0].stat().st_mode & 0o777 == 0o660


def test_state_of_a_store_without_the_marker(node):
    assert node.inspect("ann/look-2")["store"]["state"] == "unseen"
    assert node.inspect("")["store"]["state"] == "there"
    node.store = node.path / "nowhere"
    assert node.inspect()["store"]["state"] == "absent"
    node.store = node.path / "file"
    node.store.touch()
    assert node.inspect()["store"]["reason"] == "it is not a directory"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (PermissionError(13, "Permission denied"), "unwritable"),
        (OSError(30, "Read-only file system"), "unwritable"),
        (OSError(116, "Stale file handle"), "broken"),
        (OSError(28, "No space left on device"), "broken"),
    ],
)
def test_state_of_a_store_that_refuses_the_answer(node, monkeypatch, error, state):
    def refuse(files: RealFiles, path: str, data: bytes) -> None:
        raise error

    monkeypatch.setattr(RealFiles, "write", refuse)
    report = node.inspect()["store"]
    assert (report["state"], report["reason"].lower()) == (state, error.strerror.lower())


MOUNTS = r"""
22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:21 / /mnt/my\040store rw - autofs systemd-1 rw,fd=40
24 23 0:40 / /mnt/my\040store rw,noatime shared:1 - nfs4 files:/srv/my\040store rw,vers=4.2
25 22 0:41 / /mnt/my\040storehouse rw - tmpfs tmpfs rw
"""


def test_find_mount(tmp_path, monkeypatch):
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS.lstrip())
    monkeypatch.setattr(mounts, "_MOUNTS", str(table))
    nfs = {"point": "/mnt/my store", "type": "nfs4", "source": "files:/srv/my store"}
    assert mounts.find_mount("/mnt/my store") == nfs
    assert mounts.find_mount("/mnt/my store/ann") == nfs
    assert mounts.find_mount("/mnt/my") == {"point": "/", "type": "ext4", "source": "/dev/vda"}
