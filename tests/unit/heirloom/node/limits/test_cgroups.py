"""Cgroups of our own, in directories that take the place of the kernel's hierarchies."""

import os
from pathlib import Path

import pytest

from heirloom.node.limits import cgroups, enforcement, systemd
from heirloom.node.limits.enforcement import Enforcement

NAME = "heirloom-exp-1-7.2"


class Hierarchy:
    """The files of /sys/fs/cgroup, and the cgroup of this process."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        monkeypatch.setattr(cgroups, "_ROOT", str(path / "fs"))
        monkeypatch.setattr(cgroups, "_OWN", str(path / "own"))
        monkeypatch.setattr(cgroups, "_SYSTEMD", "/nowhere")

    def own(self, text: str) -> None:
        (self.path / "own").write_text(text)

    def group(self, path: str, **files: str) -> Path:
        directory = self.path / "fs" / path
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "cgroup.procs").touch()
        for name, text in files.items():
            (directory / name.replace("__", ".", 1)).write_text(text)
        return directory


@pytest.fixture
def hierarchy(tmp_path, monkeypatch):
    return Hierarchy(tmp_path, monkeypatch)


@pytest.fixture
def delegated(hierarchy):
    """A delegated subtree of version 2: its root is empty, and we are in a leaf of it."""
    hierarchy.own("0::/job/leaf\n")
    hierarchy.group("", cgroup__controllers="cpu memory pids\n")
    top = hierarchy.group(
        "job",
        cgroup__controllers="cpu memory\n",
        cgroup__subtree_control="memory\n",
        cgroup__type="domain\n",
    )
    hierarchy.group(
        "job/leaf",
        cgroup__controllers="memory\n",
        cgroup__subtree_control="",
        cgroup__type="domain",
        cgroup__procs="1\n",
    )
    return top


def test_version_2_limits_in_a_group_beside_our_own(delegated):
    group = cgroups.Group(NAME)
    assert group.limit_memory(1000)
    assert group.limit_cpus(1.5)
    ours = delegated / NAME
    assert (ours / "memory.max").read_text() == "1000"
    assert (ours / "cpu.max").read_text() == "150000 100000"
    assert (ours / "cgroup.procs").read_text() == "0"
    assert (delegated / "cgroup.subtree_control").read_text() == "+cpu"


def test_version_1_limits_in_each_hierarchy(hierarchy):
    hierarchy.own("4:memory:/user\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n")
    for name in ("memory", "cpu,cpuacct"):
        hierarchy.group(name)
    (hierarchy.path / "fs/cpu").symlink_to("cpu,cpuacct")
    hierarchy.group("memory/user")
    group = cgroups.Group(NAME)
    assert group.limit_memory(1000)
    assert group.limit_cpus(0.5)
    memory, cpu = hierarchy.path / "fs/memory/user" / NAME, hierarchy.path / "fs/cpu" / NAME
    assert (memory / "memory.limit_in_bytes").read_text() == "1000"
    assert (cpu / "cpu.cfs_quota_us").read_text() == "50000"
    group.leave()
    assert (hierarchy.path / "fs/memory/user/cgroup.procs").read_text() == "0"


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/\n", {"cgroup__controllers": "pids\n", "cgroup__type": "domain"}),
        # The root of a container's namespace, with processes in it, enables no controllers.
        (
            "0::/\n",
            {"cgroup__controllers": "memory\n", "cgroup__type": "domain", "cgroup__procs": "1"},
        ),
        ("", {}),
    ],
    ids=["no controller", "processes", "no cgroups"],
)
def test_where_no_group_can_be_created(hierarchy, own, files):
    hierarchy.own(own)
    hierarchy.group("", **files)
    assert not cgroups.can_limit("memory")
    assert enforcement.available("no systemd")["memory"] == "supervisor"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_group_without_permission_is_not_used(delegated):
    delegated.chmod(0o555)
    assert not cgroups.can_limit("memory")
    delegated.chmod(0o755)


def test_groups_that_systemd_manages_are_left_to_it(hierarchy, monkeypatch):
    monkeypatch.setattr(cgroups, "_SYSTEMD", str(hierarchy.path))
    files = {"cgroup__controllers": "memory", "cgroup__subtree_control": "memory"}
    for path in (
        "",
        "user.slice",
        "user.slice/user@7.service",
        "user.slice/user@7.service/a.slice",
    ):
        hierarchy.group(path, **files)
    place = "user.slice/user@7.service/a.slice/terminal.scope"
    hierarchy.group(place, cgroup__controllers="memory", cgroup__procs="1", cgroup__type="domain")
    hierarchy.own(f"0::/{place}\n")
    assert not cgroups.can_limit("memory")
    hierarchy.group(place, cgroup__subtree_control="memory")  # it was delegated
    assert cgroups.can_limit("memory")


@pytest.mark.parametrize(
    ("place", "own", "file", "text", "killed"),
    [
        ("heirloom.slice/heirloom-a.scope", "0::/{}\n", "memory.events", "oom_kill 1\n", True),
        ("heirloom.slice/heirloom-a.scope", "0::/{}\n", "memory.events", "oom_kill 0\n", False),
        ("session-1.scope", "0::/{}\n", "memory.events", "oom_kill 1\n", False),  # not ours
        ("memory/heirloom-a", "3:memory:/heirloom-a\n", "memory.oom_control", "oom_kill 2\n", True),
        ("memory/heirloom-a", "3:memory:/heirloom-a\n", "memory.oom_control", "oom\n", False),
        ("heirloom-a", "0::/{}\n", "other", "", False),
    ],
)
def test_kills_for_lack_of_memory_are_those_of_our_own_group(
    hierarchy, place, own, file, text, killed
):
    hierarchy.group("", cgroup__controllers="memory")
    hierarchy.own(own.format(place))
    (hierarchy.group(place) / file).write_text(text)
    assert cgroups.out_of_memory("heirloom-a") is killed


@pytest.mark.parametrize(
    ("files", "memory", "cpus"),
    [
        ({"memory__max": "4096", "cpu__max": "150000 100000"}, 4096, 1.5),
        ({"memory__max": "max", "cpu__max": "max 100000"}, None, None),
        ({}, None, None),
    ],
)
def test_limits_that_the_kernel_enforces(hierarchy, files, memory, cpus):
    hierarchy.group("", cgroup__controllers="cpu memory")
    hierarchy.own("0::/heirloom-a.scope\n")
    hierarchy.group("heirloom-a.scope", **files)
    assert (cgroups.memory_limit("heirloom-a"), cgroups.cpu_limit("heirloom-a")) == (memory, cpus)
    assert (cgroups.memory_limit("heirloom-b"), cgroups.cpu_limit("heirloom-b")) == (None, None)


def test_limits_that_a_scope_of_systemd_does_not_enforce_are_noticed(hierarchy, monkeypatch):
    """As on hosts whose user managers have no controller of memory."""
    monkeypatch.setattr(systemd, "enter_scope", lambda *_: None)
    monkeypatch.setattr(cgroups, "_SYSTEMD", str(hierarchy.path))
    hierarchy.group("", cgroup__controllers="cpu memory", cgroup__type="domain")
    hierarchy.own("0::/heirloom-a.scope\n")
    hierarchy.group("heirloom-a.scope", cpu__max="150000 100000")
    assert enforcement.enter("heirloom-a", 4096, 1.5, "") == Enforcement("heirloom-a", False, True)
    hierarchy.group("heirloom-a.scope", memory__max="4096")
    assert enforcement.enter("heirloom-a", 4096, 1.5, "") == Enforcement("heirloom-a", True, True)


def test_controllers_of_systemd(hierarchy, monkeypatch):
    monkeypatch.setattr(systemd, "_CGROUPS", str(hierarchy.path / "fs"))
    monkeypatch.setattr(os, "getuid", lambda: 27700)
    assert systemd.controllers() == ()
    manager = "user.slice/user-27700.slice/user@27700.service"
    hierarchy.group(manager, cgroup__controllers="memory pids\n")
    assert systemd.controllers() == ("memory", "pids")
    hierarchy.own("")
    assert enforcement.available("") == {"memory": "systemd", "cpus": "cores"}
    monkeypatch.setattr(os, "getuid", lambda: 0)
    for name in ("memory", "cpu"):
        hierarchy.group(name)
    assert systemd.controllers() == ("memory", "cpu")
