"""A file that a child has in common with its parent is stored once."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from heirloom.store import manifest
from heirloom.store.commits.commit import commit
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

LARGE = bytes(range(256)) * (6 << 12)  # 6 MiB: more than one thread compares alone


class Store:
    def __init__(self, base):
        self.root = Path(base) / "exp-1"
        for name in ("trials", "attempts"):
            (self.root / name).mkdir(parents=True)

    def commit(self, trial, contents, parents=(), files=None):
        out = self.root / "attempts" / f"{trial}.1" / "out"
        for path, data in contents.items():
            file = out / "weights" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        (out / "weights").mkdir(parents=True, exist_ok=True)
        verdict = Manifest("exp-1", trial, "succeeded", attempt=f"{trial}.1", parents=parents)
        return commit(files or RealFiles(), str(self.root), str(out), verdict, lambda: None)

    def inode(self, trial, path):
        return (self.root / f"trials/{trial}/weights/{path}").stat().st_ino

    def names(self, trial):
        top = self.root / f"trials/{trial}"
        return sorted(str(p.relative_to(top)) for p in top.rglob("*") if p.is_file())

    def bytes(self, trial, path):
        return (self.root / f"trials/{trial}/weights/{path}").read_bytes()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.mark.parametrize("size", ["little", "large"])
def test_an_unchanged_file_is_a_link_to_the_parents_bytes(store, size):
    body = LARGE if size == "large" else b"body"
    store.commit(0, {"body": body, "head": b"old"})
    found = store.commit(1, {"deep/body": body, "head": b"new", "empty": b""}, (0,))
    assert store.inode(0, "body") == store.inode(1, "deep/body")
    assert {entry.path: entry.shared for entry in found.files} == {
        "deep/body": 0,
        "head": None,
        "empty": None,
    }
    assert found.shared == len(body)
    assert found.size == len(body) + 3
    assert found == manifest.read(RealFiles(), str(store.root), 1)
    assert store.names(1) == ["manifest.json", "weights/deep/body", "weights/empty", "weights/head"]
    assert store.bytes(1, "deep/body") == body
    assert (store.root / "trials/1/weights/deep/body").stat().st_mode & 0o777 == 0o440


def test_the_manifest_names_who_committed_the_bytes_first(store):
    store.commit(0, {"w": b"abc"})
    store.commit(3, {"w": b"abc"}, (0,))
    found = store.commit(7, {"a": b"abc", "b": b"abc"}, (3,))
    assert [entry.shared for entry in found.files] == [0, 0]
    assert (store.root / "trials/0/weights/w").stat().st_nlink == 4


def test_without_a_parent_nothing_is_shared(store):
    store.commit(0, {"w": b"abc"})
    assert store.commit(1, {"w": b"abc"}).shared == 0
    assert store.inode(0, "w") != store.inode(1, "w")


def test_files_of_two_parents_are_shared(store):
    store.commit(0, {"w": b"abc"})
    store.commit(1, {"v": b"xyz"})
    found = store.commit(2, {"w": b"abc", "v": b"xyz"}, (0, 1))
    assert {entry.path: entry.shared for entry in found.files} == {"w": 0, "v": 1}


@pytest.mark.parametrize("size", ["little", "large"])
def test_a_damaged_file_of_the_parent_is_not_inherited(store, size):
    body = LARGE if size == "large" else b"body"
    store.commit(0, {"w": body})
    damaged = store.root / "trials/0/weights/w"
    damaged.chmod(0o600)
    damaged.write_bytes(body[:-1] + b"?")
    found = store.commit(1, {"w": body}, (0,))
    assert found.shared == 0
    assert store.bytes(1, "w") == body
    assert store.names(1) == ["manifest.json", "weights/w"]


def test_the_parents_weights_can_be_removed(store):
    store.commit(0, {"w": b"abc"})
    store.commit(1, {"w": b"abc"}, (0,))
    (store.root / "trials/0/weights").chmod(0o700)
    (store.root / "trials/0/weights/w").unlink()
    assert store.bytes(1, "w") == b"abc"


class Refusing(RealFiles):
    """Fails at one thing, before or after it is done."""

    def __init__(self, fail, code, after=False):
        self.fail, self.code, self.after = fail, code, after

    def _do(self, name, *paths):
        ours = name == self.fail and any("/out/shared" in path for path in paths)
        if not ours or self.after:
            getattr(RealFiles, name)(self, *paths)
        if ours:
            raise OSError(self.code, os.strerror(self.code), paths[0])

    def share(self, source, target):
        self._do("share", source, target)

    def rename(self, old, new):
        self._do("rename", old, new)

    def same(self, one, other):
        self._do("same", one, other)
        return super().same(one, other)


@pytest.mark.parametrize("fail", ["share", "rename", "same"])
@pytest.mark.parametrize("code", [errno.EIO, errno.EMLINK, errno.EPERM, errno.ENOSPC])
@pytest.mark.parametrize("after", [False, True])
def test_a_file_that_cannot_be_shared_is_kept(store, fail, code, after):
    store.commit(0, {"w": b"abc"})
    found = store.commit(1, {"w": b"abc"}, (0,), Refusing(fail, code, after))
    assert found.shared == 0
    assert store.bytes(1, "w") == b"abc"
    assert store.names(1) == ["manifest.json", "weights/w"]


def test_nothing_is_shared_with_a_parent_without_a_manifest(store):
    store.commit(0, {"w": b"abc"})
    (store.root / "trials/0/manifest.json").chmod(0o600)
    (store.root / "trials/0/manifest.json").write_bytes(b"{")
    assert store.commit(1, {"w": b"abc"}, (0, 5)).shared == 0


@pytest.mark.parametrize("code", [errno.EPERM, errno.EMLINK, errno.EXDEV, errno.EOPNOTSUPP])
@pytest.mark.parametrize("can", [True, False])
def test_a_clone_is_tried_if_links_are_refused(tmp_path, monkeypatch, code, can):
    """The clone itself is played, since the file system of the tests may not have it."""

    def refuse(*args, **more):
        raise OSError(code, os.strerror(code))

    def clone(target, request, source):
        if not can:
            raise OSError(errno.EOPNOTSUPP, "no clones here")
        os.write(target, os.pread(source, 100, 0))

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(fcntl, "ioctl", clone)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"abc")
    source.chmod(0o440)
    if can:
        RealFiles().share(str(source), str(target))
        assert target.read_bytes() == b"abc"
        assert target.stat().st_mode & 0o777 == 0o440
    else:
        with pytest.raises(OSError, match="no clones here"):
            RealFiles().share(str(source), str(target))
        assert not target.exists()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b"", b"", True),
        (b"a", b"", False),
        (b"", b"a", False),
        (LARGE, LARGE, True),
        (LARGE, LARGE[:-1], False),
        (LARGE, LARGE[:-1] + b"?", False),
        (LARGE, b"?" + LARGE[1:], False),
        (LARGE[: 1 << 20], LARGE[: 1 << 20], True),
    ],
)
def test_all_bytes_are_compared(tmp_path, one, other, same):
    (tmp_path / "one").write_bytes(one)
    (tmp_path / "other").write_bytes(other)
    assert RealFiles().same(str(tmp_path / "one"), str(tmp_path / "other")) is same
