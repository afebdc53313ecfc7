"""What a node's answer means to the core, and what to order next."""

from __future__ import annotations

from controller.core.events import Armed, Ended, Event, NodeDown, NodeUp
from controller.core.model import Attempt, AttemptState, Outcome, split_attempt
from controller.dispatch.interface import Answer, End, Found, Probe, Start

HELLO = "0.0"  # the attempt that a probe names when only the node itself is asked for


def events_of(answer: Answer, attempt: Attempt | None, now: float) -> list[Event]:
    """The events that follow from an answer about `attempt`, as the core knows it at `now`.

    An UNKNOWN answer says nothing: ask again (`ask_again`). Of an attempt that has ended
    nothing follows but that its node answers.
    """
    order, found = answer.order, answer.found
    if found is Found.UNKNOWN:
        return []
    if found is Found.UNREACHABLE:
        events: list[Event] = [NodeDown(at=now, node=order.node, reason=answer.reason)]
    else:
        events = [NodeUp(at=now, node=order.node)]
    if attempt is None or attempt.state is AttemptState.ENDED:
        return events
    trial, number = split_attempt(order.attempt)
    if found in (Found.STARTED, Found.RUNNING):
        return [*events, Armed(at=now, trial=trial, number=number)]
    outcome = _outcome(answer, attempt)
    if outcome is None:
        return events
    said = answer.outcome or {}
    ended = Ended(
        at=now,
        trial=trial,
        number=number,
        outcome=outcome,
        reason=str(said.get("reason") or answer.reason or _REASONS.get(found, "")),
        parent=said.get("parent"),
        seconds=said.get("seconds"),
    )
    return [*events, ended]


def ask_again(answer: Answer, attempt: Attempt | None) -> Start | Probe | End | None:
    """The order that is needed when the answer leaves something to do.

    A broken wave is followed by a probe (or the same end again); a probe that finds nothing
    of an attempt just placed is answered by None here and `is_unsent` at the caller.
    """
    if answer.found is not Found.UNKNOWN or attempt is None:
        return None
    if attempt.state is AttemptState.ENDED:
        return None
    order = answer.order
    return order if isinstance(order, End) else Probe(order.attempt, order.node)


def is_unsent(answer: Answer, attempt: Attempt | None) -> bool:
    """Whether the node never got the attempt, so that it may be started under its number."""
    placed = attempt is not None and attempt.state is AttemptState.PLACED
    return placed and answer.found is Found.ABSENT and isinstance(answer.order, Probe)


def _outcome(answer: Answer, attempt: Attempt) -> Outcome | None:
    match answer.found:
        case Found.ENDED:
            said = (answer.outcome or {}).get("outcome")
            return Outcome(said) if said in set(Outcome) else Outcome.LOST
        case Found.DEAD | Found.UNREACHABLE:
            return Outcome.LOST
        case Found.REFUSED:
            return Outcome.REFUSED
        case Found.ABSENT if isinstance(answer.order, End):
            return Outcome(answer.order.how)
        case Found.ABSENT if attempt.state is not AttemptState.PLACED:
            return Outcome.LOST
    return None


_REASONS = {
    Found.DEAD: "its supervisor died on the node",
    Found.ABSENT: "the node knows nothing of it (was it restarted?)",
    Found.REFUSED: "the node refused it",
}
