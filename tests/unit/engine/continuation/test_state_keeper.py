"""When the tuner's state is requested and kept."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, cast

import pytest

from controller.core import events as e
from controller.engine.continuation.tuner_state import StateKeeper
from controller.tuners.pipe import TunerError

ASKED = e.ProposalAsked(at=1, trial=0)
PROPOSED = e.Proposed(at=1, trial=0, params={})
ALIVE = e.ControllerAlive(at=1)


class Bench:
    """A keeper that asks for a state every three events, with its journal and its tuner."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.answers: list[Future[Any]] = []
        self.last = 0  # the number of the last event
        self.time = 0.0
        itself = cast("Any", self)
        self.keeper = StateKeeper(itself, itself, lambda: self.time, every=3)

    def keep_tuner_state(self, state: Any) -> None:
        self.kept.append((state.seq, state.saved["state"]))

    def state(self) -> Future[Any]:
        self.answers.append(Future())
        return self.answers[-1]

    def turn(self, *new: e.Event, decided: tuple[e.Event, ...] = ()) -> None:
        self.keeper.note(new)
        self.keeper.request()
        self.keeper.note(decided)
        self.last += len(new) + len(decided)
        self.keeper.keep()

    def answer(self, state: Any) -> None:
        self.answers[-1].set_result({"state": state, "reason": "r"})


def test_a_state_contains_the_calls_before_the_turn_in_which_it_is_requested() -> None:
    bench = Bench()
    bench.turn(ALIVE, ALIVE, decided=(ASKED,))
    assert not bench.answers
    bench.turn(PROPOSED, decided=(e.ProposalAsked(at=2, trial=1),))
    bench.answer("s")
    assert not bench.kept
    bench.turn(ALIVE)
    assert bench.kept == [(3, "s")]


def test_it_is_not_requested_while_a_call_waits_for_its_answer() -> None:
    bench = Bench()
    bench.turn(decided=(ASKED,))
    bench.turn(*[ALIVE] * 9)
    bench.keeper.settle(0)
    assert not bench.answers
    bench.turn(PROPOSED)
    assert len(bench.answers) == 1


def test_it_takes_a_small_part_of_the_time() -> None:
    bench = Bench()
    bench.turn(*[ALIVE] * 3)
    bench.time = 0.5
    bench.turn(*[ALIVE] * 9)
    assert len(bench.answers) == 1  # one at a time
    bench.answer("s")
    bench.turn()
    bench.time += 24.9
    bench.turn(*[ALIVE] * 9)
    assert len(bench.answers) == 1
    bench.time += 0.2
    bench.turn()
    assert len(bench.answers) == 2


def test_the_last_state_is_requested_at_the_end() -> None:
    bench = Bench()
    bench.turn(ALIVE)
    bench.keeper.settle(0)
    assert len(bench.answers) == 1
    bench.answer("s")
    bench.keeper.settle(0)
    bench.keeper.settle(0)
    assert (len(bench.answers), bench.kept) == (1, [(1, "s")])


@pytest.mark.parametrize("fails", [True, False])
def test_a_tuner_without_a_state_is_asked_once(fails: bool) -> None:
    bench = Bench()
    bench.turn(*[ALIVE] * 3)
    if fails:
        bench.answers[-1].set_exception(TunerError("it died"))
    else:
        bench.answer(None)
    bench.turn(*[ALIVE] * 9)
    bench.keeper.settle(0)
    assert (len(bench.answers), bench.kept) == (1, [])
