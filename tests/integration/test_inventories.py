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


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yml", "trial_nodes:\n  hosts:\n    - a\n", r"a.yml, line 3: .*`hosts` .* a mapping"),
        ("b.yml", "trial_nodes:\n  children: [a]\n", r"b.yml, line 2: .*`children` .* a mapping"),
        ("c.yml", "trial_nodes:\n  hosts:\n    a: 2\n", r"c.yml, line 3: .*variables of host a"),
        ("d.yml", "trial_nodes:\n  hosts:\n    a[1:x]:\n", r"invalid literal for int"),
        ("e.ini", "[trial_nodes]\na, b\n", r"e.ini, line 2: .* without commas"),
        ("f.ini", "\n[trial_nodes\na\n", r"f.ini, line 2: .* closing bracket"),
        ("g.ini", "[x]\na\n[x:var]\nb=1\n", r"g.ini, line 3: .*\[x:var\]"),
        ("h", "trial_nodes:\n  hosts:\n    - a\n", r"h, line 3: .*`hosts` .* a mapping"),
        ("i.json", '{"trial_nodes": {"hosts": ["a"]}}', r"i.json, line 1: .*`hosts`"),
        ("j.yml", "$ANSIBLE_VAULT;1.1;AES256\n3031\n", r"j.yml: .*it is encrypted: name a file"),
        ("k.yml", "plugin: nobody.knows.it\n", r"k.yml: .*unknown plugin"),
        ("l.yml", "trial_nodes:\n  hosts: {a\xe4: }\n", r"l.yml, line 2: not text in UTF-8"),
    ],
)
def test_a_mistake_is_told_by_the_reader_that_fits_the_file(tmp_path, name, text, expected):
    file = tmp_path / name
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InventoryError, match=expected) as caught:
        inventory.read(file)
    assert "'ini' plugin" not in str(caught.value)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("echo boom >&2; exit 3", r"non-zero exit code 3.* It printed: boom"),
        ("echo no JSON", "could not be parsed as JSON"),
    ],
)
def test_a_program_that_fails_is_told_with_what_it_printed(tmp_path, program, expected):
    file = tmp_path / "hosts.sh"
    file.write_text(f"#!/bin/sh\n{program}\n")
    file.chmod(0o755)
    with pytest.raises(InventoryError, match=expected):
        inventory.read(file)


def test_an_empty_directory_is_named(tmp_path):
    with pytest.raises(InventoryError, match="the directory is empty"):
        inventory.read(tmp_path)
