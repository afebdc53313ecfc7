"""What a trial reported, in words. It is JSON that a trial wrote, and so may be anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heirloom.store.limits.values import finite
from heirloom.tuners.nni.plain_json import METRIC

_NAMES = 6  # tensors named, of each sort


_OURS = ("value", "inherited", METRIC)  # keys that do not name what the trial itself passed


def named(result: Any) -> dict[str, Any]:
    """What `finish` was given beside the value, by name.

    Of a trial written for NNI, the dictionary that it reported, without the value itself.
    """
    if not isinstance(result, Mapping):
        return {}
    found = {name: value for name, value in result.items() if name not in _OURS}
    reported = result.get(METRIC)
    if isinstance(reported, Mapping):
        found |= {name: value for name, value in reported.items() if name != "default"}
    return found


def find(result: Any, name: str) -> Any:
    """What `named` has of one name; None where it has nothing."""
    if not isinstance(result, Mapping):
        return None
    reported = result.get(METRIC)
    if isinstance(reported, Mapping) and name != "default" and name in reported:
        return reported[name]
    return None if name in _OURS else result.get(name)


def inherited(result: Any) -> tuple[str, Any]:
    """What the trial inherited, in words, and the rest of its result.

    It is the report of `heirloom.torch.inherit`; the words are empty without one.
    """
    report = result.get("inherited") if isinstance(result, Mapping) else None
    if not isinstance(report, Mapping) or not finite(report.get("share")):
        return "", result
    sorts = [_sort(report, sort) for sort in ("whole", "partly", "new")]
    rest = {key: value for key, value in result.items() if key != "inherited"}
    return f"{report['share']:.1%} of the numbers; tensors: {', '.join(filter(None, sorts))}", rest


def _sort(report: Mapping[str, Any], sort: str) -> str:
    """How many tensors are of a sort, and the first of them; empty for none."""
    count, names = report.get(sort), report.get("names")
    if not isinstance(count, int) or not count:
        return ""
    listed = names.get(sort) if isinstance(names, Mapping) else None
    if not isinstance(listed, Sequence) or not listed:
        return f"{count} {sort}"
    first = ", ".join(map(str, listed[:_NAMES]))
    return f"{count} {sort} ({first}{', …' if count > _NAMES else ''})"
