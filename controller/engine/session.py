"""Sessions: exclusive access to an experiment, to run it or to change it."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller import config as configs
from controller.config import passed
from controller.config.model import ModelSpace
from controller.config.passed import NOTHING, Passed
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.dispatch.ansible.environment import DEFAULT_INVENTORY
from controller.dispatch.ansible.inventory import Inventory, Node
from controller.dispatch.ansible.inventory import read as read_inventory
from controller.engine.continuation import warm_start
from controller.engine.continuation.original import Original
from controller.engine.continuation.replay import restore
from controller.engine.setup import interpreter, specs
from controller.engine.setup.cluster import (
    check_pythons,
    inventory_of,
    keep_run_dirs,
    prepare_run_dirs,
    require_store,
    store_inventory,
    store_path,
    usable_nodes,
)
from controller.engine.setup.interpreter import Interpreter
from controller.engine.setup.plan import on_code
from controller.errors import LaunchError, reason
from controller.formats import command
from controller.recovery import recover
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home, user_name
from controller.state.inbox import Inbox
from controller.state.journal import Journal
from controller.state.lock import Lock
from controller.state.publish import publish
from controller.state.reading.reader import Restored
from controller.state.record import read_config
from controller.store import layout
from controller.store.layout import Root
from controller.store.snapshots import runtime, snapshot
from controller.store.snapshots.listing import entries
from heirloom.store.atomic_write import replace_file


@dataclass(frozen=True, kw_only=True)
class Session:
    """A locked experiment, in the state that its journal leads to."""

    directory: ExperimentDir
    config: configs.Experiment
    created: e.Created
    root: Root
    journal: Journal
    experiment: Experiment
    restored: Restored | None = None  # where `experiment` comes from; None: it is new


@dataclass(frozen=True, kw_only=True)
class PreparedSession(Session):
    """A session with everything that the loop needs."""

    home: Home
    inventory: Inventory
    nodes: tuple[Node, ...]
    keep: Callable[[], object] = lambda: None  # call it when the experiment starts to run
    notes: Sequence[str] = ()  # for the user, about the experiment file and its Python
    passed: Passed = NOTHING  # variables of this shell for the trials
    slots: int | None = None  # of this machine, as the user chose
    taken_name: str = ""  # the name that was wanted, if an earlier experiment has it


@contextlib.contextmanager
def create(
    file: Path,
    home: Home,
    inventory: Path | None,
    name: str | None,
    slots: int | None = None,
    *,
    made: ModelSpace | None = None,
    adapt: Callable[[configs.Experiment], configs.Experiment] = lambda config: config,
    seed: int | None = None,
    original: Original | None = None,
) -> Iterator[PreparedSession]:
    """Create an experiment. It is deleted at the end unless `keep` was called.

    `made` is the search space of the file's model; `adapt` may change what the file says, and
    `seed` replaces its seed. With `original`, whose file is `file`, it is like an earlier
    experiment. Raises HeirloomError.
    """
    config, notes = _config(file, made, original)
    config = adapt(config)
    if seed is not None:
        config = config.model_copy(update={"seed": seed})
    if config.lacks_space or (made is not None and config.model != made.model):
        raise LaunchError(f"{file} changed while the search space of its model was made: try again")
    variables = passed.read(config.trial.pass_environment, os.environ)
    listed = inventory_of(config, inventory, file, home)
    python = interpreter.chosen_for(listed, config)
    listed = interpreter.apply(listed, python, config.trial.python)
    usable = usable_nodes(listed, config, slots)
    listed, nodes = usable.inventory, usable.nodes
    check_pythons(nodes, config, python)
    store = store_path(config.store, nodes, home)
    specs.check(config, store, nodes)
    require_store(store, nodes)
    warm = warm_start.choose(config, home)
    home.prepare()
    prepare_run_dirs(nodes, home)
    with contextlib.ExitStack() as stack, contextlib.ExitStack() as undo:
        directory = home.take_name(config.name if name is None else name, exact=name is not None)
        undo.callback(directory.discard)
        stack.enter_context(Lock(directory))
        taken = config.name if name is None and directory.name != config.name else ""
        config = config.model_copy(update={"name": directory.name})
        root = layout.create(store, user_name(), directory.name, secrets.token_hex(4))
        undo.callback(layout.discard, root)
        _note_root(directory, root)
        code = _code(config, root, home, original)
        shipped = runtime.take(root)
        listed = store_inventory(listed, config, inventory, directory)
        created = e.Created(
            at=time.time(),
            name=directory.name,
            root=str(root.path),
            code=code.digest,
            runtime=shipped.digest,
            seed=secrets.randbits(31) if config.seed is None else config.seed,
            inventory=str(listed.path),
            python=python.path,
            python_from=python.source,
            passes_bounds=True,
            passes_candidate=True,
            costs=None if made is None else made.costs,
        )
        try:
            replace_file(
                str(directory.config), configs.dump(config).encode(), durable=True, mode=0o600
            )
        except OSError as error:
            raise LaunchError(f"cannot write {directory.config}: {reason(error)}") from None
        try:
            recover.write_recovery_file(root, created, config, warm.asked)
        except OSError as error:
            raise LaunchError(f"cannot write in {root.path}: {reason(error)}") from None
        first = [event for event in (created, warm.asked) if event is not None]
        publish(directory, first, home)
        journal = stack.enter_context(Journal.open(directory.journal))
        experiment = Experiment(config.rules())
        for event in first:
            experiment.apply(event)
        told = [*notes, *usable.notes, *on_code(config, code.entries, nodes), *warm.notes]
        yield PreparedSession(
            directory=directory,
            config=config,
            created=created,
            root=root,
            journal=journal,
            experiment=experiment,
            home=home,
            inventory=listed,
            nodes=nodes,
            keep=undo.pop_all,
            notes=told,
            passed=variables,
            taken_name=taken,
            slots=slots,
        )


def _config(
    file: Path, made: ModelSpace | None, original: Original | None
) -> tuple[configs.Experiment, list[str]]:
    """What the file says, and notes for the user. Raises ConfigError."""
    if original is not None:
        return original.config, []
    return configs.load_with_notes(file, None if made is None else made.space)


def _code(
    config: configs.Experiment, root: Root, home: Home, original: Original | None
) -> snapshot.Snapshot:
    """The snapshot of the trials' code. Raises HeirloomError."""
    if original is not None:
        return snapshot.put(original.code, entries(original.code), root.code)
    return snapshot.take(config.trial.code_dir, root, (home.path,))


