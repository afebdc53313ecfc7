"""What is removed of try-outs that were killed."""

import os
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("text", ["", ".", "digits-try-1-0a", "{store}", "{store}/other-0a"])
def test_a_damaged_note_of_the_root_removes_nothing(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, lines = Home(tmp_path / "home"), list[str]()
    place = home.of_tryouts().take_name("digits-try-1")
    work = tmp_path / "store/ann/other-0a"
    (work / "digits-try-1-0a").mkdir(parents=True)
    monkeypatch.chdir(work)  # what a relative path would lead to
    place.draft_root.write_text(text.format(store=tmp_path / "store/ann"))
    os.utime(place.path, (0, 0))
    tryout.clean(home, lines.append)
    assert (work / "digits-try-1-0a").exists()
    assert "root.new is damaged: remove" in lines[0]


def test_one_that_cannot_be_read_stays(tmp_path: Path) -> None:
    home, lines = Home(tmp_path / "home"), list[str]()
    place = home.of_tryouts().take_name("digits-try-1")
    place.draft_root.mkdir()
    os.utime(place.path, (0, 0))
    tryout.clean(home, lines.append)
    assert lines[0].endswith(f"cannot be removed yet: is a directory: {place.draft_root}")
    assert place.path.exists()


def test_one_that_was_being_created_waits_for_its_store(tmp_path: Path) -> None:
    home, lines = Home(tmp_path / "home"), list[str]()
    place = home.of_tryouts().take_name("digits-try-1")
    place.draft_root.write_text(str(tmp_path / "store/ann/digits-try-1-0a"))
    os.utime(place.path, (0, 0))
    tryout.clean(home, lines.append)
    assert "is the store mounted?" in lines[0]
    assert place.path.exists()


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
    (tmp_path / "store").mkdir()  # an empty mount point
    tryout.clean(home, lines.append)
    assert "cannot be removed yet" in lines[1]
    (tmp_path / "store/ann").mkdir()
    tryout.clean(home, lines.append)
    assert len(lines) == 3
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
