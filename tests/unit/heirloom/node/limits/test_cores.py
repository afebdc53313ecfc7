import os

import pytest

from heirloom.node.limits import cores


@pytest.mark.parametrize(
    ("cpus", "slot", "chosen"),
    [
        (1, 0, {4}),
        (0.5, 3, {7}),
        (1.5, 0, {4, 5}),
        (2, 1, {6, 7}),
        (2, 2, {4, 5}),  # more slots than cores suffice for
        (3, 1, {7, 4, 5}),
        (9, 1, {4, 5, 6, 7}),
    ],
)
def test_trials_in_different_slots_have_different_cores(cpus, slot, chosen):
    assert cores.choose([7, 5, 6, 4], cpus, slot) == chosen


def test_cores_that_the_kernel_refuses_are_ignored(monkeypatch):
    def refuse(pid: int, chosen: set[int]) -> None:
        raise OSError(1, "not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    cores.bind(1.0, 0)
