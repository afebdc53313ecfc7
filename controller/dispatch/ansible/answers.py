"""A node's answer to an order, and what it means for an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from controller.core.events import Armed, Ended, Event
from controller.core.model import AttemptState, Outcome, split_attempt
from controller.dispatch.interface import End, NodeProbe, Order, Probe, Start
from controller.store.mail.messages import MalformedError, SupervisorMessage, parse_message


class AttemptStatus(StrEnum):
    """The state of an attempt, as its node reports it."""

    STARTED = "started"  # this order started it
    RUNNING = "running"  # its supervisor lives
    ENDED = "ended"  # its supervisor finished; `outcome` says how
    DEAD = "dead"  # its supervisor died and left no outcome
    ABSENT = "absent"  # the node has no record of it
    REFUSED = "refused"  # the node could not do it; `reason` says why
    UNREACHABLE = "unreachable"  # the node did not answer
    UNKNOWN = "unknown"  # the wave broke: its effect is not known


@dataclass(frozen=True, slots=True)
class Answer:
    """A node's answer to one order, or the sender's own where the node gave none."""

    order: Order
    found: AttemptStatus
    reason: str = ""
    outcome: Mapping[str, Any] | None = None  # the supervisor's `ended` message, with ENDED
    ours: bool = False  # with UNKNOWN: this machine failed, not the node


def event_of(answer: Answer, state: AttemptState, now: float) -> Event | None:
    """The event that an answer about an attempt implies; None if it implies none.

    `state` is the attempt's state before the answer, `now` the event's time.
    """
    order, found = answer.order, answer.found
    if isinstance(order, NodeProbe) or is_inconclusive(answer):
        return None
    trial, number = split_attempt(order.attempt)
    if found in (AttemptStatus.STARTED, AttemptStatus.RUNNING):
        return Armed(at=now, trial=trial, number=number)
    if found is AttemptStatus.ENDED:
        return _last_message(answer, order.attempt).event(now)
    outcome = _outcome(answer, state)
    if outcome is None:
        return None
    reason = answer.reason or _REASONS.get(found, "")
    return Ended(at=now, trial=trial, number=number, outcome=outcome, reason=reason)


def next_order(answer: Answer) -> Order | None:
    """The order that follows an inconclusive answer; None after a conclusive one.

    A start is followed by a probe, since it may have had its effect; other orders are repeated.
    """
    order = answer.order
    if not is_inconclusive(answer):
        return None
    return Probe(order.attempt, order.node, order.spec) if isinstance(order, Start) else order


def unsent_start(answer: Answer, state: AttemptState) -> Start | None:
    """The start of an attempt that its node never received, so that its number is still unused."""
    order = answer.order
    if not isinstance(order, Probe) or order.spec is None:
        return None
    if answer.found is not AttemptStatus.ABSENT or state is not AttemptState.PLACED:
        return None
    return Start(order.attempt, order.node, order.spec)


def is_inconclusive(answer: Answer) -> bool:
    """Whether the wave broke or the node could not look. Only a start's refusal is final."""
    refused = answer.found is AttemptStatus.REFUSED and not isinstance(answer.order, Start)
    return refused or answer.found is AttemptStatus.UNKNOWN


def _last_message(answer: Answer, attempt: str) -> SupervisorMessage:
    """The supervisor's `ended` message. An attempt that left no valid one is lost."""
    try:
        return parse_message(f"{attempt}.ended.json", answer.outcome or {})
    except MalformedError as error:
        why = f"{answer.order.node} has a malformed record of its end: {error}"
        return SupervisorMessage(attempt, *split_attempt(attempt), Outcome.LOST, why)


def _outcome(answer: Answer, state: AttemptState) -> Outcome | None:
    match answer.found:
        case AttemptStatus.DEAD | AttemptStatus.UNREACHABLE:
            return Outcome.LOST
        case AttemptStatus.REFUSED:
            return Outcome.REFUSED
        case AttemptStatus.ABSENT if isinstance(answer.order, End):
            return Outcome(answer.order.how)
        case AttemptStatus.ABSENT if state is not AttemptState.PLACED:
            return Outcome.LOST
    return None


_REASONS = {
    AttemptStatus.DEAD: "its supervisor died on the node",
    AttemptStatus.ABSENT: "the node has no record of it (did it restart?)",
    AttemptStatus.REFUSED: "the node refused it",
}
