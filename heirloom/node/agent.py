"""What the Ansible modules do on a node: start, end and probe attempts.

Local disk only: a store that hangs must not hold a wave. Every function takes the node's whole list
and answers for each item, in order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Optional

from ..store.files import RealFiles
from . import launch, systemd
from .claims import ENDS, Claims
from .process import orphans
from .slots import Slot, make
from .spec import Spec, SpecError
from .supervisor import Supervisor
from .wakeups import Wakeups

HELLO = "0.0"
Answer = dict[str, Any]  # {"attempt", "found", "reason", "outcome"}


def start(
    run_dir: str,
    slots: list[dict[str, Any]],
    specs: list[dict[str, Any]],
    python: Optional[str] = None,
) -> list[Answer]:
    """Start a supervisor for each spec that has none yet (docs/wire.md, spec).

    `slots` are the node's, `{"name": "0", "gpus": ["0"]}`; those missing are made. `python` is the
    interpreter for specs that name none, by default this one. Each answer says what was found:
    started, running, ended, dead or refused.
    """
    try:
        os.makedirs(run_dir, 0o770, exist_ok=True)
        there = make(run_dir, slots)
        unitless = systemd.missing()
        answers: list[Answer] = launch.in_child(
            lambda: [
                _start(run_dir, there, said, python or sys.executable, unitless) for said in specs
            ]
        )
    except OSError as error:
        reason = f"this node cannot run trials: {_words(error)}"
        return [_answer(_name(said), "refused", reason) for said in specs]
    return answers


def end(run_dir: str, experiment: str, requests: list[dict[str, str]]) -> list[Answer]:
    """Ask supervisors to end their attempts: `{"attempt", "how", "reason"}`.

    `how` is stopped, cancelled or recalled. Each answer says what was found: running, ended, dead,
    absent, or refused where the request could not be left; the end itself is told by mail. An
    attempt that comes after the request to end it ends at once.
    """
    claims = Claims(run_dir, experiment)
    answers = []
    for request in requests:
        attempt = request["attempt"]
        try:
            answers.append(_end(claims, attempt, request["how"], request.get("reason", "")))
        except OSError as error:
            answers.append(_answer(attempt, "refused", _words(error)))
    return answers


def probe(run_dir: str, experiment: str, attempts: list[str]) -> list[Answer]:
    """Say what became of attempts: running, ended, dead, absent, or refused (unknown).

    Attempt 0.0, which nobody makes, asks for the node itself: absent, or refused where its disk
    takes no claim.
    """
    claims = Claims(run_dir, experiment)
    answers = []
    for attempt in attempts:
        try:
            if attempt == HELLO:
                claims.make()
                claims.try_one()
            answers.append(_found(claims, attempt))
        except OSError as error:
            answers.append(_answer(attempt, "refused", _words(error)))
    return answers


def _start(
    run_dir: str, there: Sequence[Slot], said: dict[str, Any], python: str, unitless: str
) -> Answer:
    """Start one supervisor, in the process that is to be its parent for a moment."""
    attempt = _name(said)
    try:
        spec = Spec.from_dict(said)
    except SpecError as error:
        return _answer(attempt, "refused", str(error))
    if spec.python is None:
        spec = replace(spec, python=python)
    claims = Claims(run_dir, spec.experiment)
    try:
        claims.make()
        held = claims.claim(attempt)
    except FileExistsError:
        return _found(claims, attempt)
    except OSError as error:
        return _answer(attempt, "refused", _words(error))
    try:
        Wakeups(claims.directory).make(attempt)
        log = f"{claims.directory}/supervisor.log"
        pid = launch.detached(lambda: _live(run_dir, spec, there, unitless), held, log)
        claims.sign(held, pid)
    except OSError as error:
        claims.give_up(attempt)
        return _answer(attempt, "refused", _words(error))
    finally:
        os.close(held)
    return _answer(attempt, "started")


def _live(run_dir: str, spec: Spec, there: Sequence[Slot], unitless: str) -> None:
    """A supervisor's life, in a unit of its own where the node can have one."""
    if not unitless:
        try:
            systemd.enter(systemd.named(spec.experiment, spec.attempt), spec.memory, spec.cpus)
        except OSError as error:  # limits and the unit are lost, the trial is not
            os.write(2, f"{spec.attempt} runs in no unit: {error}\n".encode())
    Supervisor(RealFiles(), run_dir, spec, there).live()


def _end(claims: Claims, attempt: str, how: str, reason: str) -> Answer:
    if how not in ENDS:
        return _answer(attempt, "refused", f"an attempt cannot be {how!r}")
    found = _found(claims, attempt)
    if found["found"] in ("running", "absent"):
        claims.make()
        claims.ask_end(attempt, how, reason)
        Wakeups(claims.directory).ring(attempt)
    return found


def _found(claims: Claims, attempt: str) -> Answer:
    found, outcome = claims.found(attempt)
    reason = ""
    if found == "dead":
        reason = "its supervisor died without a word"
        orphans.end(claims.experiment, attempt)
    return _answer(attempt, found, reason, outcome)


def _answer(
    attempt: str, found: str, reason: str = "", outcome: Optional[dict[str, Any]] = None
) -> Answer:
    return {"attempt": attempt, "found": found, "reason": reason, "outcome": outcome}


def _name(said: Any) -> str:
    return str(said.get("attempt", "")) if isinstance(said, dict) else ""


def _words(error: OSError) -> str:
    return f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
