"""Tests that need PyTorch: skipped where it is not installed, and failed there on a CI machine."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.util import find_spec
from typing import Any
from unittest import mock

import pytest

REASON = "PyTorch is not installed: pip install -r requirements-torch.txt"


def require_torch() -> Any:
    """The module `torch`. Without it, skip the calling module or test; fail if CI is set."""
    if find_spec("torch") is None:
        if os.environ.get("CI"):
            pytest.fail(REASON, pytrace=False)
        pytest.skip(REASON, allow_module_level=True)
    torch = importlib.import_module("torch")
    # Ansible, which other tests import, replaces sys.intern by an object. torch's compiler, which
    # optimizers import, accepts only functions.
    original = getattr(sys.intern, "unpatched_implementation", sys.intern)
    with mock.patch.object(sys, "intern", original):
        importlib.import_module("torch._dynamo")
    return torch
