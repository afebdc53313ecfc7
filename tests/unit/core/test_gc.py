"""Which weights are removed, and when."""

from typing import Any

import pytest

from controller.core import events as e
from controller.core.gc import garbage, leftovers, questions
from controller.core.model import Keep, OnParentFailure, State
from heirloom.objective import Objective, Objectives
from tests.unit.core.drive import Drive
from tests.unit.core.test_resume import resumed


def search(**rules):
    """A search with too few trials for a collection before its end."""
    rules = {"trials": 100, "concurrency": 6, "keep": Keep.BEST, "keep_best": 1, **rules}
    return Drive(nodes={"a": 6}, **rules)


def grow(d, *parents, value=0.0, **more):
    trial = d.propose(*parents)
    d.commit(trial, value=value, **more)
    return trial


def say(d, *possible):
    """The tuner answers the question about parents."""
    [asked] = d.ever(e.ParentsAsked)[-1:]
    d.event(e.ParentsAnswered, trials=asked.trials, possible=possible)
    return asked.trials


def collect(d, *possible):
    """A user requests a collection. Return the trials whose weights are removed."""
    d.event(e.GcAsked)
    if d.made(e.ParentsAsked):
        say(d, *possible)
    [removal] = d.made(e.RemovalAsked)
    d.event(e.Removed, trials=removal.trials, attempts=removal.attempts)
    return removal.trials


@pytest.mark.parametrize(("maximize", "best"), [(True, {1, 3}), (False, {0, 2})])
def test_the_best_are_kept(maximize, best):
    d = search(keep_best=2, objectives=Objectives((Objective(maximize=maximize),)))
    for value in (1.0, 3.0, 0.5, 4.0):
        grow(d, value=value)
    assert set(collect(d)) == {0, 1, 2, 3} - best


def test_of_equal_values_the_first_trial_is_kept():
    d = search()
    for _ in range(3):
        grow(d, value=1.0)
    assert collect(d) == (1, 2)


def test_the_lineage_of_the_best_is_kept():
    d = search(keep=Keep.LINEAGE)
    root = grow(d, value=1.0)
    other = grow(d, value=9.0 - 8.5)
    middle = grow(d, root, value=0.1)
    grow(d, middle, value=5.0)
    assert collect(d) == (other,)


def test_by_default_all_weights_are_kept():
    d = search(keep=Keep.ALL)
    for _ in range(20):
        grow(d)
    assert not d.ever(e.RemovalAsked)
    assert collect(d) == ()
    assert not d.ever(e.ParentsAsked)


def test_possible_parents_stay_and_the_tuner_is_asked_about_no_other_trial():
    d = search()
    best, wanted, spare = grow(d, value=9.0), grow(d), grow(d)
    running = d.propose(grow(d))
    assert collect(d, wanted) == (spare,)
    [asked] = d.ever(e.ParentsAsked)
    assert set(asked.trials) == {wanted, spare}
    assert not {best, running} & set(asked.trials)


def test_the_tuner_is_asked_only_about_trials_whose_result_it_has():
    d = search()
    grow(d, value=9.0)
    trial = d.propose()
    d.begin(trial)
    seen: dict[str, Any] = {"state": State.SUCCEEDED, "number": 1, "value": 0.0, "weights": True}
    d.x.apply(e.VerdictSeen(at=d.now, trial=trial, **seen))  # its result is not yet sent
    assert trial not in questions(d.x)
    assert trial not in garbage(d.x)


def test_nothing_is_removed_until_the_tuner_answers():
    d = search()
    grow(d, value=9.0)
    grow(d)
    d.event(e.GcAsked)
    assert d.made(e.ParentsAsked)
    assert d.wait(600) == []


def test_parents_of_waiting_and_running_trials_stay():
    d = search()
    grow(d, value=9.0)
    first, second = grow(d), grow(d)
    d.propose(first)
    child = d.propose(second)
    d.begin(child)
    assert collect(d) == ()
    d.end(child, "lost", reason="gone")
    d.carry_out()
    assert collect(d) == ()  # it is tried again
    d.see(child, "failed", reason="enough")
    d.end(child, "lost", number=2)
    assert second in collect(d)


