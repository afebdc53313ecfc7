"""Makes a new experiment, or takes one up again, and runs it to its end."""

from __future__ import annotations

import contextlib
import getpass
import logging
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from rich.markup import escape

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules
from controller.dispatch.ansible import AnsibleDispatcher
from controller.errors import HeirloomError, reason
from controller.home import Home, Lock, Place
from controller.inbox import Inbox
from controller.inventory import Inventory, InventoryError, Node
from controller.inventory import read as read_inventory
from controller.journal import Journal
from controller.loop import Loop, Post, Tuner
from controller.record import read_config
from controller.replay import replay
from controller.screen import Screen
from controller.spec import Specs
from controller.store import layout, runtime, snapshot
from controller.store.layout import Root
from controller.store.watch import StoreWatch
from controller.tuners.pipe import TunerError
from controller.tuners.process import Call, TunerProcess
from heirloom.files import RealFiles

DEFAULT_INVENTORY = Path(__file__).resolve().parent.parent / "inventory" / "hosts.yml"
_TUNER_START = 60.0  # seconds


class LaunchError(HeirloomError):
    """The experiment cannot be started here."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything that stands before the loop begins."""

    home: Home
    place: Place
    config: configs.Experiment
    created: e.Created
    root: Root
    inventory: Inventory
    nodes: tuple[Node, ...]
    journal: Journal
    experiment: Experiment
    calls: Sequence[Call]  # of the tuner, journaled


def fitting(inventory: Inventory, rules: Rules, gpus: int) -> tuple[Node, ...]:
    """The nodes that can run a trial. Raises InventoryError when there is none."""
    fit = tuple(
        node
        for node in inventory.nodes
        if node.info.slots >= rules.slots and node.info.gpus >= gpus
    )
    if not fit:
        have = ", ".join(
            f"{node.name}: {node.info.slots} slots, {node.info.gpus} GPUs"
            for node in inventory.nodes
        )
        raise InventoryError(
            f"{inventory.path}: a trial takes {rules.slots} slots and {gpus} GPUs, and no node has "
            f"as many ({have}): change trial.slots, trial.gpus, or heirloom_slots in the inventory"
        )
    return fit


def run(file: Path, home: Home, *, inventory: Path | None = None, name: str | None = None) -> int:
    """Run a new experiment to its end; the exit code. Raises HeirloomError before it starts."""
    config = configs.load(file)
    listed = read_inventory(inventory or config.inventory or DEFAULT_INVENTORY, home)
    nodes = fitting(listed, config.rules(), config.trial.gpus)
    home.prepare()
    with contextlib.ExitStack() as stack, contextlib.ExitStack() as undo:
        place = home.take_name(name or config.name, exact=name is not None)
        undo.callback(place.discard)
        stack.enter_context(Lock(place))
        config = config.model_copy(update={"name": place.name})
        root = layout.create(
            config.store or home.store, getpass.getuser(), place.name, secrets.token_hex(4)
        )
        undo.callback(layout.discard, root)
        code = snapshot.take(config.trial.code_dir, root, (home.path,))
        shipped = runtime.take(root)
        created = e.Created(
            at=time.time(),
            name=place.name,
            root=str(root.path),
            code=code.digest,
            runtime=shipped.digest,
            seed=secrets.randbits(31) if config.seed is None else config.seed,
            inventory=str(listed.path),
        )
        try:
            place.config.write_text(configs.dump(config))
        except OSError as error:
            raise LaunchError(f"cannot write {place.config}: {reason(error)}") from None
        journal = stack.enter_context(Journal.create(place.journal))
        experiment = Experiment(config.rules())
        ready = Ready(home, place, config, created, root, listed, nodes, journal, experiment, ())
        return _run(ready, _start_tuner, [created], [], undo.pop_all)


def resume(name: str, home: Home, *, inventory: Path | None = None) -> int:
    """Take an experiment up again; the exit code. Raises HeirloomError before it starts."""
    with _taken_up(name, home, inventory) as ready:
        return _run(ready, _start_tuner, [], [], lambda: None)


def stop(name: str, home: Home) -> int:
    """End an experiment that no controller runs; the exit code. Raises HeirloomError."""
    with _taken_up(name, home, None) as ready:
        if ready.experiment.closed is not None:
            raise LaunchError(f"{name} has ended already: {ready.experiment.closed.reason}")
        last = e.StopAsked(at=time.time(), reason="stopped by a person")
        _run(ready, lambda ready, post: (_NoTuner(), []), [], [last], lambda: None)
        return 0


