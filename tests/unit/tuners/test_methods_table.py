"""The table of methods and spaces in docs/reference/methods.md says what each tuner takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from heirloom.objective import Objectives
from heirloom.tuners import Tuner, registry
from heirloom.tuners.process.construct import construct, takes_resource
from heirloom.tuners.process.protocol import Setup
from tests.unit.tuners.methods.play import Play

PAGE = Path(__file__).parents[3] / "docs/reference/methods.md"


def choice(*options: Any) -> dict[str, Any]:
    return {"_type": "choice", "_value": list(options)}


KERNEL = choice(3, 5, 7)
BLOCKS = [{"_name": f"{n}", **{f"b{at}.kernel": KERNEL for at in range(n)}} for n in (1, 2, 3)]
SPACES: dict[str, dict[str, Any]] = {
    "numbers": {"x": {"_type": "loguniform", "_value": [0.1, 1]}},
    "whole numbers": {"x": {"_type": "randint", "_value": [0, 9]}},
    "choices": {"x": KERNEL},
    "operations": {"x": choice("conv", "pool")},
    "nested choices": {"x": choice("pool", {"_name": "conv", "kernel": KERNEL})},
    "repeats": {"x": choice(*BLOCKS)},
    "networks": {},
}
NETWORK = {"net": {"_type": "layers", "_value": {"input": [1, 8, 8], "classes": 10}}}
BATCH = {"batch": choice({"rate": 0.1}, {"rate": 0.2})}
RESOURCE = {"name": "epochs", "min": 1, "max": 9, "eta": 3}
FORM = {"accuracy": "maximize", "latency": "minimize"}


def space_of(name: str, kind: str) -> dict[str, Any]:
    """A space that has a parameter of this kind, and the network that some tuners need."""
    needs_network = registry.find("tuner", name).takes_layers
    return SPACES[kind] | (NETWORK if needs_network or kind == "networks" else {})


def constructed(name: str, space: dict[str, Any], objectives: Any = "maximize") -> Tuner:
    cls = registry.find("tuner", name)
    setup: Setup = {
        "call": "setup",
        "tuner": {"name": name, "args": {}},
        "space": space,
        "seed": 1,
        "maximize": True,
        "objectives": objectives,
    }
    if takes_resource(cls):
        setup["resource"] = RESOURCE
    return construct(cls, setup, f"tuner {name}")


def refusal(name: str, space: dict[str, Any], objectives: Any = "maximize") -> str | None:
    """Why the tuner refuses a search; None if it takes it."""
    try:
        constructed(name, space, objectives)
    except ValueError as refused:
        return str(refused)
    return None


def takes(name: str, space: dict[str, Any], objectives: Any = "maximize") -> bool:
    return refusal(name, space, objectives) is None


def fitting(name: str) -> dict[str, Any]:
    """A space that the tuner takes."""
    return {"batch": BATCH, "morphism": NETWORK}.get(name) or space_of(name, "operations")


def names_parents(name: str) -> bool:
    """Whether a proposal of a search of 40 trials has a parent."""
    tuner = constructed(name, fitting(name))
    if name in ("gp", "tpe"):  # slow, and never asked for a parent
        return tuner.may_be_parent(0)
    alphas = {"x": {"conv": 0.6, "pool": 0.4}}
    play = Play(tuner, lambda params: len(str(params)), slots=2, result={"alphas": alphas})
    return any(proposal.parents for trials in (5, 40) for proposal in play.run(trials).proposals)


def row(name: str) -> list[bool]:
    return [
        *(takes(name, space_of(name, kind)) for kind in SPACES),
        takes(name, fitting(name), FORM),
        takes_resource(registry.find("tuner", name)),
        names_parents(name),
    ]


def the_table() -> list[str]:
    columns = ["tuner", *SPACES, "several objectives", "`resource`", "names parents"]
    lines = [columns, ["---"] * len(columns)]
    lines += [[f"`{name}`", *("yes" if each else "no" for each in row(name))] for name in TUNERS]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


TUNERS = sorted(registry.TUNERS.keys() - {"replay"})  # which searches no space


def test_the_table_is_what_the_tuners_do() -> None:
    table = "\n".join(the_table())
    assert table in PAGE.read_text(), f"docs/reference/methods.md needs this table:\n{table}"


@pytest.mark.parametrize("name", TUNERS)
@pytest.mark.parametrize("kind", SPACES)
def test_a_refusal_names_the_parameter(name: str, kind: str) -> None:
    space = space_of(name, kind)
    text = refusal(name, space)
    if text is not None:
        own = text.removeprefix(f"tuner {name} cannot search this space: ")
        assert re.split("[ :.]", own)[0] == next(iter(space))


@pytest.mark.parametrize("name", TUNERS)
def test_a_refusal_of_objectives_names_them(name: str) -> None:
    text = refusal(name, fitting(name), FORM)
    if text is not None:
        assert text.startswith(f"tuner {name} takes a single objective")
        assert str(Objectives.parse(FORM)) in text
