"""What `check` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich import filesize
from rich.markup import escape
from rich.table import Table

from controller.engine.continuation.warm_start import described
from controller.engine.setup.cluster import summary
from controller.engine.setup.plan import Plan
from controller.formats import duration, limits
from controller.views import costs, output


def show(plan: Plan) -> None:
    """Print what would run, remarks on the file, and the sampled candidates."""
    grid = Table.grid(padding=(0, 2))
    for key, value in _rows(plan).items():
        grid.add_row(key, escape(value))
    console = output.console()
    output.print_table(console, grid)
    if plan.made is not None:
        costs.show(console, plan.made)
    for note in plan.notes:
        console.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)
    for trial, params in enumerate(plan.candidates):
        console.print(f"candidate {trial}: {escape(json.dumps(params))}", soft_wrap=True)
    console.print("[green]the experiment can run[/]")


def _rows(plan: Plan) -> dict[str, str]:
    config = plan.config
    command, budget = config.trial.command, config.budget
    tuner = config.tuner.model_dump(by_alias=True, exclude_none=True)
    size = filesize.decimal(sum(entry.size for entry in plan.code))
    return {
        "experiment": f"{config.name} ({config.objectives})",
        **({} if config.model is None else {"model": config.model}),
        "trial": _command(command),
        **_prepare(plan),
        "code": f"{config.trial.code_dir} ({len(plan.code)} files, {size})",
        "tuner": str(tuner.get("name") or tuner.get("class")),
        **_imports(plan),
        "budget": limits(budget.trials, budget.duration),
        "nodes": ", ".join(map(summary, plan.nodes)),
        "python": "; ".join(_pythons(plan)),
        "store": str(plan.store),
        **_on_end(plan),
    }


def _command(command: str | list[str]) -> str:
    return command if isinstance(command, str) else json.dumps(command)


def _prepare(plan: Plan) -> dict[str, str]:
    """How nodes are prepared, if they are."""
    config = plan.config
    if config.prepare is None:
        return {}
    return {"prepare": f"{_command(config.prepare)} ({duration(config.prepare_timeout)} at most)"}


def _imports(plan: Plan) -> dict[str, str]:
    """What is imported before the search, if anything is."""
    return {} if plan.imports is None else {"warm start": described(plan.imports)}


def _on_end(plan: Plan) -> dict[str, str]:
    """What runs when the search ends, if anything does."""
    command = plan.config.on_end
    return {} if command is None else {"on_end": _command(command)}


def _pythons(plan: Plan) -> Iterator[str]:
    """The Pythons of trials, and of the tuner where it has another one."""
    for python, version in plan.pythons:
        yield f"{python.path} ({version}, from {python.source})"
    remote = {node.python for node in plan.nodes if not node.is_local}
    yield from (f"{path} on nodes" for path in sorted(filter(None, remote)))
    if None in remote:
        yield "what is on the PATH of nodes"
    python, version = plan.tuner_python
    if not python.is_own and plan.tuner_python not in plan.pythons:
        yield f"the tuner's {python.path} ({version}, from {python.source})"
