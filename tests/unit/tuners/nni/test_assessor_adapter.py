"""Calls of a user's assessor."""

from queue import SimpleQueue

import pytest

from heirloom.tuners.nni.assessor import NniAssessor
from nni.assessor import Assessor as Users
from nni.assessor import AssessResult
from tests.unit.tuners.nni.calling import PATIENCE


class Threshold(Users):
    """Written as NNI's documentation has it, and it notes every call."""

    def __init__(self, answers=(AssessResult.Bad, AssessResult.Good)):
        self.seen = []
        self.bad, self.good = answers

    def assess_trial(self, trial_job_id, trial_history):
        self.seen.append((trial_job_id, trial_history))
        return self.bad if trial_history[-1] == "bad" else self.good

    def trial_end(self, trial_job_id, success):
        self.seen.append((trial_job_id, success))


class Bench:
    def __init__(self, users):
        self.users = users
        self.hopeless, self.broken = [], SimpleQueue()
        self.adapter = NniAssessor(
            users,
            experiment="e-1",
            advise_stop=lambda *advice: self.hopeless.append(advice),
            failed=lambda error, method: self.broken.put((error, method)),
        )

    def report(self, trial, step, value, number=1, replay=False):
        self.adapter.report(trial, number, step, value, replay=replay)

    def close(self):
        self.adapter.close(PATIENCE)
        return self.users.seen


@pytest.mark.parametrize("answers", [(AssessResult.Bad, AssessResult.Good), (False, True)])
def test_assessment_gets_the_complete_history(answers):
    bench = Bench(Threshold(answers))
    bench.report(3, 0, {"default": 1})
    bench.report(4, 0, 0.5)
    bench.report(3, 1, "bad")
    bench.adapter.trial_end(3, False, replay=False)
    assert bench.close() == [
        ("e-1-3", [{"default": 1}]),
        ("e-1-4", [0.5]),
        ("e-1-3", [{"default": 1}, "bad"]),
        ("e-1-3", False),
    ]
    assert bench.hopeless == [(3, 1, 1)]


def test_history_is_in_the_order_of_steps():
    bench = Bench(Threshold())
    for step, value in ((0, "a"), (2, "c"), (1, "b")):
        bench.report(0, step, value)
    assert bench.close()[-1] == ("e-1-0", ["a", "b", "c"])


def test_each_attempt_has_a_history_of_its_own():
    bench = Bench(Threshold())
    bench.report(0, 0, 1)
    bench.report(0, 0, 2, number=2)
    assert bench.close() == [("e-1-0", [1]), ("e-1-0", [2])]


def test_replayed_reports_are_kept_and_not_assessed_again():
    bench = Bench(Threshold())
    bench.report(0, 0, "bad", replay=True)
    bench.report(1, 0, 7, replay=True)
    bench.adapter.trial_end(1, True, replay=True)
    bench.report(0, 1, 8)
    assert bench.close() == [("e-1-0", ["bad", 8])]
    assert not bench.hopeless


def test_end_of_a_trial_without_reports_is_not_passed_on():
    bench = Bench(Threshold())
    bench.adapter.trial_end(0, True, replay=False)
    assert bench.close() == []


@pytest.mark.parametrize("answer", [None, 1, "Good"])
def test_invalid_assessment_is_an_error(answer):
    bench = Bench(Threshold((answer, answer)))
    bench.report(0, 0, 1)
    error, what = bench.broken.get(timeout=PATIENCE)
    assert f"assess_trial returned {answer!r}" in str(error)
    assert what == "assess_trial"
