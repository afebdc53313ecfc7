"""Trials that fail alike pause the search."""

import pytest

from controller.core import events as e
from controller.core.model import RetryRule
from controller.core.transitions.alike import signature
from tests.unit.core.drive import Drive
from tests.unit.core.test_resume import resumed

TYPO = "train.py:2: SyntaxError: invalid syntax"


def fail(d, reason=TYPO, outcome="failed"):
    """A trial runs and fails. Return its id."""
    trial = d.propose()
    number = len(d.x.trials[trial].attempts)
    d.begin(trial, number)
    d.end(trial, outcome, number, reason=reason)
    d.carry_out()
    return trial


def succeed(d):
    trial = d.propose()
    d.commit(trial)
    return trial


def search(**rules):
    return Drive(**{"concurrency": 1, "nodes": {"a": 4}, **rules})


def test_three_first_trials_that_fail_alike_pause_the_search():
    d = search()
    fail(d)
    fail(d)
    assert d.x.paused is None
    fail(d)
    [paused] = d.ever(e.Paused)
    assert paused.trials == (0, 1, 2)
    assert paused.reason == f"3 trials in a row failed alike: {TYPO}"
    assert d.x.paused == paused
    assert d.x.asked is None


@pytest.mark.parametrize(
    ("reasons", "pauses"),
    [
        (["line 3: KeyError: 'x'", "line 4: KeyError: 'x'", "line 5: KeyError: 'x'"], True),
        (["KeyError: 'x'", "KeyError: 'x'", "KeyError: 'y'"], False),
        (["lr 1e-05 is too small", "lr 0.001 is too small", "lr 3 is too small"], True),
        (["<Net at 0x7f01ab> broke", "<Net at 0x7f99> broke", "<Net at 0xa> broke"], True),
        (["no file /tmp/tmpx8q/a", "no file /tmp/tmpz1/a", "no file /data/b"], True),
        (["store/s-3fa92c1b is full", "store/s-00e1 is full", "store/s-9bce is full"], True),
        (["exit code 1", "exit code 1: a", "exit code 1"], False),
    ],
)
def test_failures_are_alike_without_numbers_addresses_and_paths(reasons, pauses):
    d = search()
    for reason in reasons:
        fail(d, reason)
    assert (d.x.paused is not None) is pauses


def test_a_word_is_no_number():
    assert signature("the facade failed") != signature("the decade failed")


def test_trials_that_time_out_alike_pause_the_search():
    d = search()
    for limit in (60, 61, 62):
        fail(d, f"ran for more than {limit} s", "timeout")
    assert d.x.paused is not None


def test_one_success_is_enough_to_go_on():
    d = search()
    succeed(d)
    for _ in range(19):
        fail(d)
    assert d.x.paused is None
    fail(d)
    [paused] = d.ever(e.Paused)
    assert paused.reason.startswith("20 trials in a row failed alike")
    assert len(paused.trials) == 20


def test_a_success_breaks_the_row():
    d = search()
    for _ in range(2):
        succeed(d)
        for _ in range(19):
            fail(d)
    assert d.x.paused is None


def test_first_trials_that_fail_in_two_ways_do_not_pause_before_twenty():
    d = search()
    fail(d, "another reason")
    for _ in range(19):
        fail(d)
    assert d.x.paused is None
    fail(d)
    assert d.x.paused is not None


@pytest.mark.parametrize("outcome", ["lost", "full", "corrupt"])
def test_infrastructure_does_not_count(outcome):
    d = search(infra_retries=0, nodes={"a": 4})
    for _ in range(3):
        trial = d.propose()
        d.end(trial, outcome, reason="the node broke")
        d.carry_out()
        d.event(e.NodeUp, node="a")
        assert d.x.trials[trial].state == "failed"
    assert d.x.paused is None
    for _ in range(3):
        fail(d)
    assert d.x.paused is not None


@pytest.mark.parametrize(
    ("nodes", "times", "pauses"),
    [
        ({"a": 4, "b": 4}, 0, False),
        ({"a": 4, "b": 4}, 1, True),  # each trial fails on both
        ({"a": 4}, 0, True),
        ({"a": 4}, 1, True),
    ],
)
def test_a_rule_that_blames_the_node_is_believed_of_one_among_others(nodes, times, pauses):
    rule = RetryRule(name="on 'CUDA'", times=times, exclude_node=True)
    d = search(nodes=nodes, retry=(rule,))
    for _ in range(3):
        trial = d.propose()
        for number in range(1, times + 2):
            d.begin(trial, number)
            d.end(trial, "failed", number, reason="CUDA error", rule=0)
            for node in nodes:
                d.event(e.NodeUp, node=node)
        d.carry_out()
    assert (d.x.paused is not None) is pauses


