"""Trials that save checkpoints, and checks of what later attempts continue from."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import split_attempt
from heirloom.node.spec import Spec
from heirloom.store.checkpoints.listing import Checkpoint
from heirloom.store.checkpoints.saving import saving
from heirloom.store.files import Files

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab
    from tests.simulation.world.node import Node

Content = Mapping[str, bytes]


class CheckpointRules:
    """A trial continues what an attempt of its own has saved, whole, and removals come late."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._saved: dict[str, list[tuple[int, Content]]] = {}  # by attempt
        self._started: set[str] = set()
        self._continued: dict[str, tuple[int, int]] = {}  # attempt -> number and step
        self.blocks: list[AbstractContextManager[str]] = []  # of killed trials too: none may end

    def saved(self, attempt: str, step: int, content: Content) -> None:
        """Note a checkpoint that an attempt has completed."""
        self._saved.setdefault(attempt, []).append((step, content))

    def process_starts(self, spec: Spec, continued: Checkpoint | None) -> None:
        """Check the copy from which a process is about to continue."""
        self._started.add(spec.attempt)
        if continued is None:
            return
        found = {
            path: inode.data
            for path, inode in self._lab.server.tree(f"attempts/{spec.attempt}/continued")
        }
        source = f"{spec.trial}.{continued.attempt}"
        self._lab.faults.counts["continued"] += 1
        self._lab.trace.write("rules", f"{spec.attempt} continues {source} at {continued.step}")
        whole = (continued.step, found) in self._saved.get(source, [])
        self._hold(whole, f"{spec.attempt} continues from {found}, which {source} has not saved")
        self._continued[spec.attempt] = continued.attempt, continued.step

    def decided(self, event: e.CheckpointsRemovalAsked) -> None:
        """Check a decision that was journaled."""
        loop = self._lab.control.loop
        assert loop is not None
        for trial, number in event.attempts:
            over = trial in self._lab.rules.verdicts
            self._hold(over, f"checkpoints of {trial}.{number} go, but {trial} has no verdict")
            lives = loop.experiment.trials[trial].attempt
            self._hold(lives is None, f"checkpoints of {trial}.{number} go, and {lives} may read")

    def judge(self, x: Experiment) -> None:
        """Check at the end that the core knows how the processes that reported have begun."""
        for trial in x.trials:
            for attempt in trial.attempts:
                name = f"{trial.id}.{attempt.number}"
                began = self._continued.get(name)
                known = attempt.continued
                if name in self._started and (known is not None or attempt.reports):
                    message = f"{name} began with {began}, and the core knows {known}"
                    self._hold(known == began, message)

    def _hold(self, holds: bool, message: str) -> None:
        self._lab.rules.hold(1, holds, message)


class Saver:
    """Saves checkpoints of one trial's process. Calls take no time: the process may die between."""

    def __init__(self, node: Node, spec: Spec, first_step: int) -> None:
        self._node, self._spec, self._step = node, spec, first_step
        self._block: AbstractContextManager[str] | None = None
        self._content: dict[str, bytes] = {}

    def begin(self) -> None:
        """Write the files. Raises OSError."""
        client = copy.copy(self._node.client)
        cast("Any", client)._ask = lambda path, *, change=False: 0
        self._block = saving(cast("Files", client), self._spec.checkpoints, self._step)
        self._node.lab.checkpoint_rules.blocks.append(self._block)
        draft = self._block.__enter__()
        text = f"{self._spec.attempt} at {self._step}: {self._node.lab.rng.random()}"
        self._content = {"model": text.encode(), "optimizer": text[::-1].encode()}
        for name, data in self._content.items():
            client.put(f"{draft}/{name}", data)

    def end(self) -> None:
        """Complete the checkpoint. Raises OSError."""
        assert self._block is not None
        self._block.__exit__(None, None, None)
        trial, number = split_attempt(self._spec.attempt)
        self._node.lab.checkpoint_rules.saved(f"{trial}.{number}", self._step, self._content)
        self._node.trace(f"{self._spec.attempt} saved a checkpoint at {self._step}")
        self._step += 1
