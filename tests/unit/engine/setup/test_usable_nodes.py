"""The nodes that can run an experiment's trials, and the refusal where none can."""

from pathlib import Path

import pytest

from controller import config as configs
from controller.dispatch.ansible.environment import DEFAULT_INVENTORY
from controller.dispatch.ansible.inventory import Inventory, InventoryError, Node, Slot
from controller.engine.setup.cluster import (
    keep_run_dirs,
    node_info,
    summary,
    usable_nodes,
)
from controller.nodes import gpus
from controller.nodes.gpus import Device, LocalGpus
from controller.state.home import Home

LAB = Path("/home/ann/lab/hosts.yml")


@pytest.fixture
def this_machine(monkeypatch):
    def has(count: int, reason: str = "") -> None:
        devices = tuple(Device(str(n), f"GPU-{n}", "A30") for n in range(count))
        monkeypatch.setattr(gpus, "find", lambda *_: LocalGpus(devices, reason=reason))

    has(0)
    return has


def experiment(tmp_path: Path, **trial: object) -> configs.Experiment:
    keys = ", ".join(["command: train", *(f"{key}: {value}" for key, value in trial.items())])
    (tmp_path / "experiment.yml").write_text(
        "search_space: {x: {_type: uniform, _value: [0, 1]}}\n"
        f"trial: {{{keys}}}\n"
        "budget: {trials: 1}\n"
    )
    return configs.load(tmp_path / "experiment.yml")


def local(*slots: Slot, own: bool = False) -> Node:
    there = slots or (Slot("0"), Slot("1"))
    return Node("localhost", there, Path("/run/h"), connection="local", own_slots=own)


def remote(*held: tuple[str, ...]) -> Node:
    slots = tuple(Slot(str(number), gpus) for number, gpus in enumerate(held))
    return Node("gpu1", slots, Path("/run/heirloom"))


def default(*nodes: Node) -> Inventory:
    return Inventory(DEFAULT_INVENTORY, nodes or (local(),))


def test_gpus_of_this_machine_get_slots_without_an_inventory(tmp_path, this_machine):
    this_machine(5)
    usable = usable_nodes(default(), experiment(tmp_path, gpus=2))
    [node], notes = usable.nodes, usable.notes
    assert usable.inventory.nodes == usable.nodes  # waves use these
    assert [slot.gpus for slot in node.slots] == [("0", "1"), ("2", "3")]
    assert summary(node) == "localhost (2 slots, 4 GPUs)"
    assert notes == [
        "no trial will use 1 of this machine's 5 GPUs: each trial takes 2 (trial.gpus)"
    ]


def test_slots_stay_as_they_are_for_trials_without_gpus(tmp_path, this_machine):
    this_machine(3)
    usable = usable_nodes(default(), experiment(tmp_path))
    assert usable.nodes == (local(),)
    [note] = usable.notes
    assert "this machine has 3 GPUs (A30), and no trial will use them" in note


def test_trials_that_choose_gpus_in_their_environment_need_no_note(tmp_path, this_machine):
    this_machine(1)
    config = experiment(tmp_path, environment='{CUDA_VISIBLE_DEVICES: "0"}')
    assert usable_nodes(default(), config).notes == []


def test_slots_of_an_inventory_are_not_changed(tmp_path, this_machine):
    this_machine(3)
    node = local(Slot("0", ("2",)), own=True)
    usable = usable_nodes(Inventory(LAB, (node,)), experiment(tmp_path, gpus=1))
    assert (usable.nodes, usable.notes) == ((node,), [])


@pytest.mark.parametrize(
    ("trial", "there", "reason", "text"),
    [
        (
            {"gpus": 2},
            1,
            "",
            "a trial takes 1 slot and 2 GPUs, and this machine has 1 GPU (A30): l",
        ),
        ({"gpus": 1}, 0, "", "1 slot and 1 GPU, and this machine has no GPU: lower trial.gpus"),
        ({"gpus": 1}, 0, "nvidia-smi: exit code 9", "has no GPU (nvidia-smi: exit code 9): lower"),
        (
            {"slots": 3},
            0,
            "",
            "3 slots and 0 GPUs, and this machine has 2 slots: lower trial.slots",
        ),
    ],
)
def test_refusal_without_an_inventory_names_no_file(
    tmp_path, this_machine, trial, there, reason, text
):
    this_machine(there, reason)
    with pytest.raises(InventoryError) as caught:
        usable_nodes(default(), experiment(tmp_path, **trial))
    assert text in str(caught.value)
    assert str(DEFAULT_INVENTORY.parent) not in str(caught.value)


