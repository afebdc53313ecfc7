"""A study of Optuna as plain JSON: its trials, and what its sampler draws from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..generators import generator_state, load_generator

if TYPE_CHECKING:
    from numpy.random import RandomState
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial


def study_state(study: Study, asked: Mapping[int, Trial]) -> Any:
    """All that decides what the sampler proposes next. The times of trials are left out.

    `asked` are the trials under way, by the ids that they have in the search.
    """
    from optuna.distributions import distribution_to_json

    trials = study.get_trials(deepcopy=False)
    # A param has the same distribution in each trial.
    found = {name: each for trial in trials for name, each in trial.distributions.items()}
    return {
        "trials": list(map(_trial_state, trials)),
        "distributions": {
            name: json.loads(distribution_to_json(each)) for name, each in found.items()
        },
        "random": list(map(generator_state, _generators(study.sampler))),
        "asked": [[trial_id, trial.number] for trial_id, trial in asked.items()],
    }


def load_study(study: Study, state: Mapping[str, Any]) -> dict[int, Trial]:
    """Give a new study what `study_state` returned. Return the trials under way."""
    from optuna.distributions import json_to_distribution
    from optuna.trial import Trial, TrialState, create_trial

    distributions = {
        name: json_to_distribution(json.dumps(each))
        for name, each in state["distributions"].items()
    }
    for trial in state["trials"]:
        study.add_trial(
            create_trial(
                state=TrialState[trial["state"]],
                values=trial["values"],
                params=trial["params"],
                distributions={name: distributions[name] for name in trial["params"]},
                user_attrs=trial["user_attrs"],
                system_attrs=trial["system_attrs"],
                intermediate_values=dict(trial["reports"]),
            )
        )
    ids = [trial._trial_id for trial in study.get_trials(deepcopy=False)]
    asked = {trial_id: Trial(study, ids[number]) for trial_id, number in state["asked"]}
    for generator, saved in zip(_generators(study.sampler), state["random"]):
        load_generator(generator, saved)
    return asked


def _trial_state(trial: FrozenTrial) -> Any:
    return {
        "state": trial.state.name,
        "values": trial.values,
        "params": trial.params,
        "user_attrs": trial.user_attrs,
        "system_attrs": trial.system_attrs,
        "reports": sorted(trial.intermediate_values.items()),
    }


def _generators(sampler: Any) -> list[RandomState]:
    """The generators of a TPESampler: its own, and that of its random trials.

    Optuna has no public access to them.
    """
    return [sampler._rng.rng, sampler._random_sampler._rng.rng]
