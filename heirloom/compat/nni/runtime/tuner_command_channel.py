"""The messages of an advisor, under the module name of NNI 2.7 and later."""

from __future__ import annotations

from .protocol import CommandType

__all__ = ["CommandType"]
