"""The graph of a candidate's network, coloured by what it inherited."""

import json
from typing import Any

import pytest

from controller.views.page.documents.analysis.network import candidate
from tests.unit.views.page.pages import report, trial

LAYERS = [
    {
        "id": 1,
        "type": "conv",
        "inputs": [0],
        "filters": 8,
        "kernel": [3, 3],
        "stride": 1,
        "activation": "bn_relu",
    },
    {
        "id": 4,
        "type": "conv",
        "inputs": [1],
        "filters": 8,
        "kernel": [3, 3],
        "stride": 1,
        "activation": "none",
    },
    {"id": 5, "type": "add", "inputs": [1, 4]},
    {"id": 2, "type": "global_pool", "inputs": [5]},
    {"id": 3, "type": "linear", "inputs": [2], "units": 10},
]


def network(layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"input": [3, 32, 32], "next_id": 9, "layers": layers}


def drawn(params: dict[str, Any], before: dict[str, Any] | None = None, **more: Any) -> Any:
    """The document of a trial with params, whose parent has the params `before`."""
    trials = [
        trial(0, params=before or {}),
        trial(1, *([0] if before else []), params=params, **more),
    ]
    return candidate.document(report(*trials), 1)


def edges(graph: dict[str, Any]) -> set[tuple[str, str]]:
    labels = [f"{node['label']} {node['detail']}".strip() for node in graph["nodes"]]
    return {(labels[edge["from"]], labels[edge["to"]]) for edge in graph["edges"]}


def test_layers_have_their_share_and_their_change() -> None:
    before = [LAYERS[0], {**LAYERS[3], "inputs": [1]}, LAYERS[4]]
    found = drawn(
        {"net": network(LAYERS)},
        {"net": network(before)},
        result={"inherited": {"share": 0.4, "parts": {"layers.1": 1.0, "layers.4": 0}}},
    )
    (graph,) = found["graphs"]
    assert (found["basis"], found["parent"], found["inherited"]) == ("report", 0, 0.4)
    assert [(node["label"], node["share"], node["change"]) for node in graph["nodes"]] == [
        ("input", None, None),
        ("conv 3x3", 1.0, "same"),
        ("conv 3x3", 0.0, "new"),
        ("add", None, "new"),
        ("global pool", None, "changed"),
        ("linear", None, "same"),
    ]
    assert [node["rank"] for node in graph["nodes"]] == [0, 1, 2, 3, 4, 5]
    assert ("conv 3x3 layer 1, 8 filters, activation bn_relu", "add layer 5") in edges(graph)


def test_without_a_report_only_changes_are_known() -> None:
    found = drawn({"net": network(LAYERS)}, {"net": network(LAYERS)})
    assert found["basis"] == "params"
    assert {node["change"] for node in found["graphs"][0]["nodes"][1:]} == {"same"}
    assert drawn({"net": network(LAYERS)})["basis"] is None


def test_cells_of_blocks_are_drawn_apart() -> None:
    cell = {
        "left.input": "0",
        "left.op": "sep_conv_3x3",
        "right.input": "1",
        "right.op": "identity",
    }
    later = cell | {"left.input": "2"}
    params = {
        f"{kind}.0.{name}": value
        for kind in ("normal", "reduction")
        for name, value in cell.items()
    }
    params |= {f"normal.1.{name}": value for name, value in later.items()}
    parts = {"normal.0.left.op": 0.5}
    before = params | {"normal.1.right.op": "max_pool_3x3"}
    found = drawn(params, before, result={"inherited": {"share": 0.1, "parts": parts}})
    normal, reduction = found["graphs"]
    assert (normal["title"], reduction["title"]) == ("normal cell", "reduction cell")
    assert ("the cell before", "sep_conv_3x3 normal.0.left.op") in edges(normal)
    assert ("+ block 0", "sep_conv_3x3 normal.1.left.op") in edges(normal)
    assert ("+ block 1", "output") in edges(normal)
    assert ("+ block 0", "output") not in edges(normal)
    by_detail = {node["detail"]: node for node in normal["nodes"]}
    assert by_detail["normal.0.left.op"]["share"] == 0.5
    assert by_detail["normal.1.right.op"]["change"] == "changed"


def test_cells_with_operations_on_edges() -> None:
    params = {"cell.0_1": "nor_conv_3x3", "cell.0_2": "none", "cell.1_2": "skip_connect"}
    (graph,) = drawn(params)["graphs"]
    assert edges(graph) == {
        ("input 0", "nor_conv_3x3 cell.0_1"),
        ("nor_conv_3x3 cell.0_1", "+ node 1"),
        ("+ node 1", "skip_connect cell.1_2"),
        ("skip_connect cell.1_2", "+ node 2"),
        ("+ node 2", "output"),
    }


def test_layers_with_chosen_skips() -> None:
    params = {
        "layer0.op": "conv_3x3",
        "layer1.op": "conv_5x5",
        "layer2.op": {"_name": "avg_pool_3x3"},
    }
    (graph,) = drawn({**params, "layer2.skip0": "yes"})["graphs"]
    skips = [edge for edge in graph["edges"] if edge["skip"]]
    assert [
        (graph["nodes"][each["from"]]["detail"], graph["nodes"][each["to"]]["label"])
        for each in skips
    ] == [("layer 0", "avg_pool_3x3")]


def test_of_another_network_the_parts_of_the_report_are_drawn() -> None:
    parts = {"stem": 1.0, "stages.0": 0.25, "head": 0.0}
    found = drawn({"width": 3}, {"width": 2}, result={"inherited": {"share": 0.5, "parts": parts}})
    (graph,) = found["graphs"]
    assert [(node["label"], node["share"]) for node in graph["nodes"]] == list(parts.items())
    assert drawn({"width": 3}) is None


@pytest.mark.parametrize(
    "result", [None, "odd", {"inherited": 3}, {"inherited": {"parts": {"a": "x", "b": None}}}]
)
def test_results_may_be_anything(result: Any) -> None:
    assert drawn({"width": 3}, {"width": 2}, result=result) is None


@pytest.mark.parametrize(
    "value",
    [
        {"layers": 3},
        {"layers": []},
        {"layers": [{"id": "<b>"}]},
        network([{**LAYERS[0], "inputs": [7]}]),
    ],
)
def test_what_is_no_network_is_not_drawn(value: Any) -> None:
    assert drawn({"net": value}) is None


def test_inputs_that_nobody_has_are_passed_over() -> None:
    params = {"c.0.left.input": "9", "c.0.left.op": "x", "c.0.right.op": None, "c.7.left.input": 1}
    found = drawn(params)
    json.dumps(found, allow_nan=False)
    assert all(edge["from"] < edge["to"] for edge in found["graphs"][0]["edges"])
