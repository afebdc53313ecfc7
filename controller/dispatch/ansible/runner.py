"""One run of ansible-runner, which carries a list of orders to each of several nodes."""

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
_CANCEL_EVERY = 1  # seconds between two looks at whether a silent run is to be cancelled
_OURS = ("ANSIBLE_", "AWX_", "RUNNER_", "ORIGINAL_")  # what ansible-runner adds to an environment
_NO_INTERPRETER = 127  # the shell's word for it: nothing of ours ran on the node


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from one node: its answers, or what holds for its whole list and why."""

    node: str
    answers: Sequence[Mapping[str, Any]] | None
    found: AttemptStatus = AttemptStatus.UNKNOWN
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run carries."""

    lists: Mapping[str, Mapping[str, Any]]  # for each node, the arguments of the playbook's module
    inventory: Path
    work_dir: Path  # on local disk; the run's own directory is made in it and removed again
    heard: Callable[[Reply], None]  # told of each node as its reply arrives; must return at once
    cancelled: Callable[[], bool]
    variables: Mapping[str, Any] = field(default_factory=dict)  # over those of the inventory
    playbook: str = "dispatch.yml"  # its one task's module returns a list `answers`


def carry(run: Run) -> str:
    """Carry the lists to their nodes; return why those who did not reply have not.

    Must not be called in the main thread, whose signal handlers ansible-runner would replace.
    Raises what ansible-runner raises: then nobody knows what became of the nodes without a reply.
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
    # ansible-runner puts our whole environment beneath the one it is given, and writes it to disk.
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
    """The reply that an event of ansible-runner's holds, if it holds one."""
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
            return Reply(node, None, AttemptStatus.UNREACHABLE, _words(result))
        case "runner_on_failed" if result.get("rc") == _NO_INTERPRETER:
            return Reply(node, None, AttemptStatus.UNREACHABLE, _words(result))
        case "runner_on_failed":
            return Reply(node, None, reason=_words(result))
    return None


def _words(result: Mapping[str, Any]) -> str:
    """Why a task failed, on one line."""
    said = " ".join(str(result.get("msg", "")).split()).removeprefix("Task failed: ")
    return said or "Ansible gave no reason"


def _error(stdout: str) -> str:
    """The text of an error that belongs to no host."""
    for line in stdout.splitlines():
        for mark in ("[ERROR]: ", "ERROR! "):
            if line.startswith(mark):
                return line.removeprefix(mark).strip()
    return ""
