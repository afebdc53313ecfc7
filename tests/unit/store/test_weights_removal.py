"""Removal of weights from a real directory. Repeating an interrupted removal completes it."""

import errno
import os

import pytest

from controller.core.events import CheckpointsRemoved, Removed
from controller.store import layout
from controller.store.gc import CheckpointRemoval, Removal, remove_leftovers, remove_weights
from heirloom.node.attempt_ended import AttemptEnded
from heirloom.node.waiting.parents import verify_parent
from heirloom.store import manifest
from heirloom.store.commits.commit import commit
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

CHANGES = ("rename", "chmod", "remove", "remove_dir", "sync_dir")


class Dying(RealFiles):
    """Fails at the n-th change, before or after it, and at every later one."""

    def __init__(self, changes=10**6, *, after=False, code=errno.EIO):
        self.left, self.after, self.code = changes, after, code

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name not in CHANGES:
            return found

        def change(*paths):
            self.left -= 1
            if self.left < 0 and not (self.after and self.left == -1):
                raise OSError(self.code, os.strerror(self.code), paths[0])
            found(*paths)
            if self.left < 0:
                raise OSError(self.code, os.strerror(self.code), paths[0])

        return change


@pytest.fixture
def root(tmp_path):
    return layout.create(tmp_path / "store", "ann", "exp", "1")


def committed(root, trial, parents=(), **contents):
    out = root.attempt(trial, 1) / "out"
    (out / "weights/deep").mkdir(parents=True)
    for name, data in contents.items():
        (out / "weights/deep" / name).write_text(data)
    verdict = Manifest(
        root.experiment, trial, "succeeded", attempt=f"{trial}.1", parents=parents, value=1.0
    )
    return commit(RealFiles(), str(root.path), str(out), verdict, lambda: None)


def names(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))


def removal(root, trials=(), attempts=(), files=None):
    return Removal(root, files or RealFiles(), trials, attempts)


def to_its_end(work):
    done = None
    while done is None:
        done = work.step(5.0)
    return done


def test_the_manifest_stays_unchanged(root):
    verdict = committed(root, 7, w="abc", v="de")
    assert to_its_end(removal(root, [7])) == Removed(at=5.0, trials=(7,), size=5)
    assert names(root.trial(7)) == ["manifest.json", "weights.removed"]
    assert manifest.read(RealFiles(), str(root.path), 7) == verdict
    assert root.trial(7).stat().st_mode & 0o777 == 0o550


def test_other_trials_are_unchanged(root):
    for trial in range(3):
        committed(root, trial, w=f"{trial}")
    before = names(root.trial(0)), names(root.trial(2))
    to_its_end(removal(root, [1]))
    assert (names(root.trial(0)), names(root.trial(2))) == before


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("change", range(11))
def test_after_a_crash_readers_see_all_or_nothing_and_a_retry_completes(root, change, after):
    committed(root, 7, w="abc", v="de")
    crashed = False
    try:
        sum(remove_weights(Dying(change, after=after), str(root.trial(7))))
    except OSError:
        crashed = True
    weights = root.weights(7)
    if weights.exists():
        verify_parent(RealFiles(), str(root.path), 7, lambda *_: set(), lambda: None)
    sum(remove_weights(RealFiles(), str(root.trial(7))))
    assert names(root.trial(7)) == ["manifest.json", "weights.removed"]
    assert root.trial(7).stat().st_mode & 0o777 == 0o550
    assert crashed == (change < 10)


def test_a_child_of_removed_weights_ends_with_a_reason(root):
    committed(root, 7, w="abc")
    to_its_end(removal(root, [7]))
    with pytest.raises(AttemptEnded) as ended:
        verify_parent(RealFiles(), str(root.path), 7, lambda *_: set(), lambda: None)
    assert (ended.value.outcome, ended.value.parent) == ("parent", 7)
    assert ended.value.reason == "the weights of trial 7 were removed"


