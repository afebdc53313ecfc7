"""Names, locks and roots, fought over by real processes."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from controller.state.errors import LockedError
from controller.state.home import Home
from controller.state.lock import Lock, is_locked

HOLD = """
import sys
from pathlib import Path
from controller.state.experiment_dir import ExperimentDir
from controller.state.lock import Lock
lock = Lock(ExperimentDir(Path(sys.argv[1]) / "experiments" / "digits"))
print("held", flush=True)
sys.stdin.read()
"""
TAKE = """
import sys
from pathlib import Path
from controller.state.home import Home
from controller.store import layout
sys.stdin.read()  # every process starts taking at once
for _ in range(5):
    name = Home(Path(sys.argv[1])).take_name("digits").name
    layout.create(Path(sys.argv[1]) / "store", "ann", name, "x")
    print(name)
"""


def start(program: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_controller_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    place = Home(tmp_path).take_name("digits")
    with start(HOLD, tmp_path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        assert is_locked(place)
        with pytest.raises(LockedError, match=rf"\(process {first.pid} on "):
            Lock(place)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert not is_locked(place)
        Lock(place).close()


def test_a_child_process_does_not_keep_the_lock(tmp_path: Path) -> None:
    place = Home(tmp_path).take_name("digits")
    lock = Lock(place)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        lock.close()
        assert child.poll() is None
        assert not is_locked(place)
        child.communicate()


def test_no_name_is_taken_twice(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    processes = [start(TAKE, tmp_path) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(lambda process: process.communicate()[0], processes))
    assert [process.returncode for process in processes] == [0] * 4
    names = "".join(outputs).split()
    assert sorted(names) == sorted(["digits", *(f"digits-{n}" for n in range(2, 21))])
    assert len(list((tmp_path / "store" / "ann").iterdir())) == 20
