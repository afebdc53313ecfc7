"""Puts the parts of a running experiment together, and runs the loop until it ends."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from rich.markup import escape

from controller.commands.output import say
from controller.commands.search import ending, tryout
from controller.core import events as e
from controller.engine.assembly import NoTuner, assemble, first_events, log_to
from controller.engine.continuation import original as originals
from controller.engine.continuation import warm_start
from controller.engine.continuation.extension import Extension
from controller.engine.loop import Loop, Tuner
from controller.engine.messages import MessageQueue
from controller.engine.on_end import OnEnd
from controller.engine.session import PreparedSession, create, is_complete
from controller.engine.session import resume as resume_session
from controller.engine.setup import preflight
from controller.engine.setup.cluster import summary
from controller.engine.setup.tuner import start_tuner
from controller.errors import HeirloomError, LaunchError
from controller.formats import command
from controller.results import live
from controller.state.home import Home, user_name
from controller.store.snapshots import snapshot
from controller.views import output
from controller.views.screen import Screen, inspecting


def run(
    file: Path,
    home: Home,
    *,
    inventory: Path | None = None,
    name: str | None = None,
    keep_going: bool = False,
    slots: int | None = None,
    seed: int | None = None,
) -> int:
    """Run a new experiment, with another seed than its file's if given. Returns the exit code.

    With `keep_going`, trials that fail alike do not pause it. Raises HeirloomError where it cannot
    be started.
    """
    output.go_on_without()
    made = tryout.space_of(file, home, inventory=inventory, slots=slots)
    with create(file, home, inventory, name, slots, made=made, seed=seed) as ready:
        return _start(ready, keep_going=keep_going)


def run_like(
    original_name: str,
    home: Home,
    *,
    replay: bool = False,
    inventory: Path | None = None,
    name: str | None = None,
    keep_going: bool = False,
    slots: int | None = None,
    seed: int | None = None,
) -> int:
    """Run a new experiment that is like an earlier one. Returns the exit code.

    With `replay`, its proposals are repeated with their parents. `seed`: another one than that of
    the earlier experiment. Raises HeirloomError where it cannot be started.
    """
    found = originals.original(original_name, home, replay=replay)
    return run_original(
        found, home, inventory=inventory, name=name, keep_going=keep_going, slots=slots, seed=seed
    )


def run_original(
    found: originals.Original,
    home: Home,
    *,
    inventory: Path | None = None,
    name: str | None = None,
    keep_going: bool = False,
    slots: int | None = None,
    seed: int | None = None,
) -> int:
    """Run a new experiment that takes over what was found. Returns the exit code.

    `seed`: another one than was found. Raises HeirloomError where it cannot be started.
    """
    output.go_on_without()
    with create(
        found.file, home, inventory, name, slots, made=found.made, seed=seed, original=found
    ) as ready:
        return _start(ready, keep_going=keep_going)


def _start(ready: PreparedSession, *, keep_going: bool) -> int:
    """Run an experiment that was created. Returns the exit code. Raises HeirloomError."""
    live.check(ready.config.exporters)
    if ready.taken_name:
        say(f"the name {ready.taken_name} is taken: this experiment is {ready.directory.name}")
    preflighted = preflight.check(ready, inspecting)
    _import(ready)
    return _run(ready, _start_tuner, *preflighted, keep_going=keep_going)


def resume(
    name: str,
    home: Home,
    *,
    inventory: Path | None = None,
    keep_going: bool = False,
    extension: Extension | None = None,
    slots: int | None = None,
) -> int:
    """Go on with an experiment, with a larger budget if given. Returns the exit code.

    With `keep_going`, trials that fail alike do not pause it. Raises HeirloomError where it cannot
    be resumed.
    """
    output.go_on_without()
    with resume_session(name, home, inventory, slots=slots) as ready:
        x = ready.experiment
        if x.closed is not None and extension is None and is_complete(ready):
            raise LaunchError(
                f"{name} has finished: {x.closed.reason}; extend its budget with "
                f"`{command('resume', name, '--trials', '+50')}`, or start a new one with "
                f"`{command('run', 'FILE')}`"
            )
        more: list[e.Event] = []
        if extension is not None:
            event = extension.event(x, name, x.last_at)
            more = [dataclasses.replace(event, at=time.time())]
        down, warnings = preflight.check(ready, inspecting)
        _import(ready)
        return _run(ready, _start_tuner, [*down, *more], warnings, keep_going=keep_going)


def stop(name: str, home: Home) -> int:
    """End an experiment that no controller runs. Returns the exit code. Raises HeirloomError."""
    with resume_session(name, home, None, starts_trials=False) as ready:
        if ready.experiment.closed is not None:
            raise LaunchError(f"{name} has ended already: {ready.experiment.closed.reason}")
        by = user_name()
        last = e.StopAsked(at=time.time(), reason=f"stopped by {by}", by=by)
        _run(ready, lambda ready, post: _Started(NoTuner()), [last])
        return 0


def _import(ready: PreparedSession) -> None:
    """Import what the journal names and does not hold yet. Raises HeirloomError."""
    x = ready.experiment
    if x.imports is not None and x.is_importing:
        say(f"importing {warm_start.described(x.imports)}")
        warm_start.complete(x, ready.journal, ready.root)


class _Started(NamedTuple):
    tuner: Tuner
    differences: Sequence[str] = ()
    declared: Sequence[e.Event] = ()


def _start_tuner(ready: PreparedSession, post: MessageQueue) -> _Started:
    tuner, declared, differences = start_tuner(ready, ready.directory.tuner_log, post.events)
    event = e.TunerDeclared(
        at=time.time(), lookahead=declared["lookahead"], concludes=declared["concludes"]
    )
    is_default = event.lookahead is None and not event.concludes
    return _Started(tuner, differences, [] if is_default else [event])


def _run(
    ready: PreparedSession,
    start_tuner: Callable[[PreparedSession, MessageQueue], _Started],
    then: list[e.Event],
    warnings: Sequence[str] = (),
    *,
    keep_going: bool = False,
) -> int:
    """Start tuner, watch and dispatcher, and run the loop.

    Its first events are the opening and `then`. Returns the exit code.
    """
    place, experiment = ready.directory, ready.experiment
    log_to(place.controller_log)
    post = MessageQueue()
    tuner, differences, declared = start_tuner(ready, post)
    ready.keep()
    with Screen(place.name) as screen:
        _greet(screen, ready, warnings, differences)

        def warn(line: str) -> None:
            screen.say(f"[yellow]{escape(line)}[/]")

        exporters = live.observers(ready.config.exporters, place, warn)
        on_end = OnEnd(
            ready.config.on_end,
            ready.config.on_end_timeout,
            place=place,
            directory=ready.config.trial.code_dir,
            say=warn,
        )
        loop = assemble(
            ready,
            post,
            tuner,
            observers=[screen, on_end, *exporters],
            ask_on_interrupt=screen.ask,
            ask_on_pause=screen.ask_on_pause,
        )
        with _signals(loop, post):
            closed = loop.run(first_events(ready, [*declared, *then], keep_going=keep_going))
            live.finish(exporters, experiment)
    try:
        return ending.farewell(screen, experiment, place, closed)
    finally:
        on_end.finish(experiment)


def _greet(
    screen: Screen, ready: PreparedSession, warnings: Sequence[str], differences: Sequence[str]
) -> None:
    config, experiment = ready.config, ready.experiment
    nodes = list(map(summary, ready.nodes))
    where = nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes: {', '.join(nodes)}"
    screen.say(f"[bold]{ready.directory.name}[/] on {escape(where)}")
    screen.say(f"[dim]store {escape(str(ready.root.path))}[/]")
    for warning in [*ready.notes, *ready.inventory.warnings, *warnings]:
        screen.say(f"[yellow]{escape(warning)}[/]")
    if experiment.opened_at is None:
        return
    screen.say(
        f"resumed after {len(experiment.trials)} trials, {len(experiment.on_nodes)} on nodes"
    )
    for difference in differences:
        screen.say(f"[yellow]{escape(difference)}[/]")
    try:
        changed = (
            snapshot.digest(config.trial.code_dir, ready.root, (ready.home.path,))
            != ready.created.code
        )
        note = "has changed since the experiment was made"
    except HeirloomError as error:
        changed, note = True, f"cannot be read ({error})"
    if changed:
        screen.say(
            f"[yellow]{escape(str(config.trial.code_dir))} {escape(note)}; trials go on with the "
            "snapshot that was taken then[/]"
        )


@contextlib.contextmanager
def _signals(loop: Loop, post: MessageQueue) -> Iterator[None]:
    """SIGINT asks the user. SIGTERM and SIGHUP end the controller and leave the trials running.

    A SIGHUP that is ignored stays so: nohup(1) ignores it.
    """

    def interrupt(signum: int, frame: FrameType | None) -> None:
        loop.interrupts += 1
        post.wake()

    def leave(signum: int, frame: FrameType | None) -> None:
        loop.leave = True
        post.wake()

    before: dict[signal.Signals, Any] = {signal.SIGINT: signal.signal(signal.SIGINT, interrupt)}
    before[signal.SIGTERM] = signal.signal(signal.SIGTERM, leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
