"""Pieces of a log."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.views.page.documents.trial import log
from controller.views.page.documents.trial.log import Piece


@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8")), limit=st.integers(4, 9))
def test_pieces_end_between_characters(
    tmp_path_factory: pytest.TempPathFactory, text: str, limit: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "output.log"
    path.write_bytes(text.encode())
    found, position = "", 0
    while (piece := log.read(path, position, limit)).end > position:
        assert piece.start == position
        found, position = found + piece.text, piece.end
    assert found == text


def test_bytes_that_are_no_text_do_not_stop_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"a\xff\xfe\x80b\xc3(\xf0\x9f")
    piece = log.read(path, 0)
    assert (piece.text, piece.end) == ("a\ufffd\ufffd\ufffdb\ufffd(", 7)
    path.write_bytes(b"\x80" * 20)
    assert log.read(path, 0).end == 20


def test_bytes_that_are_not_written_yet_come_later(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"half\0\0\0\0")
    assert log.read(path, 0) == Piece(0, 4, 8, "half")
    path.write_bytes(b"half a\0line\n")
    assert log.read(path, 4) == Piece(4, 12, 12, " a\0line\n")


def test_the_end_begins_with_a_line(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_text("one\ntwo\nthree\n")
    assert log.read(path, -8).text == "three\n"
    assert log.read(path, -100).text == "one\ntwo\nthree\n"
    assert log.read(path, 100) == Piece(14, 14, 14, "")
    assert log.read(tmp_path / "none", 5) == Piece(0, 0, 0, "")


def test_a_text_is_found_where_blocks_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_BLOCK", 4)
    path = tmp_path / "output.log"
    path.write_text("aaaaaaError: bbbbb error")
    assert log.find(path, "ERROR", 0)[0] == 6
    assert log.find(path, "error", 7)[0] == 19
    assert log.find(path, "nothing", 0) == (None, 24)
    assert log.find(tmp_path / "none", "x", 3) == (None, 3)
    monkeypatch.setattr(log, "_SCANNED", 8)
    assert log.find(path, "bbb", 0) == (None, 8)
    assert log.find(path, "bbb", 8)[0] == 13


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("secret")
    (tmp_path / "output.log").symlink_to(tmp_path / "target")
    for read in (lambda path: log.read(path, 0), lambda path: log.find(path, "s", 0)):
        with pytest.raises(OSError, match="symbolic") as caught:
            read(tmp_path / "output.log")
        assert caught.value.errno == errno.ELOOP
