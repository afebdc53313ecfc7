"""Large-scale evolution: networks of any size, whose children start from their weights."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Optional

from ...objective import Objective
from ...space import Space, parse
from ...space.network import MUTATIONS, Layers, mutate_network, read
from ...space.numbers import Integer, Real
from ..generators import generator_state, load_generator
from ..initial import Initial
from ..interface import Proposal, Result, Tuner
from ..process.plain_json import PARAMS_LIMIT

ALTER, IDENTITY, RESET = "alter_parameter", "identity", "reset_weights"
NAMES = (ALTER, IDENTITY, RESET, *MUTATIONS)  # of all mutations, each of which is equally likely


@dataclass(frozen=True)
class _Individual:
    """A trial that succeeded and is in the population."""

    trial: int
    params: dict[str, Any]
    value: float
    weights: bool


class LargeScaleEvolution(Tuner):
    """Evolution of whole networks by pairwise tournaments.

    Two individuals of the population are drawn at random. The worse one is removed at once. The
    better one stays, and a copy of it with one random mutation is trained and joins the
    population. The child starts from its parent's weights: each layer whose shape is the same keeps
    them. A proposal waits for no particular trial: pairs are drawn among those that have ended.

    The mutations, all equally likely: alter a parameter such as the learning rate, identity (train
    on), reset the weights (the child has no parent), insert or remove a convolution, alter the
    stride, the number of channels or the filter size of one, insert an identity, add or remove a
    skip connection. One that does not apply is drawn again. `heirloom.space.network.mutations` has
    their rules.

    A trial that fails does not join the population. While individuals are missing for that reason,
    the better of a pair has a child and the worse one stays.

    Real, Moore, Selle, Saxena, Leon Suematsu, Tan, Le, Kurakin: Large-Scale Evolution of Image
    Classifiers, ICML 2017, https://arxiv.org/abs/1703.01041

    The first individuals are linear models, as in the paper, unless `initial` has networks. The
    parameters beside the network are drawn from the search space at first; the paper's learning
    rate is 0.1. Later a number changes to one from half of it to twice as much, within the bounds
    of the search space, and a choice to another option. The paper alters the learning rate alone.

    Args:
        population: number of individuals, those under way included. The paper has 1000. Default:
            16.
        initial: candidates to begin with. The rest of the first population are linear models.

    Raises ValueError if `population` is below 2 or a candidate does not fit the search space,
    SpaceError for a wrong search space.
    """

    lookahead = 0  # a pair that is drawn later knows more results
    takes_layers = True

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        population: int = 16,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if population < 2:
            raise ValueError(f"population must be at least 2, not {population}")
        self._space = parse(space, layers=True)
        self._network = next(iter(networks(self._space)), "")
        self._initial = Initial(self._space, initial)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._objective = Objective(maximize=maximize)
        self._size = population
        self._founders = 0  # individuals that are no children, failed ones included
        self._alive: list[_Individual] = []
        self._under_way: set[int] = set()

    @classmethod
    def supports(cls, space: dict[str, Any]) -> Optional[str]:
        """It needs one network."""
        found = networks(parse(space, layers=True))
        if len(found) == 1:
            return None
        return (
            "it needs one parameter of the type layers, such as "
            f"network: {{layers: {{input: [1, 28, 28], classes: 10}}}}, not {len(found)}"
        )

    def propose(self, trial_id: int) -> Proposal | None:
        """A first individual, or a child; None while too few individuals are trained."""
        proposal = self._next()
        if proposal is not None:
            self._under_way.add(trial_id)
        return proposal

    def observe(self, result: Result) -> None:
        """Let a trial that succeeded join the population."""
        self._under_way.discard(result.trial_id)
        if result.imported:
            self._founders += 1
        if result.state == "succeeded" and result.value is not None:
            individual = _Individual(
                result.trial_id, dict(result.params), result.value, result.weights
            )
            self._alive.append(individual)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether the trial is in the population, or may still join it."""
        return trial_id in self._under_way or any(one.trial == trial_id for one in self._alive)

    def state(self) -> Any:
        """See Tuner."""
        return {
            "initial": self._initial.state(),
            "random": generator_state(self._rng),
            "founders": self._founders,
            "alive": list(map(astuple, self._alive)),
            "under_way": sorted(self._under_way),
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        load_generator(self._rng, state["random"])
        self._founders = state["founders"]
        self._alive = [_Individual(*each) for each in state["alive"]]
        self._under_way = set(state["under_way"])

    def _next(self) -> Proposal | None:
        missing = self._size - len(self._alive) - len(self._under_way)
        first = self._initial.next()
        if first is not None or (missing > 0 and (self._founders < self._size or not self._alive)):
            self._founders += 1
            return Proposal(self._initial.draw(self._rng) if first is None else first)
        for _ in range(-missing):  # more were imported than the population holds
            if len(self._alive) > 2:
                self._alive.remove(self._pair()[1])
        if missing > 0 and len(self._alive) == 1:
            return self._child(self._alive[0])
        if len(self._alive) < 2:
            return None
        better, worse = self._pair()
        if missing <= 0:
            self._alive.remove(worse)
        return self._child(better)

    def _pair(self) -> list[_Individual]:
        """Two individuals at random, the better one first."""
        drawn = self._rng.sample(self._alive, 2)
        return self._objective.ranked(drawn, lambda individual: individual.value)

    def _child(self, parent: _Individual) -> Proposal:
        """A copy with one mutation."""
        while True:
            name = self._rng.choice(NAMES)
            params = self._mutated(parent.params, name)
            if params is not None:
                break
        keeps = parent.weights and name != RESET
        return Proposal(params, (parent.trial,) if keeps else ())

    def _mutated(self, params: Mapping[str, Any], name: str) -> Optional[dict[str, Any]]:
        """The params with a mutation; None if it does not apply, or leads to more than 64 KiB."""
        if name in (IDENTITY, RESET):
            return dict(params)
        if name == ALTER:
            return altered(self._space, params, self._rng)
        network = mutate_network(read(params[self._network]), name, self._rng)
        found = None if network is None else {**params, self._network: network.to_json()}
        return found if found is not None and len(json.dumps(found)) <= PARAMS_LIMIT else None


def networks(space: Space) -> list[str]:
    """The names of the parameters that are networks."""
    return [name for name, each in space.dimensions.items() if isinstance(each, Layers)]


def altered(
    space: Space, params: Mapping[str, Any], rng: random.Random
) -> Optional[dict[str, Any]]:
    """The params with another value of one parameter that is no network; None if there is none.

    A number changes by a factor from 0.5 to 2. One that this leaves as it is, such as 0, moves as
    in `evolution`.
    """
    names = [name for name, each in space.dimensions.items() if each.coordinates(params[name])]
    if not names:
        return None
    name = rng.choice(names)
    dimension, value = space.dimensions[name], params[name]
    new = value
    if isinstance(dimension, (Integer, Real)):
        new = dimension.multiplied(value, rng.uniform(0.5, 2))
    return {**params, name: dimension.mutate(value, rng) if new == value else new}
