"""Runs a try-out: a small experiment of two trials, which is removed at its end."""

from __future__ import annotations

import contextlib
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from controller.config import Experiment as Config
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.engine.assembly import assemble, first_events, log_to
from controller.engine.loop import Loop
from controller.engine.messages import MessageQueue
from controller.engine.observer import Choice
from controller.engine.session import PreparedSession, create, start_tuner
from controller.engine.setup import preflight
from controller.engine.tryout import cleanup
from controller.engine.tryout.figures import Tryout, figures, problem_of
from controller.engine.tryout.tuner import TryoutTuner
from controller.engine.tryout.watch import TryoutWatch
from controller.errors import HeirloomError, LaunchError
from controller.state.home import Home

DEFAULT_LIMIT = 60.0  # seconds that each trial may train
_MARGIN = 60.0  # seconds beyond its limit after which a trial whose controller was killed ends
_LONGEST_NAME = 40  # characters of the experiment's name in that of the try-out


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to try, and how. `limit` is in seconds; without one a report is enough."""

    file: Path
    home: Home
    inventory: Path | None = None
    slots: int | None = None
    node: str | None = None
    limit: float | None = None


def run(
    request: Request,
    say: Callable[[str], None],
    progress: Callable[[int], AbstractContextManager[None]],
) -> Tryout:
    """Train a candidate, then a child of it, and remove both.

    `say` prints a line; `progress` is that of `preflight.check`. Raises HeirloomError if they could
    not be started.
    """
    cleanup.clean(request.home, say)
    try:
        return _try(request, say, progress)
    finally:
        cleanup.remove_if_empty(request.home.of_tryouts().experiments)


def _try(
    request: Request,
    say: Callable[[str], None],
    progress: Callable[[int], AbstractContextManager[None]],
) -> Tryout:
    limit = request.limit or DEFAULT_LIMIT
    home = request.home.of_tryouts()

    def adapt(config: Config) -> Config:
        return adapted(config, limit)

    name = f"{_stem(request.file)}-try-{secrets.token_hex(3)}"
    with create(request.file, home, request.inventory, name, request.slots, adapt=adapt) as whole:
        session, down, warnings = _on_one_node(whole, request.node, progress)
        for line in warnings:
            say(line)
        found = _run(session, request, down, say)
        place, root, nodes = session.directory, session.root, session.nodes
        on_nodes = bool(session.experiment.on_nodes)
    if on_nodes:
        left = (
            f"a trial may still run on {nodes[0].name}: it ends within "
            f"{2 * limit + _MARGIN:.0f} s, and the next `check --run` or `gc` removes the rest"
        )
        return replace(found, left=left)
    try:
        cleanup.remove(place, root, nodes)
    except HeirloomError as error:
        return replace(found, left=str(error))
    return found


def adapted(config: Config, limit: float) -> Config:
    """The configuration of the try-out: two trials, one after the other, neither tried again.

    A stop waits for the next report, and so for the weights, as long as the trial may train. If the
    controller is killed, the timeout ends the trial.
    """
    trial, budget = config.trial, config.budget
    grace = max(trial.grace, limit)
    timeout = limit + grace + _MARGIN
    if trial.timeout is not None:
        timeout = min(timeout, trial.timeout)
    changes: dict[str, Any] = {
        "trial": trial.model_copy(
            update={"grace": grace, "timeout": timeout, "retries": 0, "retry": ()}
        ),
        "budget": budget.model_copy(update={"trials": 2, "duration": None, "concurrency": 1}),
        "lookahead": 0,
        "keep": "all",
    }
    changes.update(dict.fromkeys({"warm_start", "on_end"} & type(config).model_fields.keys()))
    return config.model_copy(update=changes)


def _stem(file: Path) -> str:
    """A name for the try-out, from that of the file's directory or of the file."""
    from controller.config.experiment import slug

    return slug(file.absolute().parent.name)[:_LONGEST_NAME].strip("-_")


def _on_one_node(
    session: PreparedSession,
    wanted: str | None,
    progress: Callable[[int], AbstractContextManager[None]],
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


def _run(
    session: PreparedSession, request: Request, down: list[e.Event], say: Callable[[str], None]
) -> Tryout:
    """Run the loop until both trials have ended, or until the user interrupts it."""
    log_to(session.directory.controller_log)
    limit = request.limit or DEFAULT_LIMIT
    post = MessageQueue()
    tuner = TryoutTuner(
        lambda take: start_tuner(session, session.directory.tuner_log, take)[0],
        post.events,
        session.experiment,
        session.config.search_space,
        session.created.seed,
    )
    watch = TryoutWatch(session.root, limit, post.events, say, at_report=request.limit is None)
    interrupts = _Interrupts(say)
    session.keep()  # from here on there may be trials on nodes: `cleanup` removes it
    loop = assemble(session, post, tuner, observers=[watch], ask_on_interrupt=interrupts.answer)
    try:
        with _signals(loop, post):
            loop.run(first_events(session, down, keep_going=True))
    finally:
        watch.close()
    x = session.experiment
    problem, trace = problem_of(x)
    return Tryout(
        trials=[
            figures(session.root, trial, watch.first_reports.get(trial.id))
            for trial in x.trials
            if trial.state.is_verdict
        ],
        limit=limit,
        problem=problem,
        traceback=trace,
        interrupted=interrupts.count > 0,
    )


class _Interrupts:
    """The first Ctrl-C stops the trials, the second leaves them."""

    def __init__(self, say: Callable[[str], None]) -> None:
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
def _signals(loop: Loop, post: MessageQueue) -> Iterator[None]:
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
