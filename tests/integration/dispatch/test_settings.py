"""Ansible's programs in an environment with settings that would break them."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from controller.dispatch.ansible import inventory, runner
from controller.dispatch.ansible.inventory import Inventory
from controller.dispatch.ansible.waves import arguments
from controller.dispatch.interface import NodeProbe
from tests.integration.dispatch.hostile import CONFIGURATION, SETTINGS

# ptyprocess forks in the thread of the wave, which Python 3.12 and later remark upon.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
# Settings that change what `ansible-inventory` prints, reads or asks.
OF_THE_READER = (
    "ANSIBLE_ASK_VAULT_PASS",
    "ANSIBLE_DEBUG",
    "ANSIBLE_INVENTORY_ENABLED",
    "ANSIBLE_INVENTORY_EXPORT",
    "ANSIBLE_JINJA2_NATIVE",
    "ANSIBLE_VERBOSITY",
    "ANSIBLE_YAML_FILENAME_EXT",
)


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts.yml"
    host = (
        f"{{ansible_connection: local, ansible_python_interpreter: {sys.executable}, "
        f"heirloom_run_dir: {tmp_path}/run, heirloom_slots: 3}}"
    )
    path.write_text(f"trial_nodes: {{hosts: {{here: {host}}}}}\n")
    return path


def set_all(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    for name, text in settings.items():
        monkeypatch.setenv(name, text)


def check(listed: Inventory) -> None:
    assert [node.name for node in listed.nodes] == ["here"]
    assert len(listed.nodes[0].slots) == 3
    assert listed.warnings == ()


def probe(listed: Inventory, work_dir: Path) -> list[runner.Reply]:
    """The replies of a wave with one probe."""
    replies: list[runner.Reply] = []
    work_dir.mkdir()
    run = runner.Run(
        lists={node.name: arguments(node, "e-1", [NodeProbe(node.name)]) for node in listed.nodes},
        inventory=listed.path,
        work_dir=work_dir,
        on_reply=replies.append,
        cancelled=lambda: False,
    )
    thread = threading.Thread(target=runner.carry, args=(run,))
    thread.start()
    thread.join()
    return replies


@pytest.mark.parametrize("name", OF_THE_READER)
def test_each_setting_leaves_the_inventory_readable(
    hosts: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, SETTINGS[name])
    check(inventory.read(hosts))


def test_a_wave_works_with_all_settings_at_once(
    hosts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, SETTINGS)
    listed = inventory.read(hosts)
    check(listed)
    [reply] = probe(listed, tmp_path / "waves")
    assert [answer["found"] for answer in reply.answers or ()] == ["absent"], reply


def test_a_wave_works_with_a_configuration_file_that_is_named_by_a_relative_path(
    hosts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lab.cfg").write_text(CONFIGURATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANSIBLE_CONFIG", "lab.cfg")
    listed = inventory.read(hosts)
    check(listed)
    [reply] = probe(listed, tmp_path / "waves")
    assert [answer["found"] for answer in reply.answers or ()] == ["absent"], reply
