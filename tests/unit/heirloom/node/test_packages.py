"""The record of a trial's Python and its packages."""

import json
import sys
from importlib import metadata
from pathlib import Path

import pytest

from heirloom.node.inspect import environments, packages, program
from heirloom.node.spec import Spec


@pytest.mark.parametrize(
    ("direct_url", "line"),
    [
        (None, "net==1.0"),
        ("no JSON", "net==1.0"),
        ({"url": 3}, "net==1.0"),
        (
            {"url": "https://lab/net", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "net @ git+https://lab/net@abc",
        ),
        (
            {"url": "https://lab/net.whl", "archive_info": {"hash": "sha256=1"}},
            "net @ https://lab/net.whl#sha256=1",
        ),
        ({"url": "https://lab/net.whl", "archive_info": {}}, "net @ https://lab/net.whl"),
        (
            {"url": "https://lab/net.whl", "archive_info": {"hashes": {"sha256": "1"}}},
            "net @ https://lab/net.whl#sha256=1",
        ),
        (
            {"url": "https://lab/net.whl", "archive_info": {"hashes": {"sha256": 1}}},
            "net @ https://lab/net.whl",
        ),
        (
            {
                "url": "https://lab/all",
                "subdirectory": "py/net",
                "vcs_info": {"vcs": "git", "commit_id": "abc"},
            },
            "net @ git+https://lab/all@abc#subdirectory=py/net",
        ),
        (
            {
                "url": "https://lab/all.zip",
                "subdirectory": "py",
                "archive_info": {"hash": "sha256=1"},
            },
            "net @ https://lab/all.zip#sha256=1&subdirectory=py",
        ),
        (
            {"url": "https://lab/all.zip", "subdirectory": "py", "archive_info": {}},
            "net @ https://lab/all.zip#subdirectory=py",
        ),
        (
            {"url": "https://lab/all.zip", "subdirectory": 3, "archive_info": {}},
            "net @ https://lab/all.zip",
        ),
        ({"url": "file:///home/net", "dir_info": {}}, "net @ file:///home/net"),
        (
            {"url": "file:///home/net", "dir_info": {"editable": True}},
            "# net==1.0 is editable, in file:///home/net",
        ),
    ],
)
def test_a_package_is_a_requirement_by_its_origin(direct_url, line):
    text = (
        direct_url if isinstance(direct_url, str) or direct_url is None else json.dumps(direct_url)
    )
    assert packages.requirement("net", "1.0", text) == line


def test_the_packages_are_those_of_this_python():
    found = packages.installed()
    assert f"pytest=={metadata.version('pytest')}" in found
    assert not [line for line in found if line.startswith(("pip==", "heirloom=="))]


@pytest.fixture
def spec(tmp_path):
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime/1").symlink_to(Path(environments.__file__).parents[3])
    (tmp_path / "environments").mkdir()
    return Spec("0.1", "e-1", str(tmp_path), "a", "true", "runtime/1", {}, python=sys.executable)


def test_an_interpreter_is_recorded_once(spec, tmp_path, monkeypatch):
    monkeypatch.setattr("os.nice", lambda by: by)
    environments.record(spec, "4")
    [path] = (tmp_path / "environments").iterdir()
    assert path.name == environments.file_name("a", sys.executable)
    found = json.loads(path.read_text())
    assert found["packages"] == packages.installed()
    assert (found["format"], found["node"], found["threads"]) == (1, "a", "4")
    monkeypatch.setattr(program, "output", lambda *_: pytest.fail("it is known"))
    environments.record(spec, "4")


def test_a_store_of_an_earlier_version_has_no_place_for_it(spec, tmp_path, monkeypatch):
    (tmp_path / "environments").rmdir()
    monkeypatch.setattr(program, "output", lambda *_: pytest.fail("it is not needed"))
    environments.record(spec, "4")
