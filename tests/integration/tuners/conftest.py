"""A bench for tuner processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import PATIENCE, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for process in bench.started:
        process.close(timeout=PATIENCE)
