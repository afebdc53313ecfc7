"""The functions that a trial written for NNI calls.

They work outside an experiment too, without parameters.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Optional

from heirloom.channel import channel
from heirloom.channel.nni_params import nni_params

from .metric import number, plain, without_number

_STANDALONE = "STANDALONE"
_logger = logging.getLogger("nni")


class _State:
    """What this process has requested and warned about so far."""

    parameters: Optional[Any] = None
    requests = 0
    warned: ClassVar[set[str]] = set()  # functions that have warned about a metric


def get_next_parameter() -> Any:
    """The parameters that the tuner chose for this trial; {} outside an experiment.

    A trial has one set of parameters. As in NNI, a second call returns None.
    """
    if not channel.in_experiment:
        _logger.warning("nni: this process is not a trial of an experiment: its parameters are {}")
    elif _State.requests:
        _State.requests += 1
        return None
    _State.requests += 1
    paths = [os.environ.get(name) for name in ("HEIRLOOM_RESTORE_PATH", "HEIRLOOM_SAVE_PATH")]
    _State.parameters = nni_params(channel.params(), paths[0] or None, paths[1] or "")
    return _State.parameters


def get_next_parameters() -> Any:
    """The same as `get_next_parameter`."""
    return get_next_parameter()


def get_parameters() -> Any:
    """The same as `get_next_parameter`, under the name of NNI's first releases."""
    return get_next_parameter()


def get_current_parameter(tag: Optional[str] = None) -> Any:
    """The result of `get_next_parameter`, or its value for `tag`; None before that call.

    Raises KeyError for an unknown tag.
    """
    if _State.parameters is None or tag is None:
        return _State.parameters
    return _State.parameters[tag]


def annotated_value(key: str, options: Optional[Mapping[Any, Any]] = None) -> Any:
    """The value of a parameter of annotated code; of a choice, the option that it stands for.

    `heirloom.space.annotations` makes annotated code call it. Raises KeyError for an unknown key.
    """
    if get_current_parameter() is None:
        get_next_parameter()
    chosen = get_current_parameter(key)
    return chosen if options is None else options[chosen]


def report_intermediate_result(metric: Any) -> None:
    """Report an intermediate value: a number, or a dictionary whose `default` is a number.

    Numbers of numpy are accepted. A warning is logged if there is no number. An early stop takes
    effect here: this function raises SystemExit, so a stop does not interrupt the writing of files.
    Raises AssertionError before the call of `get_next_parameter`, TypeError and ValueError for an
    invalid metric.
    """
    _check_requested("report_intermediate_result")
    value = plain(metric)
    _warn_without_number("report_intermediate_result", value, "assessors of Heirloom ignore it")
    count = channel.report(value)
    if not channel.in_experiment:
        _print(f"Intermediate result: {value}  (Index {count})")


def report_final_result(metric: Any) -> None:
    """Report the result: a number, or a dictionary whose `default` is a number.

    Numbers of numpy are accepted. A warning is logged if there is no number: the trial then has no
    value. Raises AssertionError before the call of `get_next_parameter`, TypeError and ValueError
    for an invalid metric.
    """
    _check_requested("report_final_result")
    value = plain(metric)
    _warn_without_number("report_final_result", value, "the trial has no value")
    result = {"value": number(value), "nni": value}
    if not channel.write_result(json.dumps(result, allow_nan=False)):
        _print(f"Final result: {value}")


def get_experiment_id() -> str:
    """The experiment's name and id, such as `digits-3fa92c1b`; STANDALONE outside an experiment."""
    return os.environ.get("NNI_EXP_ID", _STANDALONE)


def get_trial_id() -> str:
    """The trial's id, unique among all experiments; STANDALONE outside an experiment."""
    return os.environ.get("NNI_TRIAL_JOB_ID", _STANDALONE)


def get_sequence_id() -> int:
    """The trial's number in its experiment, from 0; 0 outside an experiment."""
    return int(os.environ.get("NNI_TRIAL_SEQ_ID", "0"))


def _check_requested(caller: str) -> None:
    if channel.in_experiment and _State.parameters is None:
        raise AssertionError(
            f"call nni.get_next_parameter() before nni.{caller}: a trial that does not request its "
            "parameters trains the same network every time"
        )


def _warn_without_number(caller: str, metric: Any, effect: str) -> None:
    """Log a warning about a metric without a number, once for each kind of report."""
    problem = without_number(metric)
    if problem and caller not in _State.warned:
        _State.warned.add(caller)
        _logger.warning("nni.%s: %s; %s", caller, problem, effect)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
