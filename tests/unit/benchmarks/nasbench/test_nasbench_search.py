"""A search on a table, and the goals that its figures reach."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from benchmarks.nasbench import outcome
from benchmarks.nasbench.search import Task, Values, expected_best, search
from benchmarks.nasbench.table import Table

# The more convolutions, the better; each network has a lucky and an unlucky training.
TABLE: Table = {
    "".join(key): (80.0 + 2 * key.count("3"), 81.0 + 2 * key.count("3"))
    for key in product("01234", repeat=6)
}


def task(tuner: str, values: Values = "run", seed: int = 1, **arguments: Any) -> Task:
    return Task(tuner, arguments, values, seed, (1, 50, 150))


@pytest.mark.parametrize("values", ["run", "mean"])
def test_evolution_finds_good_networks(values: Values) -> None:
    found = search(task("evolution", values, population=10, sample=3), TABLE)
    assert found == sorted(found)
    assert found[-1] >= 90.5


def test_figures_are_means_of_the_network_with_the_best_value() -> None:
    one = {"".join(key): (1.0, 9.0) for key in product("01234", repeat=6)}
    assert search(task("random"), one) == [5.0, 5.0, 5.0]


def test_a_seed_repeats_its_search() -> None:
    assert search(task("reinforce"), TABLE) == search(task("reinforce"), TABLE)
    assert any(
        search(task("random", seed=seed), TABLE) != search(task("random"), TABLE) for seed in (2, 3)
    )


def test_the_expectation_of_random_search_is_exact() -> None:
    table: Table = {"a": (1.0,), "b": (2.0, 4.0)}
    assert expected_best(table, 1) == pytest.approx(2.0)
    assert expected_best(table, 2) == pytest.approx(0.25 * 1 + 0.75 * 3)


def row(method: str, means: list[float], values: str = "run") -> dict[str, Any]:
    return {"method": method, "values": values, "mean": means, "deviation": [0.1, 0.1, 0.1]}


def test_goals_are_judged_by_the_means() -> None:
    record: dict[str, Any] = {
        "looks": [100, 200, 500],
        "seeds": 50,
        "rows": [
            row("random", [90.95, 91.16, 91.30]),
            row("evolution", [91.31, 91.48, 91.62]),
            row("reinforce", [91.0, 91.1, 91.35]),
            row("evolution", [0.0, 0.0, 0.0], "mean"),
        ],
    }
    random, evolution, reinforce = outcome.goals(record, "run")
    assert random.met
    assert random.found == "-0.040, +0.050, +0.010"
    assert not evolution.met
    assert reinforce.met
    assert reinforce.found == "2.5"
    assert [goal.met for goal in outcome.goals(record, "mean")] == [False]
    record["rows"][2] = row("reinforce", [91.0, 91.1, 91.33])
    assert [goal.met for goal in outcome.goals(record, "run")] == [True, False, False]
