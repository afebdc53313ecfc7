"""Limits of memory and processors, held by a cgroup, or by the supervisor where there is none."""

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from heirloom.node.limits import cgroups, systemd
from tests.integration.heirloom.lab import NOOP

MB = 10**6
LIMIT = 150 * MB
SLEEP = "import time; time.sleep(600)"
TAKE = f"x = bytearray({400 * MB}); {SLEEP}"
# Each of four processes is within the limit, and together they exceed it.
FORKS = f"import os; [os.fork() for _ in range(2)]; x = bytearray({90 * MB}); {SLEEP}"
# The children share what their parent has written, so that it counts once.
SHARED = (
    f"import os; x = bytearray({100 * MB})\n"
    "for _ in range(6):\n"
    "    reading, writing = os.pipe()\n"
    "    if os.fork() == 0:\n"
    "        os.close(writing); os.read(reading, 1); os._exit(0)\n"
)


def python(code: str) -> str:
    return f"{shlex.quote(sys.executable)} -c '{code}'"


@pytest.fixture(params=["supervisor", "cgroup"])
def holder(request, monkeypatch):
    monkeypatch.setattr(systemd, "_BOOTED", "/nowhere")
    if request.param == "supervisor":
        monkeypatch.setattr(cgroups, "_parent", lambda *_, **__: ("", None))
    elif not (cgroups.can_limit("memory") and cgroups.can_limit("cpu")):
        pytest.skip("this user may not create cgroups here")
    return request.param


@pytest.mark.parametrize("code", [TAKE, FORKS], ids=["one process", "forked processes"])
@pytest.mark.usefixtures("holder")
def test_a_trial_that_takes_too_much_memory_fails(lab, code):
    ended = lab.run("0.1", python(code), memory=LIMIT)
    assert ended["outcome"] == "failed"
    assert "more than its memory limit of 150 MB" in ended["reason"]
    assert lab.verdict(0) is None


@pytest.mark.usefixtures("holder")
def test_a_supervisor_larger_than_its_trial_is_not_killed_instead(lab):
    memory_of_ours = b"x" * (4 * LIMIT)  # which the supervisor, our fork, has as well
    ended = lab.run("0.1", python(TAKE), memory=LIMIT)
    assert ended["outcome"] == "failed"
    assert "more than its memory limit of 150 MB" in ended["reason"]
    assert memory_of_ours


@pytest.mark.usefixtures("holder")
def test_a_process_in_a_session_of_its_own_counts(lab):
    ended = lab.run("0.1", f"setsid -f {python(TAKE)}; sleep 600", memory=LIMIT)
    assert ended["outcome"] == "failed"
    assert "more than its memory limit of 150 MB" in ended["reason"]


@pytest.mark.usefixtures("holder")
def test_a_trial_whose_process_was_killed_for_memory_fails_though_its_shell_goes_on(lab):
    ended = lab.run("0.1", f"{python(TAKE)}; {NOOP}", memory=LIMIT)
    assert ended["outcome"] == "failed"
    assert "more than its memory limit of 150 MB" in ended["reason"]


@pytest.mark.usefixtures("holder")
def test_memory_that_processes_share_counts_once(lab):
    assert lab.run("0.1", f"{python(SHARED)}; {NOOP}", memory=LIMIT)["outcome"] == "committed"


@pytest.mark.usefixtures("holder")
def test_pages_of_files_do_not_count(lab):
    file = lab.base / "data"
    with file.open("wb") as opened:
        opened.truncate(400 * MB)
    code = f'import mmap; f = open("{file}"); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)'
    code += "; sum(m[i] for i in range(0, len(m), 4096))"
    assert lab.run("0.1", f"{python(code)}; {NOOP}", memory=LIMIT)["outcome"] == "committed"


@pytest.mark.usefixtures("holder")
def test_address_space_is_not_limited(lab):
    no_reserve = 0x4000  # MAP_NORESERVE of mmap(2)
    code = f"import mmap; m = mmap.mmap(-1, 1 << 36, flags=mmap.MAP_PRIVATE | {no_reserve})"
    ended = lab.run("0.1", f"{python(code)} && {NOOP}", memory=LIMIT)
    assert ended["outcome"] == "committed"


def test_processors_are_limited(lab, holder):
    report = (
        f"{shlex.quote(sys.executable)} -c 'import os; print(len(os.sched_getaffinity(0)))';"
        f"cat /proc/self/cgroup; {NOOP}"
    )
    assert lab.run("0.1", report, cpus=0.5)["outcome"] == "committed"
    cores, *groups = (lab.attempt("0.1") / "output.log").read_text().splitlines()
    if holder == "supervisor":
        assert cores == "1"
    else:
        assert any(f"heirloom-{lab.root.name}-0.1" in group for group in groups)


def test_no_cgroup_is_left(lab, holder):
    if holder == "supervisor":
        pytest.skip("a supervisor that measures makes no cgroup")
    lab.run("0.1", memory=LIMIT, cpus=1.0)
    name = f"heirloom-{lab.root.name}-0.1"
    for controller in ("memory", "cpu"):
        _, parent = cgroups._parent(controller, change=False)
        assert not (Path(str(parent)) / name).exists()


def test_the_cgroups_of_a_killed_supervisor_are_removed(lab, holder):
    if holder == "supervisor":
        pytest.skip("a supervisor that measures makes no cgroup")
    started = lab.fifo("started")
    assert lab.start(lab.spec("0.1", f"echo > {started.path}; sleep 600", memory=LIMIT)) == [
        "started"
    ]
    started.receive()
    _, parent = cgroups._parent("memory", change=False)
    group = Path(str(parent)) / f"heirloom-{lab.root.name}-0.1"
    assert group.is_dir()
    os.kill(lab.supervisor("0.1"), signal.SIGKILL)
    lab.await_death("0.1")
    assert lab.probe("0.1") == "dead"
    assert not group.exists()
