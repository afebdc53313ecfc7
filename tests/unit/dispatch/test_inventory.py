import os
from pathlib import Path

import pytest

from controller.core.model import NodeInfo
from controller.dispatch.ansible import host_variables, inventory
from controller.dispatch.ansible.environment import DEFAULT_INVENTORY
from controller.dispatch.ansible.inventory import InventoryError, Node, nodes_of
from controller.dispatch.ansible.inventory_file import list_hosts
from controller.state.home import Home

FILE = Path("/lab/hosts.yml")
HOME = Home(Path("/home/ann/heirloom"))


def listed(**variables):
    """The output of ansible-inventory for one host, `gpu1`, with these variables."""
    return {"trial_nodes": {"hosts": ["gpu1"]}, "_meta": {"hostvars": {"gpu1": variables}}}


def node(**variables) -> Node:
    return nodes_of(listed(**variables), FILE, HOME)[0]


def test_defaults_of_a_remote_node():
    assert node() == Node("gpu1", (inventory.Slot("0"),), Path("/run/heirloom"))


def test_this_machine_has_one_slot_per_core_and_four_at_most():
    cores = len(os.sched_getaffinity(0))
    assert len(node(ansible_connection="local").slots) == min(cores, 4)


def test_trials_on_this_machine_use_the_controller_s_python():
    assert node(ansible_connection="local").python is None
    assert node(ansible_connection="local", heirloom_python="/opt/p").python == "/opt/p"
    assert node().python is None


def test_this_machine_uses_the_run_directory_of_the_roles_if_it_exists(monkeypatch, tmp_path):
    monkeypatch.setattr(inventory, "CLUSTER_RUN", tmp_path)
    assert node(ansible_connection="local").run_dir == HOME.run  # a stray directory
    (tmp_path / "slots").mkdir()
    assert node(ansible_connection="local").run_dir == tmp_path
    monkeypatch.setattr(inventory, "CLUSTER_RUN", tmp_path / "absent")
    assert node(ansible_connection="local").run_dir == HOME.run
    assert node(ansible_connection="local", heirloom_run_dir="/r").run_dir == Path("/r")


def clustered(**variables) -> Node:
    """That node in an inventory with an NFS server."""
    return nodes_of(listed(**variables) | {"nfs_server": {"hosts": ["files"]}}, FILE, HOME)[0]


def test_store_and_user_default_to_those_of_the_roles():
    assert clustered().store == Path("/mnt/heirloom")
    assert clustered().user == "heirloom"
    assert clustered(heirloom_store="/s", heirloom_user="nas").store == Path("/s")
    assert clustered(heirloom_store="/s", heirloom_user="nas").user == "nas"
    assert node().store is None
    assert node().user is None


@pytest.mark.parametrize(
    ("variables", "become"),
    [
        ({"ansible_user": "admin"}, True),
        ({}, True),
        ({"ansible_user": "root"}, False),  # our module drops to the user by itself
        ({"ansible_user": "heirloom"}, False),
        ({"ansible_connection": "local"}, True),
    ],
)
def test_become_is_needed_if_the_login_user_is_another_one(monkeypatch, variables, become):
    monkeypatch.setattr(inventory, "user_name", lambda: "ann")
    assert clustered(**variables).become is become
    assert node(**variables).become is False


def test_the_login_user_may_be_that_of_the_shell(monkeypatch):
    monkeypatch.setattr(inventory, "user_name", lambda: "ann")
    monkeypatch.setenv("ANSIBLE_REMOTE_USER", "heirloom")
    assert clustered().become is False
    assert clustered(ansible_user="admin").become is True


def test_the_trial_user_logs_in_to_the_nodes_as_itself(monkeypatch):
    there = inventory.Inventory(FILE, (clustered(ansible_user="admin"),))
    monkeypatch.setattr(inventory, "user_name", lambda: "ann")
    assert there.login == {}
    monkeypatch.setattr(inventory, "user_name", lambda: "heirloom")
    assert there.login == {"ansible_user": "heirloom", "ansible_become": False}
    assert clustered(ansible_user="admin").become is False


def test_slots_are_given_as_a_number():
    assert node(heirloom_slots=3).info == NodeInfo("gpu1", slots=3, gpus=0)


