"""Commands that messages advise can be typed as they are printed, whatever the names in them."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from controller.config.nni.convert import convert
from controller.dispatch.ansible import inventory_file
from controller.errors import HeirloomError
from controller.formats import command
from controller.nodes.diagnose import find_problems
from controller.nodes.inspect import ClusterReport, NodeReport
from heirloom.node.limits import systemd
from tests.unit.config.experiment_files import GOOD, write
from tests.unit.nodes.test_diagnose import FINE, NFS, NODE, store

NAMES = ["plain", "a b", "ü", "it's", 'a"b', "$HOME", "`id`", "a;b&c|d", "*", "#x", "(a)", "a\\b"]


def advised(text: str) -> list[str]:
    """The words of the command in a message."""
    found = re.search(r"(?:with: |: try )(.*)$", text) or re.search(r"`(.*)`", text)
    assert found is not None
    return shlex.split(found[1])


@pytest.mark.parametrize("name", NAMES)
def test_inventory_in_a_command(name: str) -> None:
    inventory = Path(f"/lab/{name}/hosts.yml")
    silent = NodeReport(NODE, "unreachable", "ssh: refused")
    absent = NodeReport(NODE, "answered", facts=FINE | {"store": store("absent")})
    for report, place in ((silent, 2), (absent, -1)):
        cluster = ClusterReport(inventory, Path("/mnt/heirloom"), "", NFS, (report,))
        [problem] = find_problems(report, cluster, None)
        assert advised(problem.text)[place] == str(inventory)


@pytest.mark.parametrize("name", NAMES)
def test_program_that_takes_too_long(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("ansible-inventory", 1)

    monkeypatch.setattr(subprocess, "run", late)
    path = Path(f"/lab/{name}")
    monkeypatch.setattr(inventory_file, "unchanged", contextlib.nullcontext)
    with pytest.raises(HeirloomError) as caught:
        inventory_file.list_hosts(path, path)
    assert advised(str(caught.value)) == ["ansible-inventory", "-i", str(path), "--list"]


@pytest.mark.parametrize("name", NAMES)
def test_experiment_file_in_a_command(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / name, GOOD)
    with pytest.raises(HeirloomError) as caught:
        convert(file)
    assert advised(str(caught.value))[-2:] == ["check", str(file)]
    assert shlex.split(command("run", str(file)))[-2:] == ["run", str(file)]


def test_user_in_a_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    account = pwd.struct_passwd(("LAB\\ann lee", "x", 65533, 65533, "", "/", ""))
    monkeypatch.setattr(os, "getuid", lambda: 65533)
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: account)
    monkeypatch.setattr(systemd, "_BOOTED", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: name)
    said = systemd.unavailable_reason().rpartition(": ")[2]
    assert shlex.split(said) == ["loginctl", "enable-linger", "LAB\\ann lee"]
