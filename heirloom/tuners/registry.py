"""Tuners and assessors by name: those of Heirloom, and those that installed packages declare.

A package declares its own as entry points of the groups `heirloom.tuners` and
`heirloom.assessors` (https://packaging.python.org/specifications/entry-points):

    [project.entry-points."heirloom.tuners"]
    hyperband = "my_package.hyperband:Hyperband"
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..objective import Objectives
from .process.protocol import Setup

TUNERS = {
    "asha": "heirloom.tuners.methods.asha:Asha",
    "batch": "heirloom.tuners.batch:Batch",
    "bohb": "heirloom.tuners.methods.bohb:Bohb",
    "darts": "heirloom.tuners.methods.darts.tuner:Darts",
    "enas": "heirloom.tuners.methods.enas.tuner:Enas",
    "evolution": "heirloom.tuners.evolution:Evolution",
    "gp": "heirloom.tuners.optuna:GP",
    "grid": "heirloom.tuners.grid:Grid",
    "hyperband": "heirloom.tuners.methods.hyperband:Hyperband",
    "large_scale_evolution": ("heirloom.tuners.methods.large_scale_evolution:LargeScaleEvolution"),
    "morphism": "heirloom.tuners.methods.morphism.tuner:Morphism",
    "nasnet": "heirloom.tuners.methods.nasnet:Nasnet",
    "pbt": "heirloom.tuners.methods.pbt:Pbt",
    "random": "heirloom.tuners.random:Random",
    "reinforce": "heirloom.tuners.methods.reinforce:ReinforceTuner",
    "replay": "heirloom.tuners.replay:Replay",
    "tpe": "heirloom.tuners.optuna:TPE",
}
ASSESSORS = {
    "curve_fitting": "heirloom.assessors.curve_fitting:CurveFitting",
    "median_stopping": "heirloom.assessors.median:MedianStopping",
}
OBJECTIVES = "objectives"  # the parameter by which a constructor takes several objectives
KNOWN = {"tuner": TUNERS, "assessor": ASSESSORS}  # by kind, those that come with Heirloom


class RegistryError(ValueError):
    """A name that no package declares, that two declare, or whose class cannot be loaded."""


@dataclass(frozen=True)
class Declaration:
    """A tuner or an assessor that a package declares."""

    name: str
    value: str  # MODULE:CLASS
    package: str  # its name and version


def names(kind: str) -> list[str]:
    """Every name of a kind (`tuner` or `assessor`) in this environment; Heirloom's come first."""
    declared = {found.name for found in _declared(kind)}
    return [*KNOWN[kind], *sorted(declared - KNOWN[kind].keys())]


def check(kind: str, name: str) -> None:
    """Raise RegistryError unless exactly one package declares the name. Nothing is imported."""
    found = [each for each in _declared(kind) if each.name == name]
    if name in KNOWN[kind]:
        found.append(Declaration(name, KNOWN[kind][name], "heirloom"))
    if not found:
        raise RegistryError(_unknown(kind, name))
    if len(found) > 1:
        packages = " and ".join(f"{each.package} ({each.value})" for each in found)
        raise RegistryError(
            f"{len(found)} packages declare a {kind} named {name}: {packages}; uninstall all but "
            "one, or give class instead of name"
        )


def find(kind: str, name: str) -> type[Any]:
    """The class of a name. Raises RegistryError; the cause has the traceback of a failed import."""
    if name in KNOWN[kind]:
        return _load(KNOWN[kind][name])
    check(kind, name)
    [found] = [each for each in _declared(kind) if each.name == name]
    try:
        return _load(found.value)
    except Exception as error:
        raise RegistryError(
            f"the {kind} {name} of the package {found.package} cannot be loaded: its entry point "
            f"{found.value} raises {type(error).__name__}: {error}"
        ) from error


def check_objectives(what: str, cls: type[Any] | None, objectives: Objectives) -> None:
    """Raise RegistryError if a class takes a single objective, and the experiment has more.

    Bounds count as more. `what` names the class. None is a class with NNI's interface.
    """
    if objectives.is_single or (cls is not None and _takes_objectives(cls)):
        return
    remedy = {
        "tuner": "choose one that takes several, such as evolution, random or tpe",
        "assessor": f"it would judge by {objectives.first.name} alone: leave it out",
    }[what.partition(" ")[0]]
    raise RegistryError(
        f"{what} takes a single objective without bounds, and the experiment's are: {objectives}; "
        f"{remedy}, or give one objective"
    )


def objective_arguments(what: str, cls: type[Any], setup: Setup) -> dict[str, Any]:
    """`maximize`, and for a class that takes them `objectives`. Raises as `check_objectives`."""
    objectives = Objectives.parse(
        setup.get("objectives", "maximize" if setup["maximize"] else "minimize")
    )
    check_objectives(what, cls, objectives)
    arguments: dict[str, Any] = {"maximize": objectives.first.maximize}
    return {**arguments, OBJECTIVES: objectives} if _takes_objectives(cls) else arguments


def label(kind: str, choice: Mapping[str, Any]) -> str:
    """What messages call a choice of the experiment file: `tuner evolution`, `tuner MyTuner`."""
    return f"{kind} {choice.get('name') or choice['class'].rpartition('.')[2]}"


def _takes_objectives(cls: type[Any]) -> bool:
    return OBJECTIVES in inspect.signature(cls).parameters


def _load(value: str) -> type[Any]:
    module, _, attribute = value.partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, type):
        raise TypeError(f"{attribute} is no class")
    return found


def _declared(kind: str) -> list[Declaration]:
    """The entry points of a kind. Of two copies of a package, the first on `sys.path` counts."""
    from importlib import metadata  # takes 20 ms, and most searches name no other package's tuner

    found: dict[str, list[Declaration]] = {}
    for package in metadata.distributions():
        points = [each for each in package.entry_points if each.group == f"heirloom.{kind}s"]
        if points:
            name = f"{package.metadata['Name']} {package.version}"
            found.setdefault(
                package.metadata["Name"].lower().replace("_", "-"),
                [Declaration(point.name, point.value, name) for point in points],
            )
    return [declaration for declarations in found.values() for declaration in declarations]


def _unknown(kind: str, name: str) -> str:
    known = names(kind)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return (
        f"unknown {kind} {name}; {hint}Known: {', '.join(known)}; for one of your own use "
        f"{{class: my_{kind}.MyClass, code_dir: .}}"
    )