def test_slots_may_be_text():
    assert len(node(heirloom_slots="2").slots) == 2
    found = node(heirloom_slots="[{gpus: [0]}, {gpus: [1]}]")
    assert [slot.gpus for slot in found.slots] == [("0",), ("1",)]


def test_a_gpu_shared_by_two_slots_counts_once():
    found = node(heirloom_slots=[{"gpus": [0, 1]}, {"gpus": [0]}, {"gpus": ["GPU-7f"]}, {}])
    assert [slot.gpus for slot in found.slots] == [("0", "1"), ("0",), ("GPU-7f",), ()]
    assert found.info == NodeInfo("gpu1", slots=4, gpus=3)


@pytest.mark.parametrize(
    "slots",
    [0, -1, True, "two", "[{gpus: [0}]", [], [3], {"gpus": [0]}, [{"gpu": 0}], [{"gpus": 0}], 1.5],
)
def test_invalid_slots_are_refused(slots):
    with pytest.raises(InventoryError, match=r"/lab/hosts.yml, host gpu1: heirloom_slots is .*: "):
        node(heirloom_slots=slots)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("heirloom_store", "store"),
        ("heirloom_run_dir", "run"),
        ("heirloom_store", "{{ nfs_client_path }}"),
        ("heirloom_python", 3),
        ("heirloom_python", ""),
    ],
)
def test_relative_paths_are_refused(variable, value):
    with pytest.raises(InventoryError, match=f"host gpu1: {variable} is "):
        node(**{variable: value})


@pytest.mark.parametrize("variable", ["heirloom_store", "heirloom_run_dir"])
def test_paths_are_normal_whatever_their_spelling(variable):
    for written in ("/data/x/", "/data//x", "/data/./x", "//data/x", "/data/x/."):
        found = node(**{variable: written})
        path = found.store if variable == "heirloom_store" else found.run_dir
        assert str(path) == "/data/x"
    with pytest.raises(InventoryError, match=f"{variable} is '/data/y/../x': give .* without"):
        node(**{variable: "/data/y/../x"})
    with pytest.raises(InventoryError, match=f"{variable} is '/10:30', which contains a colon"):
        node(**{variable: "/10:30"})


def test_a_colon_in_the_home_directory_is_named():
    home = Home(Path("/runs/10:30"))
    message = r"^the run directory '/runs/10:30/run' contains a colon .*: set HEIRLOOM_HOME to"
    with pytest.raises(InventoryError, match=message):
        nodes_of(listed(ansible_connection="local"), FILE, home)


@pytest.mark.parametrize("name", ["gpu 1", "gpu1,gpu2", "gpu1, gpu2", "-v", "!gpu1", "~gpu", "@f"])
def test_a_node_name_that_ansible_takes_for_a_pattern_is_refused(name):
    with pytest.raises(InventoryError, match="the name of a node must not contain"):
        nodes_of({"trial_nodes": {"hosts": [name]}}, FILE, HOME)


@pytest.mark.parametrize("name", ["gpu1", "gpu-1.lab.example", "10.0.0.1", "fe80::1", "gpü_1"])
def test_names_of_nodes(name):
    assert nodes_of({"trial_nodes": {"hosts": [name]}}, FILE, HOME)[0].name == name


@pytest.mark.parametrize("variable", ["heirloom_store", "heirloom_run_dir", "heirloom_python"])
@pytest.mark.parametrize("path", ["$HOME/x", "/mnt/$USER/x", "${HOME}/x", "~/x", "~", "/a/~ann/x"])
def test_a_path_that_a_shell_would_expand_is_named(variable, path):
    with pytest.raises(InventoryError, match=rf"{variable} is '.*': neither variables nor `~`"):
        node(**{variable: path})


@pytest.mark.parametrize("path", ["/mnt/a~b", "/mnt/$5", "/mnt/a b", "/mnt/ü"])
def test_a_path_with_signs_that_no_shell_expands(path):
    assert node(heirloom_store=path).store == Path(path)


def test_a_python_without_its_directory_is_refused():
    with pytest.raises(InventoryError, match=r"heirloom_python is 'python3\.11': give an"):
        node(heirloom_python="python3.11")


def test_encrypted_and_numeric_variables_are_named():
    with pytest.raises(InventoryError, match="heirloom_slots is encrypted"):
        node(heirloom_slots={"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256"})
    with pytest.raises(InventoryError, match="heirloom_user is 1000: write it as text"):
        node(heirloom_user=1000)


