"""What users are told about limits, and about what trials take together."""

import threading
from pathlib import Path
from typing import Any

import pytest

from controller import config as configs
from controller.dispatch.ansible.inventory import Node, Slot
from controller.nodes import machine

FACTS: dict[str, Any] = {
    "cores": 4,
    "memory": 16_000_000_000,
    "unit": "no systemd runs here",
    "limits": {"memory": "supervisor", "cpus": "cores"},
    "others": {},
}
NODE = Node("localhost", tuple(Slot(str(n)) for n in range(4)), Path("/run/h"), "local")


def experiment(tmp_path: Path, trial: str, budget: str = "trials: 1") -> configs.Experiment:
    (tmp_path / "experiment.yml").write_text(
        "search_space: {x: {_type: uniform, _value: [0, 1]}}\n"
        f"trial: {{command: train, {trial}}}\nbudget: {{{budget}}}\n"
    )
    return configs.load(tmp_path / "experiment.yml")


def test_limits_that_the_kernel_does_not_enforce_are_named(tmp_path):
    memory, cpus = machine.limits(experiment(tmp_path, "memory: 200MB, cpus: 1.5"), FACTS)
    assert memory.startswith(
        "trial.memory (200.0 MB) is not enforced by the kernel on this machine (no systemd runs "
        "here): each trial is measured about once a second"
    )
    assert cpus.endswith("(no systemd runs here): each trial is bound to 2 whole cores")
    [cpus] = machine.limits(experiment(tmp_path, "cpus: 9"), FACTS)
    assert cpus.endswith("each trial is bound to 4 whole cores")


@pytest.mark.parametrize("holder", ["systemd", "cgroup"])
def test_limits_that_the_kernel_enforces_need_no_word(tmp_path, holder):
    facts = FACTS | {"limits": {"memory": holder, "cpus": holder}}
    assert not list(machine.limits(experiment(tmp_path, "memory: 200MB, cpus: 1.5"), facts))


def test_a_trial_without_limits_needs_no_word(tmp_path):
    assert not list(machine.limits(experiment(tmp_path, "gpus: 0"), FACTS))


def test_other_users_are_named_with_the_command_that_shares_the_slots():
    [text] = machine.shared(FACTS | {"others": {"ann": 2}})
    assert "ann (2 attempts)" in text
    assert "sudo install -d -m 1777 /run/heirloom /run/heirloom/slots" in text
    assert not list(machine.shared(FACTS))


@pytest.mark.parametrize(
    ("trial", "budget", "text"),
    [
        (
            "cpus: 1.5",
            "trials: 1",
            "4 trials at a time may use 6 processors (trial.cpus), and this",
        ),
        ("memory: 8GB", "trials: 1", "4 trials at a time may use 32.0 GB of memory (trial.memory)"),
        ("cpus: 1.5, slots: 2", "trials: 1", None),
        ("memory: 8GB", "trials: 1, concurrency: 2", None),
        ("cpus: 1, memory: 4GB", "trials: 1", None),
    ],
)
def test_trials_that_may_take_more_than_the_machine_has(tmp_path, trial, budget, text):
    found = list(machine.capacity(experiment(tmp_path, trial, budget), NODE, FACTS))
    assert [note[: len(text)] for note in found] == [text] if text else not found


def test_more_slots_than_cores_are_named(tmp_path):
    facts = FACTS | {"cores": 2}
    [note] = machine.capacity(experiment(tmp_path, "gpus: 0"), NODE, facts)
    assert note.startswith("4 trials at a time run on 2 cores of this machine: lower the slots")


def test_a_store_without_space_is_named(tmp_path):
    assert machine.space(tmp_path / "not/yet", 0) == []
    [note] = machine.space(tmp_path / "not/yet", 10**18)
    assert f"the store {tmp_path}/not/yet has" in note
    assert "1.0 EB must stay free (store_reserve)" in note


def test_a_store_that_hangs_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_TIMEOUT", 0.1)
    monkeypatch.setattr(machine, "_free", lambda path: threading.Event().wait())
    assert machine.space(tmp_path, 0) == [
        f"the store {tmp_path} does not answer: check its mount and its server"
    ]
