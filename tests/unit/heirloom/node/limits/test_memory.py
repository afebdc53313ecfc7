"""The memory of processes, measured."""

import mmap
import os

import pytest

from heirloom.node.limits import memory
from heirloom.node.limits.memory import MeasuredMemory, memory_used

MIB = 1 << 20


def test_memory_of_this_process_is_measured():
    before = memory_used([os.getpid()], 1 << 60)
    # Not a bytearray: malloc may give it memory that the process had already.
    with mmap.mmap(-1, 32 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        held.write(b"x" * len(held))
        assert memory_used([os.getpid()], 1 << 60) - before >= 31 * MIB
        assert memory_used([os.getpid()], 0) >= 31 * MIB  # the exact sum


def test_shared_memory_counts():
    with mmap.mmap(-1, 16 * MIB) as shared:
        before = memory_used([os.getpid()], 0)
        shared.write(b"x" * len(shared))
        assert memory_used([os.getpid()], 0) - before >= 15 * MIB


def test_processes_that_have_ended_use_none():
    assert memory_used([1 << 30], 0) == 0


def test_the_exact_sum_is_measured_only_near_the_limit(monkeypatch):
    monkeypatch.setattr(memory, "_resident", lambda pid: 100)
    monkeypatch.setattr(memory, "_proportional", lambda pid: 60)
    assert memory_used([1, 2], 200) == 200
    assert memory_used([1, 2], 199) == 120


@pytest.mark.parametrize(
    ("files", "used"),
    [
        ({"status": "VmRSS: 9 kB\nRssAnon:\t 4 kB\nRssShmem:\t 2 kB\nVmSwap: 1 kB\n"}, 7),
        ({"smaps_rollup": "Pss: 90 kB\nPss_Anon: 2 kB\nPss_Shmem: 1 kB\nSwapPss: 1 kB\n"}, 4),
        ({"status": "RssAnon:\t 4 kB\n", "smaps_rollup": "Pss: 3 kB\n"}, 3),  # an old kernel
        ({"status": "RssAnon:\t 4 kB\n", "smaps_rollup": "Pss: 9 kB\n"}, 4),
        ({"status": "Name:\tkthreadd\n", "smaps_rollup": ""}, 0),
    ],
)
def test_files_of_the_kernel(monkeypatch, tmp_path, files, used):
    monkeypatch.setattr(memory, "_PROC", str(tmp_path))
    (tmp_path / "7").mkdir()
    for name, text in files.items():
        (tmp_path / "7" / name).write_text(text)
    assert memory_used([7], -1) == used << 10


def test_measurements_are_about_a_second_apart():
    watch = MeasuredMemory(1 << 60, lambda: [os.getpid()])
    assert watch.remaining(0.0) == 0
    assert watch.excess(0.0) is None
    assert 0.1 <= watch.remaining(0.0) <= 1.0
    exceeding = MeasuredMemory(MIB, lambda: [os.getpid()])
    assert "more than its memory limit of 1 MiB" in str(exceeding.excess(0.0))
    assert exceeding.excess(0.0) is None  # not due


@pytest.mark.parametrize(("text", "kills"), [("oom_kill 7\n", 7), ("pgfault 9\n", 0), (None, 0)])
def test_kills_by_the_kernel_are_counted(monkeypatch, tmp_path, text, kills):
    if text is not None:
        (tmp_path / "vmstat").write_text(text)
    monkeypatch.setattr(memory, "_EVENTS", str(tmp_path / "vmstat"))
    assert memory.kernel_kills() == kills