@pytest.mark.usefixtures("this_machine")
@pytest.mark.parametrize(
    ("trial", "text"),
    [
        (
            {"gpus": 3},
            f"{LAB}: a trial takes 1 slot and 3 GPUs, and no node has as many (gpu1: 2 slots, 2 "
            "GPUs): change trial.slots, trial.gpus, or heirloom_slots there, such as "
            "heirloom_slots: [{gpus: [0, 1, 2]}]",
        ),
        (
            {"gpus": 2},
            "no node has as many (gpu1: 2 slots, 2 GPUs) together: raise trial.slots, or give each "
            "slot more GPUs there, such as heirloom_slots: [{gpus: [0, 1]}]",
        ),
        ({"slots": 3}, "change trial.slots, trial.gpus, or heirloom_slots there"),
    ],
)
def test_refusal_names_the_users_inventory_and_what_to_write(tmp_path, trial, text):
    inventory = Inventory(LAB, (remote(("0",), ("1",)),))
    with pytest.raises(InventoryError) as caught:
        usable_nodes(inventory, experiment(tmp_path, **trial))
    assert text in str(caught.value)


def test_refusal_names_gpus_that_the_slots_of_this_machine_do_not(tmp_path, this_machine):
    this_machine(2)
    with pytest.raises(InventoryError) as caught:
        usable_nodes(Inventory(LAB, (local(own=True),)), experiment(tmp_path, gpus=1))
    assert str(caught.value) == (
        f"{LAB}: a trial takes 1 slot and 1 GPU, and no node has as many (localhost: 2 slots, 0 "
        "GPUs): change trial.slots, trial.gpus, or heirloom_slots there, such as heirloom_slots: "
        "[{gpus: [0]}]; this machine has 2 GPUs (A30)"
    )


@pytest.mark.usefixtures("this_machine")
def test_a_trial_may_take_the_gpus_of_several_slots(tmp_path):
    node = remote(("0",), ("1",))
    config = experiment(tmp_path, gpus=2, slots=2)
    assert usable_nodes(Inventory(LAB, (node,)), config).nodes == (node,)


def test_an_experiment_stays_in_its_run_directory(tmp_path):
    home = Home(tmp_path)
    shared = Node("localhost", (Slot("0"),), Path("/run/heirloom"), connection="local")
    inventory = Inventory(DEFAULT_INVENTORY, (shared, remote(("0",))))
    assert keep_run_dirs(inventory, home, "exp-1") == inventory
    (home.run / "exp-1").mkdir(parents=True)
    found = keep_run_dirs(inventory, home, "exp-1").nodes
    assert [node.run_dir for node in found] == [home.run, Path("/run/heirloom")]


@pytest.mark.parametrize(("trial", "slots"), [({"gpus": 1}, 1), ({}, 4), ({"slots": 2}, 4)])
def test_only_slots_that_trials_can_take_are_counted(tmp_path, trial, slots):
    node = remote(("0",), (), (), ())
    assert node_info(node, experiment(tmp_path, **trial)).slots == slots


def test_a_user_chooses_the_slots_of_this_machine(tmp_path, this_machine):
    this_machine(4)
    [node] = usable_nodes(default(), experiment(tmp_path), 3).nodes
    assert [slot.name for slot in node.slots] == ["0", "1", "2"]
    [node] = usable_nodes(default(), experiment(tmp_path, gpus=1), 2).nodes
    assert [slot.gpus for slot in node.slots] == [("0",), ("1",)]
    [node] = usable_nodes(default(), experiment(tmp_path, slots=3), 3).nodes
    assert node_info(node, experiment(tmp_path, slots=3)).slots == 3


@pytest.mark.parametrize(
    ("inventory", "trial", "slots", "text"),
    [
        (default(), {"gpus": 2}, 3, "this machine has 4 GPUs (A30), and a trial takes 2 GPUs"),
        (default(), {"slots": 3}, 2, "this machine has 2 slots: lower trial.slots, or give it 3"),
        (Inventory(LAB, (local(),)), {}, 2, f"{LAB} has one, so write heirloom_slots there"),
    ],
)
def test_slots_that_this_machine_cannot_have_are_refused(
    tmp_path, this_machine, inventory, trial, slots, text
):
    this_machine(4)
    with pytest.raises(InventoryError) as caught:
        usable_nodes(inventory, experiment(tmp_path, **trial), slots)
    assert text in str(caught.value)
