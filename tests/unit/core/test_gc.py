"""Which weights go, and when."""

import pytest
from drive import Drive
from test_resume import resumed

from controller.core import events as e
from controller.core.gc import garbage, leftovers, questions
from controller.core.model import Keep, OnParentFailure, State
from heirloom.objective import Objective


def search(**rules):
    """Nothing is removed by itself until the end: there are too few trials."""
    rules = {"trials": 100, "concurrency": 6, "keep": Keep.BEST, "keep_best": 1, **rules}
    return Drive(nodes={"a": 6}, **rules)


def grow(d, *parents, value=0.0, **more):
    trial = d.propose(*parents)
    d.commit(trial, value=value, **more)
    return trial


def say(d, *possible):
    """The tuner answers what it was asked."""
    [asked] = d.ever(e.ParentsAsked)[-1:]
    d.hear(e.ParentsAnswered, trials=asked.trials, possible=possible)
    return asked.trials


def collect(d, *possible):
    """A person wants it; the trials whose weights go."""
    d.hear(e.GcAsked)
    if d.made(e.ParentsAsked):
        say(d, *possible)
    [removal] = d.made(e.RemovalAsked)
    d.hear(e.Removed, trials=removal.trials, attempts=removal.attempts)
    return removal.trials


@pytest.mark.parametrize(("maximize", "best"), [(True, {1, 3}), (False, {0, 2})])
def test_the_best_are_kept(maximize, best):
    d = search(keep_best=2, objective=Objective(maximize=maximize))
    for value in (1.0, 3.0, 0.5, 4.0):
        grow(d, value=value)
    assert set(collect(d)) == {0, 1, 2, 3} - best


def test_of_equals_the_first_is_kept():
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


def test_all_are_kept_unless_the_file_says_otherwise():
    d = search(keep=Keep.ALL)
    for _ in range(20):
        grow(d)
    assert not d.ever(e.RemovalAsked)
    assert collect(d) == ()
    assert not d.ever(e.ParentsAsked)


def test_what_the_tuner_may_name_is_kept_and_it_is_asked_of_nothing_else():
    d = search()
    best, wanted, spare = grow(d, value=9.0), grow(d), grow(d)
    running = d.propose(grow(d))
    assert collect(d, wanted) == (spare,)
    [asked] = d.ever(e.ParentsAsked)
    assert set(asked.trials) == {wanted, spare}
    assert not {best, running} & set(asked.trials)


def test_the_tuner_is_asked_only_of_trials_that_it_was_told_of():
    d = search()
    grow(d, value=9.0)
    trial = d.propose()
    d.begin(trial)
    seen = {"state": State.SUCCEEDED, "number": 1, "value": 0.0, "weights": True}
    d.x.apply(e.VerdictSeen(at=d.now, trial=trial, **seen))  # and observe was not called yet
    assert trial not in questions(d.x)
    assert trial not in garbage(d.x)


def test_a_tuner_that_has_not_answered_holds_everything():
    d = search()
    grow(d, value=9.0)
    grow(d)
    d.hear(e.GcAsked)
    assert d.made(e.ParentsAsked)
    assert d.wait(600) == []


def test_parents_of_the_waiting_and_the_running_stay():
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


def test_who_was_cancelled_and_still_runs_reads_on():
    d = search()
    grow(d, value=9.0)
    parent = grow(d)
    child = d.propose(parent)
    d.begin(child)
    d.hear(e.CancelAsked, trial=child)
    d.carry_out()
    assert d.x.trials[child].state.is_verdict
    assert collect(d) == ()
    d.end(child, "cancelled")
    assert collect(d) == (parent,)


def test_a_retry_that_is_due_holds_its_parents():
    d = search()
    grow(d, value=9.0)
    parent = grow(d)
    child = grow(d, parent, value=-1.0)
    d.hear(e.RetryAsked, trial=child)  # it waits for the tuner's answer
    assert child in d.x.commands.retries.due
    assert parent not in garbage(d.x)
    assert parent not in questions(d.x)


