"""The programs that the role nfs_server and the playbooks run on the server."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from controller.dispatch.ansible.environment import ROOT

INSPECT = ROOT / "roles" / "nfs_server" / "files" / "inspect_exports.py"
IS_EXPORTED = ROOT / "playbooks" / "files" / "is_exported.py"


def inspect(root: Path, *paths: str | Path) -> dict[str, Any]:
    """Run the program with a directory in the place of `/`."""
    done = subprocess.run(
        [sys.executable, INSPECT, "--root", root],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc" / "exports.d").mkdir(parents=True)
    return tmp_path


def write_export(root: Path, name: str, inventory: str, path: str, line: str = "") -> Path:
    file = root / "etc" / "exports.d" / name
    header = json.dumps({"inventory": inventory, "path": path})
    file.write_text(f"# Ansible managed\n# heirloom: {header}\n{line}\n")
    return file


def test_a_new_host_exports_nothing(root: Path) -> None:
    found = inspect(root)
    assert (found["exports"], found["firewall"]) == ({}, {})


def test_each_file_names_its_path_its_inventory_and_its_clients(root: Path) -> None:
    path = "/srv/Gewichte für #1"
    file = write_export(
        root, "heirloom-srv-a.exports", "/lab", path, f'"{path}" 10.0.0.1(rw,sync) node2(ro)'
    )
    write_export(root, "heirloom-srv-b.exports", "/other", "/srv/b")
    (root / "etc" / "exports.d" / "admin.exports").write_text("/srv/c *(ro)\n")
    assert inspect(root)["exports"] == {
        path: {"inventory": "/lab", "file": str(file), "clients": ["10.0.0.1", "node2"]},
        "/srv/b": {
            "inventory": "/other",
            "file": str(file.with_name("heirloom-srv-b.exports")),
            "clients": [],
        },
    }


def test_the_single_file_of_earlier_versions_belongs_to_no_inventory(root: Path) -> None:
    file = root / "etc" / "exports.d" / "heirloom.exports"
    file.write_text('# Ansible managed\n"/srv/heirloom" 10.0.0.1(rw)\n"/srv/b" 10.0.0.1(rw)\n')
    found = inspect(root)["exports"]
    assert found.keys() == {"/srv/heirloom", "/srv/b"}
    assert {export["inventory"] for export in found.values()} == {""}


def test_a_file_with_a_header_replaces_what_the_single_file_says(root: Path) -> None:
    (root / "etc" / "exports.d" / "heirloom.exports").write_text('"/srv/a" 10.0.0.1(rw)\n')
    write_export(root, "heirloom-srv-a.exports", "/lab", "/srv/a")
    assert inspect(root)["exports"]["/srv/a"]["inventory"] == "/lab"


def test_the_rules_of_the_firewall_come_from_the_record(root: Path) -> None:
    record = root / "var" / "lib" / "heirloom" / "nfs_server.json"
    record.parent.mkdir(parents=True)
    record.write_text('{"firewall": {"/lab": [["10.0.0.1", 2049]]}}')
    assert inspect(root)["firewall"] == {"/lab": [["10.0.0.1", 2049]]}


def test_paths_are_described_also_where_nothing_exists(root: Path) -> None:
    (root / "disk").mkdir()
    (root / "link").symlink_to(root / "disk")
    found = inspect(root, root / "link" / "a" / "b", root / "disk" / "a")["paths"]
    linked, direct = found[f"{root}/link/a/b"], found[f"{root}/disk/a"]
    assert (linked["real"], linked["parent"]) == (f"{root}/disk/a/b", False)
    assert (direct["real"], direct["parent"]) == (f"{root}/disk/a", True)
    assert linked["file_system"] == direct["file_system"] != "unknown"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make directories of root")
def test_directories_above_that_others_can_change_are_found(root: Path) -> None:
    shared, sticky = root / "shared", root / "sticky"
    shared.mkdir()
    shared.chmod(0o2770)
    sticky.mkdir()
    sticky.chmod(0o1777)
    home = root / "home"
    home.mkdir()
    home.chmod(0o755)  # whatever the umask is
    os.chown(home, 27700, 27700)
    found = inspect(root, shared / "store", sticky / "store", home / "store")["writable"]
    assert [(entry["path"], entry["uid"], entry["mode"]) for entry in found] == [
        (str(home), 27700, "0755"),
        (str(shared), 0, "2770"),
    ]


@pytest.fixture(scope="module")
def is_exported() -> ModuleType:
    spec = importlib.util.spec_from_file_location("is_exported", IS_EXPORTED)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLE = "/srv/a\\040b\t10.0.0.1(rw,sec=sys)\n/srv/c\t10.0.0.0/24(rw)\n/srv/c\t2001:db8::/64(rw)\n"


def test_clients_are_found_by_path(is_exported: ModuleType) -> None:
    assert is_exported.clients(TABLE, "/srv/a b") == ["10.0.0.1"]
    assert is_exported.clients(TABLE, "/srv/c") == ["10.0.0.0/24", "2001:db8::/64"]
    assert is_exported.clients(TABLE, "/srv") == []


@pytest.mark.parametrize(
    ("client", "covered"),
    [
        ("10.0.0.7", True),
        ("10.0.0.8", False),
        ("10.0.0.0/24", True),
        ("10.0.1.0/24", False),
        ("2001:db8::/64", False),
        ("*", True),
        ("*.lab.example", True),
        ("gpu?.lab.example", True),
        ("gpu1.lab.example", True),
        ("gpu2.invalid", False),
        ("@nodes", True),
    ],
)
def test_a_client_covers_a_host(is_exported: ModuleType, client: str, covered: bool) -> None:
    assert is_exported.covers(client, "gpu1.lab.example", {"10.0.0.7"}) is covered
