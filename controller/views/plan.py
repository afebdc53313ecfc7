"""What `check` prints."""

from __future__ import annotations

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.engine.plan import Plan
from controller.formats import duration
from controller.store.snapshots.listing import megabytes


def show(plan: Plan) -> None:
    """Print what would run, remarks on the file, and the sampled candidates."""
    grid = Table.grid(padding=(0, 2))
    for key, value in _rows(plan).items():
        grid.add_row(key, escape(value))
    console = Console(highlight=False)
    console.print(grid)
    for note in plan.notes:
        console.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)
    for trial, params in enumerate(plan.candidates):
        console.print(f"candidate {trial}: {escape(json.dumps(params))}", soft_wrap=True)
    console.print("[green]the experiment can run[/]")


def _rows(plan: Plan) -> dict[str, str]:
    config = plan.config
    command, budget = config.trial.command, config.budget
    limits = [f"{budget.trials} trials"] if budget.trials is not None else []
    if budget.duration is not None:
        limits.append(duration(budget.duration))
    tuner = config.tuner.model_dump(by_alias=True, exclude_none=True)
    size = megabytes(sum(entry.size for entry in plan.code))
    return {
        "experiment": f"{config.name} ({config.objective})",
        "trial": command if isinstance(command, str) else json.dumps(list(command)),
        "code": f"{config.trial.code_dir} ({len(plan.code)} files, {size})",
        "tuner": str(tuner.get("name") or tuner.get("class")),
        "budget": " or ".join(limits),
        "nodes": ", ".join(f"{node.name} ({len(node.slots)} slots)" for node in plan.nodes),
        "store": str(plan.store),
    }
