"""The inspection of nodes, by `nodes`, and by `run` and `resume` before the first trial."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.search.conftest import PATIENCE, Lab

OK = "echo '{\"value\": 1}' > $HEIRLOOM_RESULT"


class Cluster:
    """An inventory of nodes that all are this machine, each with a store path of its own."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.store = lab.path / "store"
        self.store.mkdir()
        (lab.path / "file").touch()
        self.hosts: dict[str, dict[str, Any]] = {}
        self.add("a")

    def add(self, name: str, **variables: Any) -> None:
        (self.lab.path / "run" / name).mkdir(parents=True)
        self.hosts[name] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "heirloom_run_dir": str(self.lab.path / "run" / name),
            "heirloom_slots": 2,
            "heirloom_store": str(self.store),
        } | variables

    def add_blind(self, name: str) -> None:
        """A node at whose path there is another directory."""
        other = self.lab.path / "other"
        other.mkdir()
        self.add(name, heirloom_store=str(other))

    def add_gone(self, name: str) -> None:
        """A node that nobody can reach."""
        self.add(name, ansible_connection="ssh", ansible_host="127.0.0.1", ansible_port=1)

    @property
    def inventory(self) -> Path:
        return self.lab.write("hosts.yml", yaml.safe_dump({"trial_nodes": {"hosts": self.hosts}}))

    def nodes(self, *, code: int) -> dict[str, Any]:
        """What `nodes --json` says of each."""
        found = json.loads(
            self.lab("nodes", "-i", self.inventory, "--store", self.store, "--json", code=code)
        )
        assert not list(self.store.glob("*/*"))  # the marker is gone
        return {node["node"]: node for node in found["nodes"]}

    def run(self, *, code: int) -> str:
        file = self.lab.experiment(OK, store=str(self.store))
        return self.lab("run", file, "-i", self.inventory, code=code)

    def nothing_is_left(self) -> bool:
        experiments = self.lab.home / "experiments"
        return not list(experiments.iterdir()) and not list(self.store.glob("*/*"))


@pytest.fixture
def cluster(lab: Lab) -> Cluster:
    return Cluster(lab)


def test_this_machine_is_usable_without_setup(lab: Lab) -> None:
    output = lab("nodes")
    assert "localhost" in output
    assert "on its own disk" in output
    assert not list((lab.home / "store").glob("*/*"))


def test_nodes_are_listed_with_their_problems(cluster: Cluster) -> None:
    cluster.add_blind("blind")
    cluster.add("bare", heirloom_python="/nowhere/python")
    cluster.add("full", heirloom_run_dir=f"{cluster.lab.path}/file/run")
    cluster.add("greedy", heirloom_slots=[{"gpus": ["GPU-of-another"]}])
    cluster.add_gone("gone")
    found = cluster.nodes(code=1)
    assert {name for name, node in found.items() if node["could_run"]} == {"a"}
    problems = {
        name: [trouble["text"] for trouble in node["troubles"] if trouble["kind"] != "note"]
        for name, node in found.items()
    }
    assert problems.pop("a") == []
    for name, expected in {
        "blind": "the store is not mounted there",
        "bare": "/nowhere/python is no Python for trials: no such file or directory",
        "full": f"{cluster.lab.path}/file is not a directory",
        "greedy": "GPUs that it does not have: GPU-of-another",
        "gone": "Connection refused",
    }.items():
        [text] = problems.pop(name)
        assert expected in text
    assert problems == {}
    a = found["a"]
    assert a["slots"] == {"total": 2, "free": 2}
    assert a["store"]["state"] == "seen"
    assert abs(a["ahead"]) <= a["give_or_take"] + 1
    assert found["gone"]["reach"] == "unreachable"

    shown = cluster.lab("nodes", "-i", cluster.inventory, "--store", cluster.store, code=1)
    for words_of in ("2/2 free", "not mounted", "missing", "-m ping", "blind: the store is not"):
        assert words_of in shown


def test_a_missing_store_is_reported_and_nodes_are_listed(cluster: Cluster) -> None:
    cluster.store = cluster.lab.path / "elsewhere"
    cluster.add_gone("gone")
    cluster.hosts["a"]["heirloom_store"] = str(cluster.store)
    output = cluster.lab("nodes", "-i", cluster.inventory, code=1)
    assert f"this machine: the store {cluster.store} is not on this machine" in output
    assert "2/2 free" in output
    assert not cluster.store.exists()
    assert "is not on this machine" in cluster.run(code=2)
    assert not cluster.store.exists()


def test_several_stores_need_a_path_for_this_machine(cluster: Cluster) -> None:
    cluster.add_blind("blind")
    output = cluster.lab("nodes", "-i", cluster.inventory, code=1)
    assert "the inventory names several stores" in output
    assert output.count("2/2 free") == 2


def test_no_experiment_starts_if_a_node_lacks_the_store(cluster: Cluster) -> None:
    cluster.add_blind("blind")
    output = cluster.run(code=2)
    assert "no trial was started" in output
    other = cluster.hosts["blind"]["heirloom_store"]
    assert f"blind: the store is not mounted there, {other} is a directory of its own" in output
    assert cluster.nothing_is_left()


def test_an_unreachable_node_is_reported_and_the_others_run_trials(cluster: Cluster) -> None:
    cluster.add_gone("gone")
    output = cluster.run(code=0)
    assert "inspecting 2 nodes" in output
    assert "node gone does not answer: " in output
    assert "Connection refused" in output
    assert {trial["node"] for trial in cluster.lab.trials()} == {"a"}
    assert all(len(trial["attempts"]) == 1 for trial in cluster.lab.trials())


def test_no_experiment_starts_without_a_usable_node(cluster: Cluster) -> None:
    del cluster.hosts["a"]
    cluster.add_gone("gone")
    cluster.add("bare", heirloom_python="/nowhere/python")
    cluster.hosts["bare"]["ansible_python_interpreter"] = "/nowhere/python"
    output = cluster.run(code=2)
    assert "gone: it cannot be reached" in output
    assert "bare: it cannot be reached" in output
    assert cluster.nothing_is_left()


def test_resume_inspects_the_nodes_again(cluster: Cluster) -> None:
    go = cluster.lab.path / "go"
    command = f"while [ ! -e '{go}' ]; do sleep 0.1; done; {OK}"
    file = cluster.lab.experiment(command, store=str(cluster.store))
    with cluster.lab.start("run", file, "-i", cluster.inventory) as left:
        journal = cluster.lab.home / "experiments/search/journal.db"
        cluster.lab.wait(
            lambda: journal.exists() and any(t["started_at"] for t in cluster.lab.trials()),
            "a trial that runs",
        )
        left.send_signal(signal.SIGTERM)
        left.communicate(timeout=PATIENCE)
    cluster.add_blind("blind")
    assert "blind: the store is not mounted" in cluster.lab(
        "resume", "search", "-i", cluster.inventory, code=2
    )
    go.touch()
    del cluster.hosts["blind"]
    assert "4 succeeded" in cluster.lab("resume", "search", "-i", cluster.inventory)


def test_this_machine_alone_is_checked_without_ansible(cluster: Cluster) -> None:
    assert "inspecting" not in cluster.run(code=0)
