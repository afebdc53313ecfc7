"""Optuna's samplers as tuners, by its ask-and-tell interface (requirements-optuna.txt)."""

from __future__ import annotations

import copy
import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

from ..objective import Objective, Objectives
from ..space import parse
from ..space.dimension import Dimension
from ..space.forms import NAME
from ..space.numbers import Integer, Real
from ..space.space import Choice, Nested
from .initial import Initial
from .interface import Proposal, Result, Tuner
from .methods.study import load_study, study_state

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

INSTALL = "python -m pip install -r requirements-optuna.txt"


class OptunaTuner(Tuner):
    """Base of tuners that use a sampler of Optuna.

    The sampler gets failed, skipped and cancelled trials as FAIL, and stopped ones as PRUNED with
    their last value; with several objectives or bounds, as PRUNED if they are out of bounds, else
    as FAIL. It does not get trials that `retry` added. Optuna is imported by the first proposal.

    Args:
        startup: number of random trials before the sampler is used. Default: 10.
        initial: candidates to propose first. They count as random trials.

    Raises ValueError if `startup` is below 0, a candidate does not fit the search space or a
    package is missing, SpaceError for a wrong search space.
    """

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ("optuna",)

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        objectives: Objectives | None = None,
        startup: int = 10,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if startup < 0:
            raise ValueError(f"startup must be at least 0, not {startup}")
        if missing := [package for package in self.needs if find_spec(package) is None]:
            also = " torch" if "torch" in missing else ""
            raise ValueError(f"{self.name} needs {', '.join(missing)}: {INSTALL}{also}")
        self._space = parse(space)
        self._initial = Initial(self._space, initial)
        self._seed = seed
        self._objectives = objectives or Objectives((Objective(maximize=maximize),))
        self._startup = startup
        self._asked: dict[int, Trial] = {}

    def propose(self, trial_id: int) -> Proposal:
        """Return an initial candidate, then proposals of the sampler."""
        first = self._initial.next()
        if first is not None:
            self._asked[trial_id] = self._given(first)
            return Proposal(first)
        self._asked[trial_id] = trial = self._study.ask()
        return Proposal(self._suggested(trial))

    def observe(self, result: Result) -> None:
        """Pass a result to the sampler."""
        from optuna.trial import TrialState

        trial = self._asked.pop(result.trial_id, None)
        if result.imported:
            trial = self._given(result.params)
        if trial is None:
            return
        objectives = self._objectives
        values = objectives.values(result.value, result.values)
        is_whole = all(name in values for name in objectives.names)
        for each in objectives.constraints:
            if each.name in values:
                trial.set_user_attr(each.name, each.excesses(values[each.name]))
        if result.state == "succeeded" and is_whole:
            self._study.tell(trial, [values[each.name] for each in objectives.objectives])
        elif result.state == "stopped" and objectives.violation(values) > 0:
            self._study.tell(trial, state=TrialState.PRUNED)
        elif result.value is not None and result.state == "stopped" and objectives.is_single:
            trial.report(result.value, step=0)
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, state=TrialState.FAIL)

    def may_be_parent(self, trial_id: int) -> bool:
        """False: proposals of a sampler have no parents."""
        return False

    def _suggested(self, trial: Trial) -> dict[str, Any]:
        return {
            name: _suggest(trial, name, dimension)
            for name, dimension in self._space.dimensions.items()
        }

    def _given(self, params: Mapping[str, Any]) -> Trial:
        """A trial with these params instead of the sampler's."""
        values: dict[str, Any] = {}
        for name, dimension in self._space.dimensions.items():
            _collect(values, name, dimension, params[name])
        self._study.enqueue_trial(values)
        trial = self._study.ask()
        self._suggested(trial)
        return trial

    @abstractmethod
    def _sampler(self) -> BaseSampler: ...

    @cached_property
    def _study(self) -> Study:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            # Optuna calls some of the options that samplers get here experimental.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            warnings.simplefilter("ignore", FutureWarning)  # Optuna 4 has only constraints_func
            directions = [each.direction for each in self._objectives.objectives]
            return optuna.create_study(sampler=self._sampler(), directions=directions)

    @property
    def _constraints(self) -> Callable[[FrozenTrial], list[float]] | None:
        """What tells the sampler how far a trial is out of bounds; None without bounds.

        A value that was not measured counts as one on its bounds.
        """
        bounds = self._objectives.constraints
        if not bounds:
            return None
        unknown = {each.name: [0.0] * len(each.excesses(0.0)) for each in bounds}
        return lambda trial: [x for name in unknown for x in {**unknown, **trial.user_attrs}[name]]


