"""The trials as a study of Optuna, which optuna-dashboard opens (requirements-optuna.txt)."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from controller.errors import HeirloomError
from controller.formats import counted
from controller.results.tools.interface import (
    create_database,
    id_list,
    results,
    without_password,
)
from controller.results.tools.source import Source
from heirloom.space import SpaceError, parse
from heirloom.space.dimension import Dimension
from heirloom.space.forms import NAME
from heirloom.space.numbers import Integer, Real
from heirloom.space.space import Choice, Nested

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

_ID = "heirloom:trial"  # the user attribute with the trial's id
_STATES = {"succeeded": "COMPLETE", "stopped": "PRUNED"}  # all other verdicts are FAIL
Fitting = tuple[dict[str, Any], dict[str, "BaseDistribution"], dict[str, Any]]


class OptunaStudy:
    """One study an experiment.

    Params that the search space declares are the study's; those of a nested option have the name
    of the choice and a dot before theirs, and a value that is no number, text or truth value is
    JSON. All other params are user attributes. So are the ids of the trial and of the trials whose
    weights it started from, its state, and the numbers of its result. What it reported are its
    intermediate values.
    """

    def export(self, source: Source, path: str | None) -> str:
        """See Exporter. `path` is a storage of Optuna's, by default `sqlite:///optuna.db`.

        A path without `://` is that of a journal file (JournalFileBackend).
        """
        import optuna
        from sqlalchemy.exc import SQLAlchemyError

        address = path or "sqlite:///optuna.db"
        shown = without_password(address)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        experiment = source.experiment
        directions = list(experiment["objectives"].values())
        try:
            create_database(address, optuna.storages.RDBStorage)
            study = optuna.create_study(
                storage=_storage(address),
                study_name=experiment["id"],
                directions=directions,
                load_if_exists=True,
            )
            count = self._add(study, source, experiment)
        except (
            optuna.exceptions.StorageInternalError,
            SQLAlchemyError,
            ImportError,  # the driver of a database
            json.JSONDecodeError,  # of a file that is no journal
        ) as error:
            text = str(error).partition("\n")[0]
            raise HeirloomError(f"the storage {shown} of Optuna fails: {text}") from None
        return (
            f"{counted(count, 'new trial')} in the study {experiment['id']} of {shown}: "
            f"optuna-dashboard {shown}"
        )

    def _add(self, study: Study, source: Source, experiment: Mapping[str, Any]) -> int:
        attributes = (trial.user_attrs for trial in study.get_trials(deepcopy=False))
        known = {each[_ID] for each in attributes if _ID in each}
        space = _dimensions(experiment["search_space"])
        names = list(experiment["objectives"])
        count = 0
        for trial in source.trials(skip=known):
            if trial["manifest"] is not None:
                study.add_trial(_frozen(trial, space, names))
                count += 1
        return count


def _storage(address: str) -> BaseStorage | str:
    if "://" in address:
        return address
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(address))


def _dimensions(space: Mapping[str, Any]) -> Mapping[str, Dimension]:
    """The parameters of the space; none of a space that only its tuner can read."""
    try:
        return parse(space).dimensions
    except SpaceError:
        return {}


def _frozen(
    trial: Mapping[str, Any], space: Mapping[str, Dimension], names: list[str]
) -> FrozenTrial:
    """The trial in Optuna's form. `names` are those of the objectives."""
    from optuna.trial import FrozenTrial, TrialState

    values = [trial["values"][name] for name in names if name in trial["values"]]
    is_whole = len(values) == len(names)
    state = TrialState[_STATES.get(trial["state"], "FAIL")]
    if state is TrialState.COMPLETE and not is_whole:
        state = TrialState.FAIL
    params, distributions, others = _fit(trial["params"], space)
    end = datetime.fromtimestamp(trial["ended_at"])  # noqa: DTZ006 - Optuna's are local times
    begin = trial["started_at"] or trial["ended_at"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return FrozenTrial(
            number=-1,  # the storage gives the next one
            trial_id=-1,
            state=state,
            value=None,
            values=values if state is TrialState.COMPLETE else None,
            datetime_start=datetime.fromtimestamp(begin),  # noqa: DTZ006 - as above
            datetime_complete=end,
            params=params,
            distributions=distributions,
            user_attrs={
                _ID: trial["id"],
                "heirloom:state": trial["state"],
                "heirloom:parents": id_list(trial["restored"]),
                "heirloom:reason": trial["reason"],
                **{f"params.{name}": value for name, value in others.items()},
                **results(trial),
            },
            system_attrs={},
            intermediate_values=dict(trial["curves"].get("value", [])),
        )


def _fit(params: Mapping[str, Any], space: Mapping[str, Dimension]) -> Fitting:
    """The params of the space with their distributions, and all others."""
    values: dict[str, Any] = {}
    distributions: dict[str, BaseDistribution] = {}
    others: dict[str, Any] = {}
    for name, value in params.items():
        found = list(_distributions(name, space[name], value)) if name in space else []
        if not found:
            others[name] = value
        for path, plain, distribution in found:
            values[path], distributions[path] = plain, distribution
    return values, distributions, others


def _distributions(
    path: str, dimension: Dimension, value: Any
) -> Iterator[tuple[str, Any, BaseDistribution]]:
    """The value of a parameter, and of those inside it. Nothing where it does not fit.

    The bounds of a number include the value: a tuner may leave the space.
    """
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(dimension, Integer) and is_number and float(value).is_integer():
        whole = int(value)
        bounds = min(dimension.low, whole), max(dimension.high, whole)
        yield path, whole, IntDistribution(*bounds)
    elif isinstance(dimension, Real) and is_number:
        low, high = min(dimension.at(0.0), value), max(dimension.at(1.0), value)
        yield path, float(value), FloatDistribution(low, high, log=dimension.log and low > 0)
    elif isinstance(dimension, Choice):
        options = [_plain(option) for option in dimension.options]
        nested = {option.name: option for option in dimension.options if isinstance(option, Nested)}
        chosen = nested.get(str(value.get(NAME))) if isinstance(value, Mapping) else None
        plain = _plain(value if chosen is None else chosen)
        if plain in options:
            yield path, plain, CategoricalDistribution(list(dict.fromkeys(options)))
        if chosen is not None:
            for name, inner in chosen.space.dimensions.items():
                if name in value:
                    yield from _distributions(f"{path}.{name}", inner, value[name])


def _plain(option: Any) -> bool | int | float | str | None:
    """An option as Optuna takes it."""
    if isinstance(option, Nested):
        return option.name
    if option is None or isinstance(option, bool | int | float | str):
        return option
    return json.dumps(option, sort_keys=True)
