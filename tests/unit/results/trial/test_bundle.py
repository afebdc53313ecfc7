"""What an exported trial holds, and which trials cannot be exported."""

import hashlib
import json
from pathlib import Path

import pytest

from controller.core import events as e
from controller.errors import HeirloomError
from controller.results.trial import bundle
from heirloom.node.inspect import environments
from heirloom.node.spec import Spec
from heirloom.store.manifest import Entry, Manifest
from tests.unit.views.trials.searches import Search


class Stored(Search):
    """A search whose trials are on a store."""

    def __init__(self, path: Path) -> None:
        self.root = path / "store/ann/cnn-1"
        for name in ("trials", "attempts", "code/c", "runtime/r/heirloom", "environments"):
            (self.root / name).mkdir(parents=True)
        (self.root / "code/c/train.py").write_text("print(1)\n")
        super().__init__(path, root=self.root)

    def commit(self, trial: int, *parents: int, files: dict[str, str] | None = None) -> None:
        """Commit weights on the store, and end the trial."""
        found = {"w": f"weights of {trial}"} if files is None else files
        weights = self.root / f"trials/{trial}/weights"
        for name, text in found.items():
            (weights / name).parent.mkdir(parents=True, exist_ok=True)
            (weights / name).write_text(text)
        entries = tuple(
            Entry(name, len(text), f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
            for name, text in found.items()
        )
        verdict = Manifest(
            "cnn-1",
            trial,
            "succeeded",
            attempt=f"{trial}.1",
            node="a",
            value=0.5,
            parents=parents,
            weights=True,
            files=entries,
        )
        (self.root / f"trials/{trial}/manifest.json").write_bytes(verdict.to_json())
        spec = Spec(
            f"{trial}.1",
            "cnn-1",
            str(self.root),
            "a",
            "python train.py",
            "runtime/r",
            {},
            code="code/c",
            restore=parents,
            python="/opt/python",
        )
        (self.root / f"attempts/{trial}.1").mkdir()
        text = json.dumps({"format": 1, **vars(spec)})
        (self.root / f"attempts/{trial}.1/spec.json").write_text(text)
        self.end(trial, 0.5)


@pytest.fixture
def search(tmp_path: Path) -> Stored:
    search = Stored(tmp_path)
    search.trial({"lr": 0.1})
    search.commit(0)
    search.trial({"lr": 0.2}, 0)
    search.commit(1, 0, files={"w": "one", "deep/a\\b": "two"})
    return search


def test_an_export_holds_all_that_trains_the_trial_again(search: Stored, tmp_path: Path) -> None:
    record = {
        "format": 1,
        "node": "a",
        "python": "/opt/python",
        "version": "3.9.1",
        "platform": "Linux",
        "threads": "3",
        "packages": ["numpy==1.26.0", "odd\n\x1b\u2028\udc80line"],
    }
    name = environments.file_name("a", "/opt/python")
    (search.root / "environments" / name).write_text(json.dumps(record))
    out = tmp_path / "new/out"
    assert bundle.export(search.place, 1, out) == []
    assert {path.name for path in out.iterdir()} == {
        "README.md",
        "SHA256SUMS",
        "code",
        "environment.json",
        "manifest.json",
        "params.json",
        "parents",
        "requirements.txt",
        "runtime",
        "train.sh",
        "weights",
    }
    assert (out / "weights/deep/a\\b").read_text() == "two"
    assert (out / "parents/0/w").read_text() == "weights of 0"
    assert json.loads((out / "params.json").read_text()) == {"lr": 0.2}
    assert (out / "code/train.py").read_text() == "print(1)\n"
    assert (out / "SHA256SUMS").read_text().splitlines()[1].endswith("  deep/a\\\\b")
    assert (out / "requirements.txt").read_text().splitlines()[1:] == ["numpy==1.26.0", "oddline"]
    assert "export OMP_NUM_THREADS=3\n" in (out / "train.sh").read_text()
    assert "| starts from | trial 0 |" in (out / "README.md").read_text()


def test_what_is_missing_is_said(search: Stored, tmp_path: Path) -> None:
    (search.root / "trials/0/weights").rename(search.root / "trials/0/weights.removed")
    remarks = bundle.export(search.place, 1, tmp_path / "out")
    assert [remark.partition(",")[0] for remark in remarks] == [
        "The packages of its Python are not known",
        "It starts from the weights of trial 0",
    ]
    assert all(remark in (tmp_path / "out/README.md").read_text() for remark in remarks)
    (search.root / "attempts/1.1/spec.json").unlink()
    [remark] = bundle.export(search.place, 1, tmp_path / "other")
    assert "cannot be trained again" in remark
    assert not (tmp_path / "other/train.sh").exists()


def test_damaged_weights_are_not_exported(search: Stored, tmp_path: Path) -> None:
    (search.root / "trials/1/weights/w").write_text("eno")
    with pytest.raises(HeirloomError, match="damaged"):
        bundle.export(search.place, 1, tmp_path / "new/out")
    assert not list((tmp_path / "new").iterdir())


def test_a_directory_with_files_is_left_alone(search: Stored, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    bundle.export(search.place, 1, tmp_path / "out")  # it was empty
    with pytest.raises(HeirloomError, match="exists"):
        bundle.export(search.place, 1, tmp_path / "out")
    with pytest.raises(HeirloomError, match="exists"):
        bundle.export(search.place, 1, tmp_path / "out/README.md")
    with pytest.raises(HeirloomError, match="no such user"):
        bundle.export(search.place, 1, Path("~no-such-user/out"))


def test_a_trial_without_a_result_is_not_exported(search: Stored, tmp_path: Path) -> None:
    search.trial({"lr": 0.1})
    with pytest.raises(HeirloomError, match="is running"):
        bundle.export(search.place, 2, tmp_path / "out")
    with pytest.raises(HeirloomError, match="has no trial 9"):
        bundle.export(search.place, 9, tmp_path / "out")
    verdict = Manifest("cnn-1", 2, "failed", "broken")
    (search.root / "trials/2").mkdir()
    (search.root / "trials/2/manifest.json").write_bytes(verdict.to_json())
    search.end(2, None, "failed")
    with pytest.raises(HeirloomError, match="it is failed"):
        bundle.export(search.place, 2, tmp_path / "out")
    search.happen(e.RemovalAsked(at=99.0, trials=(1,)))
    with pytest.raises(HeirloomError, match="were removed"):
        bundle.export(search.place, 1, tmp_path / "out")
