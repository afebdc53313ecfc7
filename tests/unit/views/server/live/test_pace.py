"""Documents together take a share of a core at most."""

from types import SimpleNamespace

from controller.views.server.live.pace import SHARE, Pace


def test_a_cheap_document_is_made_once_a_second() -> None:
    assert Pace().interval(0.001) == 1.0


def test_all_documents_together_stay_within_the_share() -> None:
    pace = Pace()
    costs = {f"cnn/{number}": 0.5 + number for number in range(10)}
    for name in costs:
        pace.note(name)
    assert sum(cost / pace.interval(cost) for cost in costs.values()) <= SHARE


def test_what_nobody_asks_for_takes_no_share() -> None:
    clock = SimpleNamespace(now=0.0)
    pace = Pace(lambda: clock.now)
    for number in range(100):
        pace.note(f"cnn/trial/{number}")
    assert pace.interval(1.0) == 100 / SHARE
    clock.now = 60.0
    pace.note("cnn/trials")
    assert pace.interval(1.0) == 1 / SHARE
