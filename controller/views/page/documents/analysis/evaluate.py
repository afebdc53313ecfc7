"""A process that works out the importance of params with Optuna's evaluators.

It reads the columns of trials as JSON from standard input, and writes a line of JSON for each
evaluator and objective, the quick ones first.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.importance import BaseImportanceEvaluator
    from optuna.trial import FrozenTrial

Plain = Mapping[str, Any]  # a column as JSON: `Column.plain`

# Sources: Watanabe et al. 2023, https://arxiv.org/abs/2304.10255; Breiman 2001, section 10 of
# https://doi.org/10.1023/A:1010933404324; Hutter et al. 2014, https://proceedings.mlr.press/v32
EVALUATORS = ("PED-ANOVA", "mean decrease impurity", "fANOVA")
"""The names of the evaluators, the quick ones first."""

_SEED = 0
_PARAMS = "param"  # the role of the columns of params
_VALUES = "value"


def evaluate(columns: Sequence[Plain]) -> Iterator[dict[str, Any]]:
    """For each evaluator and objective, the share of each param, or why there is none.

    The shares of an evaluator add up to 1. The forests of the last two know only params that every
    trial has. Raises ImportError without Optuna.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    params = [column for column in columns if column["role"] == _PARAMS]
    studies = [
        (column["name"], _study(params, column)) for column in columns if column["role"] == _VALUES
    ]
    for name in EVALUATORS:
        for objective, study in studies:
            found: dict[str, Any] = {"evaluator": name, "objective": objective}
            try:
                shares = optuna.importance.get_param_importances(study, evaluator=_evaluator(name))
            except ImportError:
                found["error"] = "scikit-learn is not installed"
            except (ValueError, RuntimeError) as error:
                found["error"] = str(error).partition("\n")[0]
            else:
                found["shares"] = {param: round(share, 6) for param, share in shares.items()}
            yield found


def _evaluator(name: str) -> BaseImportanceEvaluator:
    from optuna import importance

    if name == "fANOVA":
        return importance.FanovaImportanceEvaluator(seed=_SEED)
    if name == "mean decrease impurity":
        return importance.MeanDecreaseImpurityImportanceEvaluator(seed=_SEED)
    return importance.PedAnovaImportanceEvaluator()


def _study(params: Sequence[Plain], objective: Plain) -> Study:
    import optuna

    study = optuna.create_study(direction="maximize" if objective["maximize"] else "minimize")
    distributions = {column["name"]: _distribution(column) for column in params}
    study.add_trials(
        [
            _trial(params, distributions, at, value)
            for at, value in enumerate(objective["values"])
            if value is not None
        ]
    )
    return study


def _distribution(column: Plain) -> BaseDistribution:
    """The range of the values that trials had."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if column["categories"] is not None:
        return CategoricalDistribution(list(range(len(column["categories"]))))
    known = [value for value in column["values"] if value is not None]
    return FloatDistribution(min(known), max(known), log=column["log"])


def _trial(
    params: Sequence[Plain], distributions: Mapping[str, BaseDistribution], row: int, value: float
) -> FrozenTrial:
    from optuna.trial import create_trial

    found = {
        column["name"]: column["values"][row]
        for column in params
        if column["values"][row] is not None
    }
    return create_trial(
        value=value, params=found, distributions={name: distributions[name] for name in found}
    )


def main() -> None:
    """Read columns, write lines."""
    os.nice(19)
    for found in evaluate(json.load(sys.stdin)):
        print(json.dumps(found), flush=True)  # noqa: T201 - for the process that started this one


if __name__ == "__main__":
    main()
