"""Network morphism guided by Bayesian optimization."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean, pstdev
from typing import Any, Optional

from ....space import parse
from ....space.network import Layers, Network, insert, linear, parameters, read, shapes
from ...generators import generator_state, load_generator
from ...initial import Initial
from ...interface import Proposal, Result, SearchFinished, Tuner
from ...policy.require import require_numpy
from .annealing import Found, Root, anneal
from .bound import Bound
from .morphs import draw, every
from .outline import Outline, Skip, Step, outline

DEPTH = 3  # convolutions of the first network
DECAY, LOWEST = 0.9, 1e-4  # of the temperature, which begins at 1

_TRIES = 2  # draws of a neighbour for each one that is wanted


class Morphism(Tuner):
    """Network morphism guided by Bayesian optimization.

    The first network has three convolutions. Each further one is made of a trained one by
    changes that keep its function: an identity convolution (deeper), twice the filters of a
    convolution (wider), a skip connection by addition or by concatenation. The trial with that
    trained network is its parent, so that it starts with what the parent has learned.

    A Gaussian process predicts the value of a network. Its kernel is exp(-r^2), where r is the edit
    distance of two networks after Bourgain's embedding. Which network comes next is found by a
    search over changes of all trained networks, with simulated annealing, for the best confidence
    bound: the predicted mean and `beta` standard deviations.

    Jin, Song, Hu: Auto-Keras: An Efficient Neural Architecture Search System, KDD 2019,
    https://arxiv.org/abs/1806.10282

    Departures: of the changes of a network, `neighbours` random ones are looked at, as in
    Auto-Keras's code; the paper looks at all. The edit distance compares kernels and strides
    beside widths, as the code does. Values are standardized, and observations have a variance of
    0.001. New layers have kernels of 3x3. Trials that fail are left out of the model, and their
    networks are not proposed again. Several trials may be under way; the model does not know these.

    Args:
        width: filters of each convolution of the first network. Default: 64.
        neighbours: number of random changes that are looked at of a network; 0: all. Default: 8.
        beta: how many standard deviations the confidence bound is away from the mean. Default:
            2.576.
        max_parameters: the most parameters of a network. Default: 33554432.
        max_layers: the most layers of a network. Default: 200.
        initial: candidates to propose first, instead of the first network.

    Raises ValueError if an argument is out of range, a candidate does not fit the search space or
    NumPy or SciPy is missing, SpaceError for a wrong search space.
    """

    lookahead = 0
    takes_layers = True

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        width: int = 64,
        neighbours: int = 8,
        beta: float = 2.576,
        max_parameters: int = 1 << 25,
        max_layers: int = 200,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        for name, value, least in (
            ("width", width, 1),
            ("neighbours", neighbours, 0),
            ("beta", beta, 0),
        ):
            if value < least:
                raise ValueError(f"{name} must be at least {least}, not {value}")
        require_numpy("morphism", "scipy.linalg", "scipy.optimize")
        parsed = parse(space, layers=True)
        self._initial = Initial(parsed, initial)
        self._name = ""  # of the parameter; a space without one is not searched: see `supports`
        self._first: Optional[Network] = None
        for name, dimension in parsed.dimensions.items():
            if isinstance(dimension, Layers):
                self._name, self._first = name, first_network(dimension, width)
        if initial:
            self._first = None
        if self._first is not None and (count := parameters(self._first)) > max_parameters:
            raise ValueError(
                f"max_parameters is {max_parameters}, and the first network has {count}: "
                "reduce width"
            )
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._maximize = maximize
        self._neighbours = neighbours
        self._beta = beta
        self._most = (max_parameters, max_layers)
        self._trained: list[Root[Network]] = []
        self._parents: set[int] = set()  # trained ones that left weights
        self._known: set[Outline] = set()
        self._under_way: set[int] = set()

    @classmethod
    def supports(cls, space: dict[str, Any]) -> Optional[str]:
        """See Tuner. The space must be one parameter of the type `layers`."""
        names = []
        for name, dimension in parse(space, layers=True).dimensions.items():
            if not isinstance(dimension, Layers):
                return f"{name} is no network, and morphism searches a network alone: leave it out"
            names.append(name)
        if len(names) > 1:
            return f"{names[1]} is a second network, and morphism searches one: leave it out"
        return None if names else "there is no parameter of the type layers, and morphism needs one"

    def propose(self, trial_id: int) -> Proposal | None:
        """The first network, then the most promising change of a trained one."""
        params = self._initial.next()
        if params is None and self._first is not None:
            params, self._first = {self._name: self._first.to_json()}, None
        if params is not None:
            self._known.add(outline(read(params[self._name])))
            self._under_way.add(trial_id)
            return Proposal(params)
        if not self._parents:
            if self._under_way:
                return None
            raise SearchFinished("no network was trained that could be changed")
        found = self._search()
        if found is None:
            if self._under_way:
                return None
            raise SearchFinished("no new network was found within max_parameters and max_layers")
        self._known.add(outline(found.network))
        self._under_way.add(trial_id)
        return Proposal({self._name: found.network.to_json()}, (found.trial,))

    def observe(self, result: Result) -> None:
        """Give the network and its value to the model."""
        self._under_way.discard(result.trial_id)
        network = read(result.params[self._name])
        self._known.add(outline(network))
        if result.state == "succeeded" and result.value is not None:
            cost = -result.value if self._maximize else result.value
            self._trained.append(Root(network, result.trial_id, cost))
            if result.weights:
                self._parents.add(result.trial_id)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether the trial is under way or left a trained network: any may be changed."""
        return trial_id in self._under_way or trial_id in self._parents

    def state(self) -> Any:
        """See Tuner."""
        return {
            "initial": self._initial.state(),
            "first": self._first is not None,
            "random": generator_state(self._rng),
            "trained": [[r.network.to_json(), r.trial, r.cost] for r in self._trained],
            "parents": sorted(self._parents),
            "known": sorted(map(_outline_state, self._known)),
            "under_way": sorted(self._under_way),
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        self._first = self._first if state["first"] else None
        load_generator(self._rng, state["random"])
        self._trained = [Root(read(found), *rest) for found, *rest in state["trained"]]
        self._parents = set(state["parents"])
        self._known = set(map(_outline, state["known"]))
        self._under_way = set(state["under_way"])

    def _search(self) -> Optional[Found[Network]]:
        """The next network, and the trial that it is made from."""
        seen = set(self._known)

        def neighbours(network: Network) -> Iterator[Network]:
            count = self._neighbours
            found = draw(network, self._rng, _TRIES * count) if count else every(network)
            given = 0
            for neighbour in found:
                key = outline(neighbour)
                if key in seen or not self._is_small(neighbour):
                    continue
                seen.add(key)
                yield neighbour
                given += 1
                if given == count:
                    return

        costs = _standardized([root.cost for root in self._trained])
        bound = Bound([outline(root.network) for root in self._trained], costs, self._beta)
        roots = [replace(root, cost=cost) for root, cost in zip(self._trained, costs)]
        return anneal(
            [root for root in roots if root.trial in self._parents],
            neighbours,
            lambda network: bound.of(outline(network)),
            self._rng,
            decay=DECAY,
            lowest=LOWEST,
        )

    def _is_small(self, network: Network) -> bool:
        most_parameters, most_layers = self._most
        return len(network.layers) <= most_layers and parameters(network) <= most_parameters


def _standardized(values: Sequence[float]) -> list[float]:
    """Values with a mean of 0 and a standard deviation of 1; all 0 if they are equal."""
    mean, deviation = fmean(values), pstdev(values)
    return [(value - mean) / (deviation or 1.0) for value in values]


def first_network(dimension: Layers, width: int) -> Network:
    """Convolutions of 3x3 with a pooling by 2 between them, then the mean of each channel."""
    network, last = linear(dimension.input, dimension.classes), 0
    for number in range(DEPTH):
        options: dict[str, Any] = {
            "filters": width,
            "kernel": [3, 3],
            "stride": 1,
            "activation": "bn_relu",
        }
        network, last = insert(network, "conv", [last], **options), network.next_id
        if number < DEPTH - 1 and min(shapes(network)[last][1:]) > 1:
            halved: dict[str, Any] = {"method": "max", "kernel": 2, "stride": 2}
            network, last = insert(network, "pool", [last], **halved), network.next_id
    return network


def _outline_state(found: Outline) -> list[list[Any]]:
    return [[[kind, list(sizes)] for kind, sizes in found.steps], list(map(list, found.skips))]


def _outline(state: Any) -> Outline:
    steps, skips = state
    return Outline(
        tuple(Step(kind, tuple(sizes)) for kind, sizes in steps),
        tuple(Skip(*skip) for skip in skips),
    )
