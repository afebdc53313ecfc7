"""BOHB: Hyperband whose candidates come from a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ...space import Space, parse
from ...space.numbers import Integer, Real
from ...space.space import Choice, Nested
from ..interface import Result
from .density import Axis, Density
from .hyperband import Hyperband


class Bohb(Hyperband):
    """Hyperband, whose new candidates are drawn where good ones are dense and bad ones are not.

    The results of the largest amount that has enough of them are split into the best and the rest,
    and a kernel density is estimated from each. Of `samples` draws from the density of the best,
    the one with the highest ratio of both densities is proposed. A share of all candidates is drawn
    at random.

    Falkner, Klein, Hutter: BOHB: Robust and Efficient Hyperparameter Optimization at Scale, ICML
    2018, https://arxiv.org/abs/1807.01774

    The experiment file's `resource` has the smallest and the largest amount, and `eta`.

    Args:
        random_fraction: the share of candidates that are drawn at random. Default: 0.33.
        top: the share of results that count as the best. Default: 0.15.
        samples: draws from which the best is proposed. Default: 64.
        bandwidth_factor: how many times as wide the kernels are for these draws. Default: 3.
        initial: candidates to begin with.

    Raises ValueError if an argument is out of range or `resource` is missing, SpaceError for a
    wrong search space.
    """

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        resource: Optional[Mapping[str, Any]] = None,
        random_fraction: float = 0.33,
        top: float = 0.15,
        samples: int = 64,
        bandwidth_factor: float = 3.0,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(space, seed=seed, maximize=maximize, resource=resource, initial=initial)
        if not 0 <= random_fraction <= 1 or not 0 < top < 1:
            raise ValueError("random_fraction must be from 0 to 1, and top between them")
        if samples < 1 or not bandwidth_factor > 0:
            raise ValueError("samples must be at least 1, and bandwidth_factor above 0")
        self._space = parse(space)
        self._axes = {
            name: Axis(len(each.options) if isinstance(each, Choice) else 0)
            for name, each in self._space.dimensions.items()
        }
        self._random_fraction = random_fraction
        self._top = top
        self._samples = samples
        self._bandwidth_factor = bandwidth_factor
        self._points: dict[int, list[tuple[list[float], float]]] = {}  # by amount

    @classmethod
    def supports(cls, space: dict[str, Any]) -> Optional[str]:
        """A choice with parameters of its own has no density here."""
        for name, dimension in parse(space).dimensions.items():
            options = dimension.options if isinstance(dimension, Choice) else ()
            if any(isinstance(option, Nested) for option in options):
                return (
                    f"{name} has options with parameters of their own, which the model of bohb "
                    "does not know: use hyperband, asha or evolution"
                )
        return None

    def observe(self, result: Result) -> None:
        """Let the model know the result, and go on as hyperband does."""
        amount = result.params.get(self._resource.name)
        if result.state == "succeeded" and result.value is not None and amount is not None:
            point = _point(self._space, self._resource.without(result.params))
            self._points.setdefault(amount, []).append((point, result.value))
        super().observe(result)

    def state(self) -> Any:
        """See Tuner."""
        return {**super().state(), "points": sorted(self._points.items())}

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        super().load_state(state)
        for amount, points in state["points"]:
            self._points[amount] = [(point, value) for point, value in points]

    def _candidate(self) -> dict[str, Any]:
        """A candidate of the model; one of `initial`, or a random one, while it has too little."""
        first = self._initial.next()
        if first is not None:
            return first
        known = self._largest()
        if known is None or self._rng.random() < self._random_fraction:
            return self._initial.draw(self._rng)
        good, bad = self._densities(known)
        draws = [good.draw(self._rng, self._bandwidth_factor) for _ in range(self._samples)]
        best = max(draws, key=lambda point: max(good.at(point), 1e-32) / max(bad.at(point), 1e-32))
        return _params(self._space, best)

    def _largest(self) -> list[tuple[list[float], float]] | None:
        """The results of the largest amount that has as many as the paper asks for."""
        least = len(self._axes) + 1
        enough = [amount for amount, points in self._points.items() if len(points) >= least + 2]
        return self._points[max(enough)] if enough else None

    def _densities(self, known: list[tuple[list[float], float]]) -> tuple[Density, Density]:
        least = len(self._axes) + 1
        points = [point for point, _ in self._objective.ranked(known, lambda pair: pair[1])]
        good = points[: max(least, int(self._top * len(points)))]
        bad = points[-max(least, int((1 - self._top) * len(points))) :]
        axes = list(self._axes.values())
        return Density(axes, good), Density(axes, bad)


def _point(space: Space, params: Mapping[str, Any]) -> list[float]:
    """Params as numbers: shares of the range, indices of options."""
    found = []
    for name, dimension in space.dimensions.items():
        if isinstance(dimension, Choice):
            found.append(float(dimension.index(params[name])))
        elif isinstance(dimension, Integer):
            count = dimension.high - dimension.low + 1
            found.append((params[name] - dimension.low + 0.5) / count)
        else:
            assert isinstance(dimension, Real)  # there are no other dimensions
            found.append(dimension.share(params[name]))
    return found


def _params(space: Space, point: Sequence[float]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (name, dimension), value in zip(space.dimensions.items(), point):
        if isinstance(dimension, Choice):
            found[name] = dimension.options[int(value)]
        elif isinstance(dimension, Integer):
            count = dimension.high - dimension.low + 1
            found[name] = dimension.low + min(int(value * count), count - 1)
        else:
            assert isinstance(dimension, Real)
            found[name] = dimension.at(value)
    return found
