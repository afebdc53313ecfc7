"""What a proposal, or a requested retry, changes."""

from __future__ import annotations

from collections.abc import Collection

from controller.core import events as e
from controller.core.commands import PassVerdict
from controller.core.model import Inherit, State, Trial
from controller.core.state import ExperimentState
from controller.core.transitions.inheritance import chooses_nearest, without
from controller.core.transitions.queueing import enqueue


def proposed(x: ExperimentState, event: e.Proposed) -> None:
    """Add the trial. A proposal that arrives after the end of the search is dropped."""
    is_of_search = event.retry_of is None and not event.concludes
    answered = x.conclusion.answered and x.used_up(event.at) is not None
    late = is_of_search and (x.search.over is not None or x.conclusion.asked or answered)
    if late or event.trial != len(x.trials):
        return
    gone = x.gc.removed_at_end if event.retry_of is None else frozenset[int]()
    named = event.parents if x.rules.inherit is not Inherit.NONE else ()
    problem = _problem(x, named, gone)
    if event.concludes:
        x.conclusion.add(event.trial)
    elif event.retry_of is None:
        x.search.propose(event.trial, problem)
    else:
        x.commands.retries.done(event.retry_of)
    parents = () if problem else named
    trial = Trial(
        event.trial,
        event.params,
        parents,
        without(x.trials, parents, gone),
        State.WAITING,
        event.at,
        retry_of=event.retry_of,
        token=event.token,
        candidate=event.candidate,
    )
    if event.retry_of is not None and not problem and chooses_nearest(x.rules, trial):
        source = x.trials[event.retry_of]  # it starts from the same weights while they stand
        trial.restore, trial.distance = source.restore, source.distance
    x.add(trial)
    if problem:
        reason = f"the proposal was rejected: {problem}"
        x.commands.verdicts.due[trial.id] = PassVerdict(State.FAILED, reason)
    else:
        enqueue(x, trial)


def retry_asked(x: ExperimentState, event: e.RetryAsked) -> None:
    """Have an ended trial proposed again. A request that is received twice counts once."""
    if event.request and event.request in x.retry_requests:
        return
    x.retry_requests.add(event.request)
    trial = x.trial(event.trial)
    if trial is not None and trial.state.is_verdict:
        x.commands.retries.due[trial.id] = None


def _problem(x: ExperimentState, parents: tuple[int, ...], gone: Collection[int]) -> str | None:
    """Why the proposal is rejected, or None. Weights that are `gone` are no reason."""
    for parent in parents:
        if not 0 <= parent < len(x.trials):
            last = f"the last is {len(x.trials) - 1}" if x.trials else "there is none yet"
            return f"it names trial {parent} as a parent, and there is no such trial ({last})"
        if x.trials[parent].removed and parent not in gone:
            return f"it names trial {parent} as a parent, and its weights were removed"
    if len(set(parents)) < len(parents):
        return f"it names a parent twice: {list(parents)}"
    return None
