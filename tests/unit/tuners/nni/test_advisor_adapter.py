"""Advisors with NNI's interface: jobs that they send, reports, ends and kills."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from heirloom.tuners.interface import Result
from heirloom.tuners.nni.advisor import NniAdvisor
from heirloom.tuners.process.protocol import KnownResult, Resume
from nni.runtime.msg_dispatcher_base import MsgDispatcherBase
from nni.runtime.protocol import CommandType, send
from nni.utils import MetricType
from tests.unit.tuners.nni.calling import PATIENCE, until

SPACE = {"x": {"_type": "uniform", "_value": [0, 1]}}


class Noting(MsgDispatcherBase):
    """Answers each request, and notes the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Any]] = []
        self.sent = 0

    def handle_initialize(self, data: Any) -> None:
        self.handle_update_search_space(data)
        self.send(CommandType.Initialized, "")

    def handle_update_search_space(self, data: Any) -> None:
        self.calls.append(("space", data))

    def handle_request_trial_jobs(self, data: int) -> None:
        self.calls.append(("request", data))
        for _ in range(data):
            self.new_job()

    def handle_report_metric_data(self, data: Any) -> None:
        self.calls.append(("metric", data))

    def handle_trial_end(self, data: Any) -> None:
        self.calls.append(("end", data))

    def new_job(self) -> None:
        job = {"parameter_id": f"job{self.sent}", "parameters": {"x": self.sent / 10}}
        self.sent += 1
        send(CommandType.NewTrialJob, json.dumps(job))


class Search:
    """What the controller does."""

    def __init__(self, advisor: MsgDispatcherBase, resume: Resume | None = None) -> None:
        self.stops: list[tuple[int, int, int]] = []
        self.notices: list[Any] = []
        self.failed: list[tuple[BaseException, str]] = []
        self.adapter = NniAdvisor(
            advisor,
            SPACE,
            experiment="e-1",
            resume=resume,
            advise_stop=lambda *at: self.stops.append(at),
            notify=self.notices.append,
            failed=lambda error, method: self.failed.append((error, method)),
        )

    def propose(self, trial: int) -> Any:
        """The answer, once none is coming."""
        answers: list[Any] = []
        until(lambda: answers.append(self.adapter.propose(trial, 1)) or answers[-1] != COMING)
        return answers[-1]

    def end(self, trial: int, state: str = "succeeded", value: float | None = 0.5) -> None:
        self.adapter.observe(Result(trial, state, value, {"x": 0.0}))

    def wait(self, condition: Callable[[], Any]) -> None:
        until(lambda: condition() or self.failed)
        assert not self.failed, self.failed


COMING = {"coming": True}


@contextmanager
def searching(advisor: MsgDispatcherBase, resume: Resume | None = None) -> Iterator[Search]:
    search = Search(advisor, resume)
    yield search
    search.adapter.close(5)


def test_a_job_is_requested_for_each_trial_and_its_messages_come_in_order() -> None:
    advisor = Noting()
    with searching(advisor) as search:
        assert search.propose(0) == {"params": {"x": 0.0}, "parents": [], "parameter_id": 0}
        assert search.propose(1) == {"params": {"x": 0.1}, "parents": [], "parameter_id": 1}
        search.adapter.report(1, 1, 0, 0.25, replay=False)
        search.adapter.report(1, 1, 1, {"default": 0.5}, replay=False)
        search.end(1, value=0.75)
    assert advisor.calls[:3] == [("space", SPACE), ("request", 1), ("request", 1)]
    metrics = [data for kind, data in advisor.calls if kind == "metric"]
    assert [json.loads(metric["value"]) for metric in metrics] == [0.25, {"default": 0.5}, 0.75]
    assert [(each["type"], each["sequence"]) for each in metrics] == [
        (MetricType.PERIODICAL, 0),
        (MetricType.PERIODICAL, 1),
        (MetricType.FINAL, 2),
    ]
    assert {(each["parameter_id"], each["trial_job_id"]) for each in metrics} == {("job1", "e-1-1")}
    kind, ended = advisor.calls[-1]
    assert (kind, ended["event"], ended["trial_job_id"]) == ("end", "SUCCEEDED", "e-1-1")
    assert json.loads(ended["hyper_params"])["parameter_id"] == "job1"


def test_a_trial_that_fails_has_an_end_and_no_final_metric() -> None:
    advisor = Noting()
    with searching(advisor) as search:
        for trial, state in enumerate(("failed", "stopped", "cancelled")):
            search.propose(trial)
            search.end(trial, state, None)
    assert "metric" not in [kind for kind, _ in advisor.calls]
    events = [data["event"] for kind, data in advisor.calls if kind == "end"]
    assert events == ["FAILED", "USER_CANCELED", "SYS_CANCELED"]


