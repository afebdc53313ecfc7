"""Checkpoints in a real directory: saved whole or not at all, and copied only if they are whole."""

import contextlib
from pathlib import Path

import pytest

from heirloom.store.checkpoints.listing import list_checkpoints, remove_tree, tree_size
from heirloom.store.checkpoints.restoring import Restorer, copy_file
from heirloom.store.checkpoints.saving import saving
from heirloom.store.files import RealFiles


def save(directory: Path, step: int, **contents: str) -> None:
    with saving(RealFiles(), str(directory), step) as draft:
        for name, text in (contents or {"model": f"step {step}"}).items():
            path = Path(draft, name.replace("__", "/"))
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)


def names(directory: Path) -> list[str]:
    return [Path(found.path).name for found in list_checkpoints(RealFiles(), str(directory))]


class Attempts:
    """The attempts of a trial, and what is said when a later one continues."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said: list[str] = []
        self.copied = lambda: None

    def of(self, number: int) -> Path:
        (self.root / f"7.{number}").mkdir(exist_ok=True)
        return self.root / f"7.{number}" / "checkpoint"

    def restored(self, *numbers: int) -> str | None:
        """Attempt and step of what is copied to `continued`."""

        def copy(source: str, target: str) -> None:
            copy_file(source, target, lambda: None)
            self.copied()

        restorer = Restorer(
            RealFiles(),
            {number: str(self.of(number).parent) for number in numbers},
            copy=copy,
            say=self.said.append,
            pause=lambda seconds: None,
            idle=lambda: None,
        )
        found = restorer.restore(str(self.root / "continued"))
        return None if found is None else f"{found.attempt}@{found.step}"

    def content(self) -> dict[str, str]:
        top = self.root / "continued"
        files = (path for path in top.rglob("*") if path.is_file())
        return {str(path.relative_to(top)): path.read_text() for path in files}


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path)


def test_a_checkpoint_appears_when_the_block_ends(tmp_path: Path) -> None:
    directory = tmp_path / "checkpoint"
    with saving(RealFiles(), str(directory), 3) as draft:
        Path(draft, "model").write_text("half")
        assert names(directory) == []
        Path(draft, "model").write_text("whole")
    assert names(directory) == ["3"]
    assert (directory / "3/model").read_text() == "whole"
    assert (directory / "3/model").stat().st_mode & 0o777 == 0o440


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "checkpoint"
    save(directory, 1)
    with contextlib.suppress(KeyError), saving(RealFiles(), str(directory), 2) as draft:
        Path(draft, "model").write_text("half")
        raise KeyError
    assert sorted(path.name for path in directory.iterdir()) == ["1", "1.json"]


def test_the_newest_two_are_kept_and_one_step_may_have_several(tmp_path: Path) -> None:
    directory = tmp_path / "checkpoint"
    for step in (1, 2, 2, 2, 10):
        save(directory, step)
    assert names(directory) == ["2.2", "10"]
    assert tree_size(RealFiles(), str(directory)) > 0
    assert len(list(directory.iterdir())) == 4


@pytest.mark.parametrize("step", [-1, 1 << 63])
def test_a_step_out_of_range_is_refused(tmp_path: Path, step: int) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        save(tmp_path / "checkpoint", step)


def test_a_link_is_refused_by_name(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="latest is a symbolic link"),
        saving(RealFiles(), str(tmp_path / "checkpoint"), 1) as draft,
    ):
        Path(draft, "latest").symlink_to("model")
    assert list((tmp_path / "checkpoint").iterdir()) == []


def test_the_highest_step_of_all_earlier_attempts_is_copied(attempts: Attempts) -> None:
    save(attempts.of(1), 90, a="1", deep__b="2")
    save(attempts.of(2), 85)
    assert attempts.restored(1, 2) == "1@90"
    assert attempts.content() == {"a": "1", "deep/b": "2"}
    assert attempts.said == []


def test_of_one_step_the_later_attempt_and_the_later_checkpoint_count(attempts: Attempts) -> None:
    save(attempts.of(1), 5, a="first")
    save(attempts.of(2), 5, a="second")
    save(attempts.of(2), 5, a="third")
    assert attempts.restored(1, 2) == "2@5"
    assert attempts.content() == {"a": "third"}


def test_without_a_complete_checkpoint_nothing_is_copied(attempts: Attempts) -> None:
    attempts.of(1).mkdir()
    (attempts.of(1) / "draft.1.0").mkdir()
    (attempts.of(1) / "5.json").write_text("{}")
    assert attempts.restored(1, 2) is None
    assert attempts.said == []


def changed(checkpoint: Path) -> None:
    (checkpoint / "model").chmod(0o660)
    (checkpoint / "model").write_text("step 0")


def removed(checkpoint: Path) -> None:
    (checkpoint / "model").unlink()


def added(checkpoint: Path) -> None:
    (checkpoint / "other").write_text("?")


def index_torn(checkpoint: Path) -> None:
    checkpoint.with_name(f"{checkpoint.name}.json").write_text('{"format": 1')


@pytest.mark.parametrize("damage", [changed, removed, added, index_torn])
def test_a_broken_checkpoint_is_left_out_for_an_older_one(attempts: Attempts, damage) -> None:
    save(attempts.of(1), 4)
    save(attempts.of(1), 5)
    damage(attempts.of(1) / "5")
    assert attempts.restored(1) == "1@4"
    assert attempts.content() == {"model": "step 4"}
    assert len(attempts.said) == 1
    assert f"{attempts.of(1)}/5 is not used: " in attempts.said[0]


def test_a_checkpoint_that_is_removed_during_the_copy_gives_way_to_a_newer_one(
    attempts: Attempts,
) -> None:
    save(attempts.of(1), 4)
    save(attempts.of(1), 5)

    def go_on() -> None:
        attempts.copied = lambda: None
        save(attempts.of(1), 6)
        save(attempts.of(1), 7)

    attempts.copied = go_on
    assert attempts.restored(1) == "1@7"
    assert attempts.content() == {"model": "step 7"}


def test_a_copy_does_not_change_when_the_original_does(attempts: Attempts) -> None:
    save(attempts.of(1), 5)
    assert attempts.restored(1) == "1@5"
    changed(attempts.of(1) / "5")
    assert attempts.content() == {"model": "step 5"}


def test_a_program_without_the_library_renames_a_directory(attempts: Attempts) -> None:
    draft = attempts.of(1) / "draft"
    draft.mkdir(parents=True)
    (draft / "state").write_text("41")
    draft.rename(attempts.of(1) / "41")
    assert attempts.restored(1) == "1@41"
    assert attempts.content() == {"state": "41"}


def test_a_directory_that_the_trial_replaced_by_a_link_keeps_its_files(tmp_path: Path) -> None:
    target = tmp_path / "data"
    save(target, 1)
    link = tmp_path / "checkpoint"
    link.symlink_to(target)
    assert tree_size(RealFiles(), str(link)) == 0
    remove_tree(RealFiles(), str(link))
    assert names(target) == ["1"]
    assert not link.is_symlink()
