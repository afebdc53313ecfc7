"""The modules of an example, which are on no path of ours."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def reading() -> Iterator[SimpleNamespace]:
    """Those of examples/reading_comprehension, by name."""
    place = EXAMPLES / "reading_comprehension"
    sys.path.insert(0, str(place))
    # Where other tests have loaded Ansible, sys.intern is an object of its, and torch's compiler,
    # which optimizers load, takes functions alone.
    genuine = getattr(sys.intern, "unpatched_implementation", sys.intern)
    with mock.patch.object(sys, "intern", genuine):
        importlib.import_module("torch._dynamo")
    names = ("corpus", "data", "graph", "network", "squad", "tuner")
    yield SimpleNamespace(place=place, **{name: importlib.import_module(name) for name in names})
    sys.path.remove(str(place))
    for name in names:
        sys.modules.pop(name, None)