class TPE(OptunaTuner):
    """The tree-structured Parzen estimator (Optuna's TPESampler).

    Trials under way count as bad ones (`constant_liar`), so that parallel proposals differ.

    Bergstra, Bardenet, Bengio, Kegl: Algorithms for Hyper-Parameter Optimization, NIPS 2011,
    https://papers.nips.cc/paper/4443-algorithms-for-hyper-parameter-optimization

    Args:
        startup: number of random trials before the estimator is used. Default: 10.
        candidates: number of draws of which the best one is proposed. Default: 24.
        initial: candidates to propose first. They count as random trials.
    """

    name = "tpe"

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        objectives: Objectives | None = None,
        startup: int = 10,
        candidates: int = 24,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(
            space,
            seed=seed,
            maximize=maximize,
            objectives=objectives,
            startup=startup,
            initial=initial,
        )
        if candidates < 1:
            raise ValueError(f"candidates must be at least 1, not {candidates}")
        self._candidates = candidates

    def _sampler(self) -> BaseSampler:
        from optuna.samplers import TPESampler

        return TPESampler(
            n_startup_trials=self._startup,
            n_ei_candidates=self._candidates,
            constant_liar=True,
            seed=self._seed,
            constraints_func=self._constraints,
        )

    def state(self) -> Any:
        """See Tuner."""
        began = "_study" in vars(self)  # Optuna is not imported for a tuner that did nothing yet
        study = study_state(self._study, self._asked) if began else None
        return {"initial": self._initial.state(), "study": study}

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        if state["study"] is not None:
            self._asked = load_study(self._study, state["study"])


class GP(OptunaTuner):
    """A Gaussian process with expected improvement (Optuna's GPSampler). It needs torch as well.

    Parameters of a nested choice are drawn at random. Its state cannot be saved: each fit of the
    sampler starts from the one before, which it keeps in tensors of its own.

    Args:
        startup: number of random trials before the process is used. Default: 10.
        initial: candidates to propose first. They count as random trials.
    """

    name = "gp"
    needs = ("optuna", "scipy", "torch")

    def _sampler(self) -> BaseSampler:
        from optuna.samplers import GPSampler

        return GPSampler(
            n_startup_trials=self._startup,
            seed=self._seed,
            warn_independent_sampling=False,
            constraints_func=self._constraints,
        )


def _suggest(trial: Trial, path: str, dimension: Dimension) -> Any:
    """Suggest a value for one parameter, including the parameters of a chosen nested option."""
    if isinstance(dimension, Integer):
        return trial.suggest_int(path, dimension.low, dimension.high)
    if isinstance(dimension, Real):
        # A quantile is suggested: Optuna has no normal distributions, and rounds unlike NNI.
        return dimension.at(trial.suggest_float(path, 0.0, 1.0))
    assert isinstance(dimension, Choice)
    index = trial.suggest_categorical(path, range(len(dimension.options)))
    option = dimension.options[index]
    return _nested(trial, path, option) if isinstance(option, Nested) else copy.deepcopy(option)


def _collect(values: dict[str, Any], path: str, dimension: Dimension, value: Any) -> None:
    """The values that `_suggest` asks for, by its names, for the value of a parameter."""
    if isinstance(dimension, Choice):
        values[path] = dimension.index(value)
        option = dimension.options[values[path]]
        if isinstance(option, Nested):
            for name, inner in option.space.dimensions.items():
                _collect(values, f"{path}/{option.name}/{name}", inner, value[name])
    else:
        values[path] = dimension.share(value) if isinstance(dimension, Real) else value


def _nested(trial: Trial, path: str, option: Nested) -> Mapping[str, Any]:
    inner = {
        name: _suggest(trial, f"{path}/{option.name}/{name}", dimension)
        for name, dimension in option.space.dimensions.items()
    }
    return {NAME: option.name, **inner}
