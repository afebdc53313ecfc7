"""A verdict of the controller's against a commit that comes at the same moment, many times over."""

import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from controller.core.events import Event, VerdictSeen
from controller.core.model import State
from controller.store import layout
from controller.store.layout import Root
from controller.store.watch import StoreWatch
from heirloom.store import manifest
from heirloom.store.commits import commit
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

RACES = 60
PATIENCE = 30.0


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return layout.create(tmp_path / "the store", "ann", "digits", "1")


@pytest.fixture
def posts() -> "queue.Queue[Sequence[Event]]":
    return queue.Queue()


@pytest.fixture
def watch(root: Root, posts: "queue.Queue[Sequence[Event]]") -> Iterator[StoreWatch]:
    def post(events: Sequence[Event], mail: Sequence[str]) -> None:
        posts.put(events)

    made = StoreWatch(root, root.experiment, RealFiles(), post, lambda trial, number: None)
    made.start()
    yield made
    made.close(PATIENCE)


def test_what_is_told_is_what_stands_whoever_came_first(
    root: Root, watch: StoreWatch, posts: "queue.Queue[Sequence[Event]]"
) -> None:
    gate = threading.Barrier(2)

    def compete(trial: int) -> Manifest:
        out = root.attempt(trial, 1) / "out"
        (out / "weights").mkdir(parents=True)
        (out / "weights" / "model").write_bytes(b"weights")
        verdict = Manifest(root.experiment, trial, "succeeded", attempt=f"{trial}.1", value=0.5)
        gate.wait(PATIENCE)
        return commit.commit(RealFiles(), str(root.path), str(out), verdict, lambda: None)

    with ThreadPoolExecutor(1) as supervisor:
        for trial in range(RACES):
            committing = supervisor.submit(compete, trial)
            gate.wait(PATIENCE)
            watch.pass_verdict(trial, State.FAILED, "no attempt left")
            (posted,) = posts.get(timeout=PATIENCE)
            held = committing.result(PATIENCE)
            stands = manifest.read(RealFiles(), str(root.path), trial)
            assert held == stands
            assert isinstance(posted, VerdictSeen)
            assert (posted.trial, posted.state) == (trial, held.state)
            assert posted.weights == (root.weights(trial) / "model").exists()
            watch.read_verdict(trial)
            (again,) = posts.get(timeout=PATIENCE)
            assert isinstance(again, VerdictSeen)
            assert again.state == posted.state
