"""An Ansible module does its work as the trial user in a child and keeps its own user."""

import os
import pwd
from pathlib import Path

import pytest

from heirloom.node import launch

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its user")


def test_without_a_user_the_work_runs_as_the_current_user():
    assert launch.run_as_user(None, os.geteuid) == os.geteuid()


def test_an_os_error_of_the_work_is_raised_here():
    with pytest.raises(OSError, match=r"No such file or directory: '/nowhere'"):
        launch.run_as_user(None, lambda: Path("/nowhere").stat().st_size)


@root_only
def test_this_process_keeps_its_user():
    assert launch.run_as_user("nobody", os.geteuid) == pwd.getpwnam("nobody").pw_uid
    assert os.geteuid() == 0


@root_only
def test_an_unknown_user_is_named():
    with pytest.raises(OSError, match="no user of-nobody on this node"):
        launch.run_as_user("of-nobody", os.geteuid)


@root_only
def test_proc_entries_of_the_child_belong_to_the_user():
    def owner() -> int:
        return Path("/proc/self/uid_map").stat().st_uid

    assert launch.run_as_user("nobody", owner) == pwd.getpwnam("nobody").pw_uid
