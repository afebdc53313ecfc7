"""Inventories, read by Ansible itself."""

from pathlib import Path

import pytest

from controller.dispatch.ansible import inventory
from controller.dispatch.ansible.environment import ROOT
from controller.dispatch.ansible.inventory import InventoryError, Slot
from controller.state.home import Home


def test_the_default_inventory_contains_this_machine(tmp_path):
    found = inventory.read(ROOT / "inventory" / "hosts.yml", Home(tmp_path))
    (node,) = found.nodes
    assert (node.name, node.is_local) == ("localhost", True)
    assert found.warnings == ()


def test_a_directory_with_group_variables_and_a_space_in_its_name(tmp_path):
    lab = tmp_path / "our lab"
    (lab / "group_vars").mkdir(parents=True)
    (lab / "hosts.ini").write_text("[trial_nodes:children]\nbig\n[big]\nb heirloom_slots=3\na\n")
    (lab / "group_vars" / "big.yml").write_text("heirloom_store: /srv/store\n")
    nodes = inventory.read(lab).nodes
    assert [(node.name, len(node.slots)) for node in nodes] == [("b", 3), ("a", 1)]
    assert {node.store for node in nodes} == {Path("/srv/store")}
    assert nodes[1].slots == (Slot("0"),)


def test_a_misspelt_key_is_reported(tmp_path):
    file = tmp_path / "hosts.yml"
    file.write_text("trial_nodes:\n  hots:\n    a:\n")
    with pytest.raises(InventoryError, match=r"groups found: trial_nodes.*line 3: .* key `hots`"):
        inventory.read(file)


def test_an_inventory_that_no_plugin_parses_is_reported(tmp_path):
    file = tmp_path / "hosts.ini"
    file.write_text("foo bar [baz\n")
    with pytest.raises(InventoryError, match=r"cannot read it: .*got: bar") as caught:
        inventory.read(file)
    assert "\n" not in str(caught.value)