def test_a_retry_of_a_child_whose_parent_is_gone_is_refused_with_words():
    d = search(concurrency=7)
    grow(d, value=9.0)
    parent = grow(d)
    child = grow(d, parent, value=-1.0)
    assert parent in collect(d)
    d.hear(e.RetryAsked, trial=child)
    d.propose()
    d.wait(1)
    retried = next(trial for trial in d.x.trials if trial.retry_of == child)
    d.carry_out()
    assert retried.state == "failed"
    assert f"names trial {parent} as a parent, and its weights were removed" in retried.reason


def test_a_proposal_that_names_a_removed_parent_is_rejected_with_words():
    d = search()
    grow(d, value=9.0)
    spare = grow(d)
    assert collect(d) == (spare,)
    child = d.propose(spare)
    d.carry_out()
    assert d.x.trials[child].state == "failed"
    assert "weights were removed" in d.x.trials[child].reason


@pytest.mark.parametrize("policy", OnParentFailure)
def test_ancestors_that_could_take_a_parents_place_stay(policy):
    d = search(on_parent_failure=policy)
    grow(d, value=9.0)
    grandparent = grow(d)
    parent = grow(d, grandparent)
    d.propose(parent)
    expected = () if policy is OnParentFailure.ANCESTOR else (grandparent,)
    assert collect(d) == expected


def test_ancestors_of_what_the_tuner_may_name_stay_even_of_one_without_weights():
    d = search(on_parent_failure=OnParentFailure.ANCESTOR)
    grow(d, value=9.0)
    grandparent = grow(d)
    failed = d.propose(grandparent)
    d.see(failed, "failed", reason="exit code 3")
    d.end(failed, "failed")
    assert collect(d, failed) == ()
    assert set(d.ever(e.ParentsAsked)[0].trials) == {grandparent, failed}
    assert collect(d) == (grandparent,)


def test_damaged_weights_stay_for_people_to_look_at():
    d = search(infra_retries=9)
    grow(d, value=9.0)
    parent = grow(d)
    child = d.propose(parent)
    for number in (1, 2):
        d.end(child, "corrupt", number=number, parent=parent)
        d.wait(1)
    assert d.x.trials[parent].damaged
    assert parent not in collect(d)


def test_from_the_decision_on_nobody_starts_from_them():
    d = search()
    grow(d, value=9.0)
    spare = grow(d)
    d.hear(e.GcAsked)
    say(d)
    assert d.x.trials[spare].removed
    assert not d.x.trials[spare].inheritable
    assert list(d.x.commands.removals.issued) == [spare]


def test_what_was_decided_is_known_to_the_next_controller():
    d = search()
    grow(d, value=9.0)
    spare = grow(d)
    d.hear(e.GcAsked)
    say(d)
    again = resumed(d)
    assert list(again.x.commands.removals.issued) == [spare]
    again.hear(e.Removed, trials=(spare,))
    assert not again.x.gc.is_removing


def test_another_tuner_is_asked_anew():
    d = search()
    grow(d, value=9.0)
    spare = grow(d)
    d.hear(e.GcAsked)
    again = resumed(d)
    assert again.made(e.ParentsAsked)[0].trials == (spare,)


def test_weights_go_now_and_then_while_it_runs():
    d = search(concurrency=1)
    for value in range(40):
        if d.made(e.ParentsAsked):
            say(d)
        for removal in d.made(e.RemovalAsked):
            d.hear(e.Removed, trials=removal.trials, attempts=removal.attempts)
        grow(d, value=float(value))
    assert 4 <= len(d.ever(e.RemovalAsked)) <= 6
    assert len([trial for trial in d.x.trials if trial.inheritable]) < 12