def test_parents_of_a_cancelled_trial_stay_while_it_runs():
    d = search()
    grow(d, value=9.0)
    parent = grow(d)
    child = d.propose(parent)
    d.begin(child)
    d.event(e.CancelAsked, trial=child)
    d.carry_out()
    assert d.x.trials[child].state.is_verdict
    assert collect(d) == ()
    d.end(child, "cancelled")
    assert collect(d) == (parent,)


def test_parents_of_a_due_retry_stay():
    d = search()
    grow(d, value=9.0)
    parent = grow(d)
    child = grow(d, parent, value=-1.0)
    d.event(e.RetryAsked, trial=child)  # it waits until the tuner has answered
    assert child in d.x.commands.retries.due
    assert parent not in garbage(d.x)
    assert parent not in questions(d.x)


def test_a_retry_whose_parent_was_removed_fails_with_a_reason():
    d = search(concurrency=7)
    grow(d, value=9.0)
    parent = grow(d)
    child = grow(d, parent, value=-1.0)
    assert parent in collect(d)
    d.event(e.RetryAsked, trial=child)
    d.propose()
    d.wait(1)
    retried = next(trial for trial in d.x.trials if trial.retry_of == child)
    d.carry_out()
    assert retried.state == "failed"
    assert f"names trial {parent} as a parent, and its weights were removed" in retried.reason


def test_a_proposal_that_names_a_removed_parent_is_rejected_with_a_reason():
    d = search()
    grow(d, value=9.0)
    spare = grow(d)
    assert collect(d) == (spare,)
    child = d.propose(spare)
    d.carry_out()
    assert d.x.trials[child].state == "failed"
    assert "weights were removed" in d.x.trials[child].reason


@pytest.mark.parametrize("policy", OnParentFailure)
def test_ancestors_that_may_replace_a_parent_stay(policy):
    d = search(on_parent_failure=policy)
    grow(d, value=9.0)
    grandparent = grow(d)
    parent = grow(d, grandparent)
    d.propose(parent)
    expected = () if policy is OnParentFailure.ANCESTOR else (grandparent,)
    assert collect(d) == expected


def test_ancestors_of_possible_parents_stay_even_of_one_without_weights():
    d = search(on_parent_failure=OnParentFailure.ANCESTOR)
    grow(d, value=9.0)
    grandparent = grow(d)
    failed = d.propose(grandparent)
    d.see(failed, "failed", reason="exit code 3")
    d.end(failed, "failed")
    assert collect(d, failed) == ()
    assert set(d.ever(e.ParentsAsked)[0].trials) == {grandparent, failed}
    assert collect(d) == (grandparent,)


def test_damaged_weights_stay():
    d = search(infra_retries=9)
    grow(d, value=9.0)
    parent = grow(d)
    child = d.propose(parent)
    for number in (1, 2):
        d.end(child, "corrupt", number=number, parent=parent)
        d.wait(1)
    assert d.x.trials[parent].damaged
    assert parent not in collect(d)


def test_no_trial_starts_from_weights_once_their_removal_is_decided():
    d = search()
    grow(d, value=9.0)
    spare = grow(d)
    d.event(e.GcAsked)
    say(d)
    assert d.x.trials[spare].removed
    assert not d.x.trials[spare].inheritable
    assert list(d.x.commands.removals.issued) == [spare]


def test_a_decided_removal_survives_a_resume():
    d = search()
    grow(d, value=9.0)
    spare = grow(d)
    d.event(e.GcAsked)
    say(d)
    again = resumed(d)
    assert list(again.x.commands.removals.issued) == [spare]
    again.event(e.Removed, trials=(spare,))
    assert not again.x.gc.is_removing


def test_a_new_tuner_process_is_asked_again():
    d = search()
    grow(d, value=9.0)
    spare = grow(d)
    d.event(e.GcAsked)
    again = resumed(d)
    assert again.made(e.ParentsAsked)[0].trials == (spare,)


def test_weights_are_removed_repeatedly_while_the_search_runs():
    d = search(concurrency=1)
    for value in range(40):
        if d.made(e.ParentsAsked):
            say(d)
        for removal in d.made(e.RemovalAsked):
            d.event(e.Removed, trials=removal.trials, attempts=removal.attempts)
        grow(d, value=float(value))
    assert 4 <= len(d.ever(e.RemovalAsked)) <= 6
    assert len([trial for trial in d.x.trials if trial.inheritable]) < 12


