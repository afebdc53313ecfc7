import json
import os
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from controller.state.errors import HomeError, LockedError
from controller.state.home import Home, refuse_network
from controller.state.lock import Lock, holder_of, is_locked
from controller.state.mounts import file_system_type


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "my home")


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"HEIRLOOM_HOME": "/a b/c", "XDG_STATE_HOME": "/state"}, Path("/a b/c")),
        ({"HEIRLOOM_HOME": "here"}, Path.cwd() / "here"),
        ({"HEIRLOOM_HOME": "//a//b/./c/"}, Path("/a/b/c")),
        ({"HEIRLOOM_HOME": "/proc/self/cwd/../x"}, Path.cwd().parent / "x"),
        ({"XDG_STATE_HOME": "/state"}, Path("/state/heirloom")),
        ({"XDG_STATE_HOME": "not/absolute"}, Path.home() / ".local/state/heirloom"),
        ({}, Path.home() / ".local/state/heirloom"),
    ],
)
def test_the_home_directory_follows_the_environment(
    variables: dict[str, str], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HEIRLOOM_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Home.of_user().path == path


def test_a_home_of_an_unknown_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEIRLOOM_HOME", "~no-such-user/heirloom")
    with pytest.raises(HomeError, match="HEIRLOOM_HOME is ~no-such-user/heirloom, and there is no"):
        Home.of_user()


def test_a_user_without_a_home_directory_is_told_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HEIRLOOM_HOME", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 3)  # as in containers: no database has it
    with pytest.raises(HomeError, match="HEIRLOOM_HOME is not set, and there is no"):
        Home.of_user()


def test_a_taken_name_is_counted_up(home: Home) -> None:
    assert [home.take_name("digits").name for _ in range(3)] == ["digits", "digits-2", "digits-3"]
    assert home.take_name("other").path == home.experiments / "other"
    assert home.list() == []  # none of them is made yet
    for name in ("other", "digits-2"):
        (home.experiments / name / "journal.db").touch()
    assert [directory.name for directory in home.list()] == ["digits-2", "other"]
    assert home.find("digits-2").journal == home.experiments / "digits-2" / "journal.db"


def test_an_incomplete_experiment_frees_its_name(home: Home) -> None:
    half, whole, held = (home.take_name(name) for name in ("half", "whole", "held"))
    whole.journal.touch()
    with Lock(held):
        for directory in (half, whole, held):
            os.utime(directory.path, (0, 0))
        assert home.take_name("half", exact=True) == half
        assert home.take_name("whole").name == "whole-2"
        assert home.take_name("held").name == "held-2"
    assert home.take_name("half").name == "half-2"  # another process may be making it right now


def test_an_exact_name_that_is_taken_is_refused(home: Home) -> None:
    home.take_name("digits", exact=True)
    with pytest.raises(HomeError, match=r"already an experiment named .*`heirloom resume digits`"):
        home.take_name("digits", exact=True)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "a b", "x" * 65, "a\n"])
def test_a_name_that_is_no_file_name_is_refused(home: Home, name: str) -> None:
    with pytest.raises(HomeError, match="cannot name an experiment"):
        home.take_name(name)
    with pytest.raises(HomeError, match="no experiment named"):
        home.find(name)


def test_an_unknown_name_is_answered_with_the_known_ones(home: Home) -> None:
    with pytest.raises(HomeError, match=r"no experiment named 'x' .*: there is none yet"):
        home.find("x")
    home.take_name("digits").journal.touch()
    with pytest.raises(HomeError, match=r": those that exist are digits$"):
        home.find("x")
    for number in range(8):
        home.take_name(f"other{number}").journal.touch()
    with pytest.raises(HomeError, match=r"`heirloom status` lists those that exist$"):
        home.find("x")


@pytest.mark.parametrize("name", ["digts", "Digits", "DIGITS", "digits.yml", "digits/", "a/digits"])
def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(home: Home, name: str) -> None:
    home.take_name("digits").journal.touch()
    home.take_name("unlike").journal.touch()
    with pytest.raises(HomeError, match=r": did you mean digits\?$"):
        home.find(name)


def test_a_failed_setup_frees_its_name(home: Home) -> None:
    home.take_name("digits").discard()
    assert home.list() == []
    assert home.take_name("digits", exact=True).name == "digits"


def test_a_home_that_cannot_be_written_is_named() -> None:
    with pytest.raises(HomeError, match=r"cannot write /proc/heirloom: .*: set HEIRLOOM_HOME to"):
        Home(Path("/proc/heirloom")).take_name("digits")


def test_a_full_disk_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(HomeError, match="no space left on device: free some space there"):
        home.take_name("digits")


def test_one_lock_at_a_time(home: Home) -> None:
    directory = home.take_name("digits")
    assert not is_locked(directory)
    with Lock(directory):
        assert is_locked(directory)
        with pytest.raises(LockedError, match=r"digits is already run .*\(process \d+ on .* since"):
            Lock(directory)
    assert not is_locked(directory)
    with Lock(directory):
        assert "process" in holder_of(directory)


def test_a_lock_without_a_holder_is_reported(home: Home) -> None:
    directory = home.take_name("digits")
    directory.lock_file.write_text(json.dumps({"pid": 1}))
    assert holder_of(directory) == "an unknown process"


def test_a_lock_that_cannot_be_created_is_named(home: Home) -> None:
    directory = home.take_name("digits")
    directory.lock_file.mkdir()
    with pytest.raises(HomeError, match=r"cannot write .*lock: is a directory"):
        Lock(directory)


MOUNTS = [
    ("/", "ext4"),
    ("/home", "nfs4"),
    ("/home/ann/local", "xfs"),
    ("/mnt/a b", "fuse.sshfs"),
    ("/net", "autofs"),
    ("/net", "lustre"),  # on top of the one before
]


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mount table."""

    def partitions(*, all: bool) -> list[SimpleNamespace]:
        assert all
        return [SimpleNamespace(mountpoint=point, fstype=kind) for point, kind in MOUNTS]

    monkeypatch.setattr(psutil, "disk_partitions", partitions)


@pytest.mark.usefixtures("mounted")
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ann/.local/state/heirloom", "nfs4"),
        ("/mnt/a b/heirloom", "fuse.sshfs"),
        ("/net/heirloom", "lustre"),
    ],
)
def test_a_network_file_system_is_refused(path: str, kind: str) -> None:
    with pytest.raises(
        HomeError, match=rf"lies on a network file system \({kind}\).*HEIRLOOM_HOME"
    ):
        refuse_network(Path(path))


@pytest.mark.usefixtures("mounted")
@pytest.mark.parametrize("path", ["/var/heirloom", "/home/ann/local/state", "/homely", "/"])
def test_a_local_file_system_is_accepted(path: str) -> None:
    refuse_network(Path(path))


def test_a_mount_table_that_cannot_be_read_refuses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreadable(*, all: bool) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(psutil, "disk_partitions", unreadable)
    refuse_network(Path("/home"))


def test_the_mount_table_of_this_machine_is_read() -> None:
    assert file_system_type(Path("/proc/self")) == "proc"
