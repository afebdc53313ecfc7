"""The base class of advisors, under the module name of NNI 1."""

from __future__ import annotations

from nni.runtime.msg_dispatcher_base import MsgDispatcherBase

__all__ = ["MsgDispatcherBase"]
