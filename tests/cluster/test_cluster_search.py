"""A cluster from new hosts to a search across its nodes, with the commands of a user."""

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from testbed.cluster import Cluster
from tests.cluster.bringup import (
    CONTROLLER,
    as_user,
    controller,
    install_controller,
    run_playbook,
    try_playbook,
)
from tests.faults.hosts import hosts
from tests.faults.injector import run_with_faults

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

STORE = "/mnt/heirloom"
# Reads every manifest, and checks the digest of every weights file, through a node's mount.
READ = r"""
import glob, hashlib, json, sys
found = []
for path in glob.glob(sys.argv[1] + "/trials/*/manifest.json"):
    manifest = json.load(open(path))
    weights = path.rpartition("/")[0] + "/weights/"
    manifest["wrong"] = [
        entry["path"] for entry in manifest["files"]
        if "sha256:" + hashlib.sha256(open(weights + entry["path"], "rb").read()).hexdigest()
        != entry["digest"]
    ]
    found.append(manifest)
print(json.dumps(found))
"""
PROBE = r"""
id -un; id -g
cut -d: -f3 /proc/self/cgroup
cd /sys/fs/cgroup/$(cut -d: -f3 /proc/self/cgroup); cat memory.max cpu.max
touch /mnt/heirloom/stray $(dirname "$HEIRLOOM_PARAMS")/../../trials/stray
if [ "$HEIRLOOM_TRIAL" = 1 ]; then exec python -c "bytearray(400 << 20)"; fi
echo w > "$HEIRLOOM_SAVE_PATH/w"
echo '{"value": 1}' > "$HEIRLOOM_RESULT"
"""

# Saves a checkpoint an epoch. The first attempt on node2 waits for its end at epoch 90.
SAVES = """
import os, socket, time
from heirloom import trial

first = trial.first_step
for epoch in range(first, 100):
    trial.report(epoch, step=epoch)
    with trial.checkpoint() as directory:
        (directory / "epoch").write_text(str(epoch))
    if epoch == 90 and first == 0 and socket.gethostname() == "node2":
        open(os.environ["HEIRLOOM_RESULT"] + ".waits", "w").close()
        time.sleep(900)
trial.finish(epoch, first=first)
"""


@pytest.fixture(scope="module")
def ready(cluster: Cluster) -> Cluster:
    """The cluster after `site.yml`, with the controller installed on its controller host."""
    run_playbook(cluster, "site.yml")
    install_controller(cluster)
    return cluster


def manifests(cluster: Cluster, name: str, host: str) -> dict[int, dict[str, Any]]:
    """Return the manifests of an experiment as a host sees them, by trial."""
    code, output = as_user(cluster, f"python3 -c {_quoted(READ)} {STORE}/heirloom/{name}-*", host)
    assert code == 0, output
    return {found["trial"]: found for found in json.loads(output)}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def test_second_run_of_site_changes_nothing(ready: Cluster) -> None:
    assert run_playbook(ready, "site.yml").changed == {"node1": 0, "node2": 0, "node3": 0}


def test_verify_reads_the_files_of_all_nodes_on_all_nodes(ready: Cluster) -> None:
    output = run_playbook(ready, "playbooks/verify.yml", "-e", "heirloom_verify_size=8").output
    assert all(f"node{number}" in output for number in (1, 2, 3))


def test_nodes_lists_all_nodes_as_ready(ready: Cluster) -> None:
    code, output = controller(ready, "nodes", "-i", "INVENTORY")
    assert code == 0, output
    assert all(f"node{number}" in output for number in (1, 2, 3))


def test_digits_search_runs_on_all_nodes(ready: Cluster) -> None:
    code, output = controller(
        ready, "run", "examples/digits/experiment.yml", "-i", "INVENTORY", "--name", "digits"
    )
    assert code == 0, output
    found = manifests(ready, "digits", "node2")
    assert len(found) == 120
    assert {trial["state"] for trial in found.values()} == {"succeeded"}
    assert [trial["trial"] for trial in found.values() if trial["wrong"]] == []
    by_node = Counter(trial["node"] for trial in found.values())
    assert by_node.keys() == {"node1", "node2", "node3"}
    children = [trial for trial in found.values() if trial["parents"]]
    elsewhere = [trial for trial in children if found[trial["parents"][0]]["node"] != trial["node"]]
    assert len(children) >= 60
    assert len(elsewhere) * 3 >= len(children), by_node


