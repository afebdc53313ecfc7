"""The mount units that the role nfs_client writes, and the paths that they can express."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from controller.dispatch.ansible.environment import ROOT
from tests.unit.roles.test_argument_specs import HOST, load, trusted

ROLE = ROOT / "roles" / "nfs_client"


def variables(**inventory: object) -> dict[str, object]:
    """Return the role's variables on a client whose inventory has these variables."""
    texts = load(ROLE / "defaults" / "main.yml") | load(ROLE / "vars" / "main.yml")
    host = HOST | {"inventory_hostname": "b", "inventory_dir": "/lab", "ansible_managed": "managed"}
    return host | {name: trusted(value) for name, value in texts.items()} | inventory


def value(name: str, **inventory: object) -> object:
    templar = Templar(DataLoader(), variables=variables(**inventory))
    return templar.template(trust_as_template("{{ " + name + " }}"))


def unit(**inventory: object) -> str:
    text = (ROLE / "templates" / "store.mount.j2").read_text()
    templar = Templar(DataLoader(), variables=variables(**inventory))
    return str(templar.template(trust_as_template("#jinja2: trim_blocks: True\n" + text)))


@pytest.mark.parametrize(
    "path", ["/mnt/store", "/mnt/store/", "//mnt//store//", "/mnt/./store/.", "/mnt/store/./"]
)
def test_paths_are_normalised(path):
    assert value("_nfs_client_path", heirloom_store=path) == "/mnt/store"
    assert value("_nfs_client_source", heirloom_store_export=path) == "a:/mnt/store"
    assert not value("_nfs_client_path_errors", heirloom_store=path, heirloom_store_export=path)


