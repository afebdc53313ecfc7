"""The token that readers of the page need, in a file that only the user can read."""

from __future__ import annotations

import secrets
from pathlib import Path

from controller.errors import reason
from controller.state.errors import HomeError, cannot_write
from controller.state.home import Home
from heirloom.store.atomic_write import replace_file

_BYTES = 32
_SHORTEST = 32  # characters


def of_home(home: Home) -> str:
    """The home's token. A new one is made where there is none. Raises HomeError.

    It is kept, so that a page that is open goes on after the server was started anew.
    """
    path = path_of(home)
    try:
        found = path.read_text(encoding="ascii").strip()
        if len(found) >= _SHORTEST and not path.stat().st_mode & 0o077:  # nobody else may read it
            return found
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise HomeError(f"{path} cannot be read: {why}: remove it, and start again") from None
    home.prepare()
    token = secrets.token_urlsafe(_BYTES)
    try:
        replace_file(str(path), f"{token}\n".encode(), mode=0o600)
    except OSError as error:
        raise cannot_write(path, error) from None
    return token


def path_of(home: Home) -> Path:
    """The file of the token."""
    return home.path / "serve-token"
