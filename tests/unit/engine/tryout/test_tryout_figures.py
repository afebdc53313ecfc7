"""What a whole search would take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.config import load
from controller.core.model import State
from controller.engine.tryout import Estimate, TrialFigures, Tryout, estimate
from controller.engine.tryout.run import adapted
from controller.views import tryout as view
from tests.unit.config.experiment_files import GOOD, full, write

TRIAL = TrialFigures(
    id=0,
    params={"x": 1},
    state=State.SUCCEEDED,
    reason="",
    value=0.5,
    values={},
    result=None,
    restored=(),
    first_report=1.0,
    seconds=10.0,
    peak_memory=1000,
    size=100,
    shared=0,
    files=1,
)
CHILD = replace(TRIAL, id=1, seconds=20.0, restored=(0,), shared=75)


def estimated(tmp_path: Path, more: str, trials: list[TrialFigures], at_once: int = 4) -> Estimate:
    text = GOOD.replace("budget: {trials: 40}\n", more)
    found = estimate(load(write(tmp_path, text)), at_once, trials)
    assert found is not None
    return found


def test_time_and_weights_of_a_search(tmp_path: Path) -> None:
    found = estimated(tmp_path, "budget: {trials: 41}\n", [TRIAL, CHILD])
    assert found.seconds == 11 * 15
    assert (found.kept, found.size, found.is_whole) == (41, 100 + 40 * 25, True)


@pytest.mark.parametrize(
    ("more", "seconds", "kept", "size"),
    [
        ("budget: {trials: 40, concurrency: 1}\n", 600, 40, 1075),
        ("budget: {trials: 40, duration: 1m}\n", 60, 40, 1075),
        ("budget: {duration: 1m}\n", 60, 16, 475),
        ("budget: {trials: 40}\nkeep: best 3\n", 150, 3, 150),
        ("budget: {trials: 40}\nkeep: lineage\n", 150, None, 1075),
    ],
)
def test_budget_and_keep(
    tmp_path: Path, more: str, seconds: float, kept: int | None, size: int
) -> None:
    found = estimated(tmp_path, more, [TRIAL, CHILD])
    assert (found.seconds, found.kept, found.size) == (seconds, kept, size)


def test_stopped_trials_give_a_lower_bound(tmp_path: Path) -> None:
    stopped = [replace(trial, state=State.STOPPED) for trial in (TRIAL, CHILD)]
    found = estimated(tmp_path, "budget: {trials: 40}\n", stopped)
    assert (found.each, found.is_whole) == (20.0, False)


def test_nothing_is_estimated_of_trials_that_did_not_run(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert estimate(config, 4, [replace(TRIAL, seconds=None)]) is None


def test_configuration_of_a_tryout(tmp_path: Path) -> None:
    config = adapted(load(full(tmp_path)), 600.0)
    assert (config.budget.trials, config.budget.duration, config.budget.concurrency) == (2, None, 1)
    assert (config.trial.retries, config.trial.retry) == (0, ())
    assert config.trial.grace == 600.0
    assert config.trial.timeout == 1260.0  # less than that of the file
    assert (config.keep, config.lookahead) == ("all", 0)


def shown(capsys: pytest.CaptureFixture[str], trials: list[TrialFigures], **more: Any) -> str:
    view.show(Tryout(trials=trials, limit=60.0, **more), None, "experiment.yml")
    return capsys.readouterr().out


def test_share_that_the_child_inherited(capsys: pytest.CaptureFixture[str]) -> None:
    report = {"inherited": {"share": 0.931, "whole": 3, "partly": 0, "new": 1, "names": {}}}
    assert "inherited 93.1% of" in shown(capsys, [TRIAL, replace(CHILD, result=report)])


def test_child_that_does_not_say_what_it_inherited(capsys: pytest.CaptureFixture[str]) -> None:
    assert "(100 bytes in 1 file, verified)" in shown(capsys, [TRIAL, CHILD])


def test_without_weights_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    empty = replace(TRIAL, size=0, files=0)
    assert "left its save path empty" in shown(capsys, [empty])
    text = shown(capsys, [replace(empty, state=State.STOPPED)])
    assert "left no weights within 1m00s" in text
    assert "check experiment.yml --run --for 10m" in text


def test_failure_is_named_after_the_end_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    failed = replace(TRIAL, state=State.FAILED, reason="ValueError: [x]", log=("one", "two [y]"))
    lines = shown(capsys, [failed]).splitlines()
    assert lines[-3:] == ["  one", "  two [y]", "trial 0 failed: ValueError: [x]"]
    assert view.has_failed(Tryout(trials=[failed], limit=60.0))


def test_failed_tuner(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, [], problem="it broke", traceback="Traceback\n")
    assert text == "Traceback\nthe tuner: it broke\n"
