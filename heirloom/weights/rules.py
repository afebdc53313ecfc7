"""Rules of the user's for tensors whose names match a pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, Union

from .align import CENTRE, START, Align
from .errors import WeightsError

OVERLAP, WHOLE, NEW = "overlap", "whole", "new"
_FITS = (OVERLAP, WHOLE, NEW)


@dataclass(frozen=True)
class Rule:
    """How tensors are inherited.

    fit: "overlap" takes over what two shapes have in common, "whole" only tensors of equal shape,
        "new" nothing.
    source: the parent's name for the tensor, if it differs. A `*` stands for what the `*` at the
        same place of the pattern matched.
    align: one entry for each dimension: "start", "centre", or a number of equal blocks.
    """

    fit: str = OVERLAP
    source: Optional[str] = None
    align: Optional[Sequence[Align]] = None


Rules = Mapping[str, Union[str, Rule]]  # from a pattern; the first that matches counts


class Matcher:
    """Finds the rule for a name. Raises WeightsError for a rule that makes no sense."""

    def __init__(self, rules: Optional[Rules] = None) -> None:
        self._rules = [_compile(pattern, given) for pattern, given in (rules or {}).items()]

    def find(self, name: str) -> tuple[Rule, str]:
        """The rule for a tensor, and the parent's name for it."""
        for pattern, regex, rule in self._rules:
            match = regex.fullmatch(name)
            if match is not None:
                return rule, _source(pattern, rule, match) or name
        return Rule(), name


def _compile(pattern: str, given: Union[str, Rule]) -> tuple[str, re.Pattern[str], Rule]:
    rule = Rule(fit=given) if isinstance(given, str) else given
    if not isinstance(rule, Rule) or rule.fit not in _FITS:
        raise WeightsError(
            f"the rule for {pattern!r} must be a Rule or one of {', '.join(_FITS)}, not {given!r}"
        )
    if rule.source is not None and rule.source.count("*") > pattern.count("*"):
        raise WeightsError(f"the source {rule.source!r} has more `*` than its pattern {pattern!r}")
    for how in rule.align or ():
        if how not in (START, CENTRE) and not (isinstance(how, int) and how > 0):
            raise WeightsError(
                f"the rule for {pattern!r} aligns a dimension by {how!r}: "
                'give "start", "centre" or a number of blocks'
            )
    return pattern, re.compile("(.*)".join(map(re.escape, pattern.split("*"))), re.DOTALL), rule


def _source(pattern: str, rule: Rule, match: re.Match[str]) -> Optional[str]:
    if rule.source is None:
        return None
    first, *others = rule.source.split("*")
    return first + "".join(group + part for group, part in zip(match.groups(), others))