def test_trial_runs_as_the_trial_user_in_a_unit_with_its_limits(ready: Cluster) -> None:
    experiment = {
        "name": "limits",
        "search_space": {"x": {"_type": "choice", "_value": [1, 2]}},
        "tuner": {"name": "random"},
        "trial": {"command": PROBE, "memory": "100MiB", "cpus": 0.5},
        "budget": {"trials": 3},
    }
    code, output = as_user(
        ready,
        f"mkdir limits && printf %s {_quoted(json.dumps(experiment))} > limits/experiment.yml",
    )
    assert code == 0, output
    code, output = controller(
        ready, "run", "/home/heirloom/limits/experiment.yml", "-i", "INVENTORY"
    )
    assert code == 0, output
    found = manifests(ready, "limits", "node3")
    assert [found[trial]["state"] for trial in (0, 1, 2)] == ["succeeded", "failed", "succeeded"]
    assert "more than its memory limit of 100 MiB" in found[1]["reason"]
    log = as_user(ready, f"cat {STORE}/heirloom/limits-*/attempts/0.1/output.log")[1].splitlines()
    assert log[:2] == ["heirloom", "27700"]
    assert "/user@27700.service/heirloom.slice/heirloom-limits-" in log[2]
    assert log[2].endswith("-0.1.scope")
    assert log[3:5] == [str(100 << 20), "50000 100000"]
    assert len(log[5:]) == 2
    assert all("Read-only file system" in line for line in log[5:])


def test_run_is_refused_if_a_node_has_not_mounted_the_store(ready: Cluster) -> None:
    host = ready.host("node3")
    host.ssh(["systemctl stop heirloom-store@mnt-heirloom.service; umount /mnt/heirloom"])
    try:
        code, output = controller(
            ready, "run", "examples/digits/experiment.yml", "-i", "INVENTORY", "--name", "blind"
        )
        assert code == 2, output
        assert "node3" in output
        assert STORE in output
        assert as_user(ready, f"ls {STORE}/heirloom")[1].count("blind") == 0
        code, output = controller(ready, "nodes", "-i", "INVENTORY")
        assert code == 1, output
    finally:
        # The controller is left out: node3 keeps its key, or `nodes` could not log in.
        run_playbook(ready, "site.yml", "--limit", "node3")
    code, output = controller(ready, "nodes", "-i", "INVENTORY")
    assert code == 0, output


def test_search_survives_faults_of_a_node_and_the_server(ready: Cluster) -> None:
    kinds = [
        "a node's power cut",
        "NFS server killed in mid commit",
        "a node's clock an hour off",
        "a node's network cut until its trials run elsewhere",
    ]
    seed = random.randrange(1 << 32)
    with hosts(ready, seed, CONTROLLER) as environment:
        tally = run_with_faults(environment, random.Random(seed), kinds, print)
        output = "".join(environment.terminal.output)
    assert tally.broken == {}, f"seed {seed}: {output}"
    assert tally.injections.total() >= 3, tally.missed
    assert tally.children


def test_trial_of_a_lost_node_continues_on_another(ready: Cluster) -> None:
    experiment = {
        "name": "saves",
        "search_space": {"x": [1, 2]},
        "tuner": {"name": "random"},
        "trial": {"command": "python train.py", "code_dir": "."},
        "budget": {"trials": 6},
    }
    files = {"train.py": SAVES, "experiment.yml": json.dumps(experiment)}
    for name, text in files.items():
        code, output = as_user(ready, f"mkdir -p saves && printf %s {_quoted(text)} > saves/{name}")
        assert code == 0, output
    run = ("run", "/home/heirloom/saves/experiment.yml", "-i", "INVENTORY")
    reached = f"until ls -d {STORE}/heirloom/saves-*/attempts/*/result.json.waits; do sleep 1; done"
    with ThreadPoolExecutor(1) as pool:
        search = pool.submit(controller, ready, *run)
        try:
            code, output = as_user(ready, f"timeout 300 sh -c {_quoted(reached)}")
            assert code == 0, output
            ready.power_cut("node2")
            code, output = search.result(600)
        finally:
            ready.start("node2")
    assert code == 0, output
    found = manifests(ready, "saves", "node3")
    assert [found[trial]["state"] for trial in range(6)] == ["succeeded"] * 6
    continued = [trial for trial in found.values() if trial["result"]["first"]]
    assert 91 in {trial["result"]["first"] for trial in continued}
    assert {trial["node"] for trial in continued} <= {"node1", "node3"}
    left = as_user(ready, f"ls -d {STORE}/heirloom/saves-*/attempts/*/checkpoint")
    assert left[0] != 0, left


def test_teardown_removes_everything_except_the_weights(ready: Cluster) -> None:
    refused = try_playbook(ready, "playbooks/teardown.yml", "-e", "heirloom_teardown=no")
    assert refused.returncode != 0
    assert "Nothing was changed" in refused.stdout
    before = _weights(ready)
    assert len(before) == 120, before
    run_playbook(ready, "playbooks/teardown.yml", "-e", "heirloom_teardown=yes")
    remains = (
        "findmnt /mnt/heirloom; getent passwd heirloom; ls /run/heirloom /var/lib/heirloom; "
        "ls /etc/exports.d/heirloom*; "
        "systemctl list-unit-files --no-legend 'heirloom*' 'mnt-heirloom*'; true"
    )
    for host in ready.hosts():
        assert host.ssh([f"({remains}) 2>/dev/null"]).stdout.strip() == "", host.name
    assert _weights(ready) == before


def _weights(cluster: Cluster) -> list[str]:
    """The directories of the digits search's weights, on the server's own disk."""
    found = "ls -d /srv/heirloom/heirloom/digits-*/trials/*/weights"
    return cluster.host("node1").ssh([found]).stdout.split()
