"""The inventory of a cluster of virtual hosts."""

import shlex

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from testbed import inventory


@pytest.mark.parametrize("name", ["home", "a home", "it's höme"])
def test_the_ssh_configuration_may_be_in_a_directory_with_blanks_and_quotes(
    tmp_path, monkeypatch, name
):
    monkeypatch.setattr(inventory, "REPOSITORY", tmp_path)
    (tmp_path / "inventory").mkdir()
    config = tmp_path / name / "config"
    config.parent.mkdir()
    directory = inventory.write_inventory("lab", {"node1": "198.18.0.11"}, config)
    written = yaml.safe_load((directory / "hosts.yml").read_text())
    arguments = trust_as_template(written["all"]["vars"]["ansible_ssh_common_args"])
    templar = Templar(DataLoader(), variables={})
    assert not templar.template(arguments)
    config.touch()
    assert shlex.split(templar.template(arguments)) == ["-F", str(config)]