@contextlib.contextmanager
def _taken_up(name: str, home: Home, inventory: Path | None) -> Iterator[Ready]:
    place = home.find(name)
    with contextlib.ExitStack() as stack:
        stack.enter_context(Lock(place))
        config = read_config(place)
        journal = stack.enter_context(Journal.open(place.journal))
        experiment, calls = replay(config, journal)
        created = experiment.created
        if created is None:
            raise LaunchError(f"{place.journal}: the journal is empty: start anew with `run`")
        root = layout.find(Path(created.root))
        listed = read_inventory(inventory or Path(created.inventory), home)
        nodes = fitting(listed, config.rules(), config.trial.gpus)
        yield Ready(home, place, config, created, root, listed, nodes, journal, experiment, calls)


class _NoTuner:
    """Stands where no proposal will be asked for."""

    def propose(self, trial: int) -> None: ...

    def observe(self, result: dict[str, Any]) -> None: ...

    def report(self, trial: int, step: int, value: Any, number: int = 1) -> None: ...

    def close(self, timeout: float) -> None: ...


def _start_tuner(ready: Ready, post: Post) -> tuple[Tuner, list[str]]:
    """The tuner in the state that the journal leads to, and where it now answers otherwise."""
    setup = ready.config.tuner_setup(ready.created.seed)
    tuner = TunerProcess(setup, ready.place.tuner_log, post.events)
    try:
        tuner.wait_ready(_TUNER_START)
        return tuner, tuner.replay(ready.calls)
    except (TunerError, TimeoutError) as error:
        tuner.close(1.0)
        words = str(error) or f"it was not ready within {_TUNER_START:.0f} s"
        raise LaunchError(f"the tuner cannot be started: {words}") from None


def _run(
    ready: Ready,
    start_tuner: Callable[[Ready, Post], tuple[Tuner, list[str]]],
    before: list[e.Event],
    after: list[e.Event],
    started: Callable[[], object],
) -> int:
    """Bring up tuner, watch and dispatcher, and loop from the events `before` and `after` opening.

    `started` is called when everything is up, before anything is journaled.
    """
    place, experiment = ready.place, ready.experiment
    _log_to(place.controller_log)
    post = Post()
    tuner, differences = start_tuner(ready, post)
    watch = StoreWatch(ready.root, ready.root.experiment, RealFiles(), post.events, post.silence)
    dispatcher = AnsibleDispatcher(
        ready.nodes,
        ready.inventory.path,
        place.path / "waves",
        post.answers,
        experiment=ready.root.experiment,
    )
    specs = Specs(
        ready.config,
        ready.root,
        ready.created.code,
        ready.created.runtime,
        {node.name: node for node in ready.nodes},
    )
    now = time.time()
    found = tuple(node.info for node in ready.nodes)
    first = [
        *before,
        e.Opened(at=now, resumed=experiment.opened_at is not None),
        e.NodesFound(at=now, nodes=found),
        *after,
    ]
    started()
    with Screen(place.name) as screen:
        _greet(screen, ready, differences)
        loop = Loop(
            experiment,
            ready.journal,
            post=post,
            tuner=tuner,
            watch=watch,
            dispatcher=dispatcher,
            specs=specs,
            inbox=Inbox(place.inbox),
            screen=screen,
        )
        with _signals(loop, post):
            closed = loop.run(first)
    return _farewell(screen, experiment, place, closed)


def _greet(screen: Screen, ready: Ready, differences: Sequence[str]) -> None:
    config, experiment = ready.config, ready.experiment
    nodes = [f"{node.name} ({len(node.slots)} slots)" for node in ready.nodes]
    where = nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes: {', '.join(nodes)}"
    screen.say(f"[bold]{ready.place.name}[/] on {escape(where)}")
    screen.say(f"[dim]store {escape(str(ready.root.path))}[/]")
    for warning in ready.inventory.warnings:
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


def _farewell(screen: Screen, experiment: Experiment, place: Place, closed: e.Closed | None) -> int:
    if closed is None:
        screen.say(f"left; go on with: python -m controller resume {place.name}")
        return 130
    # In a process of its own: what draws the report takes more memory than the controller may.
    drawn = subprocess.run([sys.executable, "-m", "controller", "report", place.name], check=False)
    if drawn.returncode:
        screen.say(f"[yellow]no report: try `python -m controller report {place.name}`[/]")
    error = experiment.search_over is not None and experiment.search_over.error
    if experiment.stopping is not None:
        return 130
    return 1 if error or experiment.best is None else 0


@contextlib.contextmanager
def _signals(loop: Loop, post: Post) -> Iterator[None]:
    """Ctrl-C asks; a polite end from outside leaves the trials running."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        loop.interrupts += 1
        post.wake()

    def leave(signum: int, frame: FrameType | None) -> None:
        loop.leave = True
        post.wake()

    before: dict[signal.Signals, Any] = {signal.SIGINT: signal.signal(signal.SIGINT, interrupt)}
    for number in (signal.SIGTERM, signal.SIGHUP):
        before[number] = signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_to(path: Path) -> None:
    logging.basicConfig(
        filename=path, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
