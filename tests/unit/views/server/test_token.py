"""The token's file."""

import stat
from pathlib import Path

import pytest

from controller.state.errors import HomeError
from controller.state.home import Home
from controller.views.server import token


def test_it_is_made_once_and_only_the_user_reads_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    first = token.of_home(home)
    assert len(first) >= 43
    assert token.of_home(home) == first
    assert stat.S_IMODE(token.path_of(home).stat().st_mode) == 0o600


@pytest.mark.parametrize(("text", "mode"), [("", 0o600), ("short\n", 0o600), ("x" * 43, 0o644)])
def test_a_weak_one_or_one_that_others_can_read_is_replaced(
    tmp_path: Path, text: str, mode: int
) -> None:
    home = Home(tmp_path)
    token.path_of(home).write_text(text)
    token.path_of(home).chmod(mode)
    assert token.of_home(home) != text.strip()
    assert stat.S_IMODE(token.path_of(home).stat().st_mode) == 0o600


def test_one_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    home = Home(tmp_path)
    token.path_of(home).write_bytes(b"\xff" * 50)
    with pytest.raises(HomeError, match=r"serve-token cannot be read: .*: remove it"):
        token.of_home(home)
