import errno
import os
import shutil
import stat
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heirloom.node.waiting.parents import verify_parent
from heirloom.store import manifest
from heirloom.store.commits.commit import CommitError, Recalled, commit, fence, pass_verdict
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest


class Recording(RealFiles):
    """Records its calls, and fails at a given call, before or after it takes effect."""

    def __init__(self, fail=None, after=False, code=errno.EIO):
        self.asked = []
        self._fail = fail
        self._after = after
        self._code = code

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name.startswith("_") or not callable(found):
            return found

        def noted(*given):
            self.asked.append((name, *given))
            if name != self._fail:
                return found(*given)
            if self._after:
                found(*given)
            raise OSError(self._code, os.strerror(self._code), given[0])

        return noted


class Store:
    def __init__(self, base):
        self.root = Path(base) / "exp-1"
        for name in ("trials", "attempts"):
            (self.root / name).mkdir(parents=True)

    def attempt(self, name, **files):
        out = self.root / "attempts" / name / "out"
        (out / "weights").mkdir(parents=True)
        for path, data in files.items():
            (out / "weights" / path).write_text(data)
        return out

    def commit(self, name, files=None, **more):
        out = self.root / "attempts" / name / "out"
        verdict = Manifest("exp-1", int(name.split(".")[0]), "succeeded", attempt=name, **more)
        return commit(files or RealFiles(), str(self.root), str(out), verdict, lambda: None)

    def standing(self, trial=7):
        return manifest.read(RealFiles(), str(self.root), trial)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_the_manifest_on_the_store_is_the_returned_one(store):
    store.attempt("7.1", w="abc")
    assert store.commit("7.1", value=0.5) == store.standing()


def test_everything_is_durable_before_the_rename_and_the_name_after(store):
    out = store.attempt("7.1", w="abc")
    (out / "weights/deep").mkdir()
    (out / "weights/deep/v").write_text("v")
    files = Recording()
    store.commit("7.1", files)
    done = [(deed[0], deed[1]) for deed in files.asked]
    rename = done.index(("rename", str(out)))
    weights = f"{out}/weights"
    for before in [
        ("sync_file", f"{weights}/w"),
        ("sync_file", f"{weights}/deep/v"),
        ("write", f"{out}/manifest.json"),
        ("sync_dir", f"{weights}/deep"),
        ("sync_dir", weights),
        ("sync_dir", str(out)),
    ]:
        assert before in done[:rename]
    assert done.index(("sync_dir", f"{weights}/deep")) < done.index(("sync_dir", weights))
    assert ("sync_dir", str(store.root / "trials")) in done[rename:]


def test_a_second_commit_returns_the_first_verdict(store):
    store.attempt("7.1", w="one")
    store.attempt("7.2", w="two")
    first = store.commit("7.2")
    assert store.commit("7.1") == first
    assert (store.root / "trials/7/weights/w").read_text() == "two"


@pytest.mark.parametrize("fail", ["rename", "sync_dir"])
def test_a_rename_that_succeeded_with_an_error_is_a_commit(store, fail):
    store.attempt("7.1", w="abc")

    class Lying(RealFiles):
        failed = False

        def rename(self, old, new):
            super().rename(old, new)
            if fail == "rename":
                raise OSError(errno.EIO, "the server restarted", old)

        def sync_dir(self, path):
            super().sync_dir(path)
            if fail == "sync_dir" and path.endswith("/trials") and not self.failed:
                self.failed = True
                raise OSError(errno.EIO, "the server restarted", path)

    assert store.commit("7.1", Lying()).attempt == "7.1"
    assert store.standing().attempt == "7.1"


def test_a_verdict_that_is_not_durable_is_not_reported(store):
    store.attempt("7.1", w="abc")

    class Unsynced(RealFiles):
        def sync_dir(self, path):
            if path.endswith("/trials"):
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            super().sync_dir(path)

    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        store.commit("7.1", Unsynced())
    assert store.standing().attempt == "7.1"
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        pass_verdict(Unsynced(), str(store.root), Manifest("exp-1", 7, "failed"))


