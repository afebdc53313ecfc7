"""What the throw-away experiments have in common: one node, their loop, and Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.engine.assembly import assemble, first_events
from controller.engine.loop import Loop, Tuner
from controller.engine.messages import MessageQueue
from controller.engine.observer import Choice, Observer
from controller.engine.session import PreparedSession
from controller.engine.setup import preflight
from controller.errors import LaunchError
from controller.state.home import Home

_LONGEST_NAME = 40  # characters of the directory's name in that of a try-out

Say = Callable[[str], None]
Progress = Callable[[int], AbstractContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """The experiment file, and where it runs, as the user chose."""

    file: Path
    home: Home
    inventory: Path | None = None
    slots: int | None = None


def stem(file: Path) -> str:
    """A name for a try-out, from that of the file's directory."""
    from controller.config.experiment import slug

    return slug(file.absolute().parent.name)[:_LONGEST_NAME].strip("-_")


def on_one_node(
    session: PreparedSession, wanted: str | None, progress: Progress
) -> tuple[PreparedSession, list[e.Event], list[str]]:
    """The session on the node that is wanted, else on the first that can run a trial.

    Also returns what `preflight.check` does. Raises LaunchError.
    """
    names = [node.name for node in session.nodes]
    if wanted is not None and wanted not in names:
        raise LaunchError(
            f"no node named {wanted} can run these trials: those that can are {', '.join(names)}"
        )
    problem: LaunchError | None = None
    for node in session.nodes:
        if wanted in (None, node.name):
            alone = replace(session, nodes=(node,))
            try:
                return alone, *preflight.check(alone, progress)
            except LaunchError as error:
                problem = problem or error
    assert problem is not None
    raise problem


def run_loop(
    session: PreparedSession,
    down: list[e.Event],
    post: MessageQueue,
    tuner: Tuner,
    observer: Observer,
    say: Say,
) -> bool:
    """Run the loop until the trials have ended. Returns whether the user interrupted it.

    `down` are the first events, of `on_one_node`.
    """
    interrupts = _Interrupts(say)
    session.keep()  # from here on there may be trials on nodes: `cleanup` removes it
    loop = assemble(session, post, tuner, observers=[observer], ask_on_interrupt=interrupts.answer)
    with _interruptible(loop, post):
        loop.run(first_events(session, down, keep_going=True))
    return interrupts.count > 0


class _Interrupts:
    """The first Ctrl-C stops the trials, the second leaves them."""

    def __init__(self, say: Say) -> None:
        self.count = 0
        self._say = say

    def answer(self, experiment: Experiment) -> Choice:
        """What becomes of the trials now."""
        self.count += 1
        if self.count > 1:
            return "leave"
        self._say("stopping the trial, and removing what was written …")
        return "stop"


@contextlib.contextmanager
def _interruptible(loop: Loop, post: MessageQueue) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP interrupt the loop. A SIGHUP that is ignored stays so."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        loop.interrupts += 1
        post.wake()

    before = {
        number: signal.signal(number, interrupt)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
