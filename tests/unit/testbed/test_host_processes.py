import os
from pathlib import Path

import pytest

from testbed.processes import WAIT_FOR_GO, Process, start


def test_kill_ends_the_whole_group(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = f"{WAIT_FOR_GO}; sleep 1000 & echo $! > '{pipe}'; wait"
    process = start(["sh", "-ec", script], tmp_path / "log", lambda process: None)
    child = Process.of(int(pipe.read_text()))
    assert child is not None
    alive = [process.alive]

    process.kill()

    assert [*alive, process.alive] == [True, False]
    assert child.wait(10)


def test_a_process_that_was_not_recorded_does_nothing(tmp_path: Path) -> None:
    recorded: list[Process] = []

    def fail(process: Process) -> None:
        recorded.append(process)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        start(["sh", "-ec", f"{WAIT_FOR_GO}; touch '{tmp_path}/done'"], tmp_path / "log", fail)

    assert recorded[0].wait(10)
    assert not (tmp_path / "done").exists()


def test_another_process_with_the_same_pid_is_not_alive() -> None:
    own = Process.of(os.getpid())
    assert own is not None
    assert own.alive
    assert not Process(own.pid, own.started + 1, own.boot).alive
    assert not Process(own.pid, own.started, "another boot").alive
