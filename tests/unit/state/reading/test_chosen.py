"""The curves of some trials are those that a reader of all has."""

from pathlib import Path

import pytest

from controller.state import record
from controller.state.journal import Journal
from controller.state.reading import chosen
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path: Path) -> Search:
    search = Search(tmp_path)
    for trial in range(3):
        search.trial({})
        search.report(trial, 0.1 * trial, step=1, loss=1.0)
        search.report(trial, 0.2 * trial, step=2)
    return search


def with_tables(search: Search) -> None:
    """Write the reading tables, as a controller does."""
    x = record.load(search.place).experiment
    with Journal.open(search.place.journal) as journal:
        journal.follow(x)
        journal.settle()


@pytest.mark.parametrize("has_tables", [False, True])
def test_those_of_the_trials_that_were_asked_for(search: Search, has_tables: bool) -> None:
    if has_tables:
        with_tables(search)
        search.report(1, 0.9, step=3, accuracy=0.5)
    whole = record.load(search.place, curves=True)
    found = chosen.read(search.place.journal, [2, 1])
    assert found.values == {trial: whole.curves[trial] for trial in (1, 2)}
    assert found.of(1).points("loss") == whole.metric_curves["loss"][1]
    assert found.get(0) is None
    assert list(found.names) == list(whole.metric_curves)
    assert list(chosen.read(search.place.journal, ()).names) == list(whole.metric_curves)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE curves SET body = '[]'",
        "UPDATE curves SET body = CAST(x'ff' AS TEXT)",
        "UPDATE snapshot SET seq = 1000",
    ],
)
def test_damaged_tables_are_not_used(search: Search, statement: str) -> None:
    with_tables(search)
    search.report(1, 0.9, step=3)
    with Journal.open(search.place.journal) as journal:
        journal._connection.execute(statement)
    assert chosen.read(search.place.journal, [1]).values == {1: [(1, 0.1), (2, 0.2), (3, 0.9)]}
