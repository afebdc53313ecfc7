"""Modules of the reading example, which is not on the import path."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def reading() -> Iterator[SimpleNamespace]:
    """The modules of examples/reading_comprehension that need no PyTorch, by name.

    The example's directory is on the import path while the fixture is in use.
    """
    place = EXAMPLES / "reading_comprehension"
    sys.path.insert(0, str(place))
    names = ("corpus", "data", "graph", "squad", "tuner")
    yield SimpleNamespace(place=place, **{name: importlib.import_module(name) for name in names})
    sys.path.remove(str(place))
    for name in (*names, "network"):
        sys.modules.pop(name, None)
