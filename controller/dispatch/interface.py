"""The interface between the loop and a dispatcher, which puts attempts on nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.core.events import Event
from controller.core.model import AttemptState
from heirloom.node.spec import Spec


@dataclass(frozen=True, slots=True)
class Start:
    """Start an attempt on a node. Repeating the order starts nothing twice."""

    attempt: str
    node: str
    spec: Spec


@dataclass(frozen=True, slots=True)
class End:
    """End an attempt on its node. `how`: stopped, cancelled or recalled."""

    attempt: str
    node: str
    how: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """Report the state of an attempt on its node.

    `spec` is given for an attempt that its node may never have received: the dispatcher starts it
    there if so.
    """

    attempt: str
    node: str
    spec: Spec | None = None


@dataclass(frozen=True, slots=True)
class NodeProbe:
    """Check a node that is down until it is usable, and report that as NodeUp.

    `delay` is in seconds before the first check; None: the dispatcher's own interval. Any answer
    shows that a node is up again, except for one that was set aside: its check must succeed.
    """

    node: str
    delay: float | None = None
    set_aside: bool = False


Order = Start | End | Probe | NodeProbe
EventCallback = Callable[[Sequence[Event]], None]


class Dispatcher(Protocol):
    """Carries orders to nodes and reports what follows from them as events.

    The events are Armed, Ended, NodeDown and NodeUp. A dispatcher repeats an order until it knows
    its effect: sooner or later each Start, End and Probe of an attempt that lives is followed by an
    event about it, or by the attempt's own message on the store. Events go to the callback that the
    dispatcher was made with, from any thread. An event may come late or twice.
    """

    @property
    def blocked(self) -> str | None:
        """Why no order can leave this machine; None while orders leave."""

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders. Returns at once."""

    def note(self, attempt: str, state: AttemptState) -> None:
        """Take what the store says about an attempt: RUNNING or ENDED.

        An attempt that has run is never started again under its number. After ENDED nothing more is
        reported about the attempt.
        """

    def close(self, timeout: float) -> None:
        """Finish what is under way, within `timeout` seconds, and drop the rest."""
