"""`heirloom check` without a file."""

import pytest

from controller.commands.search.check import check
from controller.errors import HeirloomError


def test_the_error_names_the_file_of_this_directory(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HeirloomError, match="check FILE`"):
        check()
    (tmp_path / "experiment.yml").touch()
    with pytest.raises(HeirloomError, match=r"check experiment\.yml`"):
        check()
