"""Calls a user's advisor with NNI's interface: a tuner and an assessor in one."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from nni.runtime.msg_dispatcher_base import MsgDispatcherBase
from nni.runtime.protocol import CommandType, connect
from nni.utils import MetricType

from ..interface import Result
from ..process.protocol import Line, NniProposalAnswer, Resume
from .call_state import Params
from .call_thread import CallThread
from .calls import Notify
from .plain_json import final_value, plain_params
from .tuner import call_hook

_PROMPT = 0.1  # seconds that `propose` waits for a job that is about to come

# NNI's events by the state of a trial. NNI calls a trial that the advisor killed USER_CANCELED.
_EVENTS = {"succeeded": "SUCCEEDED", "failed": "FAILED", "stopped": "USER_CANCELED"}
_CANCELLED = "SYS_CANCELED"


@dataclass(eq=False)
class _Job:
    """A trial job that the advisor sent."""

    number: int  # the `parameter_id` by which the controller knows it
    parameter_id: Any  # the advisor's own
    params: Params
    text: str  # as it was sent
    reports: int = 0
    at: tuple[int, int] | None = None  # the attempt's number and the step of the last report
    is_killed: bool = False


class NniAdvisor:
    """Calls the methods of a subclass of `MsgDispatcherBase` as NNI does.

    One thread makes all calls, in the order of what happened. A trial job is requested when a slot
    is free and the advisor owes none: NNI requests one for each free slot, and an advisor may send
    it at any later time. One that answered `NoMoreTrialJobs` is asked again after the next result.
    A job that was sent without a request waits for the next free slot.

    Args:
        advisor: the user's object.
        space: the search space.
        experiment: the experiment's unique name, a prefix of the trial ids.
        resume: set when a search is resumed.
        advise_stop: takes the trial, the number of its attempt and the step of its last report.
        notify: takes the notice `ready` for the controller.
        failed: takes what a call raised, and the name of the method.
    """

    def __init__(
        self,
        advisor: MsgDispatcherBase,
        space: Any,
        *,
        experiment: str,
        resume: Resume | None,
        advise_stop: Callable[[int, int, int], None],
        notify: Notify,
        failed: Callable[[BaseException, str], None],
    ) -> None:
        self._advisor = advisor
        self._experiment = experiment
        self._advise_stop, self._notify = advise_stop, notify
        self._changed = threading.Condition()  # holds the lock of all that follows
        self._ready: deque[_Job] = deque()
        self._jobs: dict[int, _Job] = {}  # by trial
        self._next = resume["next"] if resume else 0
        self._owed = 0  # jobs that were requested and not sent
        self._has_none = False  # it said so, and no result came since
        self._results = 0  # results that it does not know yet
        self._is_waiting = False  # the controller was given no job
        self._is_promised = False  # and it waits for the notice `ready`
        self._pending = 0  # calls that were not made
        self._calls = CallThread("nni-advisor", failed)
        connect(self._receive)
        if resume:
            advisor.load_checkpoint()
        advisor.handle_initialize(space)
        if resume and resume["data"]:
            self._import([dict(known) for known in resume["data"]])

    def propose(self, trial: int, room: int) -> NniProposalAnswer | Line | None:
        """The job of a trial, `{"coming": True}`, or None until a result is delivered.

        A job that comes after None is announced by `ready`.
        `room` is not used: a job is requested for one free slot at a time.
        """
        with self._changed:
            self._is_waiting = self._is_promised = False
            if not self._ready and not self._owed and not self._has_none:
                self._request()
            self._changed.wait_for(lambda: self._ready or not self._pending, _PROMPT)
            if self._ready:
                job = self._jobs[trial] = self._ready.popleft()
                return {"params": job.params, "parents": [], "parameter_id": job.number}
            self._is_waiting, self._is_promised = True, bool(self._pending)
            return {"coming": True} if self._is_promised else None

    def observe(self, result: Result) -> None:
        """Pass on a trial's result and its end. One that it did not send is data to import."""
        value = final_value(result.value, result.result)
        with self._changed:
            job = self._jobs.pop(result.trial_id, None)
            self._has_none = False
            if job is not None:
                end = partial(self._end, result.trial_id, job, result.state, value)
                self._put(end, results=1)
            elif value is not None and result.state == "succeeded":
                known = {"parameter": dict(result.params), "value": value}
                self._put(partial(self._import, [known]), results=1)

    def report(self, trial: int, number: int, step: int, value: Any, *, replay: bool) -> None:
        """Pass on a report of a trial's attempt. `replay`: it was passed on before a resume."""
        with self._changed:
            job = self._jobs.get(trial)
            if job is not None and not replay:
                self._put(partial(self._report, trial, job, (number, step), value))

    def continued(self, trial: int, number: int, source: int, step: int) -> None:
        """An attempt continues an earlier one: its reports follow those that were passed on."""

    def trial_end(self, trial: int, success: bool, *, replay: bool) -> None:
        """The end of a trial is passed on by `observe`."""

    def set_open_trials(self, count: int) -> None:
        """The advisor decides by itself when it sends jobs."""

    def close(self, timeout: float) -> None:
        """Make the remaining calls for at most `timeout` seconds, then call `_on_exit`."""
        self._calls.finish(timeout)
        call_hook(self._advisor, "_on_exit")

    def _receive(self, command: CommandType, data: str) -> None:
        """Take a message of the advisor. Any thread may send one."""
        if command is CommandType.NewTrialJob:
            self._add_job(data)
        elif command is CommandType.NoMoreTrialJobs:
            self._take_none()
        elif command is CommandType.KillTrialJob:
            self._kill(json.loads(data))
        elif command is CommandType.Error:
            raise RuntimeError(f"the advisor reports an error: {data}")
        elif command is not CommandType.Initialized:
            raise RuntimeError(f"{command} is not served: propose a trial for each phase")

    def _add_job(self, data: str) -> None:
        sent = json.loads(data)
        params = plain_params(sent["parameters"])
        with self._changed:
            self._ready.append(_Job(self._next, sent["parameter_id"], params, data))
            self._next += 1
            self._owed = max(0, self._owed - 1)
            self._wake()

    def _take_none(self) -> None:
        """It has no job until the next result, which may be on its way to it."""
        with self._changed:
            self._has_none = not self._results
            if self._owed and self._results:
                self._request()
            else:
                self._owed = 0

    def _kill(self, trial_job_id: str) -> None:
        """Stop a trial: now, or at its first report. One that has ended is ignored."""
        with self._changed:
            for trial, job in self._jobs.items():
                if self._job_id(trial) == trial_job_id:
                    job.is_killed = True
                    if job.at is not None:
                        self._advise_stop(trial, *job.at)

    def _report(self, trial: int, job: _Job, at: tuple[int, int], value: Any) -> None:
        job.at = at
        self._send_metric(trial, job, MetricType.PERIODICAL, value)
        job.reports += 1
        if job.is_killed:
            self._advise_stop(trial, *at)

    def _end(self, trial: int, job: _Job, state: str, value: Any) -> None:
        if state == "succeeded" and value is not None:
            self._send_metric(trial, job, MetricType.FINAL, value)
        event = _EVENTS.get(state, _CANCELLED)
        ended = {"trial_job_id": self._job_id(trial), "event": event, "hyper_params": job.text}
        self._call("handle_trial_end", ended)

    def _send_metric(self, trial: int, job: _Job, kind: str, value: Any) -> None:
        metric = {
            "parameter_id": job.parameter_id,
            "trial_job_id": self._job_id(trial),
            "type": kind,
            "sequence": job.reports,
            "value": json.dumps(value),
        }
        self._call("handle_report_metric_data", metric)

    def _import(self, data: list[dict[str, Any]]) -> None:
        """Pass on known results, if the advisor takes them."""
        if type(self._advisor).handle_import_data is not MsgDispatcherBase.handle_import_data:
            self._call("handle_import_data", data)

    def _call(self, method: str, data: Any) -> None:
        self._calls.method = method
        getattr(self._advisor, method)(data)

    def _job_id(self, trial: int) -> str:
        return f"{self._experiment}-{trial}"

    def _request(self) -> None:
        """Request a job. The lock is held, as in the functions that follow."""
        self._owed = 1
        self._put(partial(self._call, "handle_request_trial_jobs", 1))

    def _put(self, task: Callable[[], None], results: int = 0) -> None:
        self._results += results
        self._pending += 1
        self._calls.put(partial(self._make, task, results))

    def _wake(self) -> None:
        """Tell who waits for a job."""
        self._changed.notify_all()
        if (self._is_waiting and self._ready) or (self._is_promised and not self._pending):
            self._is_waiting = self._is_promised = False
            self._notify({"ready": True})

    def _make(self, task: Callable[[], None], results: int) -> None:
        """Make a call that passes on this number of results."""
        with self._changed:
            self._results -= results
        task()
        with self._changed:
            self._pending -= 1
            self._wake()
