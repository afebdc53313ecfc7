"""Every command with a standard output that fails, on experiments of an earlier version."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import typer

from controller.cli import app
from tests.golden.golden import Golden
from tests.integration.search.conftest import ASCII_LOCALE, PATIENCE, REPOSITORY

READER_LEFT = 141
CANNOT_WRITE = 2
COMMANDS = [
    "--help",
    "--version",
    "run --help",
    "status",
    "status --json",
    "status evolution",
    "trials evolution",
    "trials evolution --json",
    "trials evolution --csv",
    "curves evolution",
    "curves evolution 8 --csv",
    "diff evolution 10 7",
    "lineage evolution",
    "lineage evolution 10 --csv",
    "watch evolution",
    "show evolution 3",
    "logs evolution 3",
    "logs -f evolution 3",
    "report evolution",
    "compare evolution family",
    "export evolution --to csv",
    "verify evolution",
    "gc evolution --dry-run",
    "cancel family 4",
    "retry nni 0",
    "check --schema",
    "check made/experiment.yml",
    "nodes --json",
    "nodes",
    "convert nni.yml",
]
# `run`, `rerun`, `resume` and `stop` go on without output (below), `serve` does not end by itself
# (search/test_served.py), and the others print after their effect.
ELSEWHERE = {"run", "rerun", "resume", "stop", "recover", "site", "init", "remove", "serve"}
NNI = """
searchSpace: {x: {_type: uniform, _value: [0, 1]}}
trialCommand: python train.py
trialConcurrency: 1
maxTrialNumber: 2
tuner: {name: Random}
trainingService: {platform: local}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("output")
    Golden("format-1", directory)
    (directory / "nni.yml").write_text(NNI)
    (directory / "train.py").touch()
    assert run(directory, "init made").returncode == 0
    return directory


def run(
    place: Path,
    words: str,
    stdout: int = subprocess.PIPE,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[str]:
    return _run([sys.executable, "-m", "controller", *words.split()], place, stdout, variables)


def run_in_shell(place: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line for sh(1), in which `h` is the command."""
    start = f'h() {{ "{sys.executable}" -m controller "$@"; }}; '
    return _run(["sh", "-c", start + line], place, subprocess.PIPE, {})


def _run(
    command: list[str], place: Path, stdout: int, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    environment = {"HEIRLOOM_HOME": str(place / "home"), "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        command,
        cwd=place,
        env={**os.environ, **environment, **variables},
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


def test_every_command_is_tried_here() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    assert set(group.commands) == {words.split()[0] for words in COMMANDS[2:]} - {""} | ELSEWHERE


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_whose_reader_left_ends_quietly(place: Path, words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(place, words, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (READER_LEFT, "")


@pytest.mark.parametrize("words", COMMANDS)
def test_a_full_disk_is_named(place: Path, words: str) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = run(place, words, stdout=full.fileno())
    assert done.returncode == CANNOT_WRITE
    assert done.stderr == "error: standard output cannot be written: no space left on device\n"


def test_closed_streams_are_as_the_null_device(place: Path) -> None:
    for closed in (">&-", "2>&-", "<&-", "<&- >&- 2>&-"):
        for words in ("status", "trials evolution --json", "logs evolution 3"):
            done = run_in_shell(place, f"h {words} {closed}")
            assert (done.returncode, done.stderr) == (0, ""), (words, closed)
    assert run_in_shell(place, "h remove nni <&-").returncode == 1  # nobody says yes


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        ASCII_LOCALE,
        {"LANG": "xx_XX.ISO-8859-1", "PYTHONUNBUFFERED": "1"},
        {"NO_COLOR": "1", "TERM": "dumb"},
        {"COLUMNS": "0", "LINES": "0"},
        {"COLUMNS": "1", "FORCE_COLOR": "1"},
    ],
    ids=str,
)
def test_tables_are_whole_in_any_surroundings(place: Path, variables: dict[str, str]) -> None:
    done = run(place, "trials evolution", variables=variables)
    assert (done.returncode, done.stderr) == (0, "")
    for trial in json.loads(run(place, "trials evolution --json").stdout):
        assert json.dumps(trial["params"]) in done.stdout
    done = run(place, "--help", variables=variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert "trials" in done.stdout


@pytest.mark.parametrize(
    "variables", [{"TERM": "dumb"}, {"COLUMNS": "0"}, {"COLUMNS": "1"}, {"COLUMNS": "60"}], ids=str
)
def test_a_table_on_a_terminal_shows_its_columns(place: Path, variables: dict[str, str]) -> None:
    reader, writer = pty.openpty()
    try:
        done = run(place, "trials skipped", stdout=writer, variables=variables)
        shown = os.read(reader, 1 << 16).decode()
    finally:
        os.close(reader)
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(word in shown for word in ("parents", "succeeded", "skipped"))


def test_the_live_view_leaves_the_terminal_as_it_was(place: Path) -> None:
    reader, writer = pty.openpty()
    try:
        done = run(place, "watch evolution", stdout=writer, variables={"TERM": "xterm"})
        shown = os.read(reader, 1 << 16).decode()
    finally:
        os.close(reader)
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown.index("\x1b[?25l") < shown.index("best: ") < shown.index("\x1b[?25h")


def test_a_follower_ends_when_its_reader_leaves(place: Path) -> None:
    """Trial 6 of this interrupted experiment never ends, and prints nothing more."""
    reader, writer = os.pipe()
    os.close(reader)
    done = run(place, "logs -f family 6", stdout=writer)
    os.close(writer)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "redirection"),
    [("piped", "| head -0"), ("full", "> /dev/full"), ("closed", "<&- >&- 2>&-")],
)
def test_a_search_goes_on_without_output(place: Path, name: str, redirection: str) -> None:
    done = run_in_shell(place, f"h run made/experiment.yml --name {name} {redirection}")
    assert "Traceback" not in done.stderr
    [found] = json.loads(run(place, f"status {name} --json").stdout)
    assert found["state"] == "finished"