def test_a_trial_counts_once_when_it_ends():
    d = search(retries=2)
    trial = d.propose()
    for number in (1, 2, 3):
        d.begin(trial, number)
        d.end(trial, "failed", number, reason=TYPO)
    d.carry_out()
    assert d.x.trials[trial].state == "failed"
    assert d.x.paused is None


def test_skipped_and_cancelled_trials_do_not_count():
    d = search(concurrency=2)
    parent = d.propose()
    d.propose(parent)
    d.begin(parent)
    d.end(parent, "failed", reason=TYPO)
    d.carry_out()
    d.end(1, "parent", parent=parent)
    d.carry_out()
    assert d.states()[:2] == ["failed", "skipped"]
    cancelled = d.propose()
    d.event(e.CancelAsked, trial=cancelled)
    d.carry_out()
    d.end(cancelled, "cancelled")
    later = [fail(d), fail(d)]
    assert d.x.paused.trials == (parent, *later)


def paused():
    """A paused search: trial 3 runs, trial 4 is armed and trial 5 is queued."""
    d = Drive(nodes={"a": 4}, concurrency=6, lookahead=1)
    for _ in range(6):
        d.propose()
    for trial in (0, 1, 2, 3):
        d.begin(trial)
    d.arm(4)
    for trial in (0, 1, 2):
        d.end(trial, "failed", reason=TYPO)
    d.arm(5)
    d.carry_out()
    assert d.x.paused is not None
    return d


def test_nothing_starts_in_a_pause_and_running_trials_end():
    d = paused()
    recalled = [event.trial for event in d.ever(e.EndAsked) if event.how == "recalled"]
    assert recalled == [4, 5]
    before = len(d.ever(e.Placed))
    d.end(4, "recalled")
    d.end(5, "recalled")
    d.wait(100)
    assert not d.x.is_at_rest
    d.commit(3)
    assert d.x.is_at_rest
    assert len(d.ever(e.Placed)) == before
    assert d.states() == ["failed"] * 3 + ["succeeded", "ready", "ready"]


def test_an_attempt_that_begins_before_its_recall_runs_to_its_end():
    d = paused()
    d.begin(4)
    d.commit(4)
    assert d.x.trials[4].state == "succeeded"


def test_a_trial_with_retries_left_waits_for_the_end_of_the_pause():
    d = search(retries=1, concurrency=3)
    for _ in range(3):
        d.propose()
    for trial in (0, 1, 2):
        d.begin(trial)
    for number in (1, 2):
        for trial in (0, 1, 2):
            d.begin(trial, number)
            d.end(trial, "failed", number, reason=TYPO)
    d.carry_out()
    assert d.x.paused is not None
    assert not d.x.on_nodes


def test_a_pause_ends_when_the_user_lets_the_search_go_on():
    d = paused()
    d.end(4, "recalled")
    d.end(5, "recalled")
    d.event(e.Continued)
    assert [event.trial for event in d.made(e.Placed)] == [4, 5]
    assert d.x.asked == 6


def test_failures_are_counted_anew_after_a_pause():
    d = search()
    for _ in range(3):
        fail(d)
    d.event(e.Continued)
    for _ in range(2):
        fail(d)
    assert d.x.paused is None
    fail(d)
    assert len(d.ever(e.Paused)) == 2


def test_a_resumed_search_goes_on_and_counts_anew():
    d = search()
    for _ in range(3):
        fail(d)
    again = resumed(d)
    assert again.x.paused is None
    assert again.x.asked == 3
    for _ in range(2):
        fail(again)
    assert again.x.paused is None
    fail(again)
    assert again.x.paused is not None


def test_a_search_that_keeps_going_never_pauses():
    d = search()
    d.event(e.Opened, resumed=True, keep_going=True)
    for _ in range(30):
        fail(d)
    assert not d.ever(e.Paused)


def test_a_search_with_nothing_left_to_start_closes():
    d = search(trials=3)
    for _ in range(3):
        fail(d)
    assert d.x.paused is None
    assert d.x.closed is not None


def test_a_paused_search_can_be_stopped():
    d = paused()
    d.event(e.StopAsked, reason="stopped by a person")
    d.carry_out()
    for trial in (3, 4, 5):
        d.end(trial, "cancelled")
    assert d.x.paused is None
    assert d.x.closed is not None


def test_a_pause_takes_none_of_the_budget():
    d = search(trials=None, duration=100.0)
    for _ in range(3):
        d.wait(10)
        fail(d)
    d.wait(5000)
    assert d.x.elapsed(d.now) == 30
    d.event(e.Continued)
    d.wait(20)
    assert d.x.elapsed(d.now) == 50
    assert d.x.search_over is None


def test_a_minute_without_events_is_journaled():
    d = search(trials=None)
    d.propose()
    d.begin(0)
    for _ in range(100):
        d.wait(10)
    assert len(d.ever(e.ControllerAlive)) == 16
    killed = resumed(d)
    assert killed.x.elapsed(killed.now) >= 960
