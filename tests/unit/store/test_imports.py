"""An import leaves a whole, committed trial or nothing, and shares nothing but bytes."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import pytest

from controller.store import imports, layout
from controller.store.imports import ImportFailedError, Source, import_trial, problem
from controller.store.layout import Root
from heirloom.store import manifest
from heirloom.store.commits.commit import commit, pass_verdict
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

FILES = RealFiles()
WEIGHTS = {"w": b"weights", "sub/deep/v": b"more", "empty": b""}


def committed(root: Root, trial: int) -> None:
    out = root.attempt(trial, 1) / "out"
    for name, data in WEIGHTS.items():
        path = out / "weights" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    verdict = Manifest(
        experiment=root.experiment,
        trial=trial,
        state="succeeded",
        attempt=f"{trial}.1",
        node="gpu1",
        value=0.5,
        result={"value": 0.5, "loss": 2},
        parents=(0,),
    )
    commit(FILES, str(root.path), str(out), verdict, lambda: None)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    root = layout.create(tmp_path / "store", "ann", "cnn", "1")
    committed(root, 3)
    return Source(experiment="cnn", root=root.path, trial=3)


@pytest.fixture
def root(tmp_path: Path, source: Source) -> Root:
    return layout.create(tmp_path / "store", "ann", "next", "2")


def take(root: Root, source: Source, trial: int = 0) -> Manifest:
    return import_trial(FILES, root, trial, source, {"x": 1}, reserve=0)


def found(root: Root, trial: int = 0) -> dict[str, bytes]:
    top = root.weights(trial)
    return {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()}


def source_file(source: Source, name: str = "w") -> Path:
    return source.root / "trials" / str(source.trial) / "weights" / name


def test_weights_are_linked_and_committed(root: Root, source: Source) -> None:
    verdict = take(root, source)
    assert found(root) == WEIGHTS
    assert manifest.read(FILES, str(root.path), 0) == verdict
    assert (verdict.state, verdict.value, verdict.result["loss"]) == ("succeeded", 0.5, 2)
    assert (verdict.parents, verdict.attempt) == ((), None)
    assert verdict.imported == {
        "experiment": "cnn",
        "root": str(source.root),
        "trial": 3,
        "params": {"x": 1},
    }
    assert (root.weights(0) / "w").samefile(source_file(source))
    assert (root.weights(0) / "w").stat().st_mode & 0o777 == 0o440
    assert not list(root.attempts.iterdir())


def test_the_other_experiment_can_be_removed(root: Root, source: Source) -> None:
    take(root, source)
    layout.remove(source.root)
    assert found(root) == WEIGHTS


def test_weights_are_copied_where_they_cannot_be_linked(
    root: Root, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def share(self: RealFiles, path: str, target: str) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link", path)

    monkeypatch.setattr(RealFiles, "share", share)
    take(root, source)
    assert found(root) == WEIGHTS
    copy = root.weights(0) / "w"
    assert not copy.samefile(source_file(source))
    assert copy.stat().st_mode & 0o777 == 0o440
    with pytest.raises(ImportFailedError, match="has to be copied, and the store lacks room"):
        import_trial(FILES, root, 1, source, {}, reserve=1 << 62)


def test_an_import_is_done_once(root: Root, source: Source) -> None:
    first = take(root, source)
    layout.remove(source.root)
    assert take(root, source) == first


def test_an_import_that_was_interrupted_is_done_again(root: Root, source: Source) -> None:
    draft = root.attempts / "0.import/weights"
    draft.mkdir(parents=True)
    (draft / "half").write_bytes(b"x")
    draft.chmod(0o550)
    take(root, source)
    assert found(root) == WEIGHTS


@pytest.mark.parametrize("name", ["measure", "commit.seal"])
def test_a_failure_leaves_nothing(
    root: Root, source: Source, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fail(*args: object, **more: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "w")

    with monkeypatch.context() as patched:
        patched.setattr(f"{imports.__name__}.{name}", fail)
        with pytest.raises(ImportFailedError, match="trial 3 of cnn cannot be imported: w: input"):
            take(root, source)
    assert not list(root.attempts.iterdir())
    assert not list(root.trials.iterdir())
    take(root, source)
    assert found(root) == WEIGHTS


def damage(path: Path) -> None:
    path.chmod(0o640)
    path.write_bytes(b"Weights")


def test_a_damaged_file_is_named(root: Root, source: Source) -> None:
    damage(source_file(source))
    said = problem(FILES, source)
    assert said is not None
    assert "damaged" in said
    assert "/trials/3/weights/w" in said
    with pytest.raises(ImportFailedError, match="of trial 3 of cnn are damaged: w: expected 7"):
        take(root, source)
    assert not list(root.trials.iterdir())


def test_what_is_not_there_is_named(root: Root, source: Source) -> None:
    place = source_file(source).parent
    place.parent.chmod(0o750)
    place.rename(place.with_name(manifest.REMOVED))
    with pytest.raises(ImportFailedError, match="the weights of trial 3 of cnn were removed"):
        take(root, source)
    shutil.rmtree(place.parent)
    with pytest.raises(ImportFailedError, match="trial 3 of cnn has no verdict on the store"):
        take(root, source)
    failed = Manifest(experiment="cnn-1", trial=3, state="failed", reason="exit code 1")
    pass_verdict(FILES, str(source.root), failed)
    assert problem(FILES, source) == (
        "trial 3 of cnn failed: name trials that succeeded and left weights"
    )


def test_a_verdict_of_another_origin_is_not_taken(root: Root, source: Source) -> None:
    take(root, source)
    other = Source(experiment="cnn", root=source.root, trial=4)
    with pytest.raises(ImportFailedError, match="trial 0 of next-2 has another verdict already"):
        take(root, other)


def test_a_manifest_without_an_import_reads_as_before(source: Source) -> None:
    path = source.root / "trials/3/manifest.json"
    assert "imported" not in json.loads(path.read_bytes())
    known = manifest.read(FILES, str(source.root), 3)
    assert known is not None
    assert known.author == "attempt 3.1 on gpu1"
