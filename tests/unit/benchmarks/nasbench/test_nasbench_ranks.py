"""Where a cell ranks among all cells."""

from __future__ import annotations

from itertools import product

from benchmarks.nasbench import ranks
from benchmarks.nasbench.table import EDGES

TABLE = {
    key: (80.0 + key.count("3"), 82.0 + key.count("3"))
    for key in map("".join, product("01234", repeat=6))
}
CONVOLUTIONS = dict.fromkeys(EDGES, "nor_conv_3x3")


def test_the_best_cell_has_rank_1_and_equal_ones_have_the_same() -> None:
    assert ranks.standing(TABLE, CONVOLUTIONS)["rank"] == 1
    fewer = [ranks.standing(TABLE, {**CONVOLUTIONS, edge: "none"}) for edge in EDGES]
    assert {each["rank"] for each in fewer} == {2}
    assert {each["accuracy"] for each in fewer} == {86.0}
    assert ranks.standing(TABLE, ranks.ALL_SKIP)["rank"] == 5**6 - 4**6 + 1


def test_half_of_all_cells_reach_the_middle() -> None:
    assert ranks.middle(TABLE) == 82.0
