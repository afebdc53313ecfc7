"""What a supervisor is told of one attempt (docs/reference/files.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.config import Experiment as Config
from controller.core.model import Trial, attempt_name
from controller.dispatch.ansible.inventory import Node
from controller.store.layout import Root

HEARTBEAT = 5.0  # seconds


class Specs:
    """Writes the specs of one experiment's attempts.

    `code` and `runtime` are the digests of the snapshots on the store.
    """

    def __init__(
        self, config: Config, root: Root, code: str, runtime: str, nodes: Mapping[str, Node]
    ) -> None:
        self._nodes = nodes
        self._root = root
        trial = config.trial
        self._common = {
            "format": 1,
            "experiment": root.experiment,
            "command": trial.command if isinstance(trial.command, str) else list(trial.command),
            "code": f"code/{code}",
            "runtime": f"runtime/{runtime}",
            "slots": trial.slots,
            "gpus": trial.gpus,
            "threads": trial.threads,
            "memory": trial.memory,
            "cpus": trial.cpus,
            "timeout": trial.timeout,
            "grace": trial.grace,
            "environment": dict(trial.environment),
            "weights": trial.weights,
            "value": trial.value,
            "workdir": trial.workdir,
            "writable": [str(path) for path in trial.writable],
            "log_limit": trial.log_limit,
            "retry": [{"on": rule.on, "exit_code": rule.exit_code} for rule in trial.retry],
            "heartbeat": HEARTBEAT,
        }

    def of(self, trial: Trial, number: int, node_name: str) -> dict[str, Any]:
        """The spec of one attempt on a node."""
        node = self._nodes[node_name]
        store = node.store or self._root.store
        return {
            **self._common,
            "attempt": attempt_name(trial.id, number),
            "root": str(store / self._root.path.relative_to(self._root.store)),
            "node": node_name,
            "params": trial.params,
            "restore": list(trial.attempts[number - 1].restore),
            "python": node.python,
        }
