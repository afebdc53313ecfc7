"""Debian 12, from a dry run on new hosts to a search whose children inherit weights."""

import json
import shlex

import pytest

from testbed.cluster import Cluster
from tests.cluster.bringup import as_user, controller, install_controller, run_playbook

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


# A login whose sudo demands a terminal and does not find programs in sbin.
ADMIN = r"""
useradd --create-home --shell /bin/bash admin
install -d -m 700 -o admin /home/admin/.ssh
install -m 600 -o admin /root/.ssh/authorized_keys /home/admin/.ssh
printf "Defaults requiretty\nDefaults secure_path=/usr/bin:/bin\nadmin ALL=(ALL) NOPASSWD: ALL\n" \
  > /etc/sudoers.d/admin
"""


def test_site_prepares_new_hosts_and_a_search_runs(cluster: Cluster) -> None:
    dry_run = run_playbook(cluster, "site.yml", "--check", "--diff")
    assert all(count > 0 for count in dry_run.changed.values())
    files = cluster.host("node2").ssh(["ls /etc/tmpfiles.d /mnt; getent passwd heirloom || true"])
    assert "heirloom" not in files.stdout
    run_playbook(cluster, "site.yml")
    assert set(run_playbook(cluster, "site.yml").changed.values()) == {0}
    run_playbook(cluster, "playbooks/verify.yml", "-e", "heirloom_verify_size=4")
    for host in cluster.hosts():
        host.ssh([shlex.join(["sh", "-ec", ADMIN])])
    run_playbook(cluster, "playbooks/preflight.yml", "-e", "ansible_user=admin")
    install_controller(cluster)
    text = shlex.quote(json.dumps(EXPERIMENT))
    code, output = as_user(cluster, f"mkdir smoke && printf %s {text} > smoke/experiment.yml")
    assert code == 0, output
    code, output = controller(
        cluster, "run", "/home/heirloom/smoke/experiment.yml", "-i", "INVENTORY"
    )
    assert code == 0, output
    assert "16 succeeded" in output
    code, output = as_user(cluster, "cat /mnt/heirloom/heirloom/smoke-*/attempts/15.1/output.log")
    assert "/user@27700.service/heirloom.slice/heirloom-smoke-" in output
    code, output = as_user(cluster, "cat /mnt/heirloom/heirloom/smoke-*/trials/15/weights/age")
    assert output.split()[-1] == "15"
    assert len(output.split()) > 1  # the file contains the ids of its ancestors
