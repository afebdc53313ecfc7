"""What is removed of try-outs that were killed."""

import os
from pathlib import Path

from controller.config import load
from controller.config.load import dump
from controller.core.events import Created
from controller.engine import tryout
from controller.state.home import Home
from controller.state.journal import Journal
from controller.state.lock import Lock
from tests.unit.config.experiment_files import GOOD, write


def test_one_that_was_killed_while_it_was_created(tmp_path: Path) -> None:
    home, lines = Home(tmp_path / "home"), list[str]()
    place = home.of_tryouts().take_name("digits-try-1")
    root = tmp_path / "store/ann/digits-try-1-0a"
    (root / "code").mkdir(parents=True)
    place.draft_root.write_text(str(root))
    tryout.clean(home, lines.append)
    assert root.exists()  # it may be under way
    assert not lines
    os.utime(place.path, (0, 0))
    with Lock(place):
        os.utime(place.path, (0, 0))
        tryout.clean(home, lines.append)
        assert root.exists()
    tryout.clean(home, lines.append)
    assert not root.exists()
    assert not place.path.parent.exists()
    assert len(lines) == 1


def test_one_whose_owner_removed_its_files(tmp_path: Path) -> None:
    home, lines = Home(tmp_path / "home"), list[str]()
    place = home.of_tryouts().take_name("digits-try-1")
    place.config.write_text(dump(load(write(tmp_path, GOOD))))
    root = tmp_path / "store/ann/digits-try-1-0a"
    with Journal.create(place.journal) as journal:
        created = Created(
            at=0.0, name=place.name, root=str(root), code="", runtime="", seed=0, inventory=""
        )
        journal.append([created])
    tryout.clean(home, lines.append)
    assert len(lines) == 1
    assert "cannot be removed yet" in lines[0]  # the store is not mounted
    (tmp_path / "store").mkdir()
    tryout.clean(home, lines.append)
    assert len(lines) == 2
    assert not place.path.exists()


def test_without_any_nothing_is_done(tmp_path: Path) -> None:
    tryout.clean(Home(tmp_path / "home"), lambda line: None)
    assert not (tmp_path / "home").exists()


def test_no_other_command_lists_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    place = home.of_tryouts().take_name("digits-try-1")
    place.journal.touch()
    assert [each.name for each in home.of_tryouts().list()] == ["digits-try-1"]
    assert home.list() == []
