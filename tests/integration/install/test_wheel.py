"""What the wheel holds, and what its metadata says."""

from __future__ import annotations

import email
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.integration.install.conftest import REPOSITORY, Installed, User

CONTENT = "controller/dispatch/ansible/content"


@pytest.fixture(scope="module")
def names(installed: Installed) -> set[str]:
    with zipfile.ZipFile(installed.wheel) as wheel:
        return set(wheel.namelist())


def test_site_packages_get_two_packages_and_no_nni(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"controller", "heirloom"}


def test_both_packages_are_whole_and_typed(names: set[str]) -> None:
    for package in ("controller", "heirloom"):
        assert f"{package}/py.typed" in names
        for file in (REPOSITORY / package).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert str(file.relative_to(REPOSITORY)) in names


def test_what_ansible_reads_travels_and_the_symlink_is_a_copy(names: set[str]) -> None:
    for tree in ("playbooks", "roles"):
        for file in (REPOSITORY / tree).rglob("*"):
            path = file.relative_to(REPOSITORY)
            if file.is_file() and not {"__pycache__", "molecule"} & set(path.parts):
                assert f"{CONTENT}/{path}" in names
    for name in ("ansible.cfg", "site.yml", "inventory/hosts.yml"):
        assert f"{CONTENT}/{name}" in names
    copy = f"{CONTENT}/playbooks/module_utils/"
    copied = {name.removeprefix(copy) for name in names if name.startswith(copy)}
    assert copied == {name for name in names if name.startswith("heirloom/")}
    assert not [name for name in names if "molecule" in name or "/tests/" in name]


def test_its_dependencies_are_those_of_the_requirements_files(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        [path] = [name for name in wheel.namelist() if name.endswith("dist-info/METADATA")]
        metadata = email.message_from_bytes(wheel.read(path))
    found = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    plain = {(each.name, str(each.specifier)) for each in found if each.marker is None}
    assert plain == _requirements(REPOSITORY / "requirements.txt")
    for extra in ("morphism", "optuna"):
        optional = {
            (each.name, str(each.specifier))
            for each in found
            if each.marker is not None and each.marker.evaluate({"extra": extra})
        }
        assert optional == _requirements(REPOSITORY / f"requirements-{extra}.txt")


def _requirements(file: Path) -> set[tuple[str, str]]:
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    parsed = [Requirement(line) for line in lines if line]
    return {(each.name, str(each.specifier)) for each in parsed}


def test_the_command_tells_its_version_and_lists_all_commands(user: User) -> None:
    assert user("--version") == "heirloom 0.1.0\n"
    assert "Usage: heirloom" in user("--help")
