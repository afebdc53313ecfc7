"""The playbooks and the example inventory, read by Ansible and by the controller."""

import subprocess
import sys
from pathlib import Path

from controller.dispatch.ansible import inventory
from controller.dispatch.ansible.environment import ROOT, environment
from controller.dispatch.ansible.inventory import Slot
from controller.state.home import Home

BIN = Path(sys.executable).parent


def ansible(program, *arguments):
    surroundings = environment() | {"ANSIBLE_INJECT_FACT_VARS": "False"}
    return subprocess.run(
        [BIN / program, *arguments],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_playbook_passes_the_syntax_check():
    playbooks = [ROOT / "site.yml", *sorted(ROOT.glob("playbooks/*.yml"))]
    done = ansible("ansible-playbook", "--syntax-check", *map(str, playbooks))
    assert done.returncode == 0, done.stderr


def test_the_controller_reads_the_example_inventory(tmp_path):
    found = inventory.read(ROOT / "inventory" / "example", Home(tmp_path))
    assert found.warnings == ()
    one, two, three = found.nodes
    assert one.slots == (Slot("0", ("0",)), Slot("1", ("1",)))
    assert two.slots == (Slot("0", ("0",)), Slot("1", ("0",)))
    assert len(three.slots) == 4
    assert {node.store for node in found.nodes} == {Path("/mnt/heirloom")}


def test_a_dry_run_on_a_single_machine_changes_nothing(tmp_path):
    (tmp_path / "hosts.yml").write_text(
        (ROOT / "inventory" / "hosts.yml")
        .read_text()
        .replace("localhost:\n", f"localhost:\n      heirloom_run_dir: {tmp_path}/run\n")
    )
    done = ansible("ansible-playbook", "-i", tmp_path / "hosts.yml", "site.yml", "--check")
    assert done.returncode == 0, done.stdout
    assert "inventory/example" in done.stdout
    assert not (tmp_path / "run").exists()
