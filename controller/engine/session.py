"""What stands before an experiment runs: a new one is made, an old one taken up."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules
from controller.dispatch.ansible.environment import ROOT
from controller.dispatch.ansible.inventory import Inventory, InventoryError, Node, read_mapping
from controller.dispatch.ansible.inventory import read as read_inventory
from controller.dispatch.ansible.inventory import write as write_inventory
from controller.engine import interpreter
from controller.engine.interpreter import Interpreter
from controller.engine.replay import known, replay
from controller.errors import HeirloomError, reason
from controller.formats import command
from controller.recovery import recover
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home, user_name
from controller.state.inbox import Inbox
from controller.state.journal import Journal
from controller.state.lock import Lock
from controller.state.record import read_config
from controller.store import layout
from controller.store.layout import Root
from controller.store.snapshots import runtime, snapshot
from controller.tuners.pipe import TunerError
from controller.tuners.process import Call, TunerProcess
from heirloom.store.atomic_write import replace_file, sync_directory

_TUNER_START = 60.0  # seconds
DEFAULT_INVENTORY = ROOT / "inventory" / "hosts.yml"


class LaunchError(HeirloomError):
    """The experiment cannot be started here."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """An experiment that this process alone may change, where its journal leads."""

    place: ExperimentDir
    config: configs.Experiment
    created: e.Created
    root: Root
    journal: Journal
    experiment: Experiment
    calls: Sequence[Call] = ()  # of the tuner, journaled
    known: Mapping[str, Any] | None = None  # of a search that goes on (replay.known)


@dataclass(frozen=True, kw_only=True)
class PreparedSession(Session):
    """Everything that stands before the loop begins."""

    home: Home
    inventory: Inventory
    nodes: tuple[Node, ...]
    keep: Callable[[], object] = lambda: None  # called when it runs: from then on it is kept
    notes: Sequence[str] = ()  # what is to be known of the experiment file


@contextlib.contextmanager
def create(
    file: Path, home: Home, inventory: Path | None, name: str | None
) -> Iterator[PreparedSession]:
    """A new experiment, gone again unless it is kept. Raises HeirloomError."""
    config, notes = configs.load_with_notes(file)
    listed = inventory_of(config, inventory, file, home)
    python = interpreter.chosen_for(listed, config)
    listed = interpreter.apply(listed, python, config.trial.python)
    nodes = fitting(listed, config.rules(), config.trial.gpus)
    check_pythons(nodes, config, python)
    store = store_of(config.store, nodes, home)
    refuse_absent(store, nodes)
    home.prepare()
    _prepare_run_dirs(nodes)
    with contextlib.ExitStack() as stack, contextlib.ExitStack() as undo:
        place = home.take_name(name or config.name, exact=name is not None)
        undo.callback(place.discard)
        stack.enter_context(Lock(place))
        config = config.model_copy(update={"name": place.name})
        root = layout.create(store, user_name(), place.name, secrets.token_hex(4))
        undo.callback(layout.discard, root)
        code = snapshot.take(config.trial.code_dir, root, (home.path,))
        shipped = runtime.take(root)
        listed = _kept(listed, config, inventory, place)
        created = e.Created(
            at=time.time(),
            name=place.name,
            root=str(root.path),
            code=code.digest,
            runtime=shipped.digest,
            seed=secrets.randbits(31) if config.seed is None else config.seed,
            inventory=str(listed.path),
            python=python.path,
            python_from=python.source,
        )
        try:
            replace_file(str(place.config), configs.dump(config).encode(), durable=True, mode=0o600)
        except OSError as error:
            raise LaunchError(f"cannot write {place.config}: {reason(error)}") from None
        try:
            recover.write_recovery_file(root, created, config)
        except OSError as error:
            raise LaunchError(f"cannot write in {root.path}: {reason(error)}") from None
        # The experiment is there from this rename on, and a kill before it leaves none.
        draft = place.path / "journal.new"
        with Journal.create(draft) as journal:
            journal.append([created])
        try:
            draft.rename(place.journal)
            for directory in (place.path, place.path.parent, home.path):
                sync_directory(str(directory))
        except OSError as error:
            raise LaunchError(f"cannot write in {place.path}: {reason(error)}") from None
        journal = stack.enter_context(Journal.open(place.journal))
        experiment = Experiment(config.rules())
        experiment.apply(created)
        yield PreparedSession(
            place=place, config=config, created=created, root=root, journal=journal,
            experiment=experiment, home=home, inventory=listed, nodes=nodes, keep=undo.pop_all,
            notes=notes,
        )  # fmt: skip


@contextlib.contextmanager
def resume(
    name: str, home: Home, inventory: Path | None, *, starts_trials: bool = True
) -> Iterator[PreparedSession]:
    """An experiment that was created before, with nodes to run it on.

    With `starts_trials` there must be a Python for them. Raises HeirloomError.
    """
    with lock(name, home) as found:
        python, note = Interpreter(found.created.python), ""
        if starts_trials:
            python, note = interpreter.journaled(found.created)
        listed = interpreter.apply(
            read_inventory(inventory or Path(found.created.inventory), home),
            python,
            found.config.trial.python,
        )
        nodes = fitting(listed, found.config.rules(), found.config.trial.gpus)
        if starts_trials:
            check_pythons(nodes, found.config, python)
        notes = [note] if note else []
        yield PreparedSession(**vars(found), home=home, inventory=listed, nodes=nodes, notes=notes)


@contextlib.contextmanager
def lock(name: str, home: Home) -> Iterator[Session]:
    """An experiment that was made before, for as long as it is needed. Raises HeirloomError."""
    place = home.find(name)
    with Lock(place):
        config = read_config(place)
        with Journal.open(place.journal) as journal:
            replayed = replay(config, journal)
            experiment, calls, _ = replayed
            created = experiment.created
            if created is None:
                raise LaunchError(
                    f"{place.journal}: the journal is empty: start anew with "
                    f"`{command('run', 'FILE')}`"
                )
            yield Session(
                place=place, config=config, created=created, journal=journal,
                root=layout.find(Path(created.root)), experiment=experiment, calls=calls,
                known=known(replayed) if experiment.opened_at is not None else None,
            )  # fmt: skip


def start_tuner(
    held: Session, log: Path, post: Callable[[Sequence[e.Event]], None]
) -> tuple[TunerProcess, list[str]]:
    """The tuner in the state that the journal leads to, and where it now answers otherwise.

    Raises LaunchError.
    """
    setup = held.config.tuner_setup(held.created.seed) | {
        "experiment": held.root.experiment,
        "checkpoint": str(held.place.checkpoint),
        "resume": held.known,
    }
    held.place.checkpoint.mkdir(exist_ok=True)
    python, _ = interpreter.journaled(held.created)
    try:
        tuner = TunerProcess(setup, log, post, interpreter.of_tuner(held.config, python).path)
    except TunerError as error:
        raise LaunchError(str(error)) from None
    try:
        tuner.wait_ready(_TUNER_START)
        return tuner, tuner.replay(held.calls)
    except (TunerError, TimeoutError) as error:
        tuner.close(1.0)
        words = str(error) or f"it was not ready within {_TUNER_START:.0f} s"
        trace = f"\n{error.traceback.rstrip()}" if isinstance(error, TunerError) else ""
        raise LaunchError(f"the tuner cannot be started: {words}{trace.rstrip()}") from None


def is_complete(ready: PreparedSession) -> bool:
    """Whether nothing is left to do: the search came to its own end, and nobody wants more."""
    experiment = ready.experiment
    over = experiment.search_over
    own_end = experiment.stopping is None and over is not None and not over.error
    return own_end and not Inbox(ready.place.inbox).receive()


def inventory_of(
    config: configs.Experiment, chosen: Path | None, file: Path, home: Home
) -> Inventory:
    """The inventory that is chosen, else the one that the experiment file has or names, else this
    machine alone. Raises InventoryError.
    """
    if chosen is None and isinstance(config.inventory, dict):
        return read_mapping(config.inventory, file, home)
    named = config.inventory if isinstance(config.inventory, Path) else None
    return read_inventory(chosen or named or DEFAULT_INVENTORY, home)


def _kept(
    inventory: Inventory, config: configs.Experiment, chosen: Path | None, place: ExperimentDir
) -> Inventory:
    """The inventory with the path at which Ansible, and a resume, find it."""
    if chosen is not None or not isinstance(config.inventory, dict):
        return inventory
    try:
        write_inventory(config.inventory, place.inventory)
    except OSError as error:
        raise LaunchError(f"cannot write {place.inventory}: {reason(error)}") from None
    return replace(inventory, path=place.inventory)


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


def check_pythons(nodes: Sequence[Node], config: configs.Experiment, python: Interpreter) -> None:
    """Raise InterpreterError where a Python of this machine cannot run trials or the tuner."""
    inspected = not all(node.is_local for node in nodes)  # preflight names what a node's own lacks
    for found in interpreter.on_this_machine(nodes, python):
        if found == python or not inspected:
            found.version()
    interpreter.of_tuner(config, python).version()


def store_of(chosen: Path | None, nodes: Sequence[Node], home: Home) -> Path:
    """The store: the chosen one, else the inventory's, else the one of this machine.

    Raises LaunchError when the nodes name different ones.
    """
    named = {node.store for node in nodes if node.store is not None}
    if chosen is not None:
        return chosen
    if len(named) > 1:
        raise LaunchError(
            f"the inventory names several stores ({', '.join(sorted(map(str, named)))}): "
            "say by which path this machine sees it (store: PATH in the experiment file)"
        )
    return named.pop() if named else home.store


def refuse_absent(store: Path, nodes: Sequence[Node]) -> None:
    """Raise LaunchError where other machines have the store and this one has not."""
    if not os.path.lexists(store) and not all(node.is_local for node in nodes):
        raise LaunchError(
            f"the store {store} is not on this machine: mount it here, as site.yml does on the "
            "hosts of the group controllers, or run this on a machine that has it"
        )


def _prepare_run_dirs(nodes: Sequence[Node]) -> None:
    """See that this machine, where it is a node, lets its user keep slots and claims."""
    for node in nodes:
        if node.is_local:
            try:
                node.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=node.run_dir):
                    pass
            except OSError as error:
                raise LaunchError(
                    f"{node.run_dir} cannot be written: {reason(error)}; name a directory of yours "
                    f"on a local disk as heirloom_run_dir of {node.name} in the inventory"
                ) from None
