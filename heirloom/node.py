"""What the Ansible modules do on a node: start, end and probe attempts.

Local disk only: a store that hangs must not hold a wave. Every function takes the node's whole list
and answers for each item, in order.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

Answer = Dict[str, Any]  # {"attempt", "found", "reason", "outcome"}


def start(
    run_dir: str,
    slots: List[Dict[str, Any]],
    specs: List[Dict[str, Any]],
    python: Optional[str] = None,
) -> List[Answer]:
    """Start a supervisor for each spec that has none yet (docs/wire.md, spec).

    `slots` are the node's, `{"name": "0", "gpus": ["0"]}`; those missing are made. `python` is the
    interpreter for specs that name none. Each answer says what was found: started, running, ended,
    dead or refused.
    """
    raise NotImplementedError


def end(run_dir: str, experiment: str, requests: List[Dict[str, str]]) -> List[Answer]:
    """Ask supervisors to end their attempts: `{"attempt", "how", "reason"}`.

    `how` is stopped, cancelled or recalled. Each answer says what was found: running, ended, dead
    or absent; the end itself is told by mail.
    """
    raise NotImplementedError


def probe(run_dir: str, experiment: str, attempts: List[str]) -> List[Answer]:
    """Say what became of attempts: running, ended, dead or absent."""
    raise NotImplementedError
