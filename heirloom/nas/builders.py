"""Who answers the labels of a model while it is built.

A model asks for its choices in its constructor. What it is answered depends on why it is built: to
record the search space, as one candidate, or as a supernet. No framework is needed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Optional, Protocol

from .errors import NasError
from .params import flatten, is_same, listed

Step = tuple[str, tuple[str, ...]]  # a label, and those of its options that have a part


class Builder(Protocol):
    """Answers the labels of a model that is being built."""

    def value(self, label: str, options: Sequence[Any]) -> Any:
        """The value of a label."""

    def built(self, label: str, options: Sequence[str]) -> Sequence[str]:
        """The options of a label that are built."""

    def within(self, label: str, options: Sequence[str]) -> None:
        """What is asked from now on is part of each of these options."""

    def leave(self) -> None:
        """The option is built."""


@dataclass
class Label:
    """A label, its options, and the options of other labels within which it is asked."""

    options: list[Any]
    is_value: bool  # a number or a text that the constructor uses, not a part of the network
    paths: list[tuple[Step, ...]]


class Recorder:
    """Records every label of a model: all options are built, and values are the first."""

    def __init__(self) -> None:
        self.labels: dict[str, Label] = {}
        self._path: list[Optional[Step]] = []

    def value(self, label: str, options: Sequence[Any]) -> Any:
        """Record a value, and answer the first option."""
        self._record(label, options, is_value=True)
        return options[0]

    def built(self, label: str, options: Sequence[str]) -> Sequence[str]:
        """Record a choice, and build all of its options."""
        self._record(label, options, is_value=False)
        return options

    def within(self, label: str, options: Sequence[str]) -> None:
        """Enter options. What all options of a label have depends on none of them."""
        is_all = len(options) == len(self.labels[label].options)
        self._path.append(None if is_all else (label, tuple(options)))

    def leave(self) -> None:
        """Leave the option."""
        self._path.pop()

    def _record(self, label: str, options: Sequence[Any], *, is_value: bool) -> None:
        path = tuple(step for step in self._path if step is not None)
        known = self.labels.get(label)
        if known is None:
            self.labels[label] = Label(list(options), is_value, [path])
            return
        if known.options != list(options) or known.is_value != is_value:
            raise NasError(
                f"the label {label!r} has the options {listed(known.options)} in one place and "
                f"{listed(options)} in another: rename one of them"
            )
        if any(label == above for above, _ in path):
            raise NasError(f"the label {label!r} is asked within one of its own options")
        if path not in known.paths:
            known.paths.append(path)


class Chosen:
    """Answers with the params of one candidate: only what was chosen is built."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = flatten(params)
        self.asked: dict[str, Any] = {}

    def value(self, label: str, options: Sequence[Any]) -> Any:
        """The candidate's value. Raises NasError if the params have none that is an option."""
        chosen = self._chosen(label, options)
        return next(option for option in options if is_same(option, chosen))

    def built(self, label: str, options: Sequence[str]) -> Sequence[str]:
        """The candidate's option."""
        return [str(self._chosen(label, options))]

    def within(self, label: str, options: Sequence[str]) -> None:
        """Labels of an option need no distinction: only one option is built."""

    def leave(self) -> None:
        """See `within`."""

    def _chosen(self, label: str, options: Sequence[Any]) -> Any:
        if label not in self.params:
            raise NasError(
                f"the params have no {label!r}. Labels must not depend on a value: "
                "use nas.repeat for a number of blocks"
            )
        chosen = self.params[label]
        if not any(is_same(option, chosen) for option in options):
            raise NasError(f"{label!r} is {listed([chosen])}, and none of {listed(options)}")
        self.asked[label] = chosen
        return chosen


class Shared:
    """Answers for a supernet: all options are built, and values are given or the largest."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def value(self, label: str, options: Sequence[Any]) -> Any:
        """The value that all paths have in common. Raises NasError if there is no largest."""
        if label in self._values:
            if not any(is_same(option, self._values[label]) for option in options):
                raise NasError(f"{label!r} is none of {listed(options)}")
            return self._values[label]
        if all(isinstance(option, (int, float)) for option in options):
            return max(options)
        raise NasError(
            f"a supernet has one value of {label!r}: give values={{{label!r}: …}}, "
            f"one of {listed(options)}"
        )

    def built(self, label: str, options: Sequence[str]) -> Sequence[str]:
        """All options."""
        return options

    def within(self, label: str, options: Sequence[str]) -> None:
        """A supernet has every option at once."""

    def leave(self) -> None:
        """See `within`."""


class First:
    """Answers outside of any building: the first option of every label."""

    def value(self, label: str, options: Sequence[Any]) -> Any:
        """The first option."""
        return options[0]

    def built(self, label: str, options: Sequence[str]) -> Sequence[str]:
        """The first option."""
        return options[:1]

    def within(self, label: str, options: Sequence[str]) -> None:
        """Nothing is recorded."""

    def leave(self) -> None:
        """Nothing is recorded."""


_current: ContextVar[Builder] = ContextVar("builder", default=First())  # noqa: B039 - has no state


def current() -> Builder:
    """Who answers now."""
    return _current.get()


@contextmanager
def answering(builder: Builder) -> Iterator[None]:
    """Let `builder` answer the labels of models that are built within."""
    token = _current.set(builder)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def part_of(label: str, options: Sequence[str]) -> Iterator[None]:
    """Build a part within that each of these options of a label has."""
    builder = current()
    builder.within(label, options)
    try:
        yield
    finally:
        builder.leave()
