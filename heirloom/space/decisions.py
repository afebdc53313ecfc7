"""A search space of choices as a sequence of decisions."""

from __future__ import annotations

import copy
import string
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Optional

from .forms import NAME
from .space import Choice, Nested, Space


@dataclass(frozen=True)
class _Decision:
    number: int
    choice: Choice
    inner: Mapping[int, _Named]  # by option, the decisions that follow if it is chosen


CHARACTERS = string.digits + string.ascii_letters  # of the options of a decision, in `text`
_Named = list[tuple[str, _Decision]]


class Decisions:
    """The decisions of a space, numbered from 0 in the order of the space.

    The decisions of a nested option follow the choice of that option. A sequence is written as
    tokens: each option of each decision has a token of its own, so that a token tells both.

    Args:
        space: a space of which `numbers` finds no parameter.

    Attributes:
        sizes: the number of options of each decision.
        offsets: the token of the first option of each decision.
        tokens: the number of tokens.
        names: the parameter of each decision, such as `op.conv.kernel` within the option conv.
    """

    def __init__(self, space: Space) -> None:
        self.sizes: list[int] = []
        self.names: list[str] = []
        self._first = self._numbered(space, "")
        self.offsets = [0, *accumulate(self.sizes)][:-1]
        self.tokens = sum(self.sizes)

    def candidate(self, choose: Callable[[int], int]) -> dict[str, Any]:
        """The params to which `choose` leads. It gets a decision and returns an option's index."""
        return _candidate(self._first, choose)

    def params(self, tokens: Sequence[int]) -> dict[str, Any]:
        """The candidate of a sequence."""
        left = iter(tokens)
        return self.candidate(lambda decision: next(left) - self.offsets[decision])

    def sequence(self, params: Mapping[str, Any]) -> list[int]:
        """The tokens of a candidate of the space."""
        return [self.offsets[number] + index for number, index in _choices(self._first, params)]

    def text(self, tokens: Sequence[int]) -> str:
        """A sequence as text: a character for each decision. `read` is the inverse."""
        return "".join(CHARACTERS[token - self.offsets[self.decision(token)]] for token in tokens)

    def read(self, text: str) -> dict[str, Any]:
        """The candidate that a text stands for. Raises ValueError if it stands for none."""
        try:
            left = iter(text)
            found = self.candidate(lambda _: CHARACTERS.index(next(left)))
        except (StopIteration, IndexError, TypeError, ValueError):
            raise ValueError(f"{text!r} is no candidate of this space") from None
        if next(left, None) is not None:
            raise ValueError(f"{text!r} is longer than a candidate of this space")
        return found

    def decision(self, token: int) -> int:
        """The decision that has this token."""
        return bisect_right(self.offsets, token) - 1

    def _numbered(self, space: Space, prefix: str) -> _Named:
        found: _Named = []
        for name, choice in space.dimensions.items():
            assert isinstance(choice, Choice)
            number = len(self.sizes)
            self.sizes.append(len(choice.options))
            self.names.append(f"{prefix}{name}")
            inner = {
                index: self._numbered(option.space, f"{prefix}{name}.{option.name}.")
                for index, option in enumerate(choice.options)
                if isinstance(option, Nested)
            }
            found.append((name, _Decision(number, choice, inner)))
        return found


def numbers(space: Space) -> Iterator[str]:
    """The parameters that are no choices, such as `op.conv.rate` within the option conv of op."""
    for name, dimension in space.dimensions.items():
        if not isinstance(dimension, Choice):
            yield name
            continue
        for option in dimension.options:
            if isinstance(option, Nested):
                yield from (f"{name}.{option.name}.{inner}" for inner in numbers(option.space))


def unsupported(space: Space, tuner: str) -> Optional[str]:
    """Why a tuner that chooses among options cannot search a space; None if it can."""
    if not space.dimensions:
        return "it has no parameter"
    found = next(numbers(space), None)
    if found is None:
        return None
    return f"{found} is a number, and {tuner} chooses among options: list some of its values"


def _candidate(decisions: _Named, choose: Callable[[int], int]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name, decision in decisions:
        index = choose(decision.number)
        option = decision.choice.options[index]
        if isinstance(option, Nested):
            params[name] = {NAME: option.name, **_candidate(decision.inner[index], choose)}
        else:
            params[name] = copy.deepcopy(option)
    return params


def _choices(decisions: _Named, params: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    for name, decision in decisions:
        index = decision.choice.index(params[name])
        yield decision.number, index
        yield from _choices(decision.inner.get(index, []), params[name])
