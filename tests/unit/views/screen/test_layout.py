"""What the live view shows in terminals of different sizes."""

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Rules
from controller.engine.observer import Situation
from controller.views.screen import columns
from controller.views.screen.columns import Row
from controller.views.screen.layout import View
from controller.views.screen.picture import Picture, take
from heirloom.objective import Objective, Objectives
from tests.unit.views.screen.searches import placed, under_way

NOW = Situation(now=65.0)


def drawn(picture: Picture, width: int = 80, height: int = 24) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, height=height).print(View(picture))
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 160, 300])
@pytest.mark.parametrize("height", [5, 10, 24, 40, 100])
@pytest.mark.parametrize("running", [0, 1, 4, 200])
def test_the_view_fits_and_leaves_lines_to_the_log(width: int, height: int, running: int) -> None:
    x = under_way(running=running)
    x.apply(e.NodeDown(at=5.0, node="gpu0", reason="no route to host " * 20))
    lines = drawn(take("cnn", x, NOW, height), width, height)
    assert len(lines) <= height - 2
    assert all(len(line) <= width for line in lines)


def test_a_row_has_the_value_beside_the_parents() -> None:
    lines = drawn(take("cnn", under_way(), NOW, 24), width=160)
    [row] = [line.split() for line in lines if line.split()[:2] == ["7", "0"]]
    assert row[2:8] == ["7", "0.90000", "0.80000", "+0.1", "1m03s", "gpu1"]
    assert row[8:10] == ["rate=0.0125", "width=64"]


def test_trials_that_do_not_fit_are_counted() -> None:
    lines = drawn(take("cnn", under_way(running=200), NOW, 24))
    rows = [line for line in lines if "rate=" in line]
    assert lines[-2].split() == ["…", "and", str(200 - len(rows)), "more", "on", "nodes"]


@pytest.mark.parametrize(("maximize", "is_better"), [(True, True), (False, False)])
def test_better_follows_the_objective(maximize: bool, is_better: bool) -> None:
    x = under_way(rules=Rules(objectives=Objectives((Objective(maximize),))))
    assert take("cnn", x, NOW, 24).trials[0].is_better is is_better


def test_trials_that_run_come_before_those_that_wait() -> None:
    x = under_way(ended=1, running=0)
    placed(x, 1)
    placed(x, 2, parents=(1,))
    x.apply(e.Armed(at=2.0, trial=2, number=1))
    placed(x, 3, parents=(0,))
    x.apply(e.Began(at=2.0, trial=3, number=1))
    rows = take("cnn", x, NOW, 24).trials
    assert [(row.trial, row.waits_for) for row in rows] == [
        (3, ""),
        (1, "Ansible"),
        (2, "trial 1"),
    ]


def test_many_nodes_take_one_line() -> None:
    x = Experiment(Rules())
    x.apply(e.NodesFound(at=0.0, nodes=tuple(NodeInfo(f"n{at}", 2) for at in range(50))))
    x.apply(e.NodeDown(at=0.0, node="n3", reason="away"))
    lines = drawn(take("cnn", x, NOW, 24))
    assert "50 nodes: 0 running, 100 slots, 0 armed, 1 down" in lines


def test_notes_that_do_not_fit_are_counted() -> None:
    picture = replace(take("cnn", under_way(), NOW, 24), notes=tuple("abcdefgh"))
    assert "and 6 further notes" in drawn(picture)


def test_wide_characters_keep_the_columns() -> None:
    rows = [Row(["名", "1", "end"]), Row(["a" * 9, "12", "end"])]
    shown = [line.plain for line in columns.lines(rows, right=(1,), widest={0: 5})]
    assert shown == ["名      1  end", "aaaa…  12  end"]
    assert {cell_len(line) for line in shown} == {14}
