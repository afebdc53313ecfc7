"""Prepared directories: which one counts, and which are removed."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from heirloom.node.attempt_ended import AttemptEnded
from heirloom.node.prepare import place
from heirloom.node.prepare.prepared import UNUSED_FOR, Prepared, remove_tree
from heirloom.node.spec import Spec

SPEC = Spec("0.1", "e", "/s/ann/e", "n", "true", "runtime/x", {}, code="code/1")
ORDER = {"command": "get data", "timeout": 1.0, "directory": None}


def nothing() -> None:
    """What is called between two steps of a removal."""


def fill(prepared: Prepared, *, complete: bool = True) -> Path:
    directory = Path(prepared.create(nothing))
    (directory / "data").write_text("1")
    (directory / "link").symlink_to(directory.parent)
    (directory / "inner").mkdir()
    (directory / "inner").chmod(0o500)
    if complete:
        prepared.complete(str(directory))
    return directory


def test_a_directory_counts_once_it_is_complete(tmp_path):
    prepared = Prepared(str(tmp_path), "d1")
    half = fill(prepared, complete=False)
    assert prepared.find() is None
    whole = fill(prepared)  # in a new directory, and what was left is gone
    assert (prepared.find(), half.exists()) == (str(whole), False)
    whole.rename(tmp_path / "away")
    assert prepared.find() is None


def test_what_a_link_leads_to_is_not_removed(tmp_path):
    prepared = Prepared(str(tmp_path / "base"), "d1")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/precious").touch()
    Path(prepared.path, "NAME").symlink_to(tmp_path / "data")  # the command replaced its directory
    Path(prepared.path, "done.1").touch()  # of an attempt that was killed
    prepared.create(nothing)
    assert (tmp_path / "data/precious").exists()
    assert not Path(prepared.path, "NAME").is_symlink()
    assert not Path(prepared.path, "done.1").exists()


def test_read_only_directories_are_removed_by_their_owner(tmp_path, monkeypatch):
    top = tmp_path / "mine"
    (top / "a/b").mkdir(parents=True)
    (top / "a/b/file").touch()
    for path in (top / "a/b", top / "a"):
        path.chmod(0o500)
    monkeypatch.chdir(tmp_path)  # before root becomes another: it may not enter those above
    is_root = os.geteuid() == 0  # root may write in read-only directories
    if is_root:
        for path in (tmp_path, top, top / "a", top / "a/b"):
            os.chown(path, 65534, -1)
        os.seteuid(65534)
    try:
        remove_tree("mine", nothing)
    finally:
        if is_root:
            os.seteuid(0)
    assert not top.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"directory": "../x"}', '{"directory": 1}'])
def test_a_marker_that_says_nothing_does_not_count(tmp_path, text):
    prepared = Prepared(str(tmp_path), "d1")
    (tmp_path / "x").mkdir()
    (tmp_path / "d1/done").write_text(text)
    assert prepared.find() is None


def test_only_what_no_attempt_used_for_long_is_removed(tmp_path):
    old, used, new, current = (Prepared(str(tmp_path), f"d{number}") for number in range(4))
    directories = [fill(prepared) for prepared in (old, used, new, current)]
    descriptors = [prepared.use() for prepared in (old, used, new, current)]
    for prepared in (old, used, current):
        long_ago = Path(prepared.path, "used").stat().st_mtime - UNUSED_FOR - 60
        os.utime(f"{prepared.path}/used", (long_ago, long_ago))
    os.close(descriptors[0])
    current.remove_unused(nothing)
    assert [directory.exists() for directory in directories] == [False, True, True, True]
    assert [prepared.find() is None for prepared in (old, used)] == [True, False]
    lock = used.try_lock()
    assert lock is not None
    os.close(descriptors[1])
    current.remove_unused(nothing)  # while another attempt prepares it anew
    assert used.find() is not None
    os.close(lock)
    current.remove_unused(nothing)
    assert used.find() is None


def test_a_failure_stands_until_a_preparation_succeeds(tmp_path):
    prepared = Prepared(str(tmp_path), "d1")
    assert prepared.failure() is None
    prepared.fail("e 0.1", "exit code 3")
    assert prepared.failure() == {"attempt": "e 0.1", "reason": "exit code 3"}
    fill(prepared)
    assert prepared.failure() is None


def test_what_a_preparation_depends_on():
    same: list[dict[str, Any]] = [
        {},
        {"params": {"x": 1}},
        {"attempt": "7.2"},
        {"experiment": "other"},
    ]
    other: list[dict[str, Any]] = [
        {"code": "code/2"},
        {"environment": {"SET": "2"}},
        {"prepare": {**ORDER, "command": ["get", "data"]}},
    ]
    base = replace(SPEC, prepare=ORDER)
    first = place.digest(base)
    assert {place.digest(replace(base, **more)) for more in same} == {first}
    assert len({first, *(place.digest(replace(base, **more)) for more in other)}) == 4


def test_a_network_file_system_is_refused_with_words(tmp_path, monkeypatch):
    assert place.find(str(tmp_path / "a/b"), "gpu1") == str(tmp_path / f"a/b/{os.geteuid()}")
    monkeypatch.setattr(place, "find_mount", lambda path: {"type": "nfs4"})
    with pytest.raises(AttemptEnded) as caught:
        place.find(str(tmp_path), "gpu1")
    assert caught.value.outcome == "refused"
    assert "network file system (nfs4): set heirloom_node_dir of gpu1" in caught.value.reason
