"""The roles as a collection: built, installed into an empty directory and used by full name.

`ansible-galaxy` runs offline, so nothing is downloaded.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from controller import __version__
from controller.dispatch.ansible.environment import ROOT

BIN = Path(sys.executable).parent
PLAYBOOK = """
- name: Prepare this machine
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Prepare this machine
      ansible.builtin.import_role:
        name: heirloom.cluster.trial_node
      vars:
        trial_node_shared: false
        trial_node_slots: 2
        trial_node_run_dir: "{{ playbook_dir }}/run"
"""


def ansible(cwd: Path, program: str, *arguments: str | Path) -> str:
    """Run a program of Ansible with the collections of `cwd` only. Return its output."""
    settings = {name: value for name, value in os.environ.items() if "ANSIBLE" not in name}
    settings |= {
        "ANSIBLE_COLLECTIONS_PATH": str(cwd / "collections"),
        "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "False",
        "ANSIBLE_HOME": str(cwd / "home"),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_ROLES_PATH": str(cwd / "no-roles"),
    }
    done = subprocess.run(
        [BIN / program, *arguments],
        cwd=cwd,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("archive")
    ansible(directory, "ansible-galaxy", "collection", "build", ROOT, "--output-path", directory)
    [path] = directory.glob("heirloom-cluster-*.tar.gz")
    return path


@pytest.fixture(scope="module")
def installed(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the collection under `collections`, and nothing else."""
    directory = tmp_path_factory.mktemp("installed")
    options = ["--offline", "--no-deps", "--collections-path", str(directory / "collections")]
    ansible(directory, "ansible-galaxy", "collection", "install", archive, *options)
    return directory


def test_the_archive_contains_roles_and_playbooks_only(archive: Path) -> None:
    with tarfile.open(archive) as file:
        names = set(file.getnames())
    files = {"CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md"}
    assert {name.split("/")[0] for name in names} <= files | {"meta", "playbooks", "roles"}
    roles = {path.name for path in ROOT.glob("roles/*")}
    assert {f"roles/{role}/meta/argument_specs.yml" for role in roles} <= names
    assert not [name for name in names if "molecule" in name or name.endswith(".pyc")]
    assert not [
        name for name in names if name.startswith(("playbooks/library", "playbooks/module"))
    ]


@pytest.mark.parametrize("tags", [[], ["--tags", "trial_node_slots"]], ids=["role", "tag"])
def test_a_role_runs_by_its_full_name(installed: Path, tags: list[str]) -> None:
    shutil.rmtree(installed / "run", ignore_errors=True)
    (installed / "playbook.yml").write_text(PLAYBOOK)
    interpreter = installed / "python"  # a path without blanks, which Ansible does not quote
    interpreter.unlink(missing_ok=True)
    interpreter.symlink_to(sys.executable)
    command = ["--connection", "local", "-e", f"ansible_python_interpreter={interpreter}"]
    ansible(installed, "ansible-playbook", "-i", "localhost,", *command, *tags, "playbook.yml")
    assert {path.name for path in (installed / "run" / "slots").iterdir()} == {"0", "1"}


def test_the_playbooks_run_by_their_full_names(installed: Path) -> None:
    inventory = ROOT / "inventory" / "example"
    listed = ansible(
        installed, "ansible-playbook", "-i", inventory, "heirloom.cluster.site", "--list-tasks"
    )
    for role in ("nfs_server", "nfs_client", "trial_node"):
        assert f"heirloom.cluster.{role} : Install the packages (Debian family)" in listed
    for name in ("verify", "teardown"):
        playbook = f"heirloom.cluster.{name}"
        ansible(installed, "ansible-playbook", "-i", inventory, playbook, "--syntax-check")


def test_a_tag_selects_a_part_of_one_role(installed: Path) -> None:
    inventory = str(ROOT / "inventory" / "example")
    site = ["-i", inventory, "heirloom.cluster.site", "--skip-tags", "preflight", "--list-tasks"]
    listed = ansible(installed, "ansible-playbook", *site, "--tags", "trial_node_slots")
    assert "Write the slots for systemd-tmpfiles" in listed
    assert "Install the packages" not in listed
    assert "Create the user" not in listed


def test_the_version_of_the_collection_is_the_version_of_the_package() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == __version__