@pytest.mark.parametrize(
    "fail", ["stat", "names", "chmod", "digest", "sync_file", "write", "sync_dir", "rename"]
)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.ESTALE])
def test_an_error_before_the_rename_leaves_no_verdict(store, fail, code):
    store.attempt("7.1", w="abc")
    with pytest.raises(OSError, match=os.strerror(code)) as caught:
        store.commit("7.1", Recording(fail, code=code))
    assert caught.value.errno == code
    assert store.standing() is None


def test_a_fenced_attempt_cannot_commit(store):
    out = store.attempt("7.1", w="abc")
    fence(RealFiles(), str(out), "recalled")
    fence(RealFiles(), str(out), "recalled")
    with pytest.raises(Recalled):
        store.commit("7.1")
    assert (out.parent / "out.recalled/weights/w").read_text() == "abc"


def test_a_fence_just_before_the_rename_holds(store):
    out = store.attempt("7.1", w="abc")

    class Fenced(RealFiles):
        def rename(self, old, new):
            fence(RealFiles(), str(out), "recalled")
            super().rename(old, new)

    with pytest.raises(Recalled):
        store.commit("7.1", Fenced())
    assert store.standing() is None


def make_link(weights):
    (weights / "odd").symlink_to("w")


def make_directory_link(weights):
    (weights / "odd").symlink_to("/")


def make_fifo(weights):
    os.mkfifo(weights / "odd")


def make_hard_link(weights):
    os.link(weights / "w", weights / "odd")


def make_dangling_link(weights):
    (weights / "odd").symlink_to("nowhere")


def make_link_out_of_it(weights):
    (weights / "odd").symlink_to("/etc/passwd")


def make_socket(weights):
    os.mknod(weights / "odd", stat.S_IFSOCK | 0o600)  # bind(2) takes short paths only


def make_device(weights):
    try:
        os.mknod(weights / "odd", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices, and not everywhere")


def make_foreign_hard_link(weights):
    (weights.parents[3] / "mine").write_text("precious")
    os.link(weights.parents[3] / "mine", weights / "odd")


def make_endless_path(weights):
    before = Path.cwd()
    os.chdir(weights)
    for _ in range(20):
        os.mkdir("x" * 250)  # noqa: PTH102 - no absolute path leads there
        os.chdir("x" * 250)
    os.chdir(before)


def make_name_of_bytes(weights):
    Path(os.fsdecode(os.fsencode(weights) + b"/odd\xff")).touch()


def make_name_of_two_lines(weights):
    (weights / "odd\nname").touch()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_link, "a symbolic link"),
        (make_dangling_link, "weights/odd is a symbolic link: replace it by a file"),
        (make_link_out_of_it, "a symbolic link"),
        (make_socket, "not a regular file"),
        (make_device, "not a regular file"),
        (make_foreign_hard_link, "has more than one hard link: replace it by a copy"),
        (make_endless_path, "a path of more than 4,000 bytes: shorten it"),
        (make_directory_link, "a symbolic link"),
        (make_fifo, "not a regular file"),
        (make_hard_link, "more than one hard link"),
        (make_name_of_bytes, "not one line of UTF-8"),
        (make_name_of_two_lines, "not one line of UTF-8"),
    ],
)
def test_other_than_regular_files_are_refused(store, make, message):
    out = store.attempt("7.1", w="abc")
    make(out / "weights")
    with pytest.raises(CommitError, match=message):
        store.commit("7.1")
    assert store.standing() is None
    fence(RealFiles(), str(out), "failed")
    shutil.rmtree(out.parent)


def test_a_file_outside_that_is_linked_into_a_save_path_is_unchanged(store):
    make_foreign_hard_link(store.attempt("7.1") / "weights")
    mine = store.root / "mine"
    before = mine.stat()
    with pytest.raises(CommitError):
        store.commit("7.1")
    assert mine.read_text() == "precious"
    assert mine.stat().st_mode == before.st_mode


