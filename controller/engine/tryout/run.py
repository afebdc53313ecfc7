"""Runs a try-out: a small experiment of two trials, which is removed at its end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from controller.config import Experiment as Config
from controller.config.model import ModelSpace
from controller.core import events as e
from controller.engine.assembly import log_to
from controller.engine.messages import MessageQueue
from controller.engine.session import PreparedSession, create
from controller.engine.setup.tuner import start_tuner
from controller.engine.tryout import cleanup
from controller.engine.tryout.alone import Place, Progress, Say, on_one_node, run_loop, stem
from controller.engine.tryout.figures import Tryout, figures, problem_of
from controller.engine.tryout.tuner import TryoutTuner
from controller.engine.tryout.watch import TryoutWatch
from controller.errors import HeirloomError

DEFAULT_LIMIT = 60.0  # seconds that each trial may train
_MARGIN = 60.0  # seconds beyond its limit after which a trial whose controller was killed ends


@dataclass(frozen=True, kw_only=True)
class Request(Place):
    """What to try, and how. `limit` is in seconds; without one a report is enough."""

    node: str | None = None
    limit: float | None = None
    made: ModelSpace | None = None  # of a file with a model


def run(request: Request, say: Say, progress: Progress) -> Tryout:
    """Train a candidate, then a child of it, and remove both.

    `say` prints a line; `progress` is that of `preflight.check`. Raises HeirloomError if they could
    not be started.
    """
    cleanup.clean(request.home, say)
    try:
        return _try(request, say, progress)
    finally:
        cleanup.remove_if_empty(request.home.of_tryouts().experiments)


def _try(request: Request, say: Say, progress: Progress) -> Tryout:
    limit = request.limit or DEFAULT_LIMIT
    home = request.home.of_tryouts()

    def adapt(config: Config) -> Config:
        return adapted(config, limit)

    name = f"{stem(request.file)}-try-{secrets.token_hex(3)}"
    with create(
        request.file,
        home,
        request.inventory,
        name,
        request.slots,
        made=request.made,
        adapt=adapt,
    ) as whole:
        session, down, warnings = on_one_node(whole, request.node, progress)
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


def _run(session: PreparedSession, request: Request, down: list[e.Event], say: Say) -> Tryout:
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
    try:
        interrupted = run_loop(session, down, post, tuner, watch, say)
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
        interrupted=interrupted,
    )
