"""How trials enter the queue, and what a parent's end or damage changes for its children."""

from __future__ import annotations

import heapq

from controller.core.commands import PassVerdict
from controller.core.model import Attempt, State, Trial
from controller.core.state import ExperimentState
from controller.core.transitions.inheritance import Skip, chooses_nearest, resolve, standing
from controller.core.transitions.retries import verdict_after


def enqueue(x: ExperimentState, trial: Trial) -> None:
    """Queue a trial, with the parents that `on_parent_failure` leaves it, or skip it."""
    restore: tuple[int, ...] | Skip
    if chooses_nearest(x.rules, trial):
        restore = standing(x.trials, trial.restore)  # another one is chosen when it is placed
    else:
        restore = resolve(x.trials, trial.restore, x.rules.on_parent_failure)
    if isinstance(restore, Skip):
        x.commands.verdicts.due[trial.id] = PassVerdict(State.SKIPPED, restore.reason)
        return
    trial.restore = restore
    unmet = [parent for parent in restore if not x.trials[parent].inheritable]
    x.queue.add(trial.id, unmet)
    x.set_state(trial, State.WAITING if unmet else State.READY)
    if unmet:
        heapq.heappush(x.armable, trial.id)


def try_again(x: ExperimentState, trial: Trial) -> None:
    """Queue a trial whose last attempt has ended, or have its verdict passed."""
    if trial.id in x.commands.verdicts:
        return
    verdict = verdict_after(x.trials, trial, x.rules)
    if verdict is None:
        enqueue(x, trial)
    else:
        x.commands.verdicts.due[trial.id] = verdict


def release_children(x: ExperimentState, parent: Trial) -> None:
    """The parent has a verdict: no queued child waits for it any longer."""
    if parent.inheritable:
        for child in x.queue.release(parent.id):
            if x.queue.is_ready(child):
                x.set_state(x.trials[child], State.READY)
            else:
                heapq.heappush(x.armable, child)
        return
    for child in x.queue.waiting_for(parent.id):
        x.queue.remove(child)
        enqueue(x, x.trials[child])


def note_corruption(x: ExperimentState, parent: Trial, attempt: Attempt) -> None:
    """An attempt read weights that do not match their manifest. On two nodes: they are damaged."""
    x.touched.add(parent.id)
    alone = len(x.placement.nodes) - len(x.placement.down) <= 1
    if attempt.node not in parent.corrupt_on or alone:
        parent.corrupt_on = (*parent.corrupt_on, attempt.node)
    if len(parent.corrupt_on) > 1 and not parent.damaged:
        parent.damaged = True
        x.damaged[parent.id] = attempt.reason
        x.standing.pop(parent.id, None)
        for child in (*x.queue.ready(), *x.queue.waiting()):
            if parent.id in x.trials[child].restore:
                x.queue.remove(child)
                enqueue(x, x.trials[child])