@pytest.mark.parametrize("kind", ["weights", "leftovers"])
def test_removals_are_durable_before_they_are_reported(root, kind):
    committed(root, 7, w="abc")
    (root.attempt(7, 1) / "out.failed").mkdir()

    class Recording(RealFiles):
        def __getattribute__(self, name):
            if name in CHANGES:
                calls.append(name)
            return super().__getattribute__(name)

    calls = []
    work = ([7], []) if kind == "weights" else ([], [(7, 1)])
    to_its_end(removal(root, *work, files=Recording()))
    removals = [at for at, name in enumerate(calls) if name in ("remove", "remove_dir")]
    assert removals
    assert "sync_dir" in calls[removals[-1] :]


def test_bytes_shared_with_a_child_stay(root):
    committed(root, 7, w="abc")
    committed(root, 8, parents=(7,), w="abc")
    child = root.weights(8) / "deep/w"
    assert child.stat().st_nlink == 2
    to_its_end(removal(root, [7]))
    assert child.stat().st_nlink == 1
    verify_parent(RealFiles(), str(root.path), 8, lambda *_: set(), lambda: None)


def test_removal_is_idempotent(root):
    committed(root, 7, w="abc")
    to_its_end(removal(root, [7]))
    assert to_its_end(removal(root, [7])) == Removed(at=5.0, trials=(7,), size=0)


def test_a_missing_trial_is_no_error(root):
    assert to_its_end(removal(root, [99], [(99, 1)])).trials == (99,)


def test_leftovers_are_removed_and_logs_stay(root):
    attempt = root.attempt(3, 2)
    (attempt / "out.failed/weights/deep").mkdir(parents=True)
    (attempt / "out/weights").mkdir(parents=True)
    (attempt / "out.failed/weights/deep/w").write_text("abc")
    (attempt / "out.failed/weights/deep").chmod(0o500)
    (attempt / "out/weights/link").symlink_to(root.trials)
    (attempt / "output.log").write_text("hello")
    committed(root, 3, w="abc")
    done = to_its_end(removal(root, [], [(3, 2)]))
    assert done == Removed(at=5.0, attempts=((3, 2),), size=3)
    assert names(attempt) == ["output.log"]
    assert root.weights(3).exists()
    assert sum(remove_leftovers(RealFiles(), str(attempt))) == 0


class StaleName(RealFiles):
    """A client whose cached name `out` leads to committed weights until it renames the name."""

    def __init__(self, out, committed):
        self.out, self.committed, self.stale = str(out), str(committed), True

    def followed(self, path):
        inside = self.stale and f"{path}/".startswith(f"{self.out}/")
        return self.committed + path[len(self.out) :] if inside else path

    def stat(self, path):
        return super().stat(self.followed(path))

    def names(self, path, limit=None):
        cached = ["out"] if self.stale and path == self.out.rpartition("/")[0] else []
        return super().names(self.followed(path), limit) + cached

    def chmod(self, path, mode):
        super().chmod(self.followed(path), mode)

    def remove(self, path):
        super().remove(self.followed(path))

    def remove_dir(self, path):
        super().remove_dir(self.followed(path))

    def rename(self, old, new):
        self.stale = False
        super().rename(old, new)


def test_a_cached_name_does_not_lead_to_committed_weights(root):
    committed(root, 3, w="abc")
    attempt = root.attempt(3, 1)
    files = StaleName(attempt / "out", root.trial(3))
    assert list(remove_leftovers(files, str(attempt))) == []
    assert names(root.weights(3))


