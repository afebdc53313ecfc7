"""How the role nfs_client judges mounts."""

import os
import subprocess
from pathlib import Path

import pytest

from controller.dispatch.ansible.environment import ROOT

ROLE = ROOT / "roles" / "nfs_client"
STORE = "10.0.0.1:/srv/heirloom"
# What Linux shows of an NFS mount with the role's options (proc_pid_mounts(5)).
SHOWN = (
    "rw,nosuid,nodev,noatime,vers=4.2,rsize=65536,wsize=65536,namlen=255,hard,proto=tcp,nconnect=4,"
    "timeo=600,retrans=2,sec=sys,clientaddr=10.0.0.2,lookupcache=pos,local_lock=none,addr=10.0.0.1"
)


def state(tmp_path: Path, line: str, path: str, source: str, *options: str) -> str:
    """Return the state of a mount point on a host whose mount table has one line."""
    table = tmp_path / "mounts"
    table.write_text(line + "\n")
    done = subprocess.run(
        ["sh", str(ROLE / "files" / "mount_state.sh"), path, source, *options],
        env={"PATH": "/usr/bin:/bin", "HEIRLOOM_MOUNTS": str(table)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.rstrip("\n")


def mounted_state(tmp_path: Path, *options: str, shown: str = SHOWN) -> str:
    line = f"{STORE} {tmp_path} nfs4 {shown} 0 0"
    return state(tmp_path, line, str(tmp_path), STORE, *options)


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("hard,vers=4.2,noatime,nosuid,nodev,lookupcache=positive,nconnect=4,nofail", ""),
        ("lookupcache=pos", ""),
        ("lookupcache=all", "rw,vers=4.2"),
        ("vers=4", ""),
        ("vers=4", "rw,vers=4.1"),
        ("nfsvers=4.2", ""),
        ("v4.2", ""),
        ("v4", ""),
        ("vers=4,minorversion=2", ""),
        ("vers=3", "rw,vers=3"),
        ("actimeo=3", "rw,acdirmin=3,acdirmax=3,acregmax=3"),  # acregmin=3 is the default
        ("actimeo=60", "rw,acregmin=60,acdirmin=60"),
        ("acregmin=3,acdirmax=60", ""),
        ("noac", "rw,sync,acregmin=0,acregmax=0,acdirmin=0,acdirmax=0,noac"),
        ("actimeo=3,noac", "rw,sync,acregmin=0,acregmax=0,acdirmin=0,acdirmax=0,noac"),
        ("async,noac", "rw,sync,acregmin=0,acregmax=0,acdirmin=0,acdirmax=0,noac"),
        ("timeo=10000", "rw,timeo=6000"),
        ("rsize=1048576,wsize=1048576,nconnect=16,max_connect=4", ""),
        ("_netdev,x-systemd.requires=a.service,retry=0,fg,port=2049,fsc,nolock,noacl", ""),
        ("soft,hard", ""),
        ("ro,rw", ""),
        ("proto=tcp", "rw,proto=tcp6"),
        ("sec=krb5p:sys", ""),
        ("xprtsec=none", ""),
        ("relatime,strictatime", "rw,vers=4.2"),
        ("softreval,nordirplus", "rw,softreval,nordirplus"),
    ],
)
def test_options_that_mean_what_the_kernel_shows_are_equal(tmp_path, options, shown):
    assert mounted_state(tmp_path, options, shown=shown or SHOWN) == "mounted"


@pytest.mark.parametrize(
    "option",
    [
        "soft",
        "ro",
        "noexec",
        "dev",
        "suid",
        "atime",
        "strictatime",
        "relatime",
        "sync",
        "noac",
        "vers=4.1",
        "vers=3",
        "v4.0",
        "vers=4,minorversion=1",
        "lookupcache=all",
        "lookupcache=none",
        "actimeo=3",
        "acregmax=10",
        "timeo=50",
        "retrans=5",
        "sec=krb5",
        "proto=rdma",
        "nocto",
        "xprtsec=mtls",
        "nosharecache",
        "noresvport",
        "hard,soft",
        "defaults",
    ],
)
def test_other_options_differ(tmp_path, option):
    assert mounted_state(tmp_path, option) == "different"


def test_a_mount_that_became_read_only_differs(tmp_path):
    assert mounted_state(tmp_path, "hard", shown=SHOWN.replace("rw,", "ro,", 1)) == "different"


@pytest.mark.parametrize(
    ("shown", "source"),
    [
        ("files.lab:/srv/heirloom/", "Files.Lab:/srv/heirloom"),
        ("files.lab:/srv//heirloom", "files.lab:/srv/heirloom"),
        ("[fd00::1]:/srv/heirloom", "[FD00::1]:/srv/heirloom"),
        (r"a:/srv/heir\040löom\134x", r"a:/srv/heir löom\x"),
        ("a:/", "a:/"),
    ],
)
def test_sources_are_compared_as_the_kernel_writes_them(tmp_path, shown, source):
    line = f"{shown} {tmp_path} nfs4 {SHOWN} 0 0"
    assert state(tmp_path, line, str(tmp_path), source) == "mounted"
    assert state(tmp_path, line, str(tmp_path), source + "x") == "different"


def test_a_path_is_found_in_the_mount_table_by_its_escapes(tmp_path):
    path = tmp_path / "heir-löom 100% #[*]\\b"
    path.mkdir()
    escaped = str(path).replace("\\", r"\134").replace(" ", r"\040").replace("#", r"\043")
    line = f"{STORE} {escaped} nfs4 {SHOWN} 0 0"
    assert state(tmp_path, line, str(path), STORE, "hard") == "mounted"


def test_paths_that_are_not_mounted(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "link").symlink_to("full")
    expected = {
        "absent": "empty",
        "full": "files",
        "full/file": "file",
        "link": f"link {tmp_path}/full",
        "link/below": f"link {tmp_path}/full/below",
    }
    found = {name: state(tmp_path, "", f"{tmp_path}/{name}", STORE) for name in expected}
    assert found == expected


def users(path: Path) -> list[str]:
    program = ROLE / "files" / "mount_users.sh"
    done = subprocess.run(["sh", program, path], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_processes_that_use_a_mount_are_listed(tmp_path):
    mount = tmp_path / "heir-löom [1]*"
    (mount / "below").mkdir(parents=True)
    beside = tmp_path / "heir-löom [1]*beside"
    beside.mkdir()
    assert users(mount) == []
    own = Path("/proc/self/comm").read_text().strip()
    with (
        (mount / "open file").open("w") as file,
        subprocess.Popen(["sleep", "60"], cwd=mount / "below") as inside,
        subprocess.Popen(["sleep", "60"], cwd=beside) as outside,
    ):
        try:
            assert set(users(mount)) == {f"sleep ({inside.pid})", f"{own} ({os.getpid()})"}
        finally:
            inside.kill()
            outside.kill()
        assert file.writable()
    assert users(mount) == []
