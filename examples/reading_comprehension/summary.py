"""Print what a search found, and the effect of inheritance.

python examples/reading_comprehension/summary.py [NAME]    (default: reading)
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in a trial on one core

import torch
from data import Reader, answerable, split
from graph import read
from network import EPOCHS, Network
from rich import box
from rich.console import Console
from rich.table import Table
from squad import read as read_squad

HERE = Path(__file__).parent
MOST = 40  # largest number of epochs for the best network from random weights

Trial = dict[str, Any]
STYLE: dict[str, Any] = {"box": box.SIMPLE_HEAD, "title_justify": "left", "title_style": "bold"}
console = Console(highlight=False)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "reading"
    trials = {trial["id"]: trial for trial in read_trials(name)}
    trained = [trial for trial in trials.values() if trial["state"] == "succeeded"]
    if not trained:
        sys.exit(f"No trial of {name} has succeeded; see `heirloom trials {name}`")
    best = max(trained, key=lambda trial: trial["value"])
    show_best(name, best, trials)
    show_starts(trained)
    if best["parents"]:
        show_savings(best)


def read_trials(name: str) -> list[Trial]:
    """Every trial of the experiment."""
    command = [sys.executable, "-m", "controller", "trials", name, "--json"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if answer.returncode:
        sys.exit(answer.returncode)  # the controller has printed the reason
    trials: list[Trial] = json.loads(answer.stdout)
    return trials


def show_best(name: str, best: Trial, trials: dict[int, Trial]) -> None:
    """Print the best network and its ancestors."""
    result = best["result"]
    console.print(
        f"\n[bold]{name}[/]: the best network is trial {best['id']}, "
        f"F1 [bold green]{result['value']:.1%}[/] on the validation questions.\n"
        f"On the test questions, which the search never used: F1 {result['dev_f1']:.1%}, "
        f"exact {result['dev_exact']:.1%}.\n"
    )
    line = [best]
    while line[0]["parents"]:
        line.insert(0, trials[line[0]["parents"][0]])
    table = Table("trial", "layers", title="Its ancestors", **STYLE)
    for heading in ("inherited", "F1 untrained", "F1 trained"):
        table.add_column(heading, justify="right")
    for trial in line:
        result = trial["result"]
        inherited = f"{result['inherited']:.0%}" if trial["parents"] else "nothing"
        cells = (inherited, f"{result['start']:.1%}", f"{result['value']:.1%}")
        table.add_row(str(trial["id"]), describe(trial), *cells)
    console.print(table)


def describe(trial: Trial) -> str:
    """A short description of the layers, such as `recurrent-0 (question), attention-0 (text)`."""
    layers = read(trial["params"]["graph"])[:-1]
    return ", ".join(f"{layer.name} ({layer.side})" for layer in layers)


def show_starts(trained: list[Trial]) -> None:
    """Print the mean F1 before and after training, with and without parents."""
    for words, group in (
        ("without a parent", [trial["result"] for trial in trained if not trial["parents"]]),
        ("with one", [trial["result"] for trial in trained if trial["parents"]]),
    ):
        if group:
            console.print(
                f"The {len(group)} networks {words} began at {mean(r['start'] for r in group):.1%} "
                f"and ended at {mean(r['value'] for r in group):.1%}, on average."
            )


def show_savings(best: Trial) -> None:
    """Train the best network again from random weights to the same F1."""
    train, validation = split(read_squad(HERE / "train.json"))
    reader = Reader(train)
    torch.manual_seed(1)
    network = Network(read(best["params"]["graph"]), reader.words)
    batches, test = reader.batches(answerable(train)), reader.batches(validation)
    reached: list[float] = []
    with console.status("Training the best network again from random weights"):
        for _ in network.fit(batches):
            reached.append(network.test(test)[0])
            if len(reached) >= EPOCHS and (max(reached) >= best["value"] or len(reached) == MOST):
                break
    when = next((n for n, value in enumerate(reached, 1) if value >= best["value"]), None)
    long = (
        f"needed {when} epochs for the same F1"
        if when
        else f"did not reach the same F1 in {MOST} epochs"
    )
    console.print(
        f"Trained again from random weights, the best network reached "
        f"{max(reached[:EPOCHS]):.1%} in the {EPOCHS} epochs of a trial, and {long}."
    )


if __name__ == "__main__":
    main()