def test_a_variable_that_is_nearly_ours_is_a_warning():
    found = list(host_variables.misspelt("gpu1", {"heirloom_slot": 2, "heirloom-store": "/x"}))
    assert [line.rpartition(" ")[2] for line in found] == ["heirloom_slots", "heirloom_store"]
    roles = (
        "heirloom_uid",
        "heirloom_gid",
        "heirloom_group",
        "heirloom_store_path",
        "ansible_port",
    )
    assert not list(host_variables.misspelt("gpu1", dict.fromkeys(roles)))


def test_a_node_name_must_be_a_valid_file_name():
    with pytest.raises(InventoryError, match="must not contain a blank, a comma or '/'"):
        nodes_of({"trial_nodes": {"hosts": ["a/b"]}}, FILE, HOME)


def test_hosts_of_child_groups_count_once():
    value = {
        "trial_nodes": {"hosts": ["a"], "children": ["big", "small"]},
        "big": {"hosts": ["b", "a"]},
        "small": {"hosts": ["c"]},
    }
    assert [found.name for found in nodes_of(value, FILE, HOME)] == ["a", "b", "c"]


@pytest.mark.parametrize("value", [{}, {"all": {"children": ["ungrouped", "trial_nodes"]}}])
def test_an_inventory_without_nodes_is_refused(value):
    with pytest.raises(InventoryError, match="no host in the group 'trial_nodes'"):
        nodes_of(value, FILE, HOME)


def test_a_missing_inventory_is_refused(tmp_path):
    with pytest.raises(InventoryError, match="no such inventory"):
        inventory.read(tmp_path / "hosts.yml")


def test_invalid_yaml_is_reported_with_its_position(tmp_path):
    file = tmp_path / "hosts.yml"
    file.write_text("trial_nodes:\n  hosts: [a\n")
    with pytest.raises(InventoryError, match=r"hosts.yml, line 3, column 1: invalid YAML: .*"):
        inventory.read(file)


@pytest.mark.parametrize("text", ["- a\n- b\n", "a host\n"])
def test_yaml_without_groups_is_refused(tmp_path, text):
    file = tmp_path / "hosts.yml"
    file.write_text(text)
    with pytest.raises(InventoryError, match="begin it with a group"):
        inventory.read(file)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ANSIBLE_FORKS", "many", "Config 'DEFAULT_FORKS' from 'env: ANSIBLE_FORKS'.* 'many'"),
        ("ANSIBLE_VAULT_PASSWORD_FILE", "/nowhere", "The vault password file /nowhere was not"),
    ],
)
def test_a_setting_that_ansible_refuses_is_no_mistake_of_the_inventory(
    tmp_path, monkeypatch, name, value, message
):
    file = tmp_path / "hosts.yml"
    file.write_text("trial_nodes: {hosts: {localhost: {ansible_connection: local}}}")
    monkeypatch.setenv(name, value)
    with pytest.raises(InventoryError, match=f"^Ansible's settings .*{message}.*: correct it$"):
        inventory.read(file)


def test_the_default_inventory_as_shipped_is_what_ansible_makes_of_it():
    listed, warnings = list_hosts(DEFAULT_INVENTORY, DEFAULT_INVENTORY)
    del listed["_meta"]["profile"]
    assert inventory._THIS_MACHINE["_meta"] == listed.pop("_meta")
    groups = dict(inventory._THIS_MACHINE)
    del groups["_meta"]
    groups["all"] = {"children": sorted(groups["all"]["children"])}
    listed["all"]["children"].sort()
    assert (groups, ()) == (listed, warnings)


@pytest.mark.parametrize("change", ["the file", "variables beside it"])
def test_a_default_inventory_that_was_changed_is_read_by_ansible(monkeypatch, tmp_path, change):
    path = tmp_path / "hosts.yml"
    text = DEFAULT_INVENTORY.read_text()
    line = "ansible_connection: local\n"
    if change == "the file":
        text = text.replace(line, f"{line}      heirloom_slots: 3\n")
    else:
        (tmp_path / "host_vars").mkdir()
        (tmp_path / "host_vars/localhost.yml").write_text("heirloom_slots: 3\n")
    path.write_text(text)
    monkeypatch.setattr(inventory, "DEFAULT_INVENTORY", path)
    [node] = inventory.read(path).nodes
    assert len(node.slots) == 3
