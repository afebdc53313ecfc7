"""Remarks on data that trials do not find, and on files that hide modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import heirloom
from controller.store.snapshots import hidden, listing, outside
from controller.store.snapshots.listing import entries


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "code"
    for name in ("code/src/train.py", "data/acc.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return path


def on_links(code: Path, *, is_local: bool = True) -> list[str]:
    return list(outside.on_links(code, entries(code), is_local=is_local))


def test_links_out_of_the_code_are_named(code: Path, tmp_path: Path) -> None:
    assert on_links(code) == []
    (code / "data").symlink_to("../data")
    [note] = on_links(code)
    assert f"data -> {tmp_path}/data: a link out of the code directory" in note
    assert "every node" not in note
    [note] = on_links(code, is_local=False)
    assert "every node must have it at the same path" in note


@pytest.mark.parametrize("target", ["/nonexistent/data", "../nonexistent"])
def test_links_to_what_is_not_here_are_named(code: Path, target: str) -> None:
    (code / "data").symlink_to(target)
    assert "does not exist on this machine: trials cannot read it" in on_links(code)[0]
    assert "every node must have it" in on_links(code, is_local=False)[0]


def test_links_to_what_the_snapshot_lacks_are_named(code: Path) -> None:
    (code / "sets").mkdir()
    (code / "sets/a").touch()
    (code / "link").symlink_to("sets")
    (code / "here").symlink_to(".")
    (code / "lost").symlink_to("not-made-yet")  # as an editor's lock is
    assert on_links(code) == []
    (code / ".heirloomignore").write_text("sets/\n")
    assert on_links(code) == [
        "link -> sets: a link to what .heirloomignore leaves out, so trials do not find it"
    ]


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("python t.py ../data/acc.txt", "../data/acc.txt"),
        ("python t.py --data=../data", "../data"),
        ("python t.py --data '../my'", "../my"),
        (["python", "t.py", "../a b"], "../a"),
        ("python src/../../train.py", "src/../../train.py"),
        ("cd .. && python train.py", ".."),
        ("cat <../x", "../x"),
    ],
)
def test_words_that_lead_out_of_the_code_are_named(
    code: Path, command: str | list[str], path: str
) -> None:
    [note] = outside.on_words(code, outside.words(command, {}))
    assert note.startswith(f"{path} (in trial.command) lies outside of the code directory")


@pytest.mark.parametrize(
    "command",
    [
        "python src/../train.py",
        "python a..b",
        "git log HEAD...main",
        "x /abs/../y",
        "ls http://a/../b",
    ],
)
def test_other_words_are_not_named(code: Path, command: str) -> None:
    assert list(outside.on_words(code, outside.words(command, {}))) == []


def test_words_that_name_what_the_snapshot_lacks_are_named(code: Path) -> None:
    for name in ("sets/a", "more/b"):
        (code / name).parent.mkdir()
        (code / name).touch()
    (code / "empty").mkdir()
    (code / ".heirloomignore").write_text("sets/\n")

    def notes(command: str) -> list[str]:
        return list(outside.on_left_out(code, entries(code), outside.words(command, {})))

    for command in ("python src/train.py more more/b .", "python x.py --data=/sets nothing"):
        assert notes(command) == []
    for word in ("sets", "sets/a", "--data=./sets", "empty", "'sets/'"):
        [note] = notes(f"python src/train.py {word}")
        assert "(in trial.command) is in the code directory and not in the snapshot" in note


def test_values_are_named_with_their_key(code: Path) -> None:
    values = {
        "trial.environment": {"DATA": "../data"},
        "search_space": {"set": {"_type": "choice", "_value": ["../data", 1, None]}},
    }
    [note] = outside.on_words(code, outside.words("true", values))
    assert "../data (in trial.environment, search_space) lies outside" in note


@pytest.mark.parametrize(
    "line",
    [
        'open("../data/acc.txt")',
        "path = os.path.join('..', 'data')",
        'Path("..") / "data"',
        "DATA=${DATA:-../data}",
        "x = 1  # then read ../data",
    ],
)
def test_sources_that_read_beside_the_code_are_named(code: Path, line: str) -> None:
    (code / "t.py").write_text(f"import os\n{line}\n")
    [note] = outside.on_sources(code, entries(code), ())
    assert note.startswith("../data")
    assert "(in t.py:2) lies outside" in note


@pytest.mark.parametrize(
    "line", ['open("../nothing/here")', "# see ../data", "from .. import data"]
)
def test_other_lines_are_not_named(code: Path, line: str) -> None:
    (code / "t.py").write_text(f"{line}\n")
    assert list(outside.on_sources(code, entries(code), ())) == []


def test_text_that_no_path_can_be_is_not_named(code: Path) -> None:
    long = "x" * 5000
    (code / "t.py").write_text(f'open("../{long}")')
    words = list(outside.words(f"python {long}", {}))
    assert list(outside.on_sources(code, entries(code), words)) == []
    assert list(outside.on_left_out(code, entries(code), words)) == []


def test_a_path_that_the_experiment_names_is_not_named_again(code: Path) -> None:
    (code / "experiment.yml").write_text("command: python t.py ../data")
    words = list(outside.words("python t.py ../data", {}))
    assert list(outside.on_sources(code, entries(code), words)) == []


def test_a_path_upwards_that_stays_inside_is_not_named(code: Path) -> None:
    (code / "data").mkdir()
    (code / "src/train.py").write_text('open("../data/acc.txt")')
    assert list(outside.on_sources(code, entries(code), ())) == []


def on_names(code: Path, command: str = "python train.py") -> list[str]:
    return list(hidden.on_names(code, entries(code), command))


@pytest.mark.parametrize(
    "name", ["nni.py", "heirloom.py", "nni/__init__.py", "heirloom/__init__.py"]
)
def test_a_file_that_hides_heirlooms_modules_is_named(code: Path, name: str) -> None:
    (code / name).parent.mkdir(exist_ok=True)
    (code / name).touch()
    [note] = on_names(code)
    assert note.startswith(f"{name} in the code directory hides Heirloom's module ")


def test_files_with_names_of_pythons_modules_are_named(code: Path) -> None:
    for name in ("json.py", "random.py", "controller.py", "os.py", "code.py", "train.py"):
        (code / name).touch()
    [note] = on_names(code)
    assert ": json.py, random.py; " in note


def test_names_beside_a_script_in_a_directory_count(code: Path) -> None:
    (code / "src/nni.py").touch()
    assert on_names(code) == []
    assert "src/nni.py" in on_names(code, "python src/train.py")[0]


def test_directories_that_are_no_packages_hide_nothing(code: Path) -> None:
    for name in ("nni", "json"):
        (code / name).mkdir()
        (code / name / "data.txt").touch()
    assert on_names(code) == []


def test_heirlooms_own_repository_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("SIZE_LIMIT", "COUNT_LIMIT"):  # make may have left anything in build
        monkeypatch.setattr(listing, limit, sys.maxsize)
    assert on_names(Path(heirloom.__path__[0]).parent) == []
