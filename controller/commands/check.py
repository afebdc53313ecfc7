"""What an experiment file would do, without doing it."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller import config as configs
from controller.core import events as e
from controller.engine.session import fitting, inventory_of, store_of
from controller.errors import HeirloomError
from controller.formats import duration
from controller.state.home import Home
from controller.store.snapshots.listing import entries, megabytes
from controller.tuners.pipe import TunerError
from controller.tuners.process import TunerProcess

_PATIENCE = 60.0  # seconds that a tuner may take for its first proposals
_COMING = 3.0  # seconds to wait for one that a tuner with NNI's interface is still at


def print_schema() -> None:
    """The experiment file's JSON schema."""
    print(json.dumps(configs.json_schema(), indent=1))  # noqa: T201 - for programs


def check(file: Path, home: Home, inventory: Path | None, samples: int) -> None:
    """Validate, and tell what would run. Raises HeirloomError with every mistake."""
    config, notes = configs.load_with_notes(file)
    listed = inventory_of(config, inventory, file, home)
    nodes = fitting(listed, config.rules(), config.trial.gpus)
    store = store_of(config.store, nodes, home)
    code = entries(config.trial.code_dir, (store, home.path))
    candidates = _sample(config, samples)
    grid = Table.grid(padding=(0, 2))
    command = config.trial.command
    budget = config.budget
    limits = [f"{budget.trials} trials"] if budget.trials is not None else []
    if budget.duration is not None:
        limits.append(duration(budget.duration))
    tuner = config.tuner.model_dump(by_alias=True, exclude_none=True)
    slots = ", ".join(f"{node.name} ({len(node.slots)} slots)" for node in nodes)
    size = megabytes(sum(entry.size for entry in code))
    rows = {
        "experiment": f"{config.name} ({config.objective})",
        "trial": command if isinstance(command, str) else json.dumps(list(command)),
        "code": f"{config.trial.code_dir} ({len(code)} files, {size})",
        "tuner": str(tuner.get("name") or tuner.get("class")),
        "budget": " or ".join(limits),
        "nodes": slots,
        "store": str(store),
    }
    for key, value in rows.items():
        grid.add_row(key, escape(value))
    console = Console(highlight=False)
    console.print(grid)
    for note in notes:
        console.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)
    for trial, params in enumerate(candidates):
        console.print(f"candidate {trial}: {escape(json.dumps(params))}", soft_wrap=True)
    console.print("[green]the experiment can run[/]")


def _sample(config: configs.Experiment, samples: int) -> list[dict[str, object]]:
    """What the tuner itself proposes first."""
    said: SimpleQueue[e.Event] = SimpleQueue()

    def post(events: Sequence[e.Event]) -> None:
        for event in events:
            said.put(event)

    found: list[dict[str, object]] = []
    seed = random.randrange(2**31) if config.seed is None else config.seed  # noqa: S311 - a sample
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "tuner.log"
        tuner = TunerProcess(config.tuner_setup(seed), log, post)
        try:
            tuner.wait_ready(_PATIENCE)
            while len(found) < samples:
                tuner.propose(len(found), samples - len(found))
                match said.get(timeout=_PATIENCE):
                    case e.Proposed(params=params):
                        found.append(params)
                    case e.SearchEnded(error=True, reason=reason, traceback=trace):
                        raise HeirloomError(f"{_plain(reason)}\n{trace}".rstrip())
                    case e.ProposalWithheld(coming=True) if _is_ready(said):
                        pass  # ask again
                    case _:
                        break
        except TunerError as error:
            raise HeirloomError(f"{_plain(str(error))}\n{error.traceback}".rstrip()) from None
        except (TimeoutError, Empty):
            raise HeirloomError(f"the tuner said nothing for {_PATIENCE:.0f} seconds") from None
        finally:
            tuner.close(1.0)
    return found


def _is_ready(said: SimpleQueue[e.Event]) -> bool:
    """Wait for a proposal that is coming; False where it seems to wait for a result."""
    try:
        return isinstance(said.get(timeout=_COMING), e.TunerReady)
    except Empty:
        return False


def _plain(reason: str) -> str:
    """The reason without the log that is gone in a moment."""
    return reason.partition("; full output")[0]
