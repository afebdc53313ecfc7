"""The same searches with each tool, undisturbed and with a process that is killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.peers import environments
from benchmarks.peers.environments import TOOLS
from benchmarks.peers.search import Peer, ended
from controller.store import layout

FILE = "peers.json"
TRIALS, SHORT_TRIALS = 200, 8  # of the random search
STEPS, SHORT_STEPS = 32, 8  # of all members of the population
KILLED_TRIALS, KILLED_SECONDS = 12, 2.0  # of a search in which a process is killed
KILLS = ("worker", "driver")

Record = dict[str, Any]


def run(
    build: Path,
    *,
    only: Sequence[str] = (),
    short: bool = False,
    notify: Callable[[str], None] = lambda text: None,
) -> Record:
    """Run every tool, or those of `only`, and write `build`/peers.json. Raises RuntimeError."""
    directory = build / "peers"
    directory.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in only or TOOLS:
        notify(f"{TOOLS[name].title}: its environment …")
        peer = Peer(name, environments.python(name, directory), directory / "work")
        rows.append(
            {
                "tool": name,
                "title": TOOLS[name].title,
                "version": environments.version(name, peer.python),
                **_measure(peer, short=short, notify=notify),
            }
        )
    facts = machine.facts(directory)
    record = {
        "trials": SHORT_TRIALS if short else TRIALS,
        "steps": SHORT_STEPS if short else STEPS,
        "killed_trials": KILLED_TRIALS,
        "killed_seconds": KILLED_SECONDS,
        "measured": {name: facts[name] for name in ("date", "cores", "kernel", "python")},
        "rows": rows,
    }
    (build / FILE).write_text(json.dumps(record, indent=1) + "\n")
    return record


def _measure(peer: Peer, *, short: bool, notify: Callable[[str], None]) -> Record:
    title = TOOLS[peer.name].title
    trials, steps = (SHORT_TRIALS, SHORT_STEPS) if short else (TRIALS, STEPS)
    notify(f"{title}: random search of {trials} trials …")
    found: Record = {"search": _undisturbed(peer, "search", trials)}
    if TOOLS[peer.name].pbt:
        notify(f"{title}: population based training …")
        found["pbt"] = _undisturbed(peer, "pbt", steps)
    # Of tools without a driver, each process that a user starts runs trials itself.
    kills = KILLS if TOOLS[peer.name].processes == 1 else KILLS[:1]
    for kill in kills:
        notify(f"{title}: a {kill} is killed …")
        found[kill] = _killed(peer, kill)
    return found


def _undisturbed(peer: Peer, kind: str, trials: int) -> Record:
    work = peer.work(kind)
    measured = peer.run(work, kind, trials, 0.0)
    if any(measured["exits"]):
        raise RuntimeError(f"{peer.name} fails: see {work}/output.log")
    values = peer.values(work, kind, trials, 0.0)
    layout.remove(work)
    return {**measured, "results": len(values), "best": max(values, default=None)}


def _killed(peer: Peer, kill: str) -> Record:
    """What is left when a process was killed, and when the same command has run again."""
    work = peer.work(kill)
    what = (work, "search", KILLED_TRIALS, KILLED_SECONDS)
    killed = peer.run(*what, kill=kill)
    after = _left(peer, *what)
    again = peer.run(*what)
    finally_ = _left(peer, *what)
    layout.remove(work)
    return {
        "exits": killed["exits"],
        "seconds": killed["wall"],
        "after": after,
        "exits_again": again["exits"],
        "again": finally_,
    }


def _left(peer: Peer, work: Path, kind: str, trials: int, seconds: float) -> Record:
    """The results, the trials that still lack one, and those that had ended and have none."""
    values = peer.values(work, kind, trials, seconds)
    lost = ended(work) - set(map(repr, values))
    return {
        "results": len(values),
        "unfinished": max(0, trials - len(values)),
        "lost": len(lost),
    }
