"""Random objectives, and a plain model of their order, which the core's is compared with."""

import zlib

from hypothesis import strategies as st

from controller.core.experiment import Experiment
from controller.core.model import State
from heirloom.objective import Constraint, Objective, Objectives
from tests.simulation.world.candidates import is_candidate

NAMES = ("a", "b", "c")
VALUES = range(6)  # of each name; few, so that many are equal

_SEVERAL = st.builds(
    lambda names, directions, bounds: Objectives(
        tuple(map(Objective, directions, names)),
        tuple(Constraint(name, at_most=bound) for name, bound in bounds.items()),
    ),
    st.permutations(NAMES).map(lambda names: names[1:]) | st.just(NAMES),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5).map(float), max_size=2),
)
OBJECTIVES = st.builds(lambda up: Objectives((Objective(up),)), st.booleans()) | _SEVERAL


def from_seed(seed: int, *, up: bool) -> Objectives:
    """One objective in two of three cases, which follow from the seed; else two, one bounded.

    `up`: whether the first one is maximized.
    """
    number = zlib.crc32(f"objectives of {seed}".encode())
    if number % 3:
        return Objectives((Objective(up),))
    bounds = (Constraint("b", at_most=3.0),) if number & 256 else ()
    return Objectives((Objective(up, "a"), Objective(bool(number & 128), "b")), bounds)


def front_problem(x: Experiment) -> str:
    """How the front or the best trial differs from the model's; empty if they are the same."""
    levels = _levels(x, _committed(x))
    first = levels[0] if levels else []
    expected = [trial.id for trial in first], _by_crowding(x, first)[0].id if first else None
    found = x.front.ids, x.best
    return "" if found == expected else f"front and best are {found}, not {expected}"


def check_front(x: Experiment) -> None:
    """Raise AssertionError if the front or the best trial is not the model's."""
    problem = front_problem(x)
    assert not problem, problem


def order(x: Experiment) -> list[int]:
    """The ids of the committed candidates, best first."""
    levels = _levels(x, _committed(x))
    ordered = [trial for level in levels for trial in _by_crowding(x, level)]
    return [trial.id for trial in ordered]


def best_of(x: Experiment, count: int) -> list[int]:
    """The ids of the best committed candidates whose weights a trial can start from."""
    return [trial for trial in order(x) if x.trials[trial].inheritable][:count]


def _committed(x):
    succeeded = (trial for trial in x.trials if trial.state is State.SUCCEEDED)
    return [trial for trial in succeeded if is_candidate(trial.params)]


def _levels(x, trials):
    """Trials that no other one dominates, then those that only these dominate, and so on."""
    levels, left = [], [trial for trial in trials if trial.value is not None]
    while left:
        level = [one for one in left if not any(_dominates(x, other, one) for other in left)]
        levels.append(level)
        left = [trial for trial in left if trial not in level]
    return levels


def _values(x, trial):
    return trial.values or {x.rules.objectives.first.name: trial.value}


def _dominates(x, one, other):
    mine, theirs = _excess(x, one), _excess(x, other)
    if mine or theirs:
        return mine < theirs
    signs = [1 if each.maximize else -1 for each in x.rules.objectives.objectives]
    names = [each.name for each in x.rules.objectives.objectives]
    gains = [
        sign * (_values(x, one)[name] - _values(x, other)[name])
        for sign, name in zip(signs, names, strict=True)
    ]
    return min(gains) >= 0 and max(gains) > 0


def _excess(x, trial):
    bounds = {each.name: each.at_most for each in x.rules.objectives.constraints}
    return sum(
        max(0.0, _values(x, trial)[name] - bound) / (bound or 1.0) for name, bound in bounds.items()
    )


def _by_crowding(x, level):
    names = [each.name for each in x.rules.objectives.objectives]
    up = {each.name: each.maximize for each in x.rules.objectives.objectives}

    def neighbours(trial, name):
        """The gap between the trial's neighbours, of equal ones the first by id being the worse."""
        line = sorted(level, key=lambda t: (_values(x, t)[name] * (1 if up[name] else -1), t.id))
        place = line.index(trial)
        ends = [_values(x, line[0])[name], _values(x, line[-1])[name]]
        if ends[0] == ends[1]:
            return 0.0
        if place in (0, len(line) - 1):
            return float("inf")
        before, after = line[place - 1], line[place + 1]
        return (_values(x, after)[name] - _values(x, before)[name]) / (ends[1] - ends[0])

    distances = {trial.id: sum(neighbours(trial, name) for name in names) for trial in level}
    return sorted(level, key=lambda trial: (-distances[trial.id], trial.id))
