"""The messages of an advisor, under the module name of NNI 2.

NNI 1 has them in `nni.protocol`, NNI 2.7 and later in `nni.runtime.tuner_command_channel`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import ClassVar, Optional

__all__ = ["CommandType", "connect", "send"]


class CommandType(Enum):
    """The kinds of messages. The values are NNI's."""

    Initialize = b"IN"
    RequestTrialJobs = b"GE"
    ReportMetricData = b"ME"
    UpdateSearchSpace = b"SS"
    ImportData = b"FD"
    AddCustomizedTrialJob = b"AD"
    TrialEnd = b"EN"
    Terminate = b"TE"
    Ping = b"PI"

    Initialized = b"ID"
    NewTrialJob = b"TR"
    SendTrialJobParameter = b"SP"
    NoMoreTrialJobs = b"NO"
    KillTrialJob = b"KI"
    Error = b"ER"


Receive = Callable[[CommandType, str], None]


class _State:
    """What takes the messages of this process."""

    receive: ClassVar[Optional[Receive]] = None


def connect(receive: Receive) -> None:
    """Pass on what is sent from now on."""
    _State.receive = receive


def send(command: CommandType, data: str) -> None:
    """Send a message of the advisor: JSON in a text. Raises RuntimeError outside a search."""
    if _State.receive is None:
        raise RuntimeError(f"{command} cannot be sent: no search runs this advisor")
    _State.receive(command, data)
