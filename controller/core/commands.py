"""Pending commands: one table of what the core must still have done.

A command is *due* once an event calls for it, *issued* once a decision about it is journaled, and
*done* once an event reports its effect. Done commands leave the table. Replaying the journal
restores the table, so a resumed controller repeats the issued commands.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from controller.core.model import Outcome, State


class PassVerdict(NamedTuple):
    """End a trial: rename a verdict onto `trials/N`."""

    state: State
    reason: str


class EndAttempt(NamedTuple):
    """End an attempt on its node."""

    how: Outcome  # stopped, cancelled or recalled
    reason: str


class SetAside(NamedTuple):
    """Place nothing on a node for `wait` seconds."""

    reason: str
    wait: float


_Key = TypeVar("_Key", bound=Hashable)
_Command = TypeVar("_Command")


@dataclass(slots=True)
class Pending(Generic[_Key, _Command]):
    """Commands of one kind by what they apply to, each stage in the order in which it was entered.

    One key may be in both stages: a second command may fall due while the first is issued.
    """

    due: dict[_Key, _Command] = field(default_factory=dict)
    issued: dict[_Key, _Command] = field(default_factory=dict)

    def __contains__(self, key: _Key) -> bool:
        return key in self.due or key in self.issued

    def __bool__(self) -> bool:
        return bool(self.due or self.issued)

    def next_due(self) -> tuple[_Key, _Command]:
        """The command that fell due first. Raises StopIteration when none is due."""
        return next(iter(self.due.items()))

    def issue(self, key: _Key, command: _Command) -> None:
        """A decision about the command is journaled."""
        self.due.pop(key, None)
        self.issued[key] = command

    def done(self, key: _Key) -> None:
        """Nothing is left to do for this key."""
        self.due.pop(key, None)
        self.issued.pop(key, None)


@dataclass(slots=True)
class Commands:
    """The pending commands of an experiment.

    The stages at which decision and effect are one event are skipped: a result, a retry and a
    node to set aside are done as soon as they are decided.
    """

    # By trial:
    verdicts: Pending[int, PassVerdict] = field(default_factory=Pending)
    checks: Pending[int, None] = field(default_factory=Pending)  # whether `trials/N` exists
    results: Pending[int, None] = field(default_factory=Pending)  # to be sent to the tuner
    retries: Pending[int, None] = field(default_factory=Pending)  # requested by a user
    removals: Pending[int, None] = field(default_factory=Pending)  # of weights; due: once failed
    # By trial and attempt number:
    ends: Pending[tuple[int, int], EndAttempt] = field(default_factory=Pending)
    leftovers: Pending[tuple[int, int], None] = field(default_factory=Pending)  # to be removed
    checkpoints: Pending[tuple[int, int], None] = field(default_factory=Pending)  # to be removed
    # By node:
    set_asides: Pending[str, SetAside] = field(default_factory=Pending)
