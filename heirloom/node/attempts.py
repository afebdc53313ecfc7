"""Start, end and probe attempts on a node, for the Ansible modules.

These functions touch only the local disk, so that a hung store cannot delay a wave. Each takes the
node's whole list and returns one answer per item, in the same order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Optional

from ..store.files import RealFiles
from ..store.os_errors import describe
from . import launch
from .claims import END_KINDS, Claims
from .limits import enforcement, systemd
from .process import orphans
from .slots import Slot, create_slots
from .spec import Spec, SpecError
from .supervisor import Supervisor
from .waiting.wakeups import Wakeups

NODE_CHECK = "0.0"  # no trial has this attempt: a probe of it checks the node itself
Answer = dict[str, Any]  # {"attempt", "found", "reason", "outcome"}


def start(
    run_dir: str,
    slots: list[dict[str, Any]],
    specs: list[dict[str, Any]],
    python: Optional[str] = None,
    passed: Optional[dict[str, str]] = None,
) -> list[Answer]:
    """Start a supervisor for each spec that has none yet (docs/reference/files.md, spec).

    `slots` lists the node's slots as `{"name": "0", "gpus": ["0"]}`; missing ones are created.
    `python` is the interpreter for specs without one; the default is the running interpreter.
    `passed` are the variables that the specs name in `pass_environment`, with their values.
    `found` in an answer is started, running, ended, dead or refused. An invalid spec is no trouble
    of the node's: its attempt has ended as failed.
    """
    try:
        os.makedirs(run_dir, 0o770, exist_ok=True)
        node_slots = create_slots(run_dir, slots)
        no_systemd = systemd.unavailable_reason()
        answers: list[Answer] = launch.run_in_child(
            lambda: [
                _start(
                    run_dir, node_slots, spec, python or sys.executable, no_systemd, passed or {}
                )
                for spec in specs
            ]
        )
    except OSError as error:
        reason = f"this node cannot run trials: {describe(error)}"
        return [_answer(_attempt_name(spec), "refused", reason) for spec in specs]
    return answers


def end(run_dir: str, experiment: str, requests: list[dict[str, str]]) -> list[Answer]:
    """Ask supervisors to end their attempts: `{"attempt", "how", "reason"}`.

    `how` is stopped, cancelled or recalled. `found` in an answer is running, ended, dead, absent,
    or refused if the request could not be written. The end itself is reported by mail. An attempt
    that starts after the request to end it ends at once.
    """
    claims = Claims(run_dir, experiment)
    answers = []
    for request in requests:
        attempt = request["attempt"]
        try:
            answers.append(_end(claims, attempt, request["how"], request.get("reason", "")))
        except OSError as error:
            answers.append(_answer(attempt, "refused", describe(error)))
    return answers


def probe(run_dir: str, experiment: str, attempts: list[str]) -> list[Answer]:
    """Report the state of attempts: running, ended, dead, absent, or refused if unknown.

    Attempt 0.0 never exists. A probe of it checks the node: absent means that the node can take
    claims, refused that its disk accepts none.
    """
    claims = Claims(run_dir, experiment)
    answers = []
    for attempt in attempts:
        try:
            if attempt == NODE_CHECK:
                claims.create_directory()
                claims.check_writable()
            answers.append(_status(claims, attempt))
        except OSError as error:
            answers.append(_answer(attempt, "refused", describe(error)))
    return answers


def _start(
    run_dir: str,
    slots: Sequence[Slot],
    data: dict[str, Any],
    python: str,
    no_systemd: str,
    passed: Mapping[str, str],
) -> Answer:
    """Start one supervisor. Runs in a short-lived child, which becomes its parent."""
    attempt = _attempt_name(data)
    try:
        spec = Spec.from_dict(data)
    except SpecError as error:
        return _answer(attempt, "ended", outcome=_failed(attempt, str(error)))
    if spec.python is None:
        spec = replace(spec, python=python)
    claims = Claims(run_dir, spec.experiment)
    try:
        claims.create_directory()
        claim = claims.claim(attempt)
    except FileExistsError:
        return _status(claims, attempt)
    except OSError as error:
        return _answer(attempt, "refused", describe(error))
    try:
        if spec.pass_environment:
            claims.save_environment(attempt, passed)
        Wakeups(claims.directory).create(attempt)
        log = f"{claims.directory}/supervisor.log"
        pid = launch.start_detached(
            lambda: _supervise(run_dir, spec, slots, no_systemd), claim, log
        )
        claims.record_owner(claim, pid)
    except OSError as error:
        claims.withdraw(attempt)
        return _answer(attempt, "refused", describe(error))
    finally:
        os.close(claim)
    return _answer(attempt, "started")


def _supervise(run_dir: str, spec: Spec, slots: Sequence[Slot], no_systemd: str) -> None:
    """Run a supervisor, in a systemd scope of its own where the node supports that."""
    name = systemd.scope_name(spec.experiment, spec.attempt)
    limits = enforcement.enter(name, spec.memory, spec.cpus, no_systemd)
    try:
        Supervisor(RealFiles(), run_dir, spec, slots, limits).run()
    finally:
        limits.leave()


def _end(claims: Claims, attempt: str, how: str, reason: str) -> Answer:
    if how not in END_KINDS:
        return _answer(attempt, "refused", f"an attempt cannot be {how!r}")
    answer = _status(claims, attempt)
    if answer["found"] in ("running", "absent"):
        claims.create_directory()
        claims.request_end(attempt, how, reason)
        Wakeups(claims.directory).notify(attempt)
    return answer


def _status(claims: Claims, attempt: str) -> Answer:
    found, outcome = claims.status(attempt)
    reason = ""
    if found == "dead":
        reason = "its supervisor died without reporting an end"
        claims.remove_environment(attempt)
        orphans.kill_orphans(claims.experiment, attempt)
    return _answer(attempt, found, reason, outcome)


def _answer(
    attempt: str, found: str, reason: str = "", outcome: Optional[dict[str, Any]] = None
) -> Answer:
    return {"attempt": attempt, "found": found, "reason": reason, "outcome": outcome}


def _failed(attempt: str, reason: str) -> dict[str, Any]:
    """The message `ended` of an attempt that no supervisor can run."""
    return {
        "format": 1,
        "kind": "ended",
        "attempt": attempt,
        "outcome": "failed",
        "reason": reason,
    }


def _attempt_name(data: Any) -> str:
    return str(data.get("attempt", "")) if isinstance(data, dict) else ""
