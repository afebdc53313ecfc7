import json
from pathlib import Path

import pytest

from controller.nodes.marker import Marker
from controller.store.layout import StoreError
from heirloom.node.inspect import marker as on_node


def test_a_node_that_sees_the_marker_answers(tmp_path: Path) -> None:
    store = tmp_path / "store"
    marker = Marker(store, "ann")
    assert not marker.is_answered("gpu1")
    assert on_node.inspect_store(str(store), "gpu1", marker.directory)["state"] == "seen"
    assert marker.is_answered("gpu1")
    assert not marker.is_answered("gpu2")
    marker.remove()
    assert list((store / "ann").iterdir()) == []


@pytest.mark.parametrize("answer", ["", "{", json.dumps({"token": "another", "node": "gpu1"})])
def test_an_invalid_answer_is_ignored(tmp_path: Path, answer: str) -> None:
    marker = Marker(tmp_path, "ann")
    (tmp_path / marker.directory / "answer.gpu1").write_text(answer)
    assert not marker.is_answered("gpu1")


def test_the_marker_is_group_readable_if_the_store_is(tmp_path: Path) -> None:
    private = Marker(tmp_path, "ann")
    assert (tmp_path / private.directory).stat().st_mode & 0o7777 == 0o700
    tmp_path.chmod(0o2770)
    shared = tmp_path / Marker(tmp_path, "ann").directory
    assert shared.stat().st_mode & 0o7777 == 0o2770
    assert (shared / "marker").stat().st_mode & 0o777 == 0o640


def test_a_store_without_a_parent_directory(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        Marker(tmp_path / "no/store", "ann")
