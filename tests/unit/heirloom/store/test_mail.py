import json

import pytest

from heirloom.store import mail
from heirloom.store.files import RealFiles

MESSAGE = {"kind": "ended", "attempt": "7.2", "node": "here", "outcome": "committed"}


@pytest.fixture
def root(tmp_path):
    for name in ("tmp", "new"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path


def new(root):
    return {path.name: json.loads(path.read_text()) for path in (root / "mail/new").iterdir()}


def test_a_message_arrives_complete(root):
    mail.send(RealFiles(), str(root), MESSAGE)
    assert new(root) == {"7.2.ended.json": {"format": 1, **MESSAGE}}
    assert list((root / "mail/tmp").iterdir()) == []


def test_a_message_sent_twice_is_one(root):
    mail.send(RealFiles(), str(root), MESSAGE)
    mail.send(RealFiles(), str(root), MESSAGE)
    assert len(new(root)) == 1


def test_a_message_is_durable_before_its_rename(root):
    deeds = []

    class Noting(RealFiles):
        def write(self, path, data):
            deeds.append(("write", path))
            super().write(path, data)

        def rename(self, old, new):
            deeds.append(("rename", old))
            super().rename(old, new)

        def sync_dir(self, path):
            deeds.append(("sync_dir", path))
            super().sync_dir(path)

    mail.send(Noting(), str(root), MESSAGE)
    draft = f"{root}/mail/tmp/7.2.ended.json"
    assert deeds == [("write", draft), ("rename", draft), ("sync_dir", f"{root}/mail/new")]


@pytest.mark.parametrize("fail", ["write", "rename", "sync_dir"])
def test_a_failed_message_can_be_sent_again(root, fail):
    class Failing(RealFiles):
        """Tears the draft, or fails after the deed."""

        def write(self, path, data):
            super().write(path, data[:5] if fail == "write" else data)
            self._fail("write")

        def rename(self, old, new):
            self._fail("rename")
            super().rename(old, new)

        def sync_dir(self, path):
            self._fail("sync_dir")

        def _fail(self, deed):
            if deed == fail:
                raise OSError(5, "no luck")

    with pytest.raises(OSError, match="no luck"):
        mail.send(Failing(), str(root), MESSAGE)
    if fail != "sync_dir":
        assert new(root) == {}
    mail.send(RealFiles(), str(root), MESSAGE)
    assert new(root) == {"7.2.ended.json": {"format": 1, **MESSAGE}}
    assert list((root / "mail/tmp").iterdir()) == []
