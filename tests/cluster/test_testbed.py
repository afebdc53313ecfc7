import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.errors import HeirloomError
from testbed.cluster import Cluster
from testbed.processes import Process
from testbed.state import State

pytestmark = pytest.mark.cluster


def run(cluster: Cluster, host: str, *command: str) -> str:
    return cluster.host(host).ssh(command).stdout.strip()


def test_hosts_run_debian_with_systemd_and_their_own_names(cluster: Cluster) -> None:
    for host in cluster.hosts():
        assert run(cluster, host.name, "hostname") == host.name
        assert "trixie" in run(cluster, host.name, "cat", "/etc/os-release")
        assert run(cluster, host.name, "systemctl", "is-system-running", "--wait") == "running"


def test_new_hosts_have_no_nfs_packages_but_nfs_kernel_modules(cluster: Cluster) -> None:
    installed = run(cluster, "node2", "dpkg-query", "-W", "-f", "'${Package} '")
    assert "openssh-server" in installed
    assert not {"nfs-common", "nfs-kernel-server", "rpcbind"} & set(installed.split())
    run(cluster, "node2", "modprobe", "-a", "nfs", "nfsd", "rpcsec_gss_krb5", "tls", "overlay")


def test_hosts_reach_each_other_by_name(cluster: Cluster) -> None:
    answer = run(
        cluster,
        "node1",
        "python3",
        "-c",
        "\"import socket;print(socket.create_connection(('node3', 22)).recv(4))\"",
    )
    assert answer == "b'SSH-'"


def test_hosts_have_no_default_route(cluster: Cluster) -> None:
    assert run(cluster, "node1", "ip", "route", "show", "default") == ""


def test_the_checkout_is_mounted_read_only(cluster: Cluster) -> None:
    assert "heirloom" in run(cluster, "node1", "grep", "^name", "/opt/heirloom/pyproject.toml")
    with pytest.raises(HeirloomError, match="Read-only"):
        run(cluster, "node1", "touch", "/opt/heirloom/README.md")


def test_debian_and_python_packages_install(cluster: Cluster) -> None:
    run(cluster, "node3", "apt-get", "-q", "update")
    run(cluster, "node3", "apt-get", "-q", "-y", "install", "python3-venv")
    run(cluster, "node3", "python3", "-m", "venv", "/tmp/venv")
    run(cluster, "node3", "/tmp/venv/bin/pip", "install", "-q", "safetensors", "numpy")
    assert run(cluster, "node3", "/tmp/venv/bin/python", "-c", "'import numpy; print(1)'") == "1"


def test_ansible_reaches_every_host_of_the_inventory(cluster: Cluster) -> None:
    program = str(Path(sys.executable).with_name("ansible"))
    inventory = str(cluster.inventory)
    command = [program, "-i", inventory, "trial_nodes", "-m", "ansible.builtin.ping"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.count("SUCCESS") == 3, done.stdout + done.stderr


def test_ssh_refuses_a_host_with_another_key(cluster: Cluster) -> None:
    host = cluster.host("node1")
    known_hosts = host.ssh_config.with_name("known_hosts")
    true = known_hosts.read_text()
    other = cluster.host("node2").address
    known_hosts.write_text(true.replace(f"node1,{host.address}", "").replace(other, host.address))
    try:
        with pytest.raises(HeirloomError, match="verification failed"):
            host.ssh(["true"])
    finally:
        known_hosts.write_text(true)


def test_reboot_keeps_files(cluster: Cluster) -> None:
    host = cluster.host("node2")
    before = host.boot_id()
    host.ssh(["touch", "/root/kept"])
    cluster.reboot("node2")
    assert host.boot_id() not in (None, before)
    host.ssh(["test", "-e", "/root/kept"])


def test_power_cut_keeps_synced_files(cluster: Cluster) -> None:
    host = cluster.host("node2")
    host.ssh(["sh", "-c", "'echo 1 > /root/synced; sync /root/synced'"])
    cluster.power_cut("node2")
    assert not cluster.is_running("node2")
    assert host.boot_id() is None
    cluster.start("node2")
    assert run(cluster, "node2", "cat", "/root/synced") == "1"


def test_a_disconnected_host_can_be_connected_again(cluster: Cluster) -> None:
    host = cluster.host("node3")
    before = host.boot_id()
    cluster.cut("node3")
    assert host.boot_id() is None
    assert cluster.is_running("node3")
    cluster.heal("node3")
    cluster.start("node3")
    assert host.boot_id() == before


def test_second_up_changes_nothing(cluster: Cluster) -> None:
    boots = [host.boot_id() for host in cluster.hosts()]
    state = cluster.status()
    assert cluster.up() == state
    assert [host.boot_id() for host in cluster.hosts()] == boots


@pytest.fixture
def small(test_machine: None) -> Iterator[Cluster]:
    cluster = Cluster("tests-small")
    try:
        yield cluster
    finally:
        cluster.down()


def test_up_completes_a_partial_cluster_and_down_removes_it(small: Cluster) -> None:
    state = small.up(hosts=1)
    host = small.host("node1")
    state.processes["node1"].kill()
    host.network.remove()
    host.disk.unlink()
    state = small.up(hosts=1)
    assert host.boot_id() is not None

    assert small.down()
    assert remains(state, host.network.bridge) == []
    assert not small.directory.exists()
    assert not small.inventory.exists()
    assert not small.down()


def remains(state: State, bridge: str) -> list[object]:
    alive: list[Process] = [process for process in state.processes.values() if process.alive]
    return [*alive, *Path("/sys/class/net").glob(f"{bridge}*")]


def test_up_refuses_other_parameters_of_a_running_cluster(cluster: Cluster) -> None:
    with pytest.raises(HeirloomError, match="stop it first"):
        cluster.up(hosts=1)
