"""The assessor, in the tuner's process."""

from controller.core.events import StopAdvised
from tests.integration.tuners.bench import PATIENCE, Bench, result

MEDIAN = {"name": "median_stopping", "args": {"warmup": 1, "min_trials": 2}}


def test_assessor_advises_once_to_stop_the_hopeless(bench: Bench) -> None:
    process = bench.start({"name": "random"}, assessor=MEDIAN)
    for trial in (0, 1):
        for step in (1, 2, 3):
            process.report(trial, 1, [(step, 0.9)])
        process.observe(result(trial))
    for step in (1, 2, 3):
        process.report(2, 1, [(step, {"default": 0.1})])  # as NNI's trials may
        process.report(3, 1, [(step, 0.95)])
        process.report(4, 1, [(step, "not a number")])
    event = bench.event()
    assert isinstance(event, StopAdvised)
    assert (event.trial, "step 2" in event.reason) == (2, True)
    process.close(PATIENCE)
    assert bench.posted.empty()


def test_each_attempt_is_assessed_separately(bench: Bench) -> None:
    (bench.directory / "my_assessor.py").write_text(
        "class Short:\n"
        "    def __init__(self, *, maximize, most): self.most = most\n"
        "    def assess(self, trial_id, history): return len(history) <= self.most\n"
        "    def trial_end(self, trial_id, success): pass\n"
    )
    own = {"class": "my_assessor.Short", "code_dir": str(bench.directory), "args": {"most": 2}}
    process = bench.start({"name": "random"}, assessor=own)
    for number in (1, 2):
        for step in (1, 2):
            process.report(0, number, [(step, 0.5)])
    process.report(0, 2, [(3, 0.5)])
    event = bench.event()
    assert isinstance(event, StopAdvised)
    assert "step 3" in event.reason


def test_broken_assessor_is_named(bench: Bench) -> None:
    (bench.directory / "my_assessor.py").write_text(
        "class Bad:\n"
        "    def __init__(self, *, maximize): pass\n"
        "    def assess(self, trial_id, history): return history['x']\n"
    )
    own = {"class": "my_assessor.Bad", "code_dir": str(bench.directory), "args": {}}
    process = bench.start({"name": "random"}, assessor=own)
    process.report(0, 1, [(1, 0.5)])
    assert "assessor Bad raised TypeError" in (error := bench.error())
    assert "in report (my_assessor.py:3)" in error