def test_links_named_like_leftovers_are_not_followed(root, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    (mine / "precious").write_text("abc")
    attempt = root.attempt(3, 2)
    attempt.mkdir()
    (attempt / "out.best").symlink_to(mine)
    (attempt / "out.gone").symlink_to("nowhere")
    (attempt / "out.txt").write_text("four")
    os.mkfifo(attempt / "out.fifo")
    (attempt / "output.log").write_text("hello")
    done = to_its_end(removal(root, [], [(3, 2)]))
    assert done == Removed(at=5.0, attempts=((3, 2),), size=4)
    assert names(attempt) == ["output.log"]
    assert (names(mine), mine.stat().st_mode & 0o7777) == (["precious"], 0o700)


def test_leftovers_nested_deeper_than_the_longest_path_are_removed(root, monkeypatch):
    weights = root.attempt(3, 2) / "out.failed/weights"
    weights.mkdir(parents=True)
    monkeypatch.chdir(weights)
    for _ in range(200):
        os.mkdir("x" * 50)  # noqa: PTH102 - no absolute path leads there
        os.chdir("x" * 50)
        with open("w", "w") as file:  # noqa: PTH123 - nor to this file
            file.write("ab")
    os.chdir("/")
    done = to_its_end(removal(root, [], [(3, 2)]))
    assert (done.size, names(root.attempt(3, 2))) == (400, [])


def test_many_files_are_removed_in_steps(root, monkeypatch):
    monkeypatch.setattr("controller.store.gc._PIECE", 10)
    committed(root, 7, **{f"w{number}": "ab" for number in range(25)})
    work = removal(root, [7])
    assert work.step(1.0) is None
    assert len(list((root.trial(7) / "weights.removed/deep").iterdir())) == 15
    assert to_its_end(work) == Removed(at=5.0, trials=(7,), size=50)


def test_a_directory_closed_by_a_running_attempt_is_opened_again(root):
    weights = root.attempt(3, 2) / "out/weights"
    weights.mkdir(parents=True)
    (weights / "w").write_text("abc")

    class Closed(RealFiles):
        def remove(self, path):
            if refusals:
                raise refusals.pop()
            super().remove(path)

    refusals = [OSError(errno.EACCES, "Permission denied", f"{weights}/w")]
    done = to_its_end(removal(root, [], [(3, 2)], files=Closed()))
    assert (done.attempts, done.problem) == (((3, 2),), "")
    assert not weights.exists()


def test_a_step_removes_one_trial(root):
    for trial in range(3):
        committed(root, trial, w="abc")
    work = removal(root, [0, 1, 2])
    assert work.step(1.0) is None
    assert not root.weights(0).exists()
    assert root.weights(1).exists()


def test_removal_continues_after_an_io_error(root):
    for trial in range(2):
        committed(root, trial, w="abc")
    files = Dying(0)
    work = removal(root, [0, 1], files=files)
    with pytest.raises(OSError, match="Input/output"):
        work.step(1.0)
    files.left = 100
    assert to_its_end(work).trials == (0, 1)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EACCES, errno.EROFS])
def test_a_permission_error_is_reported_and_keeps_the_weights(root, code):
    for trial in range(2):
        committed(root, trial, w="abc")

    class Forbidden(RealFiles):
        def chmod(self, path, mode):
            if path == str(root.trial(0)):
                raise OSError(code, os.strerror(code), path)
            super().chmod(path, mode)

    done = to_its_end(removal(root, [0, 1], files=Forbidden()))
    assert done.trials == (1,)
    assert done.problem.lower() == f"{os.strerror(code)}: {root.trial(0)}".lower()
    assert root.weights(0).exists()


def test_checkpoints_are_removed_and_nothing_else(root):
    attempt = root.attempt(3, 1)
    for name in ("checkpoint/90", "checkpoint/draft.1.0", "continued/deep", "out/weights"):
        (attempt / name).mkdir(parents=True)
        (attempt / name / "model").write_text("weights")
    work = CheckpointRemoval(root, RealFiles(), ((3, 1), (3, 2)))
    assert to_its_end(work) == CheckpointsRemoved(at=5.0, attempts=((3, 1), (3, 2)))
    assert [path.name for path in attempt.iterdir()] == ["out"]
    assert (attempt / "out/weights/model").exists()
