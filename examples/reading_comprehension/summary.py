"""What a search found, and what inheriting was worth.

python examples/reading_comprehension/summary.py [NAME]    (without a name: reading)
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as a trial on one core has it

import torch
from data import Reader, answerable, split
from graph import read
from network import EPOCHS, Network
from rich import box
from rich.console import Console
from rich.table import Table
from squad import read as read_squad

HERE = Path(__file__).parent
MOST = 40  # epochs in which the best network is tried from nothing

Trial = dict[str, Any]
STYLE: dict[str, Any] = {"box": box.SIMPLE_HEAD, "title_justify": "left", "title_style": "bold"}
console = Console(highlight=False)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "reading"
    trials = {trial["id"]: trial for trial in told(name)}
    trained = [trial for trial in trials.values() if trial["state"] == "succeeded"]
    if not trained:
        sys.exit(f"No trial of {name} has succeeded; `python -m controller trials {name}` says why")
    best = max(trained, key=lambda trial: trial["value"])
    show_best(name, best, trials)
    show_starts(trained)
    if best["parents"]:
        show_savings(best)


def told(name: str) -> list[Trial]:
    """Every trial of the experiment, as the controller tells of it."""
    command = [sys.executable, "-m", "controller", "trials", name, "--json"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if answer.returncode:
        sys.exit(answer.returncode)  # the controller has said why
    trials: list[Trial] = json.loads(answer.stdout)
    return trials


def show_best(name: str, best: Trial, trials: dict[int, Trial]) -> None:
    """Print the best network and the line of its ancestors."""
    result = best["result"]
    console.print(
        f"\n[bold]{name}[/]: the best network is trial {best['id']}, "
        f"F1 [bold green]{result['value']:.1%}[/] on the questions that it was chosen by.\n"
        f"On those that the search never saw: F1 {result['dev_f1']:.1%}, "
        f"exact {result['dev_exact']:.1%}.\n"
    )
    line = [best]
    while line[0]["parents"]:
        line.insert(0, trials[line[0]["parents"][0]])
    table = Table("trial", "layers", title="Its line of ancestors", **STYLE)
    for heading in ("inherited", "F1 untrained", "F1 trained"):
        table.add_column(heading, justify="right")
    for trial in line:
        result = trial["result"]
        inherited = f"{result['inherited']:.0%}" if trial["parents"] else "nothing"
        cells = (inherited, f"{result['start']:.1%}", f"{result['value']:.1%}")
        table.add_row(str(trial["id"]), describe(trial), *cells)
    console.print(table)


def describe(trial: Trial) -> str:
    """The layers in words, like: recurrent-0 (question), attention-0 (text), …"""
    layers = read(trial["params"]["graph"])[:-1]
    return ", ".join(f"{layer.name} ({layer.side})" for layer in layers)


def show_starts(trained: list[Trial]) -> None:
    """Print how good networks are before and after their training, with parents and without."""
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
    """Train the best network again, from nothing, until it is as good."""
    train, validation = split(read_squad(HERE / "train.json"))
    reader = Reader(train)
    torch.manual_seed(1)
    network = Network(read(best["params"]["graph"]), reader.words)
    batches, test = reader.batches(answerable(train)), reader.batches(validation)
    reached: list[float] = []
    with console.status("Training the best network again, from nothing"):
        for _ in network.fit(batches):
            reached.append(network.test(test)[0])
            if len(reached) >= EPOCHS and (max(reached) >= best["value"] or len(reached) == MOST):
                break
    when = next((n for n, value in enumerate(reached, 1) if value >= best["value"]), None)
    long = f"took {when} epochs to be as good" if when else f"was not as good after {MOST} epochs"
    console.print(
        f"The best one, trained again from nothing, reached {max(reached[:EPOCHS]):.1%} in the "
        f"{EPOCHS} epochs that a trial has, and {long}."
    )


if __name__ == "__main__":
    main()