class Late(Noting):
    """Sends the jobs that it owes when a trial ends."""

    def handle_request_trial_jobs(self, data: int) -> None:
        self.calls.append(("request", data))
        if not self.sent:
            self.new_job()

    def handle_trial_end(self, data: Any) -> None:
        self.new_job()
        self.new_job()


def test_a_job_that_is_owed_is_not_requested_again() -> None:
    advisor = Late()
    with searching(advisor) as search:
        assert search.propose(0)["parameter_id"] == 0
        assert search.propose(1) is None
        assert search.propose(1) is None
        search.end(0)
        assert search.propose(1)["params"] == {"x": 0.1}
        assert search.propose(2)["params"] == {"x": 0.2}  # it was sent without a request
    assert [kind for kind, _ in advisor.calls].count("request") == 2


class Exhausted(Noting):
    """Has no more jobs after the first until a trial has ended."""

    def handle_request_trial_jobs(self, data: int) -> None:
        self.calls.append(("request", data))
        if self.sent and not any(kind == "end" for kind, _ in self.calls):
            send(CommandType.NoMoreTrialJobs, "")
        else:
            self.new_job()


def test_an_advisor_without_jobs_is_asked_again_after_the_next_result() -> None:
    with searching(Exhausted()) as search:
        search.propose(0)
        assert search.propose(1) is None
        assert search.propose(1) is None
        search.end(0)
        assert search.propose(1)["parameter_id"] == 1


class SlowlyExhausted(Exhausted):
    """Answers the second request after the first trial has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = threading.Event()

    def handle_request_trial_jobs(self, data: int) -> None:
        if self.sent:
            self.may_answer.wait(PATIENCE)
        super().handle_request_trial_jobs(data)


def test_a_result_may_come_before_the_answer_that_there_are_no_jobs() -> None:
    advisor = SlowlyExhausted()
    with searching(advisor) as search:
        search.propose(0)
        assert search.adapter.propose(1, 1) == COMING
        search.end(0)
        advisor.may_answer.set()
        assert search.propose(1)["parameter_id"] == 1


def test_the_controller_is_told_of_a_job_that_it_no_longer_waits_for() -> None:
    advisor = Late()
    with searching(advisor) as search:
        search.propose(0)
        assert search.propose(1) is None
        advisor.new_job()
        assert search.notices == [{"ready": True}]
        assert search.propose(1)["params"] == {"x": 0.1}


class Killing(Noting):
    """Kills the first trial when the second one reports."""

    def handle_report_metric_data(self, data: Any) -> None:
        if data["trial_job_id"] == "e-1-1":
            send(CommandType.KillTrialJob, json.dumps("e-1-0"))


@pytest.mark.parametrize("is_reported", [True, False])
def test_a_killed_trial_stops_at_once_or_at_its_first_report(is_reported: bool) -> None:
    with searching(Killing()) as search:
        search.propose(0)
        search.propose(1)
        if is_reported:
            search.adapter.report(0, 2, 7, 0.1, replay=False)
        search.adapter.report(1, 1, 0, 0.9, replay=False)
        if not is_reported:
            search.adapter.report(0, 2, 7, 0.1, replay=False)
        search.wait(lambda: search.stops)
        assert search.stops == [(0, 2, 7)]


class Importing(Noting):
    def handle_import_data(self, data: Any) -> None:
        self.calls.append(("import", data))


def test_a_resumed_search_imports_its_results_and_those_of_trials_under_way() -> None:
    known: KnownResult = {"parameter": {"x": 0.3}, "value": 0.9}
    advisor = Importing()
    with searching(advisor, {"data": [known], "next": 5}) as search:
        assert search.propose(7)["parameter_id"] == 5
        search.end(6, value=0.25)  # it was under way before
        search.end(4, "failed", None)
    imported = [data for kind, data in advisor.calls if kind == "import"]
    assert imported == [[known], [{"parameter": {"x": 0.0}, "value": 0.25}]]


class Broken(Noting):
    def handle_request_trial_jobs(self, data: int) -> None:
        send(CommandType.SendTrialJobParameter, "{}")


def test_what_a_call_raises_is_reported_with_its_method() -> None:
    search = Search(Broken())
    search.adapter.propose(0, 1)
    until(lambda: search.failed)
    [(error, method)] = search.failed
    assert method == "handle_request_trial_jobs"
    assert "propose a trial for each phase" in str(error)


def test_the_controller_is_told_when_a_job_comes_late() -> None:
    class Slow(Noting):
        def handle_request_trial_jobs(self, data: int) -> None:
            until(lambda: asked)
            self.new_job()

    asked: list[bool] = []
    with searching(Slow()) as search:
        assert search.adapter.propose(0, 1) == COMING
        asked.append(True)
        search.wait(lambda: search.notices)
        assert search.notices == [{"ready": True}]
        assert search.propose(0)["parameter_id"] == 0
