"""One run of ansible-runner, which carries a list of orders to each of its nodes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner  # type: ignore[import-untyped]  # it ships no types

from controller.dispatch.ansible.answers import AttemptStatus
from controller.dispatch.ansible.environment import PLAYBOOKS, environment

PREFIX = "wave-"  # of the directory of a run
_CANCEL_EVERY = 1  # seconds between two calls of `cancelled` while a run has no output
_OURS = ("ANSIBLE_", "AWX_", "RUNNER_", "ORIGINAL_")  # what ansible-runner adds to an environment
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
    heard: Callable[[Reply], None]  # called for each node as its reply arrives; must return at once
    cancelled: Callable[[], bool]
    variables: Mapping[str, Any] = field(default_factory=dict)  # over those of the inventory
    playbook: str = "dispatch.yml"  # its one task's module returns a list `answers`


def carry(run: Run) -> str:
    """Carry the lists to their nodes; return why nodes did not reply, if some did not.

    Do not call it in the main thread: ansible-runner would replace the signal handlers there.
    Raises what ansible-runner raises; then the state of nodes without a reply is unknown.
    """
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=run.work_dir))
    try:
        return _carry(run, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _carry(run: Run, directory: Path) -> str:
    orders = directory / "orders"
    orders.mkdir()
    for node, arguments in run.lists.items():
        (orders / f"{node}.json").write_text(json.dumps(arguments))
    (directory / "env").mkdir()
    settings = {"pexpect_timeout": _CANCEL_EVERY, "suppress_output_file": True}
    (directory / "env" / "settings").write_text(json.dumps(settings))
    errors: list[str] = []

    def handle(event: dict[str, Any]) -> bool:
        if (reply := read_event(event)) is not None:
            run.heard(reply)
        elif line := _error(event.get("stdout", "")):
            errors.append(line)
        return False  # no file for the event

    surroundings = environment() | {
        "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
        "ANSIBLE_NO_TARGET_SYSLOG": "True",
        "MAX_EVENT_RES": str(2**30),  # characters; beyond it ansible-runner drops the answers
    }
    runner = ansible_runner.interface.init_runner(
        private_data_dir=str(directory),
        playbook=str(PLAYBOOKS / run.playbook),
        inventory=str(run.inventory),
        limit=",".join(run.lists),
        forks=len(run.lists),
        extravars={**run.variables, "heirloom_wave": str(orders)},
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
        if name in surroundings or name.startswith(_OURS)
    }
    runner.run()
    if runner.canceled:
        return "the wave was cancelled before the node replied"
    return errors[0] if errors else f"Ansible ended without the node's reply (exit {runner.rc})"


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
