import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.machine import is_memory


def test_an_unknown_measurement_is_refused_with_words(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "handof", "--build", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "handof: choose of throughput, handoff" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/shm").is_mount(), reason="no file system in memory here")
def test_a_file_system_in_memory_is_known_for_one(tmp_path: Path) -> None:
    assert is_memory(Path("/dev/shm"))
