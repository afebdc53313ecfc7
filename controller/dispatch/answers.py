"""What a node's answer means to the core, and what to order next."""

from __future__ import annotations

from controller.core.events import Armed, Ended, Event, NodeDown, NodeUp
from controller.core.model import Attempt, AttemptState, Outcome, split_attempt
from controller.dispatch.interface import Answer, AttemptStatus, End, Order, Probe, Start
from controller.store.messages import MalformedError, SupervisorMessage, parse_message

HELLO = "0.0"  # the attempt that a probe names when only the node itself is asked for


def events_of(answer: Answer, attempt: Attempt | None, now: float) -> list[Event]:
    """The events that follow from an answer about `attempt`, as the core knows it at `now`.

    Some answers say nothing: see `ask_again`. Of an attempt that has ended nothing follows but
    that its node answers.
    """
    order, found = answer.order, answer.found
    if found is AttemptStatus.UNKNOWN or (
        order.attempt == HELLO and found is AttemptStatus.REFUSED
    ):
        return []
    if found is AttemptStatus.UNREACHABLE:
        events: list[Event] = [NodeDown(at=now, node=order.node, reason=answer.reason)]
    else:
        events = [NodeUp(at=now, node=order.node)]
    if attempt is None or attempt.state is AttemptState.ENDED or _says_nothing(answer):
        return events
    trial, number = split_attempt(order.attempt)
    if found in (AttemptStatus.STARTED, AttemptStatus.RUNNING):
        return [*events, Armed(at=now, trial=trial, number=number)]
    if found is AttemptStatus.ENDED:
        return [*events, _said(answer).event(now)]
    outcome = _outcome(answer, attempt)
    if outcome is None:
        return events
    reason = answer.reason or _REASONS.get(found, "")
    return [
        *events, Ended(at=now, trial=trial, number=number, outcome=outcome, reason=reason)
    ]  # fmt: skip


def ask_again(answer: Answer, attempt: Attempt | None) -> Order | None:
    """The order that follows where the answer says nothing: a probe, or the same end again.

    None where it says something, or nothing more is to be known.
    """
    order = answer.order
    if not _says_nothing(answer):
        return None
    if order.attempt == HELLO:
        return order
    if attempt is None or attempt.state is AttemptState.ENDED:
        return None
    return order if isinstance(order, End) else Probe(order.attempt, order.node)


def is_unsent(answer: Answer, attempt: Attempt | None) -> bool:
    """Whether the node never got the attempt, so that it may be started under its number."""
    placed = attempt is not None and attempt.state is AttemptState.PLACED
    return placed and answer.found is AttemptStatus.ABSENT and isinstance(answer.order, Probe)


def _says_nothing(answer: Answer) -> bool:
    """Whether the wave broke, or the node could not look: only a start is refused for good."""
    refused = answer.found is AttemptStatus.REFUSED and not isinstance(answer.order, Start)
    return refused or answer.found is AttemptStatus.UNKNOWN


def _said(answer: Answer) -> SupervisorMessage:
    """The supervisor's last word, as mail has it. An attempt that left none is lost."""
    name = answer.order.attempt
    try:
        return parse_message(f"{name}.ended.json", answer.outcome or {})
    except MalformedError as error:
        why = f"{answer.order.node} has a malformed word of its end: {error}"
        return SupervisorMessage(name, *split_attempt(name), Outcome.LOST, why)


def _outcome(answer: Answer, attempt: Attempt) -> Outcome | None:
    match answer.found:
        case AttemptStatus.DEAD | AttemptStatus.UNREACHABLE:
            return Outcome.LOST
        case AttemptStatus.REFUSED:
            return Outcome.REFUSED
        case AttemptStatus.ABSENT if isinstance(answer.order, End):
            return Outcome(answer.order.how)
        case AttemptStatus.ABSENT if attempt.state is not AttemptState.PLACED:
            return Outcome.LOST
    return None


_REASONS = {
    AttemptStatus.DEAD: "its supervisor died on the node",
    AttemptStatus.ABSENT: "the node knows nothing of it (was it restarted?)",
    AttemptStatus.REFUSED: "the node refused it",
}
