import os
import random
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import heirloom
from controller.store import layout
from controller.store.layout import Root, StoreError
from controller.store.snapshots import listing, runtime, snapshot
from controller.store.snapshots.listing import CodeError


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return layout.create(tmp_path / "the store", "ann", "digits", "1")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "my code"
    path.mkdir()
    return path


def fill(code: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = code / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def names(copy: Path) -> list[str]:
    return sorted(p.relative_to(copy).as_posix() for p in copy.rglob("*") if not p.is_dir())


def test_equal_code_is_copied_once_and_read_only(root: Root, code: Path) -> None:
    fill(code, {"train.py": b"print(1)", "lib/net.py": b"x = 1", "run.sh": b"#!/bin/sh"})
    (code / "run.sh").chmod(0o755)
    taken = snapshot.take(code, root)
    copy = root.path / taken.path
    assert copy == root.code / taken.digest
    assert names(copy) == ["lib/net.py", "run.sh", "train.py"]
    assert (copy / "lib/net.py").read_bytes() == b"x = 1"
    assert (copy / "train.py").stat().st_mode & 0o777 == 0o440
    assert (copy / "run.sh").stat().st_mode & 0o777 == 0o550
    assert (copy / "lib").stat().st_mode & 0o777 == 0o550
    assert (taken.files, taken.size) == (3, 22)

    inode = (copy / "train.py").stat().st_ino
    assert snapshot.take(code, root) == taken
    assert (copy / "train.py").stat().st_ino == inode
    assert [p.name for p in root.code.iterdir()] == [taken.digest]


@pytest.mark.parametrize(
    "change",
    [
        lambda code: (code / "train.py").write_text("print(2)"),
        lambda code: (code / "train.py").rename(code / "main.py"),
        lambda code: (code / "train.py").chmod(0o755),
        lambda code: (code / "more.py").touch(),
        lambda code: (code / "link").symlink_to("train.py"),
    ],
    ids=["content", "name", "mode", "more", "link"],
)
def test_a_change_changes_the_digest(root: Root, code: Path, change) -> None:
    fill(code, {"train.py": b"print(1)"})
    before = snapshot.digest(code, root)
    os.utime(code / "train.py", (0, 0))
    assert snapshot.digest(code, root) == before
    change(code)
    assert snapshot.digest(code, root) != before


def test_a_link_and_a_file_differ_in_the_digest(root: Root, code: Path) -> None:
    fill(code, {"b": b"a"})
    as_file = snapshot.digest(code, root)
    (code / "b").unlink()
    (code / "b").symlink_to("a")
    assert snapshot.digest(code, root) != as_file


parts = st.text("abé .-_", min_size=1, max_size=4).filter(
    lambda part: part not in (".", "..") and part != listing.IGNORE_FILE
)
trees = st.dictionaries(
    st.lists(parts, min_size=1, max_size=3).map("/".join), st.binary(max_size=40), max_size=6
).filter(lambda tree: not any(a != b and b.startswith(a + "/") for a in tree for b in tree))


@settings(max_examples=25)
@given(trees, st.randoms(use_true_random=False))
def test_the_digest_depends_on_the_tree_alone(tree: dict[str, bytes], order: random.Random) -> None:
    digests = []
    with tempfile.TemporaryDirectory() as directory:
        for side in ("one", "two"):
            base = Path(directory, side)
            root = layout.create(base, "ann", "digits", "1")
            shuffled = list(tree.items())
            order.shuffle(shuffled)
            (base / "code").mkdir()
            fill(base / "code", dict(shuffled))
            expected = snapshot.digest(base / "code", root)
            taken = snapshot.take(base / "code", root)
            assert taken.digest == expected
            copy = root.path / taken.path
            assert {name: (copy / name).read_bytes() for name in names(copy)} == tree
            digests.append(taken.digest)
    assert digests[0] == digests[1]


def test_ignored_files_are_left_out(root: Root, code: Path) -> None:
    fill(
        code,
        {
            ".heirloomignore": b"# data\n*.pt\n!keep.pt\n/data/\nlogs/**\n\n\\#odd\nnotes?.txt\n",
            "a.pt": b"",
            "keep.pt": b"",
            "deep/b.pt": b"",
            "data/set": b"",
            "deep/data/set": b"",
            "logs/x/y": b"",
            "#odd": b"",
            "notes1.txt": b"",
            "notes.txt": b"",
        },
    )
    kept = [".heirloomignore", "deep/data/set", "keep.pt", "notes.txt"]
    assert [entry.path for entry in listing.entries(code)] == kept


def test_caches_environments_and_repositories_are_left_out(root: Root, code: Path) -> None:
    fill(
        code,
        {
            ".heirloomignore": b"!.git\n!.venv\n",
            ".git/config": b"",
            "lib/.git": b"gitdir: elsewhere",
            "lib/__pycache__/net.pyc": b"",
            ".venv/bin/python": b"",
            "env/pyvenv.cfg": b"home = /usr/bin",
            "env/bin/python": b"",
            "lib/conda/conda-meta/history": b"",
            ".gitignore": b"",
            "lib/net.py": b"",
        },
    )
    assert [e.path for e in listing.entries(code)] == [
        ".gitignore",
        ".heirloomignore",
        "lib/net.py",
    ]


def test_a_store_inside_the_code_is_left_out(code: Path) -> None:
    fill(code, {"train.py": b"", "home/journal.db": b"x"})
    root = layout.create(code / "store", "ann", "digits", "1")
    taken = snapshot.take(code, root, leave_out=(code / "home", code / "not-there"))
    assert names(root.path / taken.path) == ["train.py"]
    assert snapshot.digest(code, root, leave_out=(code / "home",)) == taken.digest


@pytest.mark.parametrize("line", ["!", "\\", "[z-a]"])
def test_an_invalid_pattern_is_named_with_its_line(code: Path, line: str) -> None:
    (code / ".heirloomignore").write_text(f"*.pt\n{line}\n")
    with pytest.raises(CodeError, match=r"ignore, line 2: .* is not a pattern of \.gitignore"):
        listing.entries(code)


def test_an_ignore_file_that_is_no_text_is_named(code: Path) -> None:
    (code / ".heirloomignore").write_bytes(b"\xff\xfe")
    with pytest.raises(CodeError, match=r"\.heirloomignore is not text"):
        listing.entries(code)


def sparse(path: Path, size: int) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def test_too_many_bytes_are_refused_before_copying(root: Root, code: Path) -> None:
    fill(code, {"train.py": b"print(1)"})
    sparse(code / "data" / "train.bin", 80_000_000)
    sparse(code / "data" / "test.bin", 15_000_000)
    sparse(code / "model.pt", 6_000_000)
    with pytest.raises(CodeError) as refused:
        snapshot.take(code, root)
    assert str(refused.value) == (
        f"the trial's code directory {code} has 101.0 MB, over the limit of 100.0 MB (largest: "
        "data/train.bin 80.0 MB, data/test.bin 15.0 MB, model.pt 6.0 MB, data/ 95.0 MB): name what "
        f"the trials do not need in {code}/.heirloomignore, in .gitignore's form; data can be "
        "elsewhere, with a link to its directory here"
    )
    assert list(root.code.iterdir()) == []
    (code / ".heirloomignore").write_text("data/\n")
    assert snapshot.take(code, root).files == 3


def test_too_many_files_are_refused(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNT_LIMIT", 5)
    fill(code, {f"data/{number}": b"" for number in range(6)})
    with pytest.raises(CodeError, match=r"has more than 5 files \(most in: data/\)"):
        listing.entries(code)


def test_links_that_stay_inside_are_kept_as_links(root: Root, code: Path) -> None:
    fill(code, {"lib/net.py": b"x = 1"})
    (code / "net.py").symlink_to("lib/net.py")
    (code / "lib" / "up").symlink_to("../lib")
    (code / "later").symlink_to("not-made-yet")
    copy = root.path / snapshot.take(code, root).path
    assert (copy / "net.py").readlink() == Path("lib/net.py")
    assert (copy / "net.py").read_bytes() == b"x = 1"
    assert (copy / "lib" / "up").is_symlink()
    assert (copy / "later").is_symlink()


@pytest.mark.parametrize("target", ["../data", "ABSOLUTE", "lib/../../data", "../data/../data"])
def test_a_link_to_a_directory_outside_stays_a_link(
    root: Root, code: Path, tmp_path: Path, target: str
) -> None:
    fill(tmp_path, {"data/set": b"x"})
    (code / "lib").mkdir()
    target = target.replace("ABSOLUTE", str(tmp_path / "data"))
    (code / "lib" / "deep").symlink_to(target if target.startswith("/") else f"../{target}")
    (code / "link").symlink_to(target)
    copy = root.path / snapshot.take(code, root).path
    assert (copy / "link").readlink() == (copy / "lib/deep").readlink() == tmp_path / "data"
    assert (copy / "link/set").read_bytes() == b"x"


def test_a_small_file_outside_is_copied_and_a_large_one_stays_a_link(
    root: Root, code: Path, tmp_path: Path
) -> None:
    fill(tmp_path, {"common/tool.sh": b"true"})
    (tmp_path / "common/tool.sh").chmod(0o755)
    sparse(tmp_path / "common/model.pt", 200_000_000)
    (code / "tool.sh").symlink_to("../common/tool.sh")
    (code / "model.pt").symlink_to("../common/model.pt")
    before = snapshot.take(code, root)
    copy = root.path / before.path
    assert (copy / "tool.sh").read_bytes() == b"true"
    assert (copy / "tool.sh").lstat().st_mode & 0o777 == 0o550
    assert not (copy / "tool.sh").is_symlink()
    assert (copy / "model.pt").readlink() == tmp_path / "common/model.pt"
    fill(tmp_path, {"common/tool.sh": b"false"})
    assert snapshot.digest(code, root) != before.digest


def test_an_absolute_link_to_something_inside_leads_into_the_snapshot(
    root: Root, code: Path
) -> None:
    fill(code, {"lib/net.py": b"x = 1", "deep/down/here.py": b""})
    (code / "deep/down/net.py").symlink_to(code / "lib/net.py")
    copy = root.path / snapshot.take(code, root).path
    assert (copy / "deep/down/net.py").readlink() == Path("../../lib/net.py")


@pytest.mark.parametrize("target", ["itself", "two", "/nonexistent/data", "../nonexistent", ".."])
def test_links_that_lead_nowhere_or_round_are_kept(root: Root, code: Path, target: str) -> None:
    (code / "itself").symlink_to(target)
    (code / "two").symlink_to("itself")
    copy = root.path / snapshot.take(code, root).path
    found = str((copy / "itself").readlink())
    assert found == (
        target if "/" not in target and target != ".." else os.path.normpath(code / target)
    )


def test_the_meaning_of_a_target_that_goes_up_from_a_link_is_kept(
    root: Root, code: Path, tmp_path: Path
) -> None:
    fill(tmp_path, {"far/away/x": b"", "far/data/set": b"right", "data/set": b"wrong"})
    (tmp_path / "hop").symlink_to("far/away")
    (code / "link").symlink_to("../hop/../data")
    copy = root.path / snapshot.take(code, root).path
    assert (copy / "link/set").read_bytes() == b"right"


def test_special_files_are_refused(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(code / "pipe")
    with pytest.raises(CodeError, match="pipe is neither a file"):
        listing.entries(code)
    (code / "pipe").unlink()
    monkeypatch.chdir(code)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock")
        with pytest.raises(CodeError, match="sock is neither a file"):
            listing.entries(code)


def test_an_unreadable_file_is_named(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(code, {"lib/secret": b""})
    # Root reads everything whatever its mode, so the answer is given here.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(CodeError, match=r"cannot read .*lib/secret: make it readable"):
        listing.entries(code)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodeError, match="nowhere does not exist"):
        listing.entries(tmp_path / "nowhere")


def test_a_failed_write_leaves_no_partial_snapshot(
    root: Root, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(code, {"lib/train.py": b"print(1)"})

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "_sync", full)
    with pytest.raises(StoreError, match=r"cannot write .*code: no space left on device"):
        snapshot.take(code, root)
    assert list(root.code.iterdir()) == []


def test_the_digest_of_a_file_edited_meanwhile_is_of_the_copied_bytes(
    root: Root, code: Path
) -> None:
    fill(code, {"train.py": b"print(1)"})
    found = listing.entries(code)
    fill(code, {"train.py": b"print(2)"})
    taken = snapshot.put(code, found, root.code)
    assert (root.path / taken.path / "train.py").read_bytes() == b"print(2)"
    assert taken.digest == snapshot.digest(code, root)


def test_the_runtime_is_the_package_and_nothing_else(root: Root) -> None:
    taken = runtime.take(root)
    copy = root.path / taken.path
    assert copy.parent == root.runtime
    assert sorted(path.name for path in copy.iterdir()) == ["heirloom"]
    package = Path(heirloom.__path__[0])
    sources = sorted(p.relative_to(package).as_posix() for p in package.rglob("*.py"))
    assert names(copy / "heirloom") == sources
    assert (copy / "heirloom" / "__init__.py").read_bytes() == (
        package / "__init__.py"
    ).read_bytes()
    assert runtime.take(root) == taken
