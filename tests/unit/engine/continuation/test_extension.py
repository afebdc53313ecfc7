"""A request for a larger budget becomes the limits in force, or is refused with words."""

import pytest

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules
from controller.engine.continuation.extension import Extension, ExtensionError
from controller.engine.requests import event_of


def search(proposed=0, elapsed=0.0, **budget):
    x = Experiment(Rules(**budget))
    x.apply(e.Opened(at=0.0))
    for trial in range(proposed):
        x.apply(e.Proposed(at=elapsed, trial=trial, params={}))
    x.apply(e.ControllerAlive(at=elapsed))
    return x


def extended(x, trials=None, duration=None):
    event = Extension(trials, duration, "ann").event(x, "cnn", x.last_at)
    return event.trials, event.duration


def test_more_of_each_limit_and_a_limit_in_all():
    x = search(trials=40, duration=8 * 3600.0)
    assert extended(x, "+50") == (90, 8 * 3600.0)
    assert extended(x, "200", "+1h30m") == (200, 9.5 * 3600.0)
    assert extended(x, None, "24h") == (40, 24 * 3600.0)
    assert extended(x, None, "+600") == (40, 8 * 3600.0 + 600)


def test_more_than_what_is_used_where_that_exceeds_the_limit():
    assert extended(search(elapsed=70.0, duration=60.0), None, "+60") == (None, 130.0)


@pytest.mark.parametrize(
    ("trials", "duration", "words"),
    [
        ("40", None, "cnn has a budget of 40 trials already: name a larger limit"),
        (None, "1h", "cnn has a budget of 8h00m already: name a larger limit"),
        ("50%", None, "--trials takes a number of further trials, such as +50"),
        ("-5", None, "not '-5'"),
        ("+0", None, "not '+0'"),
        (None, "+soon", "--duration takes a further time, such as +8h"),
        (None, "+0s", "not '+0s'"),
    ],
)
def test_what_is_no_larger_budget_is_refused(trials, duration, words):
    with pytest.raises(ExtensionError) as refused:
        extended(search(trials=40, duration=8 * 3600.0), trials, duration)
    assert words in str(refused.value)


def test_a_limit_that_the_search_does_not_have_is_not_set():
    with pytest.raises(ExtensionError, match="has no limit of duration, so leave out --duration"):
        extended(search(trials=40), None, "+8h")


def test_the_other_limit_must_leave_room():
    with pytest.raises(ExtensionError, match="also used up its duration of 1m00s: add --duration"):
        extended(search(elapsed=60.0, trials=4, duration=60.0), "+4")
    with pytest.raises(ExtensionError, match="also used up its budget of 2 trials: add --trials"):
        extended(search(proposed=2, trials=2, duration=60.0), None, "+60")


def test_a_request_of_the_inbox():
    request = Extension.of("+2", None).request
    event = event_of(request, "1.json", 5.0, search(trials=4))
    assert (event.trials, event.duration, event.request) == (6, None, "1.json")
    assert event.by
    with pytest.raises(ExtensionError):
        event_of({"action": "extend", "trials": 7}, "1.json", 5.0, search(trials=4))
    assert Extension.of(None, None) is None
