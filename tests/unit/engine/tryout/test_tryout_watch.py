"""When the trials of a try-out are stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules
from controller.engine.observer import Situation
from controller.engine.tryout.watch import TryoutWatch, listing
from controller.store.layout import Root


class Bench:
    """A watch with a clock that the test sets."""

    def __init__(self, path: Path, *, at_report: bool = True) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        self.stops: list[e.Event] = []
        self.root = Root(path)
        self.experiment = Experiment(Rules())
        self.watch = TryoutWatch(
            self.root,
            60.0,
            self.stops.extend,
            self.lines.append,
            at_report=at_report,
            clock=lambda: self.now,
        )

    def begin(self, trial: int) -> None:
        self.watch.tell(self.experiment, e.Began(at=0.0, trial=trial, number=1))

    def report(self, trial: int) -> None:
        event = e.Reported(at=0.0, trial=trial, number=1, step=0, value=0.5)
        self.watch.tell(self.experiment, event)

    def write_weights(self, trial: int) -> None:
        path = self.root.attempt(trial, 1) / "out/weights/w"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("w")

    def look(self, now: float) -> bool:
        """Whether a stop is due at a time. The save path is read in a thread, which is awaited."""
        for self.now in (now, now + 0.01):
            self.watch.refresh(self.experiment, Situation(now=self.now))
            if (looking := self.watch._save_path._looking) is not None:
                looking.result()
        return bool(self.stops)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.watch.close()


def test_candidate_is_stopped_when_its_weights_have_not_changed_for_a_while(bench: Bench) -> None:
    bench.begin(0)
    bench.report(0)
    assert not bench.look(5.0)
    bench.write_weights(0)
    assert not bench.look(6.0)
    assert not bench.look(7.0)
    assert bench.look(8.0)
    [stop] = bench.stops
    assert isinstance(stop, e.StopAdvised)
    assert (stop.trial, stop.number, stop.reason) == (0, 1, "it has reported")
    assert len(bench.stops) == 1


def test_candidate_is_stopped_at_the_report_after_its_weights(bench: Bench) -> None:
    bench.begin(0)
    bench.report(0)
    bench.write_weights(0)
    assert not bench.look(1.0)
    bench.report(0)
    assert bench.look(1.6)


def test_candidate_without_weights_is_stopped_at_the_limit(bench: Bench) -> None:
    bench.begin(0)
    bench.report(0)
    bench.report(0)
    assert not bench.look(59.0)
    assert bench.look(60.0)
    assert "1m00s" in str(bench.stops[0])


def test_child_is_stopped_when_it_has_reported(bench: Bench) -> None:
    bench.begin(1)
    assert not bench.look(3.0)
    bench.report(1)
    assert bench.look(4.0)
    assert bench.watch.first_reports == {1: pytest.approx(3.0, abs=0.1)}


def test_with_a_time_given_only_that_counts(tmp_path: Path) -> None:
    bench = Bench(tmp_path, at_report=False)
    bench.begin(1)
    bench.report(1)
    assert not bench.look(59.0)
    assert bench.look(60.0)
    bench.watch.close()


def test_wait_for_a_slot_is_named(bench: Bench) -> None:
    placed = e.Placed(at=0.0, trial=0, number=1, node="gpu1")
    bench.watch.tell(bench.experiment, placed)
    bench.look(1.0)
    assert not bench.lines
    bench.look(6.0)
    bench.look(7.0)
    assert len(bench.lines) == 1
    assert "slot" in bench.lines[0]


def test_listing_of_a_directory_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert not listing(tmp_path / "none")
