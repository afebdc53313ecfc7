import json
import os
import re
from pathlib import Path

import pytest

from controller.store import layout
from controller.store.layout import StoreError


def test_creates_the_directories_and_the_record(tmp_path: Path) -> None:
    store = tmp_path / "the store"
    root = layout.create(store, "ann", "digits", "3fa92c1b")
    assert root.path == store / "ann" / "digits-3fa92c1b"
    assert root.store == store
    assert root.experiment == "digits-3fa92c1b"
    mail = ("mail/tmp", "mail/new", "mail/done")
    for name in ("attempts", "trials", "code", "runtime", "environments", *mail):
        assert (root.path / name).is_dir()
    record = json.loads((root.path / "experiment.json").read_text())
    assert (record["format"], record["name"], record["user"]) == (1, "digits", "ann")
    assert layout.find(root.path) == root


def test_paths_of_attempts_and_trials(tmp_path: Path) -> None:
    root = layout.create(tmp_path, "ann", "digits", "1")
    assert root.attempt(7, 2) == root.path / "attempts" / "7.2"
    assert root.trial(7) == root.path / "trials" / "7"
    assert root.weights(7) == root.path / "trials" / "7" / "weights"


def test_group_permissions_follow_the_store_under_any_umask(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    store.chmod(0o2775)
    before = os.umask(0o077)
    try:
        root = layout.create(store, "ann", "digits", "1")
    finally:
        os.umask(before)
    for path in (root.path.parent, root.path, root.trials, root.mail / "new"):
        assert path.stat().st_mode & 0o7777 == 0o2770


def test_private_if_the_store_is_not_shared(tmp_path: Path) -> None:
    root = layout.create(tmp_path / "store", "ann", "digits", "1")
    assert (tmp_path / "store").stat().st_mode & 0o7777 == 0o700
    assert root.trials.stat().st_mode & 0o7777 == 0o700


def test_an_existing_root_is_refused_and_unchanged(tmp_path: Path) -> None:
    root = layout.create(tmp_path, "ann", "digits", "1")
    (root.trials / "0").mkdir()
    with pytest.raises(StoreError, match="exists already"):
        layout.create(tmp_path, "ann", "digits", "1")
    assert (root.trials / "0").is_dir()


@pytest.mark.parametrize("odd", ["", "..", ".hidden", "a/b", "a\0b"])
def test_an_invalid_name_is_refused(tmp_path: Path, odd: str) -> None:
    with pytest.raises(StoreError, match="cannot be part"):
        layout.create(tmp_path, odd, "digits", "1")


def test_a_store_whose_parent_is_missing_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "not" / "mounted"
    with pytest.raises(StoreError, match=re.escape(f"{missing} cannot be created")):
        layout.create(missing, "ann", "digits", "1")
    assert not missing.parent.exists()


def test_a_store_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="is not a directory"):
        layout.create(tmp_path / "file", "ann", "digits", "1")


def test_a_store_that_cannot_be_written_is_named() -> None:
    with pytest.raises(StoreError, match=r"cannot write /proc/ann: .*: make the store writable"):
        layout.create(Path("/proc"), "ann", "digits", "1")


def test_a_failed_creation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(layout, "sync_directory", full)
    with pytest.raises(StoreError, match=r"the store is full: .*no space left on device"):
        layout.create(tmp_path, "ann", "digits", "1")
    assert list((tmp_path / "ann").iterdir()) == []


def test_a_directory_that_is_no_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is the store mounted"):
        layout.find(tmp_path)
    signature = tmp_path / "experiment.json"
    signature.write_text("{")
    with pytest.raises(StoreError, match="is damaged"):
        layout.find(tmp_path)
    signature.write_text('{"format": 9}')
    with pytest.raises(StoreError, match="format 9, and this version of Heirloom knows 1"):
        layout.find(tmp_path)
