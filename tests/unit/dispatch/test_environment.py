import sys
from pathlib import Path

from controller.dispatch.ansible.environment import environment


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
