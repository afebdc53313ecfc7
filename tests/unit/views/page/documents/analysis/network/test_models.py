"""Models with choices, drawn with what they really inherited."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pytorch import require_torch

require_torch()

from controller.views.page.documents.analysis.network import candidate
from heirloom import nas, space
from heirloom.nas.spaces import CellNet, MacroNet, NasBench201
from heirloom.torch import inherit, save
from tests.unit.views.page.pages import report, trial


@pytest.mark.training
@pytest.mark.parametrize(
    ("model", "titles"),
    [
        (lambda: CellNet(channels=4, cells=3, blocks=2), ["normal cell", "reduction cell"]),
        (lambda: MacroNet(channels=4, layers=3), ["layers"]),
        (lambda: NasBench201(channels=4, cells=1), ["cell"]),
    ],
)
def test_a_choice_that_the_parent_made_too_is_inherited(
    model: Callable[[], Any], titles: list[str], tmp_path: Path
) -> None:
    rng = random.Random(1)
    dimensions = space.parse(nas.space(model)).dimensions
    parent, child = (
        {name: each.sample(rng) for name, each in dimensions.items()} for _ in range(2)
    )
    save(nas.candidate(model, parent), tmp_path)
    result = {"inherited": inherit(nas.candidate(model, child), tmp_path).as_dict()}
    trials = trial(0, params=parent), trial(1, 0, params=child, result=result)
    found = candidate.document(report(*trials), 1)
    assert found is not None
    assert found["basis"] == "report"
    assert [graph["title"] for graph in found["graphs"]] == titles
    weighted = [
        (node["change"], node["share"])
        for graph in found["graphs"]
        for node in graph["nodes"]
        if node["share"] is not None
    ]
    assert weighted
    for change, share in weighted:
        assert (share == 0) is (change == "changed"), (change, share)
