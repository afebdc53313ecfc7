from pathlib import Path

from benchmarks.overhead import Sample, cpu_per_trial
from benchmarks.searches import Search
from controller.core.events import VerdictSeen
from controller.core.model import State
from controller.store.layout import Root


def test_each_part_gets_what_was_spent_during_its_trials() -> None:
    ends = [VerdictSeen(at=float(at), trial=at, state=State.SUCCEEDED) for at in range(1, 5)]
    search = Search(list(ends), Root(Path("unused")), 9.0)
    samples = [
        Sample(at=0.0, controller=0.0, ansible=0.0, tuner=5.0),
        Sample(at=2.5, controller=0.1, ansible=0.3, tuner=6.0),
        Sample(at=6.0, controller=0.4, ansible=0.6, tuner=7.0),
    ]

    first, second = cpu_per_trial(samples, search, 2)

    assert round(first, 6) == 200.0  # milliseconds: 0.4 s for two trials, the tuner not counted
    assert round(second, 6) == 300.0
