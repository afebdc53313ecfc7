"""Processes are measured with their descendants."""

import json
import signal
import subprocess
import sys

REAPER = (sys.executable, "-m", "benchmarks.peers.reaper")
ORPHAN = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'sum(range(10**6))'])"


def test_orphans_are_waited_for_and_exit_codes_are_kept(tmp_path):
    file = tmp_path / "measured.json"
    code = f"{ORPHAN}; sys.exit(3)"
    subprocess.run([*REAPER, str(file), "2", sys.executable, "-c", code], check=True)

    found = json.loads(file.read_text())
    assert found["exits"] == [3, 3]
    assert len(found["pids"]) == 2
    assert found["cpu"] > 0
    assert found["left"] == 0


def test_a_process_that_nobody_waits_for_is_measured_too(tmp_path):
    file = tmp_path / "measured.json"
    burn = "import time\nwhile time.process_time() < 1: pass"
    code = (
        "import signal, subprocess, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
        f"subprocess.run([sys.executable, '-c', {burn!r}])"
    )
    subprocess.run([*REAPER, str(file), "1", sys.executable, "-c", code], check=True)

    assert json.loads(file.read_text())["cpu"] > 0.5  # the process that was started needs 0.1


def test_the_end_of_the_measurement_ends_every_descendant(tmp_path):
    file = tmp_path / "measured.json"
    code = "import time; print('runs', flush=True); time.sleep(600)"
    with subprocess.Popen(
        [*REAPER, str(file), "1", sys.executable, "-c", code], stdout=subprocess.PIPE
    ) as reaper:
        assert reaper.stdout.readline() == b"runs\n"
        reaper.terminate()
        assert reaper.stdout.read() == b""  # its descendants have closed it too
    assert reaper.returncode == 128 + signal.SIGTERM
