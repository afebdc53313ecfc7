"""A heartbeat neither blocks nor follows what a trial puts in its place."""

import os

import pytest

from heirloom.node.waiting.heartbeat import HeartbeatWaiter


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader
    os.close(reader)
    os.close(writer)


def test_the_heartbeat_counts_up(pipe, tmp_path):
    watch = HeartbeatWaiter(pipe, str(tmp_path / "heartbeat"), 0.0)
    for _ in range(11):
        watch.beat()
    assert (tmp_path / "heartbeat").read_text() == "11"


def test_links_directories_and_fifos_in_its_place_are_ignored(pipe, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("precious")
    (tmp_path / "link").symlink_to(mine)
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "directory", "fifo"):
        HeartbeatWaiter(pipe, str(tmp_path / name), 0.0).beat()
    assert mine.read_text() == "precious"
