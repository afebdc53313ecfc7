"""`heirloom check --run`: a try-out, and what it prints. And the search space of `model`."""

from __future__ import annotations

from pathlib import Path

from controller.commands.output import say
from controller.config import units
from controller.config.model import ModelSpace
from controller.engine import tryout
from controller.engine.setup.cluster import node_info
from controller.engine.setup.plan import Plan
from controller.errors import HeirloomError
from controller.formats import duration
from controller.state.home import Home
from controller.views import tryout as view
from controller.views.screen import inspecting


def seconds(text: str) -> float:
    """The time that a user typed for --for. Raises HeirloomError."""
    try:
        return units.seconds(float(text) if text.isdecimal() else text)
    except ValueError as error:
        raise HeirloomError(f"--for {error}") from None


def space_of(
    file: Path, home: Home, *, inventory: Path | None, slots: int | None
) -> ModelSpace | None:
    """Make the search space of a file's model; None if it has no model. Raises HeirloomError."""
    place = tryout.Place(file=file, home=home, inventory=inventory, slots=slots)
    return tryout.make(place, say, inspecting)


def run(
    plan: Plan,
    file: Path,
    home: Home,
    *,
    inventory: Path | None,
    slots: int | None,
    node: str | None,
    limit: float | None,
) -> int:
    """Try the experiment of a plan. Returns the exit code. Raises HeirloomError."""
    until = "" if limit is None else f", {duration(limit)} each"
    say(f"training one candidate, and one child of it{until} (Ctrl-C ends it) …")
    request = tryout.Request(
        file=file,
        home=home,
        inventory=inventory,
        slots=slots,
        node=node,
        limit=limit,
        made=plan.made,
    )
    found = tryout.run(request, say, inspecting)
    per_trial = plan.config.trial.slots
    at_once = sum(node_info(each, plan.config).slots // per_trial for each in plan.nodes)
    whole = tryout.estimate(plan.config, at_once, found.trials) if found.trials else None
    view.show(found, whole, str(file))
    if found.interrupted:
        return 130
    return int(view.has_failed(found))
