"""Which Python trials and users' tuners run in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from controller.core.events import Created
from controller.dispatch.ansible.inventory import Inventory, Node, Slot
from controller.engine.setup import interpreter
from controller.engine.setup.interpreter import Interpreter, InterpreterError

OWN = Interpreter(sys.executable)


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def node(name: str, *, local: bool, python: str | None = None) -> Node:
    connection = "local" if local else "ssh"
    return Node(name, (Slot("0"),), Path("/run/heirloom"), connection=connection, python=python)


def created(python: str, source: str) -> Created:
    return Created(
        at=0.0,
        name="e",
        root="/e",
        code="c",
        runtime="r",
        seed=0,
        inventory="i",
        python=python,
        python_from=source,
    )


def test_without_settings_it_is_the_controllers_own() -> None:
    assert interpreter.choose(None, {}) == OWN
    assert OWN.is_own
    assert OWN.version() == ".".join(map(str, sys.version_info[:3]))


def test_the_file_comes_before_virtual_env_and_virtual_env_before_conda() -> None:
    active = {"VIRTUAL_ENV": "/v", "CONDA_PREFIX": "/c"}
    assert interpreter.choose(Path("/f/python"), active).path == "/f/python"
    assert interpreter.choose(None, active) == Interpreter("/v/bin/python", "VIRTUAL_ENV")
    del active["VIRTUAL_ENV"]
    assert interpreter.choose(None, active) == Interpreter("/c/bin/python", "CONDA_PREFIX")


def test_the_controllers_own_environment_changes_nothing_when_it_is_active() -> None:
    assert interpreter.choose(None, {"VIRTUAL_ENV": sys.prefix, "CONDA_PREFIX": "/c"}) == OWN


def test_a_nodes_own_python_comes_first() -> None:
    listed = Inventory(
        Path("i"),
        (
            node("here", local=True),
            node("named", local=True, python="/n/python"),
            node("there", local=False),
            node("far", local=False, python="/f/python"),
        ),
    )
    python = Interpreter("/v/bin/python", "VIRTUAL_ENV")
    found = interpreter.apply(listed, python, None).nodes
    assert [each.python for each in found] == ["/v/bin/python", "/n/python", None, "/f/python"]
    found = interpreter.apply(listed, python, Path("/t/python")).nodes
    assert [each.python for each in found][2] == "/t/python"
    named = Interpreter("/n/python", "heirloom_python of named")
    assert interpreter.on_this_machine(found, python) == [python, named]


def test_its_version_is_what_it_prints(tmp_path: Path) -> None:
    path = program(tmp_path / "python", "echo 3.12.1")
    assert Interpreter(str(path), "trial.python").version() == "3.12.1"


def test_a_path_that_is_missing_says_what_named_it(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match=r"from VIRTUAL_ENV\) cannot be run: no such file"):
        interpreter.choose(None, {"VIRTUAL_ENV": str(tmp_path)}).version()


@pytest.mark.parametrize("script", ["echo hello", "exit 3", "echo 3.12.1; exit 1"])
def test_another_program_is_not_a_python(tmp_path: Path, script: str) -> None:
    path = program(tmp_path / "python", script)
    with pytest.raises(InterpreterError, match=r"is not a Python: correct trial\.python"):
        Interpreter(str(path), "trial.python").version()


@pytest.mark.parametrize("version", ["3.8.20", "2.7.18"])
def test_an_old_python_is_refused(tmp_path: Path, version: str) -> None:
    path = program(tmp_path / "python", f"echo {version}")
    with pytest.raises(InterpreterError, match=rf"is Python {version}, and trials need 3\.9"):
        Interpreter(str(path), "CONDA_PREFIX").version()


def test_a_resume_keeps_the_journaled_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/another")
    path = str(program(tmp_path / "python", "echo 3.12.1"))
    before = created(path, "CONDA_PREFIX")
    assert interpreter.journaled(before) == (Interpreter(path, "CONDA_PREFIX"), "")


def test_a_journal_that_names_no_python_means_the_controllers_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/another")
    assert interpreter.journaled(created("", "")) == (OWN, "")


def test_the_active_environment_replaces_a_python_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path / "env" / "bin" / "python", "echo 3.12.1")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "env"))
    found, note = interpreter.journaled(created("/gone/bin/python", "VIRTUAL_ENV"))
    assert found == Interpreter(str(path), "VIRTUAL_ENV")
    assert "/gone/bin/python (from VIRTUAL_ENV), is gone: trials use" in note


def test_a_users_python_that_is_gone_is_not_replaced_by_the_controllers_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InterpreterError, match="create that environment again, or activate"):
        interpreter.journaled(created("/gone/bin/python", "trial.python"))
    found, note = interpreter.journaled(created("/gone/bin/python", "Heirloom's own"))
    assert found == OWN
    assert "is gone" in note
