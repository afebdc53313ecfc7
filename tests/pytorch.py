"""Tests that need PyTorch: skipped where it is not installed, and failed there on a CI machine."""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from typing import Any

import pytest

REASON = "PyTorch is not installed: pip install -r requirements-torch.txt"


def require_torch() -> Any:
    """The module `torch`. Without it, skip the calling module or test; fail if CI is set."""
    if find_spec("torch") is None:
        if os.environ.get("CI"):
            pytest.fail(REASON, pytrace=False)
        pytest.skip(REASON, allow_module_level=True)
    return importlib.import_module("torch")
