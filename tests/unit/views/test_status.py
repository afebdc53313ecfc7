"""The list of experiments."""

import json
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.state.experiment_dir import ExperimentDir
from controller.views import tables
from tests.unit.views.trials.searches import Search


@pytest.fixture
def few_files() -> Iterator[None]:
    """At most 20 more open files for this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = {int(path.name) for path in Path("/proc/self/fd").iterdir()}
    free = sorted(set(range(len(used) + 21)) - used)  # the lowest ones are given to new files
    resource.setrlimit(resource.RLIMIT_NOFILE, (free[20], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_files")
def test_many_experiments_need_few_open_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = Search(tmp_path).place.path
    copies = [shutil.copytree(first, tmp_path / f"cnn-{number}") for number in range(2, 22)]

    tables.status([ExperimentDir(path) for path in copies], detail=False, json=True)

    assert len(json.loads(capsys.readouterr().out)) == 20


def test_one_that_cannot_be_read_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    places = [Search(tmp_path / name).place for name in ("whole", "broken")]
    places[1].journal.write_text("")

    tables.status(places, detail=False, json=False)

    output = capsys.readouterr().out
    assert "unreadable" in output
    assert f"{places[1].journal}" in output
