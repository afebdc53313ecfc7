"""Calls a user's tuner with NNI's interface."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import nni

from ..interface import Result, SearchFinished
from ..process.protocol import Choice, Line, NniProposalAnswer, Resume
from .call import LateProposal
from .call_state import Params
from .calls import Calls, Notify
from .plain_json import final_value, plain_params


class NniTuner:
    """Calls the methods of a subclass of `nni.tuner.Tuner` as NNI 1.2 does.

    Args:
        tuner: the user's object.
        space: the search space.
        choice: `tuner` of the experiment file.
        experiment: the experiment's unique name, a prefix of the trial ids.
        resume: set when a search is resumed.
        code_dirs, notify, failed: see `Calls`.
    """

    def __init__(
        self,
        tuner: Any,
        space: Any,
        *,
        choice: Choice,
        experiment: str,
        resume: Resume | None,
        code_dirs: Sequence[str],
        notify: Notify,
        failed: Callable[[BaseException, str], None],
    ) -> None:
        self._tuner = tuner
        self._experiment = experiment
        self._uses_last_report = bool(choice.get("include_intermediate_results"))
        self._proposed: dict[int, Any] = {}  # by parameter_id: what the tuner returned
        if resume:
            tuner.load_checkpoint()
        tuner.update_search_space(space)
        if resume and resume["data"]:
            tuner.import_data(resume["data"])
        self._calls = Calls(
            propose=self._generate,
            plain=plain_params,
            deliver=self._deliver,
            first=resume["next"] if resume else 0,
            concurrent=bool(choice.get("multi_thread")),
            patience=choice.get("patience"),
            code_dirs=code_dirs,
            notify=notify,
            failed=failed,
        )

    def propose(self, trial: int, room: int) -> NniProposalAnswer | Line | None:
        """A proposal, `{"coming": True}`, or None until a result is delivered.

        `trial` is the id of the trial that it becomes, which NNI's interface does not ask for.
        Raises SearchFinished if proposals were given up and nothing else can come.
        """
        answer = self._calls.next_proposal(room)
        if isinstance(answer, tuple):
            parameter_id, params = answer
            return {"params": params, "parents": [], "parameter_id": parameter_id}
        if answer:
            return {"coming": True}
        if reason := self._calls.end_reason():
            raise SearchFinished(reason)
        return None

    def observe(self, result: Result) -> None:
        """Deliver a result after those before it, if the tuner proposed the trial.

        That of an imported trial goes to `import_data`. No proposal has been requested then.
        """
        if result.imported:
            value = final_value(result.value, result.result)
            if value is not None:
                self._tuner.import_data([{"parameter": dict(result.params), "value": value}])
        elif result.parameter_id is not None:
            self._calls.add_result(result)

    def set_open_trials(self, count: int) -> None:
        """Set the number of trials without a verdict."""
        self._calls.set_open_trials(count)

    def close(self, timeout: float) -> None:
        """Deliver the remaining results for at most `timeout` seconds, then call `_on_exit`."""
        self._calls.close(timeout)
        call_hook(self._tuner, "_on_exit")

    def _generate(self, parameter_id: int, callback: LateProposal) -> Params | None:
        """Request one proposal, by `generate_multiple_parameters` if the class overrides it."""
        tuner, extra = self._tuner, {"st_callback": callback}
        try:
            if _overrides(tuner, "generate_multiple_parameters"):
                found = list(_call(tuner.generate_multiple_parameters, [parameter_id], **extra))
            else:
                found = [_call(tuner.generate_parameters, parameter_id, **extra)]
        except nni.NoMoreTrialError:
            return None
        if len(found) > 1:
            raise TypeError(
                f"generate_multiple_parameters must return one set of parameters, not {len(found)}"
            )
        if not found:
            return None
        self._proposed[parameter_id] = found[0]
        return plain_params(found[0])

    def _deliver(self, result: Result) -> None:
        """Pass one result to the tuner."""
        assert result.parameter_id is not None
        tuner, job = self._tuner, f"{self._experiment}-{result.trial_id}"
        params = self._proposed.pop(result.parameter_id, result.params)
        has_value, value = self._value(result)
        if has_value:
            _call(
                tuner.receive_trial_result,
                result.parameter_id,
                params,
                value,
                customized=False,
                trial_job_id=job,
            )
        success = result.state == "succeeded"
        _call(tuner.trial_end, result.parameter_id, success, trial_job_id=job)
        if has_value:
            tuner.save_checkpoint()

    def _value(self, result: Result) -> tuple[bool, Any]:
        """Whether the tuner gets a value for a trial, and the value as the trial reported it."""
        if result.state == "stopped":
            return self._uses_last_report and result.last is not None, result.last
        if result.state != "succeeded":
            return False, None
        value = final_value(result.value, result.result)
        return value is not None, value


def call_hook(plugin: Any, name: str) -> None:
    """Call `_on_exit` or `_on_error` of a tuner or an assessor that has the method."""
    method = getattr(plugin, name, None)
    if callable(method):
        method()


def _overrides(tuner: Any, name: str) -> bool:
    from nni.tuner import Tuner

    return getattr(type(tuner), name, None) is not getattr(Tuner, name)


def _call(method: Callable[..., Any], *arguments: Any, **extra: Any) -> Any:
    """Call a method with those of `extra` that it accepts: old tuners have no **kwargs."""
    try:
        parameters: Mapping[str, inspect.Parameter] = inspect.signature(method).parameters
    except (TypeError, ValueError):  # not written in Python
        return method(*arguments)
    kinds = [(name, parameter.kind) for name, parameter in parameters.items()]
    if not any(kind is inspect.Parameter.VAR_KEYWORD for _, kind in kinds):
        by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        named = [name for name, kind in kinds if kind in by_name]
        extra = {name: value for name, value in extra.items() if name in named[len(arguments) :]}
    return method(*arguments, **extra)
