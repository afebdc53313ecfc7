"""One run of ansible-runner, which carries a list of orders to each of its nodes."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner  # type: ignore[import-untyped]  # it ships no types

from controller.dispatch.ansible.answers import AttemptStatus
from controller.dispatch.ansible.environment import PLAYBOOKS, environment, unchanged

PREFIX = "wave-"  # of the directory of a run
_CANCEL_EVERY = 1  # seconds between two calls of `cancelled` while a run has no output
_NO_INTERPRETER = 127  # the shell's exit code for a missing command: the module did not run


@dataclass(frozen=True, slots=True)
class Reply:
    """A node's reply: one answer an order, or else the status of its whole list and the reason."""

    node: str
    answers: Sequence[Mapping[str, Any]] | None
    found: AttemptStatus = AttemptStatus.UNKNOWN
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """The input of one run."""

    lists: Mapping[str, Mapping[str, Any]]  # for each node, the arguments of the playbook's module
    inventory: Path
    work_dir: Path  # on local disk; holds the run's directory while it lasts
    on_reply: Callable[
        [Reply], None
    ]  # called for each node as its reply arrives; must return at once
    cancelled: Callable[[], bool]
    variables: Mapping[str, Any] = field(default_factory=dict)  # over those of the inventory
    # For each node, variables for its trials: not part of `lists`, which are written to disk.
    passed: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    playbook: str = "dispatch.yml"  # its one task's module returns a list `answers`


def carry(run: Run) -> str:
    """Carry the lists to their nodes; return why nodes did not reply, if some did not.

    Do not call it in the main thread: ansible-runner would replace the signal handlers there.
    Raises what ansible-runner raises; then the state of nodes without a reply is unknown.
    """
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=run.work_dir))
    try:
        with (
            _in_memory(run.passed) as passed,
            unchanged(directory) as plain,
            unchanged(run.inventory) as inventory,
        ):
            return _carry(run, directory, _Paths(plain, inventory, passed))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def _in_memory(passed: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The path of a file with the variables of each node as JSON; empty if there are none.

    The file is in this process's memory (memfd_create(2)), and Ansible reads it from there. So no
    value is on this machine's disk, whatever ends the run.
    """
    texts = {node: json.dumps(variables) for node, variables in passed.items() if variables}
    if not texts:
        yield ""
        return
    with os.fdopen(os.memfd_create("passed"), "w", encoding="utf-8") as file:
        json.dump(texts, file)
        file.flush()
        yield f"/proc/{os.getpid()}/fd/{file.fileno()}"


@dataclass(frozen=True, slots=True)
class _Paths:
    """Paths that Ansible gets. It does not change them."""

    directory: str  # of the run
    inventory: str
    passed: str  # of the file with the variables of nodes; empty if there is none


def _carry(run: Run, directory: Path, paths: _Paths) -> str:
    orders = directory / "orders"
    orders.mkdir()
    for node, arguments in run.lists.items():
        (orders / f"{node}.json").write_text(json.dumps(arguments), encoding="utf-8")
    (directory / "env").mkdir()
    settings = {"pexpect_timeout": _CANCEL_EVERY, "suppress_output_file": True}
    (directory / "env" / "settings").write_text(json.dumps(settings), encoding="utf-8")
    errors: list[str] = []

    def handle(event: dict[str, Any]) -> bool:
        if (reply := read_event(event)) is not None:
            run.on_reply(reply)
        elif line := _error(event.get("stdout", "")):
            errors.append(line)
        return False  # no file for the event

    surroundings = environment() | {
        "ANSIBLE_LOCAL_TEMP": f"{paths.directory}/tmp",  # noqa: S108 - of this run
        "AWX_LIB_DIRECTORY": "",  # ansible-runner's own callback plugins
        "MAX_EVENT_RES": str(2**30),  # characters; beyond it ansible-runner drops the answers
    }
    variables = {
        **run.variables,
        "heirloom_wave": f"{paths.directory}/orders",
        "heirloom_passed": paths.passed,
    }
    runner = ansible_runner.interface.init_runner(
        private_data_dir=paths.directory,
        playbook=str(PLAYBOOKS / run.playbook),
        inventory=paths.inventory,
        limit=",".join(run.lists),
        forks=len(run.lists),
        # Not as `extravars`: Ansible resolves the path of their file, and changes it then.
        cmdline=shlex.join(["--extra-vars", json.dumps(variables)]),
        envvars=surroundings,
        fact_cache_type="",
        quiet=True,
        event_handler=handle,
        cancel_callback=run.cancelled,
    )
    # ansible-runner adds the whole environment of this process, and writes it to disk.
    runner.config.env = {
        name: text
        for name, text in runner.config.env.items()
        if name in surroundings or text != os.environ.get(name)
    }
    runner.config.cwd = _working_directory(directory)
    runner.run()
    if runner.canceled:
        return "the wave was cancelled before the node replied"
    return errors[0] if errors else f"Ansible ended without the node's reply (exit {runner.rc})"


def _working_directory(directory: Path) -> str:
    """This process's working directory, for relative paths in the user's settings of Ansible."""
    try:
        return str(Path.cwd())
    except OSError:  # it was removed
        return str(directory)


def read_event(event: Mapping[str, Any]) -> Reply | None:
    """The reply in an event of ansible-runner; None if it has none."""
    data = event.get("event_data")
    if not isinstance(data, dict):
        return None
    node, result = data.get("host"), data.get("res")
    if not isinstance(node, str) or not isinstance(result, dict):
        return None
    match event.get("event"):
        case "runner_on_ok" if isinstance(result.get("answers"), list):
            return Reply(node, result["answers"])
        case "runner_on_ok":
            return Reply(node, None, reason="the node's reply holds no answers")
        case "runner_on_unreachable":
            return Reply(node, None, AttemptStatus.UNREACHABLE, _failure(result))
        case "runner_on_failed" if result.get("rc") == _NO_INTERPRETER:
            return Reply(node, None, AttemptStatus.UNREACHABLE, _failure(result))
        case "runner_on_failed":
            return Reply(node, None, reason=_failure(result))
    return None


def _failure(result: Mapping[str, Any]) -> str:
    """Why a task failed, on one line."""
    message = " ".join(str(result.get("msg", "")).split()).removeprefix("Task failed: ")
    return message or "Ansible gave no reason"


def _error(stdout: str) -> str:
    """The text of an error that concerns no host in particular; empty if there is none."""
    for line in stdout.splitlines():
        for mark in ("[ERROR]: ", "ERROR! "):
            if line.startswith(mark):
                return line.removeprefix(mark).strip()
    return ""
