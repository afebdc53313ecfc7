"""Paths that Ansible would change."""

import os
from pathlib import Path

import pytest

from controller.dispatch.ansible.environment import unchanged


@pytest.mark.parametrize("name", ["plain", "a b", "ü", "50%", "q'\"", "#", "{x}"])
def test_path_that_ansible_leaves_alone_is_itself(tmp_path: Path, name: str) -> None:
    with unchanged(tmp_path / name) as path:
        assert path == str(tmp_path / name)


@pytest.mark.parametrize("name", ["$HOME", "a${HOME}", "{{ x }}", "{% x %}", "{# x #}"])
def test_path_that_ansible_would_change_goes_through_a_descriptor(
    tmp_path: Path, name: str
) -> None:
    directory = tmp_path / name
    directory.mkdir()
    (directory / "file").write_text("found")
    for changed in (directory, directory / "file"):
        with unchanged(changed) as path:
            assert os.path.expandvars(path) == path
            assert "{" not in path
            assert Path(path).samefile(changed)
        assert not Path(path).exists()
