"""A larger budget continues a search; what a user cancelled does not use the budget up."""

import dataclasses

from controller.core import events as e
from controller.core.budget import Budget, Limit
from controller.core.model import Keep
from tests.unit.core.drive import Drive
from tests.unit.core.test_resume import resumed


def extend(d, **limits):
    return d.event(e.BudgetExtended, **limits)


def finished(trials=2, **rules):
    d = Drive(trials=trials, concurrency=1, **rules)
    for trial in range(trials):
        d.propose()
        d.commit(trial)
    assert d.x.closed is not None
    return d


def test_a_finished_search_goes_on_with_a_larger_budget():
    again = resumed(finished(), [(e.BudgetExtended, {"trials": 3})])
    assert again.x.asked == 2
    again.propose(1)
    again.commit(2)
    assert again.x.closed.reason == "the budget of 3 trials is used up"


def test_a_running_search_gets_more_before_and_after_its_last_proposal():
    d = Drive(trials=1, concurrency=1)
    extend(d, trials=2)
    d.propose()
    d.commit(0)
    d.propose()
    assert d.x.search_over.exhausted
    extend(d, trials=3)
    assert d.x.search_over is None
    d.commit(1)
    assert d.x.asked == 2


def test_a_request_that_is_received_twice_counts_once():
    d = Drive(trials=1)
    extend(d, trials=2, request="a")
    extend(d, trials=9, request="b")
    extend(d, trials=2, request="a")
    assert d.x.budget == Budget(9, None)


def test_a_larger_duration_continues_a_search_too():
    d = Drive(trials=None, duration=60.0, concurrency=1)
    d.propose()
    d.wait(60)
    assert d.x.search_over.exhausted
    extend(d, duration=120.0)
    d.commit(0)
    d.propose()
    d.wait(60)
    assert d.x.search_over.reason == "the budget of 120 s is used up"


def test_a_tuner_that_ended_the_search_is_asked_again():
    d = Drive(trials=5)
    d.propose()
    d.event(e.SearchEnded, reason="the grid is done")
    extend(d, trials=9)
    assert d.x.asked == 1
    d.event(e.SearchEnded, reason="the grid is done")
    d.commit(0)
    assert d.x.closed.reason == "the grid is done"


def test_a_stop_outlasts_a_larger_budget_until_a_resume():
    d = Drive(trials=2, concurrency=1)
    d.propose()
    d.event(e.StopAsked, reason="stopped by a person")
    extend(d, trials=3)
    assert d.x.search_over is not None
    d.carry_out()
    d.end(0, "cancelled")
    again = resumed(d)
    assert (again.x.asked, again.x.room) == (1, 1)
    assert again.x.budget.trials - again.x.counted_trials == 3


def test_a_cancelled_trial_is_replaced_even_after_the_last_proposal():
    d = Drive(trials=2, concurrency=2)
    d.propose()
    d.propose()
    assert d.x.search_over.exhausted
    d.event(e.CancelAsked, trial=1)
    d.carry_out()
    assert d.x.asked == 2
    d.propose()
    d.end(1, "cancelled")
    d.commit(0)
    d.commit(2)
    assert d.states() == ["succeeded", "cancelled", "succeeded"]
    assert d.x.closed is not None


def test_a_trial_that_failed_uses_up_the_budget():
    d = Drive(trials=1)
    d.propose()
    d.end(0, "failed")
    d.carry_out()
    assert d.x.closed is not None


def test_weights_removed_at_the_end_are_no_reason_to_reject_a_proposal():
    d = Drive(trials=3, concurrency=1, keep=Keep.BEST, keep_best=1)
    for trial, parents in enumerate([(), (0,), (1,)]):
        d.propose(*parents)
        d.commit(trial, value=10.0 if trial == 0 else 1.0)
    [removal] = d.ever(e.RemovalAsked)
    assert removal.trials == (1, 2)
    d.event(e.Removed, trials=removal.trials)
    assert d.x.closed is not None
    again = resumed(d, [(e.BudgetExtended, {"trials": 4})])
    again.propose(2)  # its weights and those of its parent are gone
    trial = again.x.trials[3]
    assert (trial.parents, trial.restore) == ((2,), (0,))
    assert again.ever(e.Placed)[-1].restore == (0,)


def test_weights_removed_during_the_search_are_a_reason():
    d = Drive(trials=9, concurrency=1)
    d.propose()
    d.commit(0)
    d.event(e.RemovalAsked, trials=(0,))
    d.propose(0)
    d.carry_out()
    assert d.states() == ["succeeded", "failed"]


def test_limits_as_a_user_requests_them():
    assert Limit(50, is_more=True).after(40, used=30) == 90
    assert Limit(50, is_more=True).after(40, used=42) == 92
    assert Limit(200, is_more=False).after(40, used=42) == 200


def test_a_replay_repeats_every_extension():
    again = resumed(finished(), [(e.BudgetExtended, {"trials": 4, "by": "ann"})])
    x = resumed(again).x
    assert (x.budget.trials, x.asked) == (4, 2)
    assert dataclasses.asdict(again.ever(e.BudgetExtended)[0])["by"] == "ann"
