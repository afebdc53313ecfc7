"""Proposals that block, and the delivery of results meanwhile."""

import threading
import time
from typing import Any

import pytest

from tests.unit.tuners.nni.calling import PATIENCE, Desk, Gate, call_state, until


def test_proposals_come_in_the_order_of_their_numbers():
    desk = Desk(lambda number, later: {"n": number})
    assert [desk.ask(3 - n) for n in range(3)] == [(n, {"n": n}) for n in range(3)]
    assert desk.began == [0, 1, 2]


def test_numbers_continue_after_a_resume():
    desk = Desk(lambda number, later: {}, first=7)
    assert desk.ask() == (7, {})


@pytest.mark.parametrize("concurrent", [True, False])
def test_calls_do_not_exceed_the_room(concurrent):
    desk = Desk(lambda number, later: {}, concurrent=concurrent)
    desk.ask(2)
    assert desk.ask(1)[0] == 1
    time.sleep(0.1)  # nothing is there to wait for: nothing may happen
    assert desk.began == [0, 1]


def test_results_are_delivered_while_proposals_are_blocked():
    gate = Gate()

    def propose(number, later):
        if number:
            gate.wait()
        return {"n": number}

    desk = Desk(propose, lambda end: gate.opened.set())
    assert desk.ask(5)[0] == 0
    assert desk.calls.next_proposal(4) is True
    until(lambda: gate.waiting == 4)
    desk.result(0)
    assert sorted(desk.ask(4 - n)[0] for n in range(4)) == [1, 2, 3, 4]


def test_next_call_starts_only_when_the_last_is_blocked():
    busy, stop = threading.Event(), threading.Event()

    def propose(number, later):
        if number == 0:
            busy.set()
            while not stop.is_set():
                pass
        return {"n": number}

    desk = Desk(propose)
    assert desk.calls.next_proposal(2) is True
    assert busy.wait(PATIENCE)
    time.sleep(0.2)  # nothing is there to wait for: the second call must not begin
    assert desk.began == [0]
    stop.set()
    assert [desk.ask(2)[0], desk.ask(1)[0]] == [0, 1]


def test_sleeping_loop_counts_as_blocked():
    done = threading.Event()

    def propose(number, later):
        while number == 0 and not done.is_set():
            time.sleep(0.2)
        return {"n": number}

    desk = Desk(propose)
    assert desk.ask(2)[0] == 1
    done.set()
    assert desk.ask(1)[0] == 0


def test_without_concurrency_a_result_waits_for_the_running_call():
    gate = Gate()

    def propose(number, later):
        gate.wait()
        return {}

    desk = Desk(propose, concurrent=False)
    assert desk.calls.next_proposal(3) is True
    until(lambda: gate.waiting == 1)
    desk.result(8, 9)
    assert desk.calls.next_proposal(3) is True
    assert (desk.began, desk.delivered) == ([0], [])
    gate.opened.set()
    assert desk.ask(3)[0] == 0
    until(lambda: desk.delivered == [8, 9])


def test_results_are_delivered_in_order_and_before_the_next_call():
    seen = []
    desk = Desk(lambda number, later: seen.append("call") or {}, lambda end: seen.append(end[0]))
    desk.result(*range(50))
    desk.ask()
    assert seen == [*range(50), "call"]


def test_empty_proposal_is_repeated_after_a_result():
    desk = Desk(lambda number, later: None if number < 2 else {"n": number})
    assert desk.ask(3) is False
    assert desk.began == [0]
    assert desk.ask(3) is False
    desk.result(5)
    assert desk.ask(3) is False
    desk.result(6)
    assert desk.ask(3) == (2, {"n": 2})


def test_result_during_an_empty_proposal_repeats_it_at_once():
    gate = Gate()

    def propose(number, later):
        if number == 0:
            gate.wait()
            return None
        return {"n": number}

    desk = Desk(propose)
    assert desk.calls.next_proposal(1) is True
    until(lambda: gate.waiting == 1)
    desk.result(9)
    until(lambda: desk.delivered == [9])
    gate.opened.set()
    assert desk.ask(1) == (1, {"n": 1})


def test_proposals_by_st_callback():
    kept = []
    desk = Desk(
        lambda number, later: kept.append(later),
        lambda end: [kept[-1](number, {"n": number}) for number in (1, 0)],
    )
    assert desk.calls.next_proposal(2) is True
    until(lambda: len(kept) == 2)
    assert desk.calls.next_proposal(2) is True
    desk.result(9)
    assert [desk.ask(2), desk.ask(1)] == [(1, {"n": 1}), (0, {"n": 0})]
    assert desk.began == [0, 1]


def test_dropped_callback_promises_no_proposal():
    desk = Desk(lambda number, later: None)
    assert desk.ask(2) is False