@pytest.mark.parametrize(
    "path",
    [
        "/mnt/heir-loom",
        "/mnt/heir löom 100%",
        "/mnt/%n %h",
        r"/mnt/a\x2db",
        "/mnt/it's",
        '/mnt/a"b',
        "/mnt/-",
        "/mnt/日本",
        "/mnt/a,b;c#d",
        "/mnt/ a",
        "/mnt/..a",
        "/mnt/{a}&|<>()~!",
    ],
)
def test_a_unit_says_any_path(tmp_path, path):
    assert not value("_nfs_client_path_errors", heirloom_store=path, heirloom_store_export=path)
    for server in ("a", "b"):  # of another host, and of the host itself
        export = f"{path}/e"
        text = unit(
            heirloom_store=path, heirloom_store_export=export, nfs_client_server_host=server
        )
        name = subprocess.run(
            ["systemd-escape", "--path", "--suffix=mount", path],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        (tmp_path / name).write_text(text)
        [made] = made_mounts(tmp_path)
        source = export if server == "b" else f"a:{export}"
        assert (made["unit"], made["path"], made["source"]) == (name, path, source)
        assert made["inventory"] == "/lab"
        verify(tmp_path / name)


def made_mounts(directory: Path) -> list[dict[str, str]]:
    program = ROLE / "files" / "made_mounts.py"
    done = subprocess.run(
        [sys.executable, program, directory], capture_output=True, text=True, check=True
    )
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def verify(path: Path) -> None:
    """Let systemd read a unit, where it is installed. Any warning is a failure."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_service_that_retries_names_the_mount_unit_as_it_is_called():
    # %i is replaced after systemd has resolved quotes and backslashes, so a unit name needs none.
    text = (ROLE / "files" / "heirloom-store@.service").read_text()
    assert "\nExecStart=systemctl start %i.mount\n" in text


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("mnt/store", "is not absolute"),
        ("~/store", "is not absolute"),
        ("/", "is the root directory"),
        ("//", "is the root directory"),
        ("/mnt/a:b", "contains a colon"),
        ("/mnt/$HOME", "contains a dollar sign"),
        ("/mnt/a\nb", "contains a control character"),
        ("/mnt/a\tb", "contains a control character"),
        ("/mnt/../store", "contains .."),
        ("/mnt/store/..", "contains .."),
        ("/mnt/store ", "ends in a blank"),
        ("/mnt/store\\", "ends in a blank or a backslash"),
    ],
)
def test_paths_that_cannot_be_carried_are_refused_with_the_reason(path, reason):
    for name in ("heirloom_store", "heirloom_store_export"):
        message = str(value("_nfs_client_path_errors", **{name: path}))
        assert f"{name} {json.dumps(path)} {reason}" in message


def test_options_may_be_text_with_commas():
    options = "nfs_client_options"
    text = value("_nfs_client_mount_options", **{options: "hard, vers=4.1"})
    assert text == "hard,vers=4.1,nconnect=4,nofail"
    assert value("_nfs_client_mount_options", **{options: ["hard", "vers=4.1"]}) == text
    assert value("_nfs_client_local", nfs_client_local="false") is False


def former(made: list[dict[str, str]], **inventory: object) -> list[str]:
    rows = [{"type": "nfs", "options": "", "inventory": "/lab", "unit": "", **row} for row in made]
    paths = value(
        "_nfs_client_former | map(attribute='path') | list",
        __nfs_client_made={"stdout": json.dumps(rows)},
        **inventory,
    )
    return cast(list[str], paths)


def test_mounts_of_other_paths_are_removed_and_those_of_others_kept():
    made = [
        {"path": "/mnt/heirloom", "source": "a:/srv/heirloom"},
        {"path": "/mnt/old", "source": "a:/srv/heirloom"},
        {"path": "/mnt/older", "source": "z:/srv/other", "inventory": ""},
        {"path": "/mnt/theirs", "source": "a:/srv/theirs", "inventory": "/other"},
        {"path": "/mnt/second", "source": "a:/srv/second"},
    ]
    assert former(made) == ["/mnt/old", "/mnt/older", "/mnt/second"]
    exports = [{"path": "/srv//second/"}, {"path": "/srv/heirloom"}]
    hosts = {"a": {"nfs_server_exports": exports}, "b": {}}
    assert former(made, hostvars=hosts) == ["/mnt/old", "/mnt/older"]
    # On the server, the store may be used where it is.
    assert former(made[:1], nfs_client_local=True, heirloom_store="/srv/heirloom/") == [
        "/mnt/heirloom"
    ]
    exports[0]["state"] = "absent"
    assert former(made, hostvars=hosts) == ["/mnt/old", "/mnt/older", "/mnt/second"]


def must_unmount(state: str, **inventory: object) -> object:
    """Whether a host unmounts the store that an inventory without variables has mounted."""
    row = {
        "path": "/mnt/heirloom",
        "source": "a:/srv/heirloom",
        "type": "nfs",
        "options": value("_nfs_client_mount_options"),
        "inventory": "/lab",
        "unit": "mnt-heirloom.mount",
    }
    made = {"stdout": json.dumps([row])}
    return value(
        "_nfs_client_must_unmount", __nfs_client_made=made, _nfs_client_state=state, **inventory
    )


def test_a_change_that_the_kernel_does_not_show_is_found_in_the_unit():
    assert must_unmount("mounted") is False
    assert must_unmount("mounted", nfs_client_nconnect=8) is True
    assert must_unmount("mounted", nfs_client_options=["hard", "rsize=65536"]) is True
    assert must_unmount("mounted", nfs_client_server="10.0.0.9") is True
    assert must_unmount("mounted", nfs_client_server_host="b") is True  # it is the server now
    assert must_unmount("empty", nfs_client_nconnect=8) is False
    assert must_unmount("stale") is must_unmount("different") is True


def test_an_ipv6_address_is_in_brackets():
    assert value("_nfs_client_source", nfs_client_server="fd00::1") == "[fd00::1]:/srv/heirloom"
    text = unit(nfs_client_server="fe80::1%eth0")
    assert "\nWhat=[fe80::1%%eth0]:/srv/heirloom\n" in text
