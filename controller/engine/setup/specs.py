"""The specs of an experiment's attempts, which their supervisors get (docs/reference/files.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from controller.config import Experiment as Config
from controller.config.passed import NOTHING, Passed
from controller.core.model import Trial, attempt_name
from controller.dispatch.ansible.inventory import Node
from controller.errors import LaunchError
from controller.state.home import user_name
from controller.store.layout import Root
from heirloom.node.spec import Spec, SpecError

HEARTBEAT = 5.0  # seconds


class Specs:
    """Makes the specs of one experiment's attempts.

    `code` and `runtime` are the digests of the snapshots on the store. Specs have the names of the
    variables in `passed`, never their values. `seed` is the experiment's. `passes_bounds`: whether
    the runtime takes the bounds of objectives. `passes_candidate`: whether it takes `candidate`.
    """

    def __init__(
        self,
        config: Config,
        root: Root,
        code: str,
        runtime: str,
        nodes: Mapping[str, Node],
        *,
        passed: Passed = NOTHING,
        seed: int = 0,
        passes_bounds: bool = False,
        passes_candidate: bool = False,
    ) -> None:
        self._nodes = nodes
        self._passed = passed
        self._seed = seed
        self._passes_candidate = passes_candidate
        self._root = root
        trial = config.trial
        self._common = Spec(
            attempt="",
            experiment=root.experiment,
            root="",
            node="",
            command=trial.command if isinstance(trial.command, str) else list(trial.command),
            runtime=f"runtime/{runtime}",
            params={},
            code=f"code/{code}",
            slots=trial.slots,
            gpus=trial.gpus,
            threads=trial.threads,
            memory=trial.memory,
            cpus=trial.cpus,
            timeout=trial.timeout,
            grace=trial.grace,
            environment=dict(trial.environment),
            weights=trial.weights,
            value=trial.value,
            objectives=config.objectives.names if config.objectives.are_named else (),
            bounds=_bounds(config) if passes_bounds else {},
            workdir=trial.workdir,
            writable=tuple(str(path) for path in trial.writable),
            log_limit=trial.log_limit,
            prepare=None
            if config.prepare is None
            else {
                "command": config.prepare
                if isinstance(config.prepare, str)
                else list(config.prepare),
                "timeout": config.prepare_timeout,
                "directory": None,
            },
            retry=tuple({"on": rule.on, "exit_code": rule.exit_code} for rule in trial.retry),
            heartbeat=HEARTBEAT,
        )

    def of(self, trial: Trial, number: int, node_name: str) -> Spec:
        """The spec of one attempt on a node."""
        return replace(
            self.on(node_name),
            attempt=attempt_name(trial.id, number),
            params=trial.params,
            restore=trial.attempts[number - 1].restore,
            seed=trial_seed(self._seed, trial.id),
            candidate=trial.candidate or not self._passes_candidate,
        )

    def on(self, node_name: str) -> Spec:
        """What the specs of all attempts on a node share."""
        node = self._nodes[node_name]
        store = node.store or self._root.store
        root = str(store / self._root.path.relative_to(self._root.store))
        prepare = self._common.prepare
        if prepare is not None and node.node_dir is not None:
            prepare = {**prepare, "directory": str(node.node_dir)}
        return replace(
            self._common,
            root=root,
            node=node_name,
            python=node.python,
            prepare=prepare,
            pass_environment=tuple(sorted(self._passed.on(is_local=node.is_local))),
        )


def _bounds(config: Config) -> dict[str, dict[str, float]]:
    """The bounds of values, by name."""
    found = {}
    for each in config.objectives.constraints:
        limits = {"at_least": each.at_least, "at_most": each.at_most}
        found[each.name] = {key: limit for key, limit in limits.items() if limit is not None}
    return found


def trial_seed(seed: int, trial: int) -> int:
    """A trial's seed, below 2**32, from the experiment's: the same for each of its attempts."""
    digest = hashlib.sha256(f"{seed}.{trial}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def check(config: Config, store: Path, nodes: Sequence[Node]) -> None:
    """Raise LaunchError if a node would refuse the specs of an experiment."""
    root = Root(store / user_name() / f"{config.name}-0")
    specs = Specs(config, root, "0", "0", {node.name: node for node in nodes})
    for node in nodes:
        try:
            Spec.from_dict(replace(specs.on(node.name), attempt="0.1").to_dict())
        except SpecError as error:
            raise LaunchError(f"{node.name} could start no trial: {error}") from None
