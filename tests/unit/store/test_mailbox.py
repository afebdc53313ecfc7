import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from controller.store import layout
from controller.store.layout import Root
from controller.store.mail.mailbox import BATCH, Mailbox
from controller.store.mail.maildir import SIZE_LIMIT
from heirloom.store import mail
from heirloom.store.files import RealFiles


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return layout.create(tmp_path / "the store", "ann", "digits", "1")


@pytest.fixture
def mailbox(root: Root) -> Mailbox:
    return Mailbox(root.mail, RealFiles())


def send(root: Root, attempt: str, kind: str = "began", **more: Any) -> None:
    message = {"kind": kind, "attempt": attempt, "node": "gpu1", **more}
    mail.send(RealFiles(), str(root.path), message)


def names(root: Root, box: str) -> list[str]:
    return sorted(path.name for path in (root.mail / box).iterdir())


def test_messages_are_received_in_order_and_moved_when_acknowledged(
    root: Root, mailbox: Mailbox
) -> None:
    send(root, "7.2", "ended", outcome="failed")
    send(root, "7.2")
    received = [found.name for found in mailbox.receive()]
    assert received == ["7.2.began.json", "7.2.ended.json"]
    mailbox.hold(received)
    assert mailbox.receive() == []
    assert names(root, "new") == received
    mailbox.acknowledge(received)
    mailbox.acknowledge(received)
    assert (names(root, "new"), names(root, "done")) == ([], received)


def test_a_message_that_is_not_held_is_received_again(root: Root, mailbox: Mailbox) -> None:
    send(root, "7.2")
    assert mailbox.receive() == mailbox.receive() != []


def test_a_message_sent_twice_is_received_twice(root: Root, mailbox: Mailbox) -> None:
    for _ in range(2):
        send(root, "7.2")
        (found,) = mailbox.receive()
        mailbox.hold([found.name])
        mailbox.acknowledge([found.name])
    assert names(root, "done") == ["7.2.began.json"]


def test_a_held_message_that_was_deleted_can_be_acknowledged(root: Root, mailbox: Mailbox) -> None:
    send(root, "7.2")
    mailbox.hold([found.name for found in mailbox.receive()])
    (root.mail / "new" / "7.2.began.json").unlink()
    mailbox.acknowledge(["7.2.began.json"])
    assert mailbox.receive() == []


def test_many_messages_are_received_in_batches(root: Root, mailbox: Mailbox) -> None:
    for trial in range(BATCH + 1):
        text = json.dumps({"format": 1, "kind": "began", "attempt": f"{trial}.1"})
        (root.mail / "new" / f"{trial}.1.began.json").write_text(text)
    first = [found.name for found in mailbox.receive()]
    mailbox.hold(first)
    assert (len(first), len(mailbox.receive())) == (BATCH, 1)


def test_invalid_messages_move_to_bad_and_are_logged_once(
    root: Root, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    new = root.mail / "new"
    began = {"format": 1, "kind": "began", "attempt": "1.1"}
    (new / "text").write_text("hello")
    (new / "list").write_text("[]")
    (new / "bytes").write_bytes(b"\xff\xfe\0")
    (new / "deep").write_text("[" * 60_000)
    (new / "1.1.began.json").write_text(json.dumps({**began, "format": 2}))
    (new / "2.1.began.json").write_text(json.dumps(began))
    (new / "3.1.began.json").write_text(json.dumps({**began, "more": "x" * SIZE_LIMIT}))
    (new / "4.1.began.json").symlink_to("/etc/passwd")
    (new / "directory").mkdir()
    everything = names(root, "new")
    send(root, "7.2")

    assert [found.name for found in mailbox.receive()] == ["7.2.began.json"]
    assert names(root, "bad") == everything
    assert len(caplog.records) == len(everything)
    mailbox.receive()
    assert len(caplog.records) == len(everything)


def test_an_invalid_message_that_cannot_be_moved_is_skipped(root: Root, mailbox: Mailbox) -> None:
    (root.mail / "bad").touch()
    (root.mail / "new" / "text").write_text("hello")
    send(root, "7.2")
    for _ in range(2):
        assert [found.name for found in mailbox.receive()] == ["7.2.began.json"]


class Unreadable(RealFiles):
    broken = True

    def read(self, path: str, limit: int) -> bytes:
        if self.broken and path.endswith("7.2.began.json"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return super().read(path, limit)


def test_an_unreadable_message_does_not_delay_others(root: Root) -> None:
    files = Unreadable()
    mailbox = Mailbox(root.mail, files)
    send(root, "7.2")
    send(root, "8.1")
    assert [found.name for found in mailbox.receive()] == ["8.1.began.json"]
    files.broken = False
    assert [found.name for found in mailbox.receive()] == ["7.2.began.json", "8.1.began.json"]
