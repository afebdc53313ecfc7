"""The part of NNI's interface that Heirloom implements, for trials and tuners written for NNI.

Standard library only, Python 3.9 or newer, because trials import it on their nodes.
"""

from __future__ import annotations

from typing import NoReturn

from . import assessor, parameter_expressions, tuner, unsupported, utils
from .common.serializer import dump, load
from .errors import NoMoreTrialError
from .trial import (
    get_current_parameter,
    get_experiment_id,
    get_next_parameter,
    get_next_parameters,
    get_parameters,
    get_sequence_id,
    get_trial_id,
    report_final_result,
    report_intermediate_result,
)
from .utils import ClassArgsValidator

__version__ = "999.0+heirloom"  # NNI's builds from source have 999.0: newer than any release

__all__ = [
    "ClassArgsValidator",
    "NoMoreTrialError",
    "assessor",
    "dump",
    "get_current_parameter",
    "get_experiment_id",
    "get_next_parameter",
    "get_next_parameters",
    "get_parameters",
    "get_sequence_id",
    "get_trial_id",
    "load",
    "parameter_expressions",
    "report_final_result",
    "report_intermediate_result",
    "tuner",
    "utils",
]

unsupported.install()


def __getattr__(name: str) -> NoReturn:
    """Raise AttributeError, with advice for names that NNI has."""
    raise AttributeError(unsupported.advice(name))