def _note_root(directory: ExperimentDir, root: Root) -> None:
    """Write down where the store is used, until the journal says so. Raises LaunchError."""
    try:
        replace_file(str(directory.draft_root), os.fsencode(root.path), durable=True)
    except OSError as error:
        raise LaunchError(f"cannot write {directory.draft_root}: {reason(error)}") from None


@contextlib.contextmanager
def resume(
    name: str,
    home: Home,
    inventory: Path | None,
    *,
    starts_trials: bool = True,
    slots: int | None = None,
) -> Iterator[PreparedSession]:
    """Reopen an experiment with the nodes to run it on.

    With `starts_trials` there must be a Python for trials, and the variables that they get must be
    set. `slots` is the number that the user chose for this machine; without it, a number that was
    chosen earlier stands. Raises HeirloomError.
    """
    with lock(name, home) as found:
        python, note, variables = Interpreter(found.created.python), "", NOTHING
        if starts_trials:
            python, note = interpreter.journaled(found.created)
            variables = passed.read(found.config.trial.pass_environment, os.environ)
        listed = read_inventory(inventory or Path(found.created.inventory), home)
        listed = interpreter.apply(listed, python, found.config.trial.python)
        listed = keep_run_dirs(listed, home, found.root.experiment)
        if slots is None and listed.path == DEFAULT_INVENTORY:
            slots = found.experiment.chosen_slots
        nodes, notes = listed.nodes, [note] if note else []
        if starts_trials:
            usable = usable_nodes(listed, found.config, slots)
            listed, nodes = usable.inventory, usable.nodes
            notes += usable.notes
            check_pythons(nodes, found.config, python)
        yield PreparedSession(
            **vars(found),
            home=home,
            inventory=listed,
            nodes=nodes,
            notes=notes,
            passed=variables,
            slots=slots,
        )


@contextlib.contextmanager
def lock(name: str, home: Home) -> Iterator[Session]:
    """Lock an existing experiment and read its journal. Raises HeirloomError."""
    directory = home.find(name)
    with Lock(directory):
        config = read_config(directory)
        with Journal.open(directory.journal) as journal:
            restored = restore(config, journal)
            created = restored.experiment.created
            if created is None:
                raise LaunchError(
                    f"{directory.journal} is empty: start a new experiment with "
                    f"`{command('run', 'FILE')}`"
                )
            yield Session(
                directory=directory,
                config=config,
                created=created,
                journal=journal,
                root=layout.find(Path(created.root)),
                experiment=restored.experiment,
                restored=restored,
            )


def is_complete(session: Session) -> bool:
    """Whether the search came to its own end and no request waits in the inbox."""
    experiment = session.experiment
    over = experiment.search_over
    own_end = experiment.stopping is None and over is not None and not over.error
    has_room = over is None or (over.exhausted and experiment.used_up(experiment.last_at) is None)
    return own_end and not has_room and not Inbox(session.directory.inbox).receive()