def test_the_longest_names_are_committed(store):
    names = {"n" * 255: "a", "ü" * 127: "b", "-rf *": "c", "'; true": "d", "...": "e"}
    store.attempt("7.1", **names)
    found = store.commit("7.1")
    assert (
        {entry.path for entry in found.files}
        == set(names)
        == {entry.path for entry in store.standing().files}
    )


def test_a_path_near_the_limit_is_committed_and_read(store):
    deep = store.attempt("7.1") / "weights"
    while len(bytes(deep)) < 3700:
        deep /= "x" * 200
    deep.mkdir(parents=True)
    (deep / "w").write_text("abc")
    store.commit("7.1")
    found = verify_parent(RealFiles(), str(store.root), 7, lambda *_: set(), lambda: None)
    assert found.size == 3


def test_directories_without_permissions_are_made_readable(store):
    weights = store.attempt("7.1") / "weights"
    (weights / "deep").mkdir()
    (weights / "deep/w").write_text("abc")
    (weights / "deep/w").chmod(0)
    (weights / "deep").chmod(0)
    assert store.commit("7.1").size == 3


def test_files_of_another_user_fail_the_trial(store):
    store.attempt("7.1", w="abc")
    with pytest.raises(CommitError, match="'weights' belongs to another user: let the trial write"):
        store.commit("7.1", Recording("chmod", code=errno.EPERM))


def test_names_that_do_not_fit_a_manifest_are_refused(store, monkeypatch):
    monkeypatch.setattr("heirloom.store.manifest.SIZE_LIMIT", 2 << 20)
    store.attempt("7.1", **{f"{number}" + "ü" * 120: "" for number in range(3000)})
    with pytest.raises(CommitError, match="names of its files take more than 2 MiB: shorten"):
        store.commit("7.1")
    assert store.standing() is None


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_a_fence_uses_the_next_free_name(store, kind):
    out = store.attempt("7.1", w="abc")
    taken = out.with_name("out.failed")
    if kind == "file":
        taken.touch()
    elif kind == "link":
        taken.symlink_to("nowhere")
    else:
        (taken / "deep").mkdir(parents=True)
    fence(RealFiles(), str(out), "failed")
    assert not out.exists()
    assert (out.parent / "out.failed.1/weights/w").read_text() == "abc"
    with pytest.raises(Recalled):
        store.commit("7.1")


@pytest.mark.parametrize("spread", [1, 7])
def test_too_many_files_are_refused_before_they_are_all_listed(store, monkeypatch, spread):
    monkeypatch.setattr("heirloom.store.commits.commit.COUNT_LIMIT", 100)
    weights = store.attempt("7.1") / "weights"
    for number in range(2000):
        path = weights / f"d{number % spread}/f{number}"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    listed = []

    class Counting(RealFiles):
        def names(self, path, limit=None):
            found = super().names(path, limit)
            listed.extend(found)
            return found

    with pytest.raises(CommitError, match="more than 100 files in the save path: pack them"):
        store.commit("7.1", Counting())
    assert len(listed) < 120


def test_many_files_beside_the_save_path_are_not_listed(store):
    out = store.attempt("7.1", w="abc")
    for number in range(50):
        (out / f"f{number}").touch()

    class Counting(RealFiles):
        def names(self, path, limit=None):
            assert 0 < (limit or 0) < 10
            return super().names(path, limit)

    with pytest.raises(CommitError, match="is beside the save path"):
        store.commit("7.1", Counting())


def test_the_maximum_number_of_files_is_committed(store, monkeypatch):
    monkeypatch.setattr("heirloom.store.commits.commit.COUNT_LIMIT", 4)
    store.attempt("7.1", a="", b="", c="")
    assert len(store.commit("7.1").files) == 3  # and a directory


def test_many_and_large_files_are_measured_by_several_threads(store):
    names = {f"f{number}": "x" * number for number in range(30)}
    out = store.attempt("7.1", **names)
    (out / "weights/large").write_bytes(bytes(5 << 20))
    files = Recording()
    found = store.commit("7.1", files)
    assert {entry.path: entry.size for entry in found.files} == {
        **{name: len(data) for name, data in names.items()},
        "large": 5 << 20,
    }
    synced = {deed[1] for deed in files.asked if deed[0] == "sync_file"}
    assert synced == {f"{out}/weights/{entry.path}" for entry in found.files}


