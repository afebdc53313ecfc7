"""The part of NNI's interface that Heirloom implements, for trials and tuners written for NNI.

Standard library only, Python 3.9 or newer, because trials import it on their nodes.
"""

from __future__ import annotations

from typing import NoReturn

from . import assessor, parameter_expressions, tuner, utils
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
    "get_current_parameter",
    "get_experiment_id",
    "get_next_parameter",
    "get_next_parameters",
    "get_parameters",
    "get_sequence_id",
    "get_trial_id",
    "parameter_expressions",
    "report_final_result",
    "report_intermediate_result",
    "tuner",
    "utils",
]

_ADVICE = {
    **dict.fromkeys(
        (
            "choice", "randint", "uniform", "quniform", "loguniform", "qloguniform", "normal",
            "qnormal", "lognormal", "qlognormal", "function_choice", "variable", "smartparam",
        ),
        "annotations and parameters in the code are not supported: describe them in the search "
        "space, and read them with nni.get_next_parameter()",
    ),
    **dict.fromkeys(
        ("mutable_layer", "mutable_layers", "training_update", "nas", "retiarii"),
        "NNI's own architecture search is not supported: write a tuner that proposes the networks",
    ),
    **dict.fromkeys(
        ("experiment", "Experiment"),
        "experiments are run from a file: heirloom run config.yml",
    ),
    **dict.fromkeys(
        ("compression", "trace", "dump", "load", "save"),
        "only what trials, tuners and assessors of a search use is supported",
    ),
}  # fmt: skip


def __getattr__(name: str) -> NoReturn:
    """Raise AttributeError, with advice for names that NNI has."""
    advice = f": {_ADVICE[name]}" if name in _ADVICE else ""
    raise AttributeError(f"Heirloom's nni has no {name!r}{advice}")
