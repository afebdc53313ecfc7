"""A parent's weights are verified before the child starts; an outage is not a mismatch."""

import errno
import json
import os

import pytest

from heirloom.node.attempt_ended import AttemptEnded
from heirloom.node.waiting.parents import MISMATCH_PAUSES, verify_parent
from heirloom.store.commits.commit import commit
from heirloom.store.commits.dedup import share_with_parents
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Entry, Manifest


class Failing(RealFiles):
    """Refuses calls about paths that end in one of `refused`, and all while it is away."""

    away = 0  # further calls that fail
    refused = ()

    def _pass(self, path):
        self.away -= 1
        if self.away >= 0 or path.endswith(self.refused or "\0"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    def stat(self, path):
        self._pass(path)
        return super().stat(path)

    def read(self, path, limit):
        self._pass(path)
        return super().read(path, limit)

    def digest(self, path):
        self._pass(path)
        return super().digest(path)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "exp-1"
    (root / "attempts/3.1/out/weights").mkdir(parents=True)
    (root / "trials").mkdir()
    (root / "attempts/3.1/out/weights/model").write_text("sound")
    verdict = Manifest("exp-1", 3, "succeeded", attempt="3.1")
    commit(RealFiles(), str(root), str(root / "attempts/3.1/out"), verdict, lambda: None)
    return root


class Pauses(list):
    def __call__(self, seconds, *fds):
        self.append(seconds)
        return set()


def test_an_outage_is_waited_for(root):
    files, pauses = Failing(), Pauses()
    files.away = 40
    assert verify_parent(files, str(root), 3, pauses, lambda: None).trial == 3
    assert len(pauses) > 2 * len(MISMATCH_PAUSES)


@pytest.mark.parametrize("refused", ["weights/model", "manifest.json"])
def test_unreadable_files_on_a_reachable_store_are_corrupt(root, refused):
    files, pauses = Failing(), Pauses()
    files.refused = refused
    with pytest.raises(AttemptEnded) as ended:
        verify_parent(files, str(root), 3, pauses, lambda: None)
    assert (ended.value.outcome, ended.value.parent) == ("corrupt", 3)
    assert tuple(pauses) == MISMATCH_PAUSES


def test_an_outage_between_manifest_and_weights_is_waited_for(root):
    class GoesAway(Failing):
        def digest(self, path):
            self.away = 2
            type(self).digest = Failing.digest
            return self.digest(path)

    pauses = Pauses()
    assert verify_parent(GoesAway(), str(root), 3, pauses, lambda: None).trial == 3
    assert not set(pauses) & set(MISMATCH_PAUSES)


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "weights/../..", "..", "a/./b", "a//b", "", "a\0b"]
)
def test_a_manifest_with_paths_outside_the_weights_is_refused_unread(root, path):
    place = root / "trials/3"
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["files"][0]["path"] = path
    place.chmod(0o770)
    (place / "manifest.json").unlink()
    (place / "manifest.json").write_text(json.dumps(manifest))
    hashed = []

    class Hashing(RealFiles):
        def digest(self, path):
            hashed.append(path)
            return super().digest(path)

    with pytest.raises(AttemptEnded, match="invalid 'files'") as ended:
        verify_parent(Hashing(), str(root), 3, Pauses(), lambda: None)
    assert (ended.value.outcome, ended.value.parent) == ("corrupt", 3)
    entry = Entry("model", 5, "sha256:" + "0" * 64)
    assert share_with_parents(Hashing(), str(root), "/nowhere", [entry], (3,), lambda: None) == [
        entry
    ]
    assert hashed == []
