from pathlib import Path

import pytest

from controller.state.inbox import Inbox, InboxError


def test_requests_are_received_in_order_once_and_stay_until_done(tmp_path: Path) -> None:
    sender, controller = Inbox(tmp_path / "inbox"), Inbox(tmp_path / "inbox")
    assert controller.receive() == []
    names = [sender.send({"ask": "cancel", "trial": trial}) for trial in range(3)]
    received = controller.receive()
    assert received == [(names[i], {"ask": "cancel", "trial": i}) for i in range(3)]
    assert controller.receive() == []

    controller.done(names[0])
    controller.done(names[0])
    again = Inbox(tmp_path / "inbox")  # the controller died before it had journaled the others
    assert [name for name, _ in again.receive()] == names[1:]


def test_invalid_requests_move_to_bad(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    good = inbox.send({"ask": "stop"})
    for name, text in (
        ("a", "{"),
        ("b", "[]"),
        ("c", '{"a":"' + "x" * 70_000 + '"}'),
        ("d", "\xff"),
    ):
        (tmp_path / "new" / name).write_bytes(text.encode("latin-1"))
    (tmp_path / "new" / "e").write_text("[" * 60_000)
    assert inbox.receive() == [(good, {"ask": "stop"})]
    assert sorted(path.name for path in (tmp_path / "bad").iterdir()) == ["a", "b", "c", "d", "e"]


def test_an_invalid_request_that_cannot_be_moved_is_skipped(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.send({"ask": "stop"})
    (tmp_path / "bad").touch()
    (tmp_path / "new" / "x").write_text("{")
    assert len(inbox.receive()) == 1
    assert inbox.receive() == []


def test_an_inbox_that_cannot_be_written_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "inbox").touch()
    with pytest.raises(InboxError, match=r"cannot send a request to .*: not a directory"):
        Inbox(tmp_path / "inbox").send({"ask": "stop"})
