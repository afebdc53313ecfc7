"""Puts the parts of a running experiment together."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from controller.core import events as e
from controller.dispatch.ansible.dispatcher import AnsibleDispatcher
from controller.engine.loop import Loop, Tuner
from controller.engine.messages import MessageQueue
from controller.engine.observer import InterruptPrompt, Observer, PausePrompt, end_pause
from controller.engine.session import PreparedSession
from controller.engine.setup.cluster import node_info
from controller.engine.setup.specs import Specs
from controller.state.inbox import Inbox
from controller.store.watch import StoreWatch
from controller.tuners.calls import no_state
from controller.tuners.long_calls import LongCall
from heirloom.store.files import RealFiles
from heirloom.tuners.process.protocol import SavedState


class NoTuner:
    """The tuner of an experiment that is being stopped: no proposal is requested."""

    long_calls: Sequence[LongCall] = ()
    unassessed = 0

    def propose(self, trial: int, room: int = 1) -> None:
        """Propose nothing."""

    def under_way(self, count: int) -> None:
        """Take no notice."""

    def observe(self, result: Mapping[str, Any]) -> None:
        """Take no notice."""

    def conclude(self) -> None:
        """Propose nothing."""

    def report(self, trial: int, number: int, reports: Sequence[tuple[int, Any]]) -> None:
        """Advise nothing."""

    def continued(self, trial: int, number: int, source: int, step: int) -> None:
        """Take no notice."""

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """Answer nothing: no answer is needed."""
        return Future()

    def state(self) -> Future[SavedState]:
        """There is none."""
        return no_state()

    def close(self, timeout: float) -> None:
        """There is no process to end."""


def first_events(
    session: PreparedSession, then: Sequence[e.Event], *, keep_going: bool = False
) -> list[e.Event]:
    """The first events of a controller: the opening, the nodes, and `then`."""
    now = time.time()
    found = tuple(node_info(node, session.config) for node in session.nodes)
    is_resumed = session.experiment.opened_at is not None
    return [
        e.Opened(at=now, resumed=is_resumed, keep_going=keep_going),
        e.NodesFound(at=now, nodes=found, slots=session.slots),
        *then,
    ]


def assemble(
    session: PreparedSession,
    post: MessageQueue,
    tuner: Tuner,
    *,
    observers: Sequence[Observer],
    ask_on_interrupt: InterruptPrompt,
    ask_on_pause: PausePrompt = end_pause,
) -> Loop:
    """The loop of an experiment, with its dispatcher and what it does on the store."""
    place, root = session.directory, session.root
    session.journal.follow(session.experiment, session.restored)
    watch = StoreWatch(root, root.experiment, RealFiles(), post.events, post.lost_heartbeat)
    dispatcher = AnsibleDispatcher(
        session.inventory,
        place.path / "waves",
        post.events,
        experiment=root.experiment,
        passed=session.passed,
    )
    specs = Specs(
        session.config,
        root,
        session.created.code,
        session.created.runtime,
        {node.name: node for node in session.nodes},
        passed=session.passed,
        seed=session.created.seed,
        passes_bounds=session.created.passes_bounds,
        passes_candidate=session.created.passes_candidate,
    )
    return Loop(
        session.experiment,
        session.journal,
        post=post,
        tuner=tuner,
        watch=watch,
        dispatcher=dispatcher,
        specs=specs,
        inbox=Inbox(place.inbox),
        observers=observers,
        ask_on_interrupt=ask_on_interrupt,
        ask_on_pause=ask_on_pause,
    )


def log_to(path: Path) -> None:
    """Write the log of this process to a file that only its owner can read, from now on."""
    path.touch(mode=0o600)
    logging.basicConfig(
        filename=path,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,  # the experiment before it, of a try-out, had a log of its own
    )