def test_an_error_in_one_thread_fails_the_commit(store):
    store.attempt("7.1", **{f"f{number}": "x" for number in range(30)})
    with pytest.raises(OSError, match="No space"):
        store.commit("7.1", Recording("sync_file", code=errno.ENOSPC))


def test_an_unprivileged_user_can_commit():
    if os.geteuid() != 0:
        pytest.skip("not root: every other test here shows it")
    base = tempfile.mkdtemp()
    os.chown(base, 65534, 65534)
    os.seteuid(65534)
    try:
        store = Store(base)
        out = store.attempt("7.1", w="abc")
        (out / "weights/deep").mkdir()
        assert store.commit("7.1").attempt == "7.1"
        with pytest.raises(PermissionError):
            (store.root / "trials/7/weights/w").write_text("other")
        with pytest.raises(PermissionError):
            (store.root / "trials/7/manifest.json").unlink()
    finally:
        os.seteuid(0)
        shutil.rmtree(base)


def test_a_verdict_without_weights(store):
    verdict = Manifest("exp-1", 7, "skipped", "its parent failed")
    assert pass_verdict(RealFiles(), str(store.root), verdict) == verdict
    assert store.standing() == verdict
    assert list((store.root / "attempts").iterdir()) == []


def test_passing_a_verdict_returns_an_existing_one(store):
    store.attempt("7.1", w="abc")
    committed = store.commit("7.1")
    verdict = Manifest("exp-1", 7, "failed", "lost")
    assert pass_verdict(RealFiles(), str(store.root), verdict) == committed
    assert {path.name for path in (store.root / "attempts").iterdir()} == {"7.1"}


@pytest.mark.parametrize("fail", ["make_dir", "write", "chmod", "sync_dir", "rename"])
@pytest.mark.parametrize("after", [False, True])
def test_an_interrupted_verdict_is_passed_by_the_next_call(store, fail, after):
    verdict = Manifest("exp-1", 7, "skipped", "its parent failed")
    try:
        first = pass_verdict(Recording(fail, after), str(store.root), verdict)
    except OSError:
        assert store.standing() is None
    else:
        assert first == store.standing()
    assert pass_verdict(RealFiles(), str(store.root), verdict) == verdict
    assert store.standing() == verdict


@settings(max_examples=30)
@given(
    attempts=st.integers(2, 5),
    verdicts=st.integers(0, 2),
    lie=st.booleans(),
    data=st.dictionaries(st.sampled_from("abc"), st.text("xyz", max_size=5)),
)
def test_concurrent_commits_and_verdicts_agree_on_one_manifest(attempts, verdicts, lie, data):
    with tempfile.TemporaryDirectory() as base:
        store = Store(base)
        together = threading.Barrier(attempts + verdicts)
        seen = []

        class Racing(RealFiles):
            def rename(self, old, new):
                together.wait()
                super().rename(old, new)
                if lie:
                    raise OSError(errno.EIO, "happened all the same", old)

        def attempt(name):
            seen.append((name, store.commit(name, Racing())))

        def verdict(number):
            # Drafts of the controller share a name, so each has a directory of attempts of its own.
            mine = Manifest("exp-1", 7, "cancelled", str(number), attempt=f"7.{90 + number}")
            seen.append((mine.attempt, pass_verdict(Racing(), str(store.root), mine)))

        for number in range(attempts):
            store.attempt(f"7.{number}", **data)
        racers = [threading.Thread(target=attempt, args=(f"7.{n}",)) for n in range(attempts)]
        racers += [threading.Thread(target=verdict, args=(n,)) for n in range(verdicts)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert len(seen) == attempts + verdicts
        assert {found.attempt for _, found in seen} == {store.standing().attempt}
        assert len(list((store.root / "trials").iterdir())) == 1
