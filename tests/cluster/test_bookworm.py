"""Debian 12, from a look before the first change to a search whose children inherit."""

import json
import shlex

import pytest
from bringup import as_user, controller, install_controller, play

from testbed.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

RELEASE = "bookworm"
HOSTS = 2
EXPERIMENT = {
    "name": "smoke",
    "search_space": {"x": {"_type": "uniform", "_value": [0, 1]}},
    "tuner": {"name": "evolution", "args": {"population": 4, "sample": 2}},
    "trial": {
        "command": """
            cat "${HEIRLOOM_RESTORE_PATH:-/dev}"/age > "$HEIRLOOM_SAVE_PATH/age" 2> /dev/null
            echo "$HEIRLOOM_TRIAL" >> "$HEIRLOOM_SAVE_PATH/age"
            cat /proc/self/cgroup
            echo '{"value": 1}' > "$HEIRLOOM_RESULT"
        """,
        "weights": "required",
        "memory": "200MB",
    },
    "budget": {"trials": 16},
}


def test_bare_hosts_become_a_cluster_that_searches(cluster: Cluster) -> None:
    foreseen = play(cluster, "site.yml", "--check", "--diff")
    assert all(count > 0 for count in foreseen.changed.values())
    looked = cluster.host("node2").ssh(["ls /etc/tmpfiles.d /mnt; getent passwd heirloom || true"])
    assert "heirloom" not in looked.stdout
    play(cluster, "site.yml")
    assert set(play(cluster, "site.yml").changed.values()) == {0}
    play(cluster, "playbooks/verify.yml", "-e", "heirloom_verify_size=4")
    install_controller(cluster)
    text = shlex.quote(json.dumps(EXPERIMENT))
    code, said = as_user(cluster, f"mkdir smoke && printf %s {text} > smoke/experiment.yml")
    assert code == 0, said
    code, said = controller(
        cluster, "run", "/home/heirloom/smoke/experiment.yml", "-i", "INVENTORY"
    )
    assert code == 0, said
    assert "16 succeeded" in said
    code, said = as_user(cluster, "cat /mnt/heirloom/heirloom/smoke-*/attempts/15.1/output.log")
    assert "/user@27700.service/heirloom.slice/heirloom-smoke-" in said
    code, said = as_user(cluster, "cat /mnt/heirloom/heirloom/smoke-*/trials/15/weights/age")
    assert said.split()[-1] == "15"
    assert len(said.split()) > 1  # its ancestors signed before it
