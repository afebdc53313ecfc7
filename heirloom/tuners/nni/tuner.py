"""A user's tuner with NNI's interface, in the tuner's process."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import nni

from ..interface import Result, SearchFinished
from .call import Later
from .calls import Calls, Params, Tell
from .plain_json import final_value, plain_params


class NniTuner:
    """Calls the methods of a subclass of `nni.tuner.Tuner` as NNI 1.2 does.

    Args:
        tuner: the user's, just made.
        space: the search space.
        choice: of the experiment file's `tuner` what concerns the calls.
        experiment: the experiment's unique name, of which the trials' ids are made.
        resume: of a search that goes on: `data`, the results known, in the form of `import_data`,
            and `next`, the number of the next proposal.
        code, tell, broke: as `Calls` takes them.
    """

    def __init__(
        self,
        tuner: Any,
        space: Any,
        *,
        choice: Mapping[str, Any],
        experiment: str,
        resume: Mapping[str, Any] | None,
        code: Sequence[str],
        tell: Tell,
        broke: Callable[[BaseException, str], None],
    ) -> None:
        self.users = tuner
        self._experiment = experiment
        self._tells_last = bool(choice.get("include_intermediate_results"))
        self._handed_out: dict[int, Any] = {}  # parameters as the tuner returned them
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
            abreast=bool(choice.get("multi_thread")),
            patience=choice.get("patience"),
            code=code,
            tell=tell,
            broke=broke,
        )

    def propose(self, room: int) -> dict[str, Any] | None:
        """A trial to run, `{"coming": True}`, or None until more is known.

        Raises SearchFinished when proposals were given up and nothing is left to wait for.
        """
        answer = self._calls.ask(room)
        if isinstance(answer, tuple):
            parameter_id, params = answer
            return {"params": params, "parents": [], "parameter_id": parameter_id}
        if answer:
            return {"coming": True}
        if words := self._calls.why_none():
            raise SearchFinished(words)
        return None

    def observe(self, result: Result) -> None:
        """A trial ended. The tuner is told when it has been told of those before."""
        if result.parameter_id is not None:
            self._calls.hear(result)

    def under_way(self, count: int) -> None:
        """So many trials have no verdict now."""
        self._calls.under_way(count)

    def close(self, timeout: float) -> None:
        """Deliver what was observed, at most for `timeout` seconds, and tell of the end."""
        self._calls.close(timeout)
        end(self.users, "_on_exit")

    def _generate(self, parameter_id: int, later: Later) -> Params | None:
        """One proposal. `generate_multiple_parameters` is called where the user defines it."""
        tuner, extra = self.users, {"st_callback": later}
        try:
            if _overrides(tuner, "generate_multiple_parameters"):
                found = list(_call(tuner.generate_multiple_parameters, [parameter_id], **extra))
            else:
                found = [_call(tuner.generate_parameters, parameter_id, **extra)]
        except nni.NoMoreTrialError:
            return None
        if len(found) > 1:
            raise TypeError(
                f"generate_multiple_parameters was asked for one trial and returned {len(found)}"
            )
        if not found:
            return None
        self._handed_out[parameter_id] = found[0]
        return plain_params(found[0])

    def _deliver(self, result: Result) -> None:
        """Tell the tuner of one trial's end."""
        assert result.parameter_id is not None
        tuner, job = self.users, f"{self._experiment}-{result.trial_id}"
        params = self._handed_out.pop(result.parameter_id, result.params)
        reported, value = self._value(result)
        if reported:
            _call(
                tuner.receive_trial_result, result.parameter_id, params, value,
                customized=False, trial_job_id=job,
            )  # fmt: skip
        success = result.state == "succeeded"
        _call(tuner.trial_end, result.parameter_id, success, trial_job_id=job)
        if reported:
            tuner.save_checkpoint()

    def _value(self, result: Result) -> tuple[bool, Any]:
        """Whether there is a final value to tell of, and which, as it was reported."""
        if result.state == "stopped":
            return self._tells_last and result.last is not None, result.last
        if result.state != "succeeded":
            return False, None
        value = final_value(result.value, result.result)
        return value is not None, value


def end(users: Any, hook: str) -> None:
    """Call `_on_exit` or `_on_error` of a tuner or an assessor that has it."""
    method = getattr(users, hook, None)
    if callable(method):
        method()


def _overrides(tuner: Any, name: str) -> bool:
    from nni.tuner import Tuner

    return getattr(type(tuner), name, None) is not getattr(Tuner, name)


def _call(method: Callable[..., Any], *arguments: Any, **extra: Any) -> Any:
    """Call a method with as much of `extra` as it takes: not all users' have **kwargs."""
    try:
        parameters = list(inspect.signature(method).parameters.values())
    except (TypeError, ValueError):  # not written in Python
        return method(*arguments)
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        extra = {name: value for name, value in extra.items() if name in named[len(arguments) :]}
    return method(*arguments, **extra)
