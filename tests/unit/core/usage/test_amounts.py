"""What attempts used: time, processor time and GPU time, and what of it counts."""

from dataclasses import astuple

import pytest

from controller.core import events as e
from controller.core.model import Trial
from controller.core.usage.amounts import Usage, usage_of
from tests.unit.core.drive import Drive


def run(
    d: Drive, trial: int, number: int, outcome: str, seconds: float, cpu: float | None = None
) -> None:
    """An attempt on half a GPU, which ends after its seconds."""
    d.event(e.Began, trial=trial, number=number, gpus=0.5)
    d.end(trial, outcome, number, seconds={"running": seconds}, cpu_seconds=cpu)


def used(trial: Trial) -> tuple[tuple[float, ...], ...]:
    found = usage_of(trial)
    return astuple(found.total), astuple(found.counted), astuple(found.lost)


def test_an_attempt_that_commits_counts() -> None:
    d = Drive()
    trial = d.propose()
    run(d, trial, 1, "committed", 10.0, 40.0)
    assert used(d.x.trials[trial]) == ((10.0, 40.0, 5.0), (0, 0, 0), (0, 0, 0))
    d.see(trial, "succeeded", 1)
    assert used(d.x.trials[trial]) == ((10.0, 40.0, 5.0), (10.0, 40.0, 5.0), (0, 0, 0))


def test_a_failed_attempt_is_lost() -> None:
    d = Drive(retries=1)
    trial = d.propose()
    run(d, trial, 1, "failed", 4.0, 1.0)
    run(d, trial, 2, "committed", 10.0, 2.0)
    d.see(trial, "succeeded", 2)
    assert used(d.x.trials[trial]) == ((14.0, 3.0, 7.0), (10.0, 2.0, 5.0), (4.0, 1.0, 2.0))
    assert d.x.trials[trial].cpu_seconds == 3.0


def test_all_attempts_of_a_failed_trial_are_lost() -> None:
    d = Drive()
    trial = d.propose()
    run(d, trial, 1, "failed", 4.0, 1.0)
    d.see(trial, "failed")
    assert used(d.x.trials[trial]) == ((4.0, 1.0, 2.0), (0, 0, 0), (4.0, 1.0, 2.0))


def test_a_stopped_trial_counts() -> None:
    d = Drive()
    trial = d.propose()
    run(d, trial, 1, "stopped", 4.0, 1.0)
    d.see(trial, "stopped", 1, weights=True)
    assert used(d.x.trials[trial])[1] == (4.0, 1.0, 2.0)


def test_a_lost_attempt_takes_the_time_until_that_is_known_and_no_known_processor_time() -> None:
    d = Drive()
    trial = d.propose()
    d.event(e.Began, trial=trial, number=1, gpus=2.0)
    d.wait(60.0)
    d.end(trial, "lost")
    found = usage_of(d.x.trials[trial])
    assert astuple(found.total) == (60.0, 0.0, 120.0)
    assert (found.attempts, found.without_cpu, found.without_gpu) == (1, 1, 0)


def test_an_attempt_whose_process_never_ran_used_nothing() -> None:
    d = Drive()
    trial = d.propose()
    d.arm(trial)
    d.end(trial, "recalled", seconds={"waiting": 5.0})
    assert usage_of(d.x.trials[trial]) == Usage()


def test_a_running_attempt_used_nothing_yet() -> None:
    d = Drive()
    trial = d.propose()
    d.begin(trial)
    assert usage_of(d.x.trials[trial]) == Usage()


def test_gpus_that_only_the_end_names_are_known() -> None:
    d = Drive()
    trial = d.propose()
    d.end(trial, "failed", seconds={"running": 3.0}, gpus=1.0)
    assert usage_of(d.x.trials[trial]).total.gpu_seconds == 3.0


def test_the_end_of_an_attempt_without_gpus_is_told_from_an_unknown_number() -> None:
    d = Drive()
    first, second = d.propose(), d.propose()
    d.event(e.Began, trial=first, number=1, gpus=0.0)
    d.end(first, "failed", seconds={"running": 3.0})
    d.begin(second)
    d.end(second, "failed", seconds={"running": 3.0})
    assert [usage_of(trial).without_gpu for trial in d.x.trials[:2]] == [0, 1]


def test_what_precedes_the_checkpoint_that_was_continued_counts() -> None:
    d = Drive(retries=2)
    trial = d.propose()
    report = {"trial": trial, "value": 0.1}
    d.event(e.Began, trial=trial, number=1)
    d.event(e.Reported, number=1, step=9, **report)  # of steps 0 to 9, those to 4 count
    d.end(trial, "failed", seconds={"running": 10.0})
    d.event(e.ContinuedFrom, trial=trial, number=2, source=1, step=4)
    d.event(e.Began, trial=trial, number=2)
    d.event(e.Reported, number=2, step=14, **report)  # of steps 5 to 14, those to 12 count
    d.end(trial, "failed", 2, seconds={"running": 20.0})
    d.event(e.ContinuedFrom, trial=trial, number=3, source=2, step=12)
    d.event(e.Began, trial=trial, number=3)
    d.end(trial, "committed", 3, seconds={"running": 3.0})
    d.see(trial, "succeeded", 3)
    found = usage_of(d.x.trials[trial])
    assert found.counted.seconds == pytest.approx(0.5 * 10 + 0.8 * 20 + 3)
    assert found.lost.seconds == pytest.approx(0.5 * 10 + 0.2 * 20)
