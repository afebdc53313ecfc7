"""Print what a search for digits found, and how much training inheritance saved.

python examples/digits/summary.py [NAME]    (default: the newest experiment called digits)
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in a trial on one core

import data
import numpy as np
from network import EPOCHS, Network
from rich import box
from rich.console import Console
from rich.table import Table

SAMPLE = 8  # children that are trained again

Trial = dict[str, Any]
STYLE: dict[str, Any] = {"box": box.SIMPLE_HEAD, "title_justify": "left", "title_style": "bold"}
console = Console(highlight=False)


class Cost(NamedTuple):
    """The cost of reaching an accuracy."""

    epochs: int
    seconds: float  # of CPU
    reached: bool = True


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else newest()
    trials = {trial["id"]: trial for trial in read(name)}
    trained = [trial for trial in trials.values() if trial["state"] == "succeeded"]
    if not trained:
        sys.exit(f"No trial of {name} has succeeded; see `heirloom trials {name}`")
    show_best(name, trained, trials)
    children = [trial for trial in trained if trial["parents"]]
    if children:
        # Evenly over the search: the best children would overstate the saving.
        count = min(SAMPLE, len(children))
        show_savings([children[i * len(children) // count] for i in range(count)], children)


def newest() -> str:
    """The newest experiment among digits, digits-2 and so on."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    home = Path(os.environ.get("HEIRLOOM_HOME") or Path(state) / "heirloom")
    files = list(home.glob("experiments/digits*/experiment.yml"))
    if not files:
        sys.exit(f"There is no digits experiment in {home}; run examples/digits/experiment.yml")
    return max(files, key=lambda file: file.stat().st_mtime).parent.name


def read(name: str) -> list[Trial]:
    """Every trial of the experiment."""
    command = [sys.executable, "-m", "controller", "trials", name, "--json"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if answer.returncode:
        sys.exit(answer.returncode)  # the controller has printed the reason
    trials: list[Trial] = json.loads(answer.stdout)
    return trials


def show_best(name: str, trained: list[Trial], trials: dict[int, Trial]) -> None:
    """Print the best network and its ancestors."""
    best = max(trained, key=lambda trial: trial["result"]["value"])
    result = best["result"]
    console.print(
        f"\n[bold]{name}[/]: the best of {len(trained)} networks is trial {best['id']}, "
        f"[bold green]{describe(best)}[/]\nAccuracy: {result['value']:.1%} on the validation "
        f"set, {result['test']:.1%} on the test set, which the search never used.\n"
    )
    line = [best]
    while line[0]["parents"]:
        line.insert(0, trials[line[0]["parents"][0]])
    table = Table("trial", "network", title="Its ancestors", **STYLE)
    for heading in ("inherited", "epochs", "validation"):
        table.add_column(heading, justify="right")
    for trial in line:
        result = trial["result"]
        inherited = f"{result['inherited']:.0%}" if trial["parents"] else "nothing"
        cells = (inherited, str(result["epochs"]), f"{result['value']:.1%}")
        table.add_row(str(trial["id"]), describe(trial), *cells)
    console.print(table)


def describe(trial: Trial) -> str:
    """A short description of a candidate, such as `64-128-32-10 tanh, learning rate 0.02`."""
    params = trial["params"]
    widths = [params[f"width{layer}"] for layer in range(1, params["depth"] + 1)]
    sizes = "-".join(str(size) for size in [64, *widths, 10])
    return f"{sizes} {params['activation']}, learning rate {params['learning_rate']:.2g}"


def show_savings(picked: list[Trial], children: list[Trial]) -> None:
    """Train some children again from random weights, and print what inheritance saved."""
    train, validation, _ = data.load()
    costs = []
    for child in picked:
        with console.status(f"Training trial {child['id']} again from random weights"):
            result = child["result"]
            inheriting = Cost(result["epochs"], result["seconds"])
            costs.append((inheriting, train_from_nothing(child, train, validation)))
    table = Table("child", title="What inheritance saved", show_footer=True, **STYLE)
    for heading in ("accuracy", "epochs", "from random", "CPU seconds", "from random"):
        table.add_column(heading, justify="right")
    for child, (inheriting, alone) in zip(picked, costs, strict=True):
        accuracy = f"{child['result']['value']:.1%}"
        table.add_row(str(child["id"]), accuracy, *cells(inheriting, alone))
    inheriting, alone = total([cost for cost, _ in costs]), total([cost for _, cost in costs])
    for column, cell in zip(table.columns, ("all", "", *cells(inheriting, alone)), strict=True):
        column.footer = cell
    console.print(table)
    least = "" if alone.reached else "at least "
    console.print(
        f"{len(picked)} of {len(children)} children, evenly picked, were trained again from "
        f"random weights to the same accuracy, or for {EPOCHS} epochs.\nInheritance saved {least}"
        f"[bold green]{1 - inheriting.epochs / alone.epochs:.0%}[/] of their epochs and {least}"
        f"[bold green]{1 - inheriting.seconds / alone.seconds:.0%}[/] of their training time.\n"
    )


def train_from_nothing(trial: Trial, train: data.Digits, validation: data.Digits) -> Cost:
    """Train the trial's candidate from random weights until it is as good as the trial was."""
    network = Network(trial["params"], np.random.default_rng(1))
    began = time.process_time()
    for epoch, accuracy in enumerate(network.fit(train, validation), 1):
        reached = accuracy >= trial["result"]["value"]
        if reached or epoch == EPOCHS:
            break
    return Cost(epoch, time.process_time() - began, reached)


def total(costs: list[Cost]) -> Cost:
    """The sum. `reached` is true if every accuracy was reached."""
    epochs, seconds, reached = zip(*costs, strict=True)
    return Cost(sum(epochs), sum(seconds), all(reached))


def cells(inheriting: Cost, alone: Cost) -> tuple[str, ...]:
    """Two costs as four cells of a table."""
    more = "" if alone.reached else "> "
    numbers = (f"{inheriting.epochs}", f"{more}{alone.epochs}")
    return (*numbers, f"{inheriting.seconds:.2f}", f"{more}{alone.seconds:.2f}")


if __name__ == "__main__":
    main()
