import sys
from pathlib import Path

import pytest

from controller.dispatch.ansible.environment import ROOT, environment, terminal_environment


def test_only_needed_variables_are_passed_on():
    given = environment({"HOME": "/home/ann", "AWS_SECRET": "s", "PYTHONPATH": "/p", "LANG": "C"})
    assert "AWS_SECRET" not in given
    assert "PYTHONPATH" not in given
    assert given["HOME"] == "/home/ann"


def test_ansible_beside_the_interpreter_comes_first():
    beside = str(Path(sys.executable).parent)
    assert environment({"PATH": "/usr/bin"})["PATH"] == f"{beside}:/usr/bin"
    assert environment({})["PATH"].startswith(f"{beside}:")


def test_host_keys_are_checked_by_default():
    assert environment({})["ANSIBLE_HOST_KEY_CHECKING"] == "True"
    variables = environment({"ANSIBLE_HOST_KEY_CHECKING": "False"})
    assert variables["ANSIBLE_HOST_KEY_CHECKING"] == "False"


def test_ansible_variables_of_the_user_are_kept():
    assert environment({"ANSIBLE_CONFIG": "/lab/ansible.cfg"})["ANSIBLE_CONFIG"] == (
        "/lab/ansible.cfg"
    )
    assert Path(environment({})["ANSIBLE_CONFIG"]).is_file()


@pytest.mark.parametrize("of", [environment, terminal_environment])
def test_what_roles_and_playbooks_rely_on_is_pinned(of):
    theirs = {
        "ANSIBLE_STRATEGY": "free",
        "ANSIBLE_HASH_BEHAVIOUR": "merge",
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_ROLES_PATH": "/mine",
    }
    found = of(theirs)
    assert found["ANSIBLE_STRATEGY"] == "linear"
    assert found["ANSIBLE_HASH_BEHAVIOUR"] == "replace"
    assert found["ANSIBLE_GATHERING"] == "implicit"
    assert found["ANSIBLE_ROLES_PATH"] == f"{ROOT / 'roles'}:/mine"


def test_output_that_heirloom_parses_is_pinned_and_that_of_a_terminal_is_not():
    theirs = {"ANSIBLE_STDOUT_CALLBACK": "yaml", "ANSIBLE_VERBOSITY": "3", "ANSIBLE_NO_LOG": "1"}
    found = environment(theirs)
    assert found["ANSIBLE_STDOUT_CALLBACK"] == "default"
    assert (found["ANSIBLE_VERBOSITY"], found["ANSIBLE_NO_LOG"]) == ("0", "False")
    assert theirs.items() <= terminal_environment(theirs).items()


@pytest.mark.parametrize("of", [environment, terminal_environment])
def test_how_to_connect_is_the_users(of):
    theirs = {
        "ANSIBLE_SSH_ARGS": "-F lab.conf",
        "ANSIBLE_BECOME_METHOD": "su",
        "ANSIBLE_PRIVATE_KEY_FILE": "keys/id",
        "ANSIBLE_REMOTE_TMP": "/scratch",
        "ANSIBLE_VAULT_PASSWORD_FILE": ".vault",
        "ANSIBLE_PIPELINING": "False",
        "ANSIBLE_INVENTORY_PLUGINS": "/mine",
        "ANSIBLE_HOME": "/mine",
    }
    assert theirs.items() <= of(theirs).items()


def test_lists_that_replace_a_default_keep_what_heirlooms_inventories_need():
    theirs = {"ANSIBLE_INVENTORY_ENABLED": "my.plugin", "ANSIBLE_YAML_FILENAME_EXT": ".json"}
    found = environment(theirs)
    assert found["ANSIBLE_INVENTORY_ENABLED"] == "my.plugin,yaml"
    assert found["ANSIBLE_YAML_FILENAME_EXT"] == ".json,.yml"
    assert "ANSIBLE_INVENTORY_ENABLED" not in environment({})


def test_ansible_writes_below_heirlooms_home_where_the_users_cannot_be_written(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("HEIRLOOM_HOME", str(tmp_path / "heirloom"))
    (tmp_path / "file").touch()
    for home in ("/proc", str(tmp_path / "missing"), str(tmp_path / "file"), "relative"):
        for of in (environment, terminal_environment):
            assert of({"HOME": home})["ANSIBLE_HOME"] == str(tmp_path / "heirloom/ansible")
    assert not (tmp_path / "missing").exists()
    (tmp_path / "home").mkdir()
    assert "ANSIBLE_HOME" not in environment({"HOME": str(tmp_path / "home")})


def test_the_terminals_python_settings_do_not_reach_ansible():
    theirs = {"PYTHONHOME": "/p", "PYTHONWARNINGS": "error", "PYTHONPATH": "/mine"}
    assert terminal_environment(theirs).keys() & theirs.keys() == {"PYTHONPATH"}
