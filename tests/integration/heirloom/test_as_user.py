"""An Ansible module does its work as the trial user, in a child, and goes on as itself."""

import os
import pwd
from pathlib import Path

import pytest

from heirloom.node import launch

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def test_without_a_user_the_work_is_done_as_ourselves():
    assert launch.run_as_user(None, os.geteuid) == os.geteuid()


def test_what_the_system_refuses_is_told_in_its_words():
    with pytest.raises(OSError, match=r"No such file or directory: '/nowhere'"):
        launch.run_as_user(None, lambda: Path("/nowhere").stat().st_size)


@root_only
def test_this_process_stays_who_it_is():
    assert launch.run_as_user("nobody", os.geteuid) == pwd.getpwnam("nobody").pw_uid
    assert os.geteuid() == 0


@root_only
def test_a_user_who_is_not_there_is_named():
    with pytest.raises(OSError, match="no user of-nobody on this node"):
        launch.run_as_user("of-nobody", os.geteuid)


@root_only
def test_what_the_kernel_tells_of_the_user_s_process_is_the_user_s():
    def owner() -> int:
        return Path("/proc/self/uid_map").stat().st_uid

    assert launch.run_as_user("nobody", owner) == pwd.getpwnam("nobody").pw_uid
