"""Signals to the process that runs an experiment."""

import signal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.commands.search import wiring
from controller.engine.messages import MessageQueue


@pytest.fixture(autouse=True)
def _handlers():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_trials_running(number: signal.Signals) -> None:
    loop = cast("Any", SimpleNamespace(leave=False, interrupts=0))
    signal.signal(number, signal.SIG_DFL)
    with wiring._signals(loop, MessageQueue()):
        signal.raise_signal(number)
        assert loop.leave
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    loop = cast("Any", SimpleNamespace(leave=False, interrupts=0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with wiring._signals(loop, MessageQueue()):
        signal.raise_signal(signal.SIGHUP)
        assert not loop.leave
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
