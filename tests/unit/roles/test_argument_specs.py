"""The argument specs and the defaults of each role agree."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

from controller.dispatch.ansible.environment import ROOT

ROLES = sorted(path.parents[1] for path in ROOT.glob("roles/*/defaults/main.yml"))
# Inventory variables that defaults and vars may use.
HOST = {
    "inventory_hostname": "a",
    "groups": {"nfs_server": ["a"], "trial_nodes": ["a", "b"], "controllers": ["a"]},
    "hostvars": {"a": {}, "b": {"ansible_host": "10.0.0.2"}},
}


@pytest.fixture(scope="module", autouse=True)
def _plugins():
    """Load the lookup plugins that the defaults use."""
    init_plugin_loader([])


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) if path.exists() else {}


def specs(role: Path) -> dict[str, Any]:
    return load(role / "meta" / "argument_specs.yml")["argument_specs"]


def rendered(role: Path, **host: Any) -> dict[str, Any]:
    """Return the role's defaults, templated with an inventory that sets none of them."""
    loader = DataLoader()
    texts = load(role / "defaults" / "main.yml") | load(role / "vars" / "main.yml")
    variables = HOST | host | {name: trusted(value) for name, value in texts.items()}
    templar = Templar(loader, variables=variables)
    return {
        name: templar.template(variables[name]) for name in load(role / "defaults" / "main.yml")
    }


def trusted(value: Any) -> Any:
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [trusted(item) for item in value]
    if isinstance(value, dict):
        return {key: trusted(item) for key, item in value.items()}
    return value


def test_the_roles_are_found():
    assert {"nfs_server", "nfs_client", "trial_node"} <= {role.name for role in ROLES}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
class TestRole:
    def test_specs_and_defaults_have_the_same_variables(self, role):
        options = specs(role)["main"]["options"]
        optional = {name for name, option in options.items() if not option.get("required")}
        assert optional == set(load(role / "defaults" / "main.yml"))

    def test_variables_start_with_the_name_of_the_role(self, role):
        private = load(role / "vars" / "main.yml")
        for file in role.glob("vars/*.yml"):
            private |= load(file)
        assert all(name.startswith(f"_{role.name}_") for name in private)
        assert all(name.startswith(f"{role.name}_") for name in specs(role)["main"]["options"])

    def test_defaults_pass_their_specs(self, role):
        options = specs(role)["main"]["options"]
        result = ArgumentSpecValidator(options).validate(rendered(role))
        assert result.error_messages == []

    def test_default_values_in_the_specs_are_correct(self, role):
        values = rendered(role)
        documented = {
            name: option["default"]
            for name, option in specs(role)["main"]["options"].items()
            if "default" in option
        }
        assert {name: values[name] for name in documented} == documented

    def test_literal_defaults_are_in_the_specs(self, role):
        options = specs(role)["main"]["options"]
        literal = {
            name: value
            for name, value in load(role / "defaults" / "main.yml").items()
            if "{{" not in str(value)
        }
        assert {name: options[name].get("default") for name in literal} == literal

    def test_every_entry_point_has_a_task_file(self, role):
        assert all((role / "tasks" / f"{entry}.yml").exists() for entry in specs(role))

    def test_every_option_is_described(self, role):
        assert all(option["description"] for option in specs(role)["main"]["options"].values())


def test_the_store_is_exported_to_the_clients_of_the_inventory_in_a_stable_order():
    hosts = ["a", *(f"node{number}" for number in range(20))]
    defaults = rendered(
        ROOT / "roles" / "nfs_server",
        groups={"trial_nodes": hosts, "controllers": ["a"], "others": ["x"]},
        hostvars={host: {} for host in hosts} | {"node3": {"heirloom_address": "10.0.0.3"}},
    )
    (export,) = defaults["nfs_server_exports"]
    (client,) = export["clients"]
    assert client["hosts"] == ["10.0.0.3" if host == "node3" else host for host in hosts[1:]]
    assert {"root_squash", "sync"} <= set(client["options"])
