"""The messages of an advisor, under the module name of NNI 1."""

from __future__ import annotations

from nni.runtime.protocol import CommandType, send

__all__ = ["CommandType", "send"]
