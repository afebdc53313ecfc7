"""What an experiment file would run, found out without running it."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from controller import config as configs
from controller.config import passed
from controller.config.declared import check as check_declared
from controller.config.model import ModelSpace
from controller.core import events as e
from controller.core.placement import Placement
from controller.dispatch.ansible.inventory import Node
from controller.engine.continuation import warm_start
from controller.engine.setup import interpreter, specs
from controller.engine.setup.cluster import inventory_of, node_info, store_path, usable_nodes
from controller.engine.setup.interpreter import Interpreter
from controller.errors import HeirloomError
from controller.formats import counted
from controller.nodes import machine
from controller.state.home import Home
from controller.store.snapshots import hidden, outside
from controller.store.snapshots.listing import Entry, entries
from controller.tuners.pipe import TunerError
from controller.tuners.process import TunerProcess

_TUNER_TIMEOUT = 60.0  # seconds for each of the tuner's proposals
_NNI_TIMEOUT = 3.0  # seconds for a proposal that a tuner with NNI's interface has begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would run, and where."""

    config: configs.Experiment
    notes: Sequence[str]  # remarks on the experiment file
    nodes: Sequence[Node]
    pythons: Sequence[tuple[Interpreter, str]]  # of trials on this machine, with their versions
    tuner_python: tuple[Interpreter, str]
    store: Path
    code: Sequence[Entry]  # the files of the trials' code directory
    candidates: Sequence[dict[str, object]]  # the tuner's first proposals
    imports: e.ImportAsked | None = None  # trials of an earlier experiment
    made: ModelSpace | None = None  # of a file with a model


def make(
    file: Path,
    home: Home,
    inventory: Path | None,
    samples: int,
    slots: int | None = None,
    *,
    made: ModelSpace | None = None,
) -> Plan:
    """Validate an experiment file, and let its tuner propose `samples` candidates.

    `slots` is the number that the user chose for this machine, `made` the search space of the
    file's model.

    Raises HeirloomError, which names every mistake.
    """
    config, notes = configs.load_with_notes(file, None if made is None else made.space)
    listed = inventory_of(config, inventory, file, home)
    python = interpreter.chosen_for(listed, config)
    listed = interpreter.apply(listed, python, config.trial.python)
    usable = usable_nodes(listed, config, slots)
    nodes = usable.nodes
    store = store_path(config.store, nodes, home)
    specs.check(config, store, nodes)
    warm = warm_start.choose(config, home, verify=True)
    local = interpreter.on_this_machine(nodes, python)
    code = entries(config.trial.code_dir, (store, home.path))
    tuner = interpreter.of_tuner(config, python)
    return Plan(
        config=config,
        notes=[
            *notes,
            *usable.notes,
            *on_code(config, code, nodes),
            *outside.on_sources(config.trial.code_dir, code, _words(config)),
            *_on_environment(config),
            *_on_commands(config),
            *machine.remarks(config, nodes),
            *machine.space(store, config.store_reserve),
            *_on_concurrency(config, nodes),
            *warm.notes,
        ],
        nodes=nodes,
        pythons=[(found, found.version()) for found in local],
        tuner_python=(tuner, tuner.version()),
        store=store,
        code=code,
        candidates=_sample(config, samples, tuner.path),
        imports=warm.asked,
        made=made,
    )


def _on_concurrency(config: configs.Experiment, nodes: Sequence[Node]) -> Iterator[str]:
    """A remark where the nodes cannot hold as many trials as may be under way."""
    placement = Placement(config.trial.slots, config.lookahead)
    placement.set_nodes(node_info(node, config) for node in nodes)
    wanted = config.budget.concurrency
    if wanted is not None and wanted > placement.capacity:
        yield (
            f"budget.concurrency is {wanted}, but the nodes hold at most "
            f"{counted(placement.capacity, 'trial')}, those that wait for a slot included: raise "
            "heirloom_slots or lookahead, or lower it"
        )


def on_code(
    config: configs.Experiment, code: Collection[Entry], nodes: Sequence[Node]
) -> list[str]:
    """Remarks on what trials will not find in a snapshot, and on modules that it hides."""
    trial = config.trial
    return [
        *outside.on_words(trial.code_dir, _words(config)),
        *outside.on_left_out(trial.code_dir, code, _words(config)),
        *outside.on_links(trial.code_dir, code, is_local=all(node.is_local for node in nodes)),
        *hidden.on_names(trial.code_dir, code, trial.command),
    ]


def _words(config: configs.Experiment) -> Iterator[tuple[str, str]]:
    """The texts that may be paths."""
    trial = config.trial
    values: dict[str, object] = {
        "trial.environment": trial.environment,
        "search_space": config.search_space,
    }
    if config.prepare is not None:
        values["prepare"] = config.prepare
    return outside.words(trial.command, values)


def _on_commands(config: configs.Experiment) -> Iterator[str]:
    """A remark where this machine lacks the program of `on_end`."""
    if isinstance(config.on_end, list) and shutil.which(config.on_end[0]) is None:
        yield f"on_end: this machine has no program {config.on_end[0]} on PATH"


def _on_environment(config: configs.Experiment) -> list[str]:
    """Remarks on what trials get from this shell, and what they do not get."""
    trial = config.trial
    notes = passed.left_behind(trial.pass_environment, trial.environment, os.environ)
    if trial.pass_environment == passed.ALL:
        notes.insert(0, "trials on this machine get the variables of this shell")
    elif trial.pass_environment:
        notes.insert(0, f"trials get from this shell: {', '.join(trial.pass_environment)}")
    return notes


def _sample(config: configs.Experiment, samples: int, python: str) -> list[dict[str, object]]:
    """The params of the tuner's first proposals."""
    posted: SimpleQueue[e.Event] = SimpleQueue()

    def post(events: Sequence[e.Event]) -> None:
        for event in events:
            posted.put(event)

    found: list[dict[str, object]] = []
    seed = random.randrange(2**31) if config.seed is None else config.seed  # noqa: S311 - a sample
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "tuner.log"
        tuner = TunerProcess(config.tuner_setup(seed), log, post, python)
        try:
            declared = tuner.wait_ready(_TUNER_TIMEOUT)
            check_declared(config, declared)
            while len(found) < samples:
                tuner.propose(len(found), samples - len(found))
                match posted.get(timeout=_TUNER_TIMEOUT):
                    case e.Proposed(params=params):
                        found.append(params)
                    case e.SearchEnded(error=True, reason=reason, traceback=trace):
                        raise HeirloomError(f"{_without_log(reason)}\n{trace}".rstrip())
                    case e.ProposalWithheld(coming=True) if _is_ready(posted):
                        pass  # ask again
                    case _:
                        break
        except TunerError as error:
            raise HeirloomError(f"{_without_log(str(error))}\n{error.traceback}".rstrip()) from None
        except ValueError as error:
            raise HeirloomError(str(error)) from None
        except (TimeoutError, Empty):
            raise HeirloomError(f"the tuner did not answer within {_TUNER_TIMEOUT:.0f} s") from None
        finally:
            tuner.close(1.0)
    return found


def _is_ready(posted: SimpleQueue[e.Event]) -> bool:
    """Wait for a proposal that the tuner has begun. False where it seems to wait for a result."""
    try:
        return isinstance(posted.get(timeout=_NNI_TIMEOUT), e.TunerReady)
    except Empty:
        return False


def _without_log(reason: str) -> str:
    """The reason without the path of the log, which is deleted at once."""
    return reason.partition("; full output")[0]
