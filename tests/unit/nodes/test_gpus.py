"""Slots with the GPUs of this machine, and what users are told about them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.nodes import gpus
from controller.nodes.gpus import Device, LocalGpus
from heirloom.node import slots as on_node


def devices(count: int, model: str = "A30") -> tuple[Device, ...]:
    return tuple(Device(str(n), f"GPU-{n}", model) for n in range(count))


@pytest.mark.parametrize(
    ("there", "each", "slots", "expected"),
    [
        (1, 1, 1, [["0"]]),
        (3, 1, 1, [["0"], ["1"], ["2"]]),
        (4, 2, 1, [["0", "1"], ["2", "3"]]),
        (3, 2, 1, [["0", "1"]]),
        (2, 2, 2, [["0"], ["1"]]),
        (3, 3, 2, [["0", "2"], ["1"]]),
        (1, 1, 2, [["0"], []]),
        (1, 2, 1, []),
        (0, 1, 1, []),
    ],
)
def test_there_is_a_slot_for_each_trial(there, each, slots, expected):
    found = gpus.slots_with(devices(there), each, slots)
    assert [list(slot.gpus) for slot in found] == expected


@given(st.integers(0, 20), st.integers(1, 5), st.integers(1, 3))
def test_as_many_trials_run_at_once_as_the_gpus_suffice_for(there, each, slots):
    found = [
        on_node.Slot(slot.name, slot.gpus) for slot in gpus.slots_with(devices(there), each, slots)
    ]
    assert len(found) == there // each * slots
    assert len({slot.name for slot in found}) == len(found)
    named = [gpu for slot in found for gpu in slot.gpus]
    assert len(set(named)) == len(named)
    assert on_node.suffice(found, slots, each) == (there >= each)


def test_lock_files_are_named_by_the_gpus():
    parts = (Device("MIG-GPU-1/2/0", "MIG-GPU-1/2/0", "X"), Device("1", "", "X"))
    [slot] = gpus.slots_with(parts, 2, 1)
    assert slot.name == "MIG-GPU-1_2_0+gpu1"
    assert slot.gpus == ("MIG-GPU-1/2/0", "1")


@pytest.mark.parametrize(
    ("models", "text"),
    [
        ([], "no GPU"),
        (["A30"], "1 GPU (A30)"),
        (["A30", "A30"], "2 GPUs (A30)"),
        (["A30", "T4", "A30"], "3 GPUs (2 A30, 1 T4)"),
        (["A30"] * 400, "400 GPUs (A30)"),
    ],
)
def test_gpus_are_described_by_number_and_model(models, text):
    assert gpus.describe(models) == text


def test_unused_gpus_are_named_with_what_to_write():
    [note] = gpus.unused(LocalGpus(devices(2)))
    assert note.startswith("this machine has 2 GPUs (A30), and no trial will use them")
    assert "`gpus: 1`" in note
    [note] = gpus.unused(LocalGpus((), reason="nvidia-smi: exit code 9: no driver"))
    assert note == "no GPU of this machine can be used: nvidia-smi: exit code 9: no driver"
    assert gpus.unused(LocalGpus(())) == []
    assert gpus.unused(LocalGpus((), hidden=2)) == []  # CUDA_VISIBLE_DEVICES excludes all


def test_gpus_that_are_left_over_are_named():
    [note] = gpus.left_over(LocalGpus(devices(5)), 3)
    assert note.startswith("no trial will use 2 of this machine's 5 GPUs: each trial takes 3")
    assert gpus.left_over(LocalGpus(devices(6)), 3) == []


def test_cuda_visible_devices_limits_the_gpus(monkeypatch):
    there = [{"index": str(n), "uuid": f"GPU-{n}", "name": "A30", "parts": []} for n in range(4)]
    monkeypatch.setattr(gpus, "find_gpus", lambda _: {"there": there, "reason": ""})
    assert len(gpus.find(1.0, {}).devices) == 4
    found = gpus.find(1.0, {"CUDA_VISIBLE_DEVICES": "2,3"})
    assert [device.name for device in found.devices] == ["2", "3"]
    assert str(found) == ("2 GPUs (A30) (its 2 other GPUs excluded by CUDA_VISIBLE_DEVICES)")
