"""What a chain of shared weights chose from generation to generation, and how good it was."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.core.model import State, Trial
from controller.views.page.figures.hover import show
from controller.views.page.source import finite
from heirloom.space import Space, SpaceError, parse
from heirloom.space.decisions import Decisions, unsupported
from heirloom.space.space import Choice, Nested
from heirloom.store.limits.values import finite as is_finite
from heirloom.tuners.methods.enas import TRAIN

Row = Sequence[float | None]  # a number for each generation; None where it is not known
Shares = Mapping[str, float]  # by option, from 0 to 1


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations of a chain that have results, oldest first.

    Args:
        numbers: of the generations, ascending.
        trials: for each of them, its latest trial.
        values: by task, the mean of what its trials found: their rewards, else their values.
        shares: by label and option, the weight of the option among those of the label.
        is_weighted: whether shares are weights that trials reported as `alphas`. If not, a share is
            that of the samples on which the generation was trained.
    """

    numbers: Sequence[int]
    trials: Sequence[int]
    values: Mapping[str, Row]
    shares: Mapping[str, Mapping[str, Row]]
    is_weighted: bool


def generations(trials: Iterable[Trial], space: Mapping[str, Any]) -> Generations | None:
    """The generations among trials, in the order of their ids; None where there is none.

    A trial of a generation has the params `task` and `generation`, and either `samples` among the
    params, or `alphas` in its result. Those that did not succeed are left out.

    space: the search space in JSON form, with which `samples` are read.
    """
    found: dict[int, list[Trial]] = defaultdict(list)
    for trial in trials:
        number = _generation(trial)
        if number is not None:
            found[number].append(trial)
    if not found:
        return None
    numbers = sorted(found)
    alphas = [_alphas(found[number]) for number in numbers]
    is_weighted = any(alphas)
    samples = None if is_weighted else _Samples.of(space)
    by_generation = (
        alphas if samples is None else [samples.shares(found[number]) for number in numbers]
    )
    tasks = dict.fromkeys(trial.params["task"] for each in found.values() for trial in each)
    return Generations(
        numbers=numbers,
        trials=[found[number][-1].id for number in numbers],
        values={task: [_value(found[number], task) for number in numbers] for task in tasks},
        shares=_rows(by_generation),
        is_weighted=is_weighted,
    )


def _generation(trial: Trial) -> int | None:
    """The number of the trial's generation; None for another trial, and for one without result."""
    number, task = trial.params.get("generation"), trial.params.get("task")
    is_named = isinstance(task, str) and isinstance(number, int) and not isinstance(number, bool)
    if trial.state is not State.SUCCEEDED or not is_named:
        return None
    is_member = isinstance(trial.params.get("samples"), list) or bool(_reported(trial))
    return number if is_member else None


def _value(trials: Iterable[Trial], task: str) -> float | None:
    values = [_reward(trial) for trial in trials if trial.params["task"] == task]
    return _mean([value for value in values if value is not None])


def _reward(trial: Trial) -> float | None:
    """The mean of the rewards that a trial reported, else its value."""
    rewards = trial.result.get("rewards") if isinstance(trial.result, Mapping) else None
    numbers = map(_number, rewards if isinstance(rewards, list) else ())
    reward = _mean([number for number in numbers if number is not None])
    return finite(trial.value) if reward is None else reward


def _mean(numbers: Sequence[float]) -> float | None:
    return finite(sum(numbers) / len(numbers)) if numbers else None


def _alphas(trials: Sequence[Trial]) -> Mapping[str, Shares]:
    """Those of the latest trial that reported any."""
    return next((found for trial in reversed(trials) if (found := _reported(trial))), {})


def _reported(trial: Trial) -> Mapping[str, Shares]:
    """The `alphas` of a trial's result, which may be anything."""
    alphas = trial.result.get("alphas") if isinstance(trial.result, Mapping) else None
    found: dict[str, Shares] = {}
    for label, weights in alphas.items() if isinstance(alphas, Mapping) else ():
        if isinstance(weights, Mapping):
            known = {str(name): _number(weight) for name, weight in weights.items()}
            found[str(label)] = {name: each for name, each in known.items() if each is not None}
    return found


def _number(value: Any) -> float | None:
    return float(value) if is_finite(value) else None


class _Samples:
    """Reads the samples of a search space."""

    def __init__(self, space: Space) -> None:
        self._decisions = Decisions(space)
        self._options = list(_options(space))  # of each decision

    @classmethod
    def of(cls, space: Mapping[str, Any]) -> _Samples | None:
        """None for a space that has no samples."""
        try:
            parsed = parse(dict(space))
        except SpaceError:
            return None
        return None if unsupported(parsed, "") else cls(parsed)

    def shares(self, trials: Iterable[Trial]) -> dict[str, Shares]:
        """By label, the share of each option in the samples that have the label."""
        counts = Counter(
            token
            for trial in trials
            if trial.params["task"] == TRAIN
            for text in trial.params.get("samples") or ()
            for token in self._tokens(text)
        )
        shares: dict[str, Shares] = {}
        decisions = zip(self._decisions.names, self._decisions.offsets, self._options, strict=True)
        for label, first, options in decisions:
            found = [counts[first + index] for index in range(len(options))]
            if total := sum(found):
                shares[label] = {
                    option: count / total for option, count in zip(options, found, strict=True)
                }
        return shares

    def _tokens(self, text: Any) -> Sequence[int]:
        try:
            return self._decisions.sequence(self._decisions.read(str(text)))
        except ValueError:
            return ()


def _options(space: Space) -> Iterator[list[str]]:
    """The options of each choice of a space, in the order of `Decisions`."""
    for choice in space.dimensions.values():
        assert isinstance(choice, Choice)
        yield [each.name if isinstance(each, Nested) else show(each) for each in choice.options]
        for option in choice.options:
            if isinstance(option, Nested):
                yield from _options(option.space)


def _rows(by_generation: Sequence[Mapping[str, Shares]]) -> dict[str, dict[str, Row]]:
    """The shares by label and option, with a number for each generation."""
    options: dict[str, dict[str, None]] = defaultdict(dict)
    for shares in by_generation:
        for label, weights in shares.items():
            options[label].update(dict.fromkeys(weights))
    return {
        label: {name: [each.get(label, {}).get(name) for each in by_generation] for name in names}
        for label, names in options.items()
    }
