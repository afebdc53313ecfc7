"""What a trial written for NNI calls. Outside of an experiment it works too, without parameters."""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any, Optional

from heirloom.channel import channel

from .metric import number, plain

_STANDALONE = "STANDALONE"
_logger = logging.getLogger("nni")


class _Taken:
    """What this process has asked for and said so far."""

    parameters: Optional[Any] = None
    times = 0


def get_next_parameter() -> Any:
    """The parameters that the tuner has chosen for this trial; {} outside of an experiment.

    A trial has one set of them: a second call returns None, as it does in NNI.
    """
    if not channel.inside:
        _logger.warning(
            "nni: there is no experiment around this process: its parameters are empty, {}"
        )
    elif _Taken.times:
        _Taken.times += 1
        return None
    _Taken.times += 1
    _Taken.parameters = channel.params()
    return _Taken.parameters


def get_next_parameters() -> Any:
    """The same as `get_next_parameter`."""
    return get_next_parameter()


def get_parameters() -> Any:
    """The same as `get_next_parameter`, by the name of NNI's first releases."""
    return get_next_parameter()


def get_current_parameter(tag: Optional[str] = None) -> Any:
    """What `get_next_parameter` has returned, or its value for `tag`; None before that.

    Raises KeyError for an unknown tag.
    """
    if _Taken.parameters is None or tag is None:
        return _Taken.parameters
    return _Taken.parameters[tag]


def report_intermediate_result(metric: Any) -> None:
    """Report how training goes: a number, or a dictionary whose `default` is one.

    Numbers may be numpy's. This is also where an early stop takes effect: SystemExit is raised
    here, with files as you left them. Raises AssertionError before `get_next_parameter` was called,
    TypeError and ValueError for what is no metric.
    """
    _check_taken("report_intermediate_result")
    said = plain(metric)
    count = channel.report(said)
    if not channel.inside:
        _say(f"Intermediate result: {said}  (Index {count})")


def report_final_result(metric: Any) -> None:
    """Report the result: a number, or a dictionary whose `default` is one.

    Numbers may be numpy's. Raises AssertionError before `get_next_parameter` was called, TypeError
    and ValueError for what is no metric.
    """
    _check_taken("report_final_result")
    said = plain(metric)
    result = {"value": number(said), "nni": said}
    if not channel.conclude(json.dumps(result, allow_nan=False)):
        _say(f"Final result: {said}")


def get_experiment_id() -> str:
    """The experiment's name and id, such as `digits-3fa92c1b`; STANDALONE outside of one."""
    return os.environ.get("NNI_EXP_ID", _STANDALONE)


def get_trial_id() -> str:
    """The trial's id, a text unlike that of any other; STANDALONE outside of an experiment."""
    return os.environ.get("NNI_TRIAL_JOB_ID", _STANDALONE)


def get_sequence_id() -> int:
    """The trial's number in its experiment, from 0 up; 0 outside of one."""
    return int(os.environ.get("NNI_TRIAL_SEQ_ID", "0"))


def _check_taken(caller: str) -> None:
    if channel.inside and _Taken.parameters is None:
        raise AssertionError(
            f"call nni.get_next_parameter() before nni.{caller}: a trial that does not ask for its "
            "parameters trains the same network every time"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