def test_unused_callback_is_given_up(monkeypatch):
    monkeypatch.setattr(call_state, "IDLE", 0.1)
    kept: list[Any] = []
    desk = Desk(lambda number, later: kept.append(later))
    assert desk.ask(1) is False
    assert "was to come by st_callback and did not come" in str(desk.calls.end_reason())


def test_blocked_proposal_is_given_up_when_no_trial_is_open(monkeypatch):
    monkeypatch.setattr(call_state, "IDLE", 0.2)
    gate = Gate()
    desk = Desk(lambda number, later: gate.wait() or {} if number else {})
    desk.ask(3)
    desk.calls.set_open_trials(1)
    assert desk.calls.next_proposal(2) is True
    until(lambda: gate.waiting == 2)
    time.sleep(0.5)  # nothing is there to wait for: a trial is under way, so they may wait
    assert desk.calls.end_reason() is None
    assert desk.calls.next_proposal(2) is True
    desk.calls.set_open_trials(0)
    assert desk.ask(2) is False
    message = str(desk.calls.end_reason())
    assert "proposal 1 was given up: it was blocked at calling.py:" in message
    assert "proposal 2 was given up" in message
    gate.opened.set()
    time.sleep(0.2)  # nothing is there to wait for: what they return is ignored
    assert desk.calls.next_proposal(2) is False
    desk.result(0)
    assert desk.ask(2)[0] == 3


def test_patience_applies_while_trials_are_open():
    gate = Gate()
    desk = Desk(lambda number, later: gate.wait() or {} if number == 0 else {}, patience=0.2)
    desk.calls.set_open_trials(1)
    assert desk.ask(2) == (1, {})
    reported = desk.notice("given_up")
    assert reported["parameter_id"] == 0
    assert "was blocked at calling.py:" in reported["reason"]
    gate.opened.set()


def test_without_concurrency_giving_up_starts_the_next_call():
    gate = Gate()
    propose = lambda number, later: gate.wait() or {} if number == 0 else {"n": number}  # noqa: E731 - one line
    desk = Desk(propose, concurrent=False, patience=0.2)
    desk.calls.set_open_trials(1)
    assert desk.calls.next_proposal(1) is True
    desk.notice("given_up")
    desk.result(5)
    assert desk.ask(1) == (1, {"n": 1})
    gate.opened.set()


@pytest.mark.parametrize("what", ["generate_parameters", "receive_trial_result"])
def test_first_error_of_a_call_is_reported(what):
    def fail(*_):
        raise SystemExit(3)

    def give(number, later):
        return {}

    propose = fail if what == "generate_parameters" else give
    desk = Desk(propose, fail)
    if what == "generate_parameters":
        desk.calls.next_proposal(3)
    else:
        desk.result(0, 1)
    error, called = desk.broken.get(timeout=PATIENCE)
    assert (str(error), called) == ("3", what)
    assert desk.broken.empty()
    assert desk.calls.next_proposal(3) is False


def test_blocked_delivery_is_an_error_when_no_trial_is_open(monkeypatch):
    monkeypatch.setattr(call_state, "IDLE", 0.2)
    gate = Gate()
    desk = Desk(lambda number, later: {}, lambda end: gate.wait())
    desk.result(0)
    error, called = desk.broken.get(timeout=PATIENCE)
    assert called == "receive_trial_result"
    assert "is blocked at calling.py:" in str(error)
    gate.opened.set()


def test_long_calls_are_reported_by_location(monkeypatch):
    monkeypatch.setattr("heirloom.tuners.nni.call.LONG", 0.1)
    gate = Gate()
    desk = Desk(lambda number, later: gate.wait() or {} if number else {})
    desk.ask(4)
    desk.calls.next_proposal(3)
    while not (reported := desk.notice("long_calls")) or reported[0]["count"] < 3:
        pass
    [named] = reported
    assert (named["what"], named["parameter_id"], named["still"]) == (
        "generate_parameters",
        1,
        True,
    )
    assert named["place"].startswith("calling.py:")
    gate.opened.set()
    for room in (3, 2, 1):
        desk.ask(room)
    while reported:
        reported = desk.notice("long_calls")


def test_closing_delivers_the_remaining_results():
    desk = Desk(lambda number, later: {}, lambda end: time.sleep(0.01))
    desk.result(*range(10))
    desk.calls.close(PATIENCE)
    assert desk.delivered == [*range(10)]


def test_one_result_unblocks_two_hundred_proposals():
    gate = Gate()

    def propose(number, later):
        if number:
            gate.wait()
        return {"n": number}

    desk = Desk(propose, lambda end: gate.opened.set())
    desk.ask(201)
    desk.calls.next_proposal(200)
    until(lambda: gate.waiting == 200)
    assert desk.began == [*range(201)]
    desk.result(0)
    got = [desk.ask(200 - n)[0] for n in range(200)]
    assert sorted(got) == [*range(1, 201)]
