from benchmarks.inherit.figures.birth import births, change
from benchmarks.inherit.figures.runs import Run, TrialRecord


def depth(blocks, **inner):
    return {"_name": str(blocks), **inner}


def test_one_label_that_differs_names_the_change():
    parent = {"stage0.width": 4, "stage1.width": 8}

    assert change(parent, {**parent, "stage1.width": 16}) == "width, larger"
    assert change(parent, {**parent, "stage0.width": 2}) == "width, smaller"
    assert change({"op": "max"}, {"op": "mean"}) == "op"
    assert change({"op": [1]}, {"op": [2]}) == "op"
    assert change(parent, parent) == "nothing"


def test_labels_that_come_with_another_depth_are_no_change_of_their_own():
    parent = {"stage0.depth": depth(1, **{"stage0.layer1.kernel": 3})}
    child = {"stage0.depth": depth(0)}

    assert change(parent, child) == "depth, smaller"


def test_a_label_within_an_option_counts():
    parent = {"stage0.depth": depth(1, **{"stage0.layer1.kernel": 3})}
    child = {"stage0.depth": depth(1, **{"stage0.layer1.kernel": 5})}

    assert change(parent, child) == "kernel, larger"


def test_different_changes_at_once_are_several():
    assert change({"a.width": 4, "a.kernel": 3}, {"a.width": 8, "a.kernel": 5}) == "several"


def test_how_long_a_trial_trains_is_no_change():
    assert change({"rate": 1, "epochs": 2}, {"rate": 1, "epochs": 4, "epochs_from": 2}) == "nothing"


def test_a_graph_is_changed_by_what_the_mutation_did_to_its_layers():
    first, second = {"name": "a", "inputs": ["text"]}, {"name": "b", "inputs": ["a"]}
    third = {"name": "c", "inputs": ["a"]}

    def found(before, after):
        return change({"graph": before}, {"graph": after})

    assert found([first], [first, second]) == "layer inserted"
    assert found([first, second], [first]) == "layer removed"
    assert found([first, second], [first, third]) == "layer exchanged"
    assert found([first, second], [first, {**second, "inputs": ["text"]}]) == "inputs of a layer"
    assert found([first], [first]) == "nothing"


def test_the_loss_is_told_from_the_parent_that_was_restored():
    parent = TrialRecord(0, "succeeded", {"a.width": 4}, value=0.75)
    children = [
        TrialRecord(1, "succeeded", {"a.width": 8}, [0], value=0.875, before=0.5, share=0.5),
        TrialRecord(2, "succeeded", {"a.width": 16}, [0], value=0.625, before=0.25, share=0.25),
        TrialRecord(3, "failed", {"a.width": 2}, [0]),
    ]

    [found] = births([Run(seconds=1.0, reports=[], trials=[parent, *children])])

    assert (found.change, found.children, found.share) == ("width, larger", 2, 0.375)
    assert (found.before, found.lost, found.gained) == (0.375, 0.375, 0.0)