def test_the_end_waits_for_the_removal_and_not_for_the_tuner():
    d = search(trials=3, concurrency=1)
    for value in range(3):
        grow(d, value=float(value))
    assert not d.ever(e.ParentsAsked)
    [removal] = d.made(e.RemovalAsked)
    assert removal.trials == (0, 1)
    assert d.x.closed is None
    d.event(e.Removed, trials=removal.trials, attempts=removal.attempts)
    assert d.x.closed is not None


def test_the_end_does_not_wait_for_an_unanswered_question():
    d = search(trials=9, concurrency=1)
    for value in range(9):
        grow(d, value=float(value))
    assert d.ever(e.ParentsAsked)
    assert d.ever(e.RemovalAsked)


def test_a_refused_removal_is_repeated_only_on_request():
    d = search(trials=3, concurrency=1)
    for value in range(3):
        grow(d, value=float(value))
    d.event(e.Removed, problem="Permission denied: trials/0")
    assert d.x.closed is not None
    assert list(d.x.commands.removals.due) == [0, 1]
    assert d.x.trials[0].removed


def test_a_stopped_search_removes_nothing_since_it_may_be_resumed():
    d = search(concurrency=1)
    grow(d, value=9.0)
    grow(d)
    d.event(e.StopAsked, reason="enough")
    d.carry_out()
    assert d.x.closed is not None
    assert garbage(d.x) == ()
    assert questions(d.x) == (1,)


def test_a_search_that_ended_by_itself_requests_no_proposals_after_a_resume():
    d = search(trials=2, concurrency=1)
    grow(d, value=9.0)
    grow(d)
    for removal in d.made(e.RemovalAsked):
        d.event(e.Removed, trials=removal.trials)
    d.log.append(e.RetryAsked(at=d.now, trial=0))
    again = resumed(d)
    assert not again.made(e.ProposalAsked)
    assert again.x.trials[2].retry_of == 0


def test_leftovers_are_removed_once_their_trial_has_a_verdict():
    d = search(retries=1, keep=Keep.ALL)
    trial = d.propose()
    d.begin(trial)
    d.end(trial, "failed", reason="exit code 1")
    assert leftovers(d.x) == ()
    d.commit(trial, 2)
    assert leftovers(d.x) == ((trial, 1),)
    assert collect(d) == ()
    assert leftovers(d.x) == ()


def short_of_room(**rules):
    """Two slots; one trial committed 1,000 bytes, one runs and one is ready."""
    d = Drive(nodes={"a": 2}, concurrency=2, reserve=100, lookahead=0, **rules)
    d.propose()
    d.commit(0, size=1000)
    d.propose()
    d.free = 2099
    d.propose()
    return d


def test_no_attempt_is_placed_if_the_store_may_lack_room():
    d = short_of_room()
    assert d.places() == {1: "a"}
    [short] = d.made(e.RoomShort)
    assert (short.free, short.needed) == (2099, 2100)
    assert d.wait(60) == []  # decided only once
    d.free = 2100
    assert [type(event) for event in d.wait(1)] == [e.RoomBack, e.Placed]
    assert d.places() == {1: "a", 2: "a"}


def test_less_room_is_needed_after_an_attempt_ended():
    d = short_of_room()
    d.end(1, "failed")
    d.carry_out()
    assert 2 in d.places()
    assert d.x.short is None


def test_nothing_is_placed_on_a_store_that_is_full_from_the_start():
    d = Drive(reserve=100)
    d.free = 99
    d.propose()
    assert d.places() == {}
    d.free = 100
    d.wait(1)
    assert d.places() == {0: "a"}


def test_a_resumed_controller_measures_the_room_again():
    d = short_of_room()
    again = resumed(d)
    assert again.x.short is None
    assert again.places() == {1: "a", 2: "a"}  # the free bytes are not known yet


def test_weights_that_are_not_kept_are_removed_if_the_store_is_short_of_room():
    d = short_of_room(keep=Keep.BEST, keep_best=1)
    assert d.made(e.RemovalAsked)
    d.free = 50
    d.commit(1, value=-5.0, size=1000)
    assert say(d) == (1,)
    assert d.made(e.RemovalAsked)[0].trials == (1,)


def test_nothing_is_removed_for_room_if_all_weights_are_kept():
    d = short_of_room()
    assert not d.x.gc.wanted
