"""The core's state as plain JSON values, and back. Trials are not part of it (trials.py).

Numbers, text, truth values and None stand for themselves, and so do lists. Anything else is an
object with one key, which names its type.
"""

from __future__ import annotations

import dataclasses
import typing
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum
from itertools import chain
from typing import Any

from controller.core import commands, search
from controller.core.budget import Budget
from controller.core.events import Event, LastTrial
from controller.core.experiment import Experiment
from controller.core.gc_state import CheckpointState, GcState
from controller.core.model import (
    AlikeFailures,
    Inherit,
    Keep,
    NodeFailures,
    NodeInfo,
    OnParentFailure,
    Outcome,
    RetryRule,
    Rules,
    State,
    Trial,
)
from controller.core.placement import Placement
from controller.core.queue import Queue
from controller.core.usage.amounts import Amount, Usage
from heirloom.objective import Constraint, Front, Objective, Objectives

_SCALARS = frozenset({int, float, str, bool, type(None)})
_COLLECTIONS: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "set": set, "deque": deque}
_MAPPINGS: dict[str, Callable[[Any], Any]] = {"dict": dict, "Counter": Counter}
_ENUMS: dict[str, type[Enum]] = {
    kind.__name__: kind for kind in (Inherit, Keep, OnParentFailure, Outcome, State)
}
_TUPLES: dict[str, Any] = {
    kind.__name__: kind for kind in (commands.PassVerdict, commands.EndAttempt, commands.SetAside)
}
_OBJECTS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        *typing.get_args(Event),
        AlikeFailures,
        Amount,
        Budget,
        CheckpointState,
        commands.Commands,
        commands.Pending,
        Front,
        GcState,
        LastTrial,
        NodeInfo,
        Placement,
        Queue,
        search.Conclusion,
        search.Search,
        Rules,
        RetryRule,
        Objectives,
        Objective,
        Constraint,
        Usage,
    )
}
# Not in the state's rows: what the experiment file says, what has rows of its own, and what
# follows from the trials.
_LEFT_OUT = frozenset({"rules", "trials", "touched", "standing"})
RULES = "rules"  # a part: all of them but the search space, which only decisions need
_COMMANDS = "_commands"  # a part of the state that others refer to
_FAILURES = NodeFailures.__name__


def plain_state(x: Experiment) -> Iterator[tuple[str, Any]]:
    """Each part of the state by its name, as a plain value."""
    yield RULES, plain_rules(x.rules)
    for name, part in vars(x).items():
        if name not in _LEFT_OUT:
            yield name, plain(part)


def plain_rules(rules: Rules) -> Any:
    """The rules as a plain value."""
    return plain(dataclasses.replace(rules, space=None))


def state_from(rules: Rules | None, trials: Any, parts: Mapping[str, Any]) -> Experiment:
    """The experiment with these trials, a sequence that may load them late, and these parts.

    `rules`: by default those in the parts, without the search space. `standing` stays empty. Raises
    LookupError, TypeError or ValueError for values that `plain_state` did not return.
    """
    x = Experiment(_value(parts[RULES], trials) if rules is None else rules)
    x.trials = trials
    for name, part in parts.items():
        if name != RULES:
            setattr(x, name, _value(part, trials))
    setattr(x.gc, _COMMANDS, x.commands)
    setattr(x.checkpoints, _COMMANDS, x.commands)
    return x


def plain(value: Any) -> Any:
    """A value as plain JSON. Raises TypeError for one of an unknown type."""
    kind = type(value)
    name = kind.__name__
    if kind in _SCALARS:
        return value
    if kind is list:
        return _plain_items(value)
    if name in _COLLECTIONS:
        return {name: _plain_items(value)}
    if name in _MAPPINGS:
        return {name: [_plain_items(value.keys()), _plain_items(value.values())]}
    if name in _ENUMS:
        return {name: value.value}
    if name in _TUPLES:
        return {name: _plain_items(value)}
    if kind is NodeFailures:
        row = [[trial, attempt.number] for trial, attempt in value.row]
        return {name: [row, value.times]}
    if _OBJECTS.get(name) is not kind:
        raise TypeError(f"{kind} has no plain form")
    fields = getattr(kind, "__dataclass_fields__", None) or vars(value)
    return {name: {field: plain(getattr(value, field)) for field in fields if field != _COMMANDS}}


def _plain_items(values: Collection[Any]) -> Any:
    """The elements. Those of long collections are numbers or pairs of numbers: a fast path."""
    kinds = set(map(type, values))
    if kinds <= _SCALARS:
        return list(values)
    if kinds == {tuple} and set(map(type, chain.from_iterable(values))) <= _SCALARS:
        return {"tuples": list(values)}
    return [plain(value) for value in values]


def _items(found: Any, trials: Sequence[Trial]) -> list[Any]:
    if isinstance(found, dict):
        return list(map(tuple, found["tuples"]))
    if set(map(type, found)) <= _SCALARS:
        return list(found)
    return [_value(item, trials) for item in found]


def _value(found: Any, trials: Sequence[Trial]) -> Any:
    """The value of which `plain` returned the plain form."""
    if type(found) in _SCALARS:
        return found
    if isinstance(found, list) or "tuples" in found:
        return _items(found, trials)
    [(name, held)] = found.items()
    if name in _COLLECTIONS:
        return _COLLECTIONS[name](_items(held, trials))
    if name in _MAPPINGS:
        keys, values = (_items(each, trials) for each in held)
        return _MAPPINGS[name](dict(zip(keys, values, strict=True)))
    if name in _ENUMS:
        return _ENUMS[name](held)
    if name in _TUPLES:
        return _TUPLES[name](*_items(held, trials))
    if name == _FAILURES:
        row = [(trial, trials[trial].attempts[number - 1]) for trial, number in held[0]]
        return NodeFailures(row, held[1])
    made: Any = object.__new__(_OBJECTS[name])
    for field, part in held.items():
        object.__setattr__(made, field, _value(part, trials))
    return made
