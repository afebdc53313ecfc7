"""A server for a test, and a clock that it moves."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controller.views.server.live import experiment, experiments, pace
from tests.unit.views.server.pages import Site, searched
from tests.unit.views.trials.searches import Search


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Search, Path]:
    """An experiment, and a copy of its home: each event is a transaction, which takes a while."""
    search = searched(tmp_path_factory.mktemp("made") / "home")
    copy = tmp_path_factory.mktemp("copy") / "home"
    shutil.copytree(search.place.path.parent.parent, copy)
    return search, copy


@pytest.fixture
def search(made: tuple[Search, Path]) -> Search:
    """The experiment as it was made. It stands where its journal says that its store is."""
    found, copy = made
    home = found.place.path.parent.parent
    shutil.rmtree(home)
    shutil.copytree(copy, home)
    found.count = 3
    return found


@pytest.fixture
def site(search: Search) -> Iterator[Site]:
    site = Site(search)
    with site.browser:
        yield site


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The monotonic clock of the documents; `now` is added to the real one."""
    moved = SimpleNamespace(now=0.0)
    fake = SimpleNamespace(
        monotonic=lambda: time.monotonic() + moved.now, thread_time=time.thread_time
    )
    for module in (experiment, experiments, pace):
        monkeypatch.setattr(module, "time", fake)
    return moved