def test_the_end_waits_until_they_are_gone_and_needs_no_word_of_the_tuner():
    d = search(trials=3, concurrency=1)
    for value in range(3):
        grow(d, value=float(value))
    assert not d.ever(e.ParentsAsked)
    [removal] = d.made(e.RemovalAsked)
    assert removal.trials == (0, 1)
    assert d.x.closed is None
    d.hear(e.Removed, trials=removal.trials, attempts=removal.attempts)
    assert d.x.closed is not None


def test_the_end_does_not_wait_for_a_tuner_that_thinks():
    d = search(trials=9, concurrency=1)
    for value in range(9):
        grow(d, value=float(value))
    assert d.ever(e.ParentsAsked)
    assert d.ever(e.RemovalAsked)


def test_what_this_user_may_not_remove_is_tried_again_only_when_a_person_wants_it():
    d = search(trials=3, concurrency=1)
    for value in range(3):
        grow(d, value=float(value))
    d.hear(e.Removed, problem="Permission denied: trials/0")
    assert d.x.closed is not None
    assert list(d.x.commands.removals.due) == [0, 1]
    assert d.x.trials[0].removed


def test_a_stopped_search_removes_nothing_since_it_garbage_on():
    d = search(concurrency=1)
    grow(d, value=9.0)
    grow(d)
    d.hear(e.StopAsked, reason="enough")
    d.carry_out()
    assert d.x.closed is not None
    assert garbage(d.x) == ()
    assert questions(d.x) == (1,)


def test_a_search_that_came_to_its_end_is_not_taken_up_by_the_tuner_again():
    d = search(trials=2, concurrency=1)
    grow(d, value=9.0)
    grow(d)
    for removal in d.made(e.RemovalAsked):
        d.hear(e.Removed, trials=removal.trials)
    d.log.append(e.RetryAsked(at=d.now, trial=0))
    again = resumed(d)
    assert not again.made(e.ProposalAsked)
    assert again.x.trials[2].retry_of == 0


def test_leftovers_go_when_their_trial_has_its_verdict():
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
    """Two slots; one trial has committed 1,000 bytes, one is under way and one is ready."""
    d = Drive(nodes={"a": 2}, concurrency=2, reserve=100, lookahead=0, **rules)
    d.propose()
    d.commit(0, size=1000)
    d.propose()
    d.free = 2099
    d.propose()
    return d


def test_no_trial_is_handed_out_that_the_store_may_have_no_room_for():
    d = short_of_room()
    assert d.places() == {1: "a"}
    [short] = d.made(e.RoomShort)
    assert (short.free, short.needed) == (2099, 2100)
    assert d.wait(60) == []  # it is said once
    d.free = 2100
    assert [type(event) for event in d.wait(1)] == [e.RoomBack, e.Placed]
    assert d.places() == {1: "a", 2: "a"}


def test_when_one_has_ended_less_room_is_needed():
    d = short_of_room()
    d.end(1, "failed")
    d.carry_out()
    assert 2 in d.places()
    assert d.x.short is None


def test_a_store_that_is_full_from_the_start_holds_everything_back():
    d = Drive(reserve=100)
    d.free = 99
    d.propose()
    assert d.places() == {}
    d.free = 100
    d.wait(1)
    assert d.places() == {0: "a"}


def test_another_controller_looks_for_itself():
    d = short_of_room()
    again = resumed(d)
    assert again.x.short is None
    assert again.places() == {1: "a", 2: "a"}  # it does not know the room yet


def test_where_weights_garbage_a_store_that_is_short_of_room_has_them_go():
    d = short_of_room(keep=Keep.BEST, keep_best=1)
    assert d.made(e.RemovalAsked)
    d.free = 50
    d.commit(1, value=-5.0, size=1000)
    assert say(d) == (1,)
    assert d.made(e.RemovalAsked)[0].trials == (1,)


def test_where_all_is_kept_it_waits():
    d = short_of_room()
    assert not d.x.gc.wanted
