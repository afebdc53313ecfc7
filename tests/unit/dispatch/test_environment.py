import sys
from pathlib import Path

from controller.dispatch.ansible.environment import environment


def test_nothing_of_ours_that_nobody_needs():
    given = environment({"HOME": "/home/ann", "AWS_SECRET": "s", "PYTHONPATH": "/p", "LANG": "C"})
    assert "AWS_SECRET" not in given
    assert "PYTHONPATH" not in given
    assert given["HOME"] == "/home/ann"


def test_ansible_is_found_beside_our_interpreter_first():
    beside = str(Path(sys.executable).parent)
    assert environment({"PATH": "/usr/bin"})["PATH"] == f"{beside}:/usr/bin"
    assert environment({})["PATH"].startswith(f"{beside}:")


def test_host_keys_are_checked_unless_the_user_says_otherwise():
    assert environment({})["ANSIBLE_HOST_KEY_CHECKING"] == "True"
    said = environment({"ANSIBLE_HOST_KEY_CHECKING": "False"})
    assert said["ANSIBLE_HOST_KEY_CHECKING"] == "False"


def test_the_user_s_own_configuration_holds():
    assert environment({"ANSIBLE_CONFIG": "/lab/ansible.cfg"})["ANSIBLE_CONFIG"] == (
        "/lab/ansible.cfg"
    )
    assert Path(environment({})["ANSIBLE_CONFIG"]).is_file()
