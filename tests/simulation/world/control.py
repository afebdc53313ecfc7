"""The controller: the real loop, core, journal and store watch, killed and resumed."""

from __future__ import annotations

import queue
from collections import deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo
from controller.engine.continuation.replay import replay
from controller.engine.loop import Loop
from controller.engine.messages import MessageQueue
from controller.engine.observer import PauseChoice
from controller.engine.setup.specs import Specs
from controller.state.journal import JournalError
from controller.store.watch import StoreWatch
from tests.simulation.world.client import Client
from tests.simulation.world.disk import ControllerKilledError, Disk
from tests.simulation.world.schedule import Actor, Host, Killed
from tests.simulation.world.tuner import SimulatedTuner
from tests.simulation.world.waves import Waves

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab

_HEARTBEAT_TIMEOUT = 20.0  # seconds; shorter than the real minute


class Control(Host):
    """The machine of the controller."""

    def __init__(self, lab: Lab, disk: Disk) -> None:
        super().__init__("controller")
        self.lab, self.disk = lab, disk
        self.client = Client(lab.schedule, lab.server, self, lab.faults, soft=False)
        self.loop: Loop | None = None
        self.listed: tuple[NodeInfo, ...] = ()
        self._life = 0
        self._tick = lab.rng.choice([0.5, 2.0, 4.0])
        self._awaited = False

    def start(self) -> None:
        """Start a controller, which opens the experiment."""
        if self.loop is not None:
            return
        lab = self.lab
        self._life += 1
        self.client.forget()
        lab.inbox.reopen()
        self._journal = self.disk.open()
        replayed = replay(lab.config, self._journal)
        self.disk.check([event for _, event in self._journal.read()])
        experiment, restored = lab.tables.open(self._journal, replayed)
        lab.continuation.complete(experiment, self._journal)
        more = [] if experiment.closed is None else lab.continuation.extend(experiment)
        if experiment.closed is not None and not more:
            self._journal.close()
            lab.closed(experiment)
            return
        post = MessageQueue()
        post.items = cast("Any", _Items(self))
        self.tuner = SimulatedTuner(lab, post.events, self._journal, experiment)
        self._watch = SteppedWatch(self, post)
        self.listed = listed = lab.inventory()
        self._waves = Waves(lab, {info.name for info in listed}, post.events)
        places = {
            info.name: SimpleNamespace(store=None, python=None, is_local=False) for info in listed
        }
        specs = Specs(lab.config, lab.root, "0" * 64, "1" * 64, cast("Any", places))
        self.loop = Loop(
            experiment,
            self._journal,
            post=post,
            tuner=cast("Any", self.tuner),
            watch=self._watch,
            dispatcher=self._waves,
            specs=specs,
            inbox=cast("Any", lab.inbox),
            ask_on_interrupt=lambda experiment: "leave",
            ask_on_pause=self._answer,
            clock=lambda: lab.schedule.now,
            now=lab.wall,
        )
        lab.trace.write("controller", f"opens the experiment, start {self._life}")
        resumed = experiment.opened_at is not None
        first: list[e.Event] = [
            e.Opened(at=lab.wall(), resumed=resumed, keep_going=lab.pause_rng.random() < 0.2),
            e.NodesFound(at=lab.wall(), nodes=listed),
            *[e.TunerDeclared(at=lab.wall(), concludes=True)] * lab.concludes,
            *more,
        ]
        loop = self.loop
        lab.tables.follow(self._journal, experiment, restored)
        lab.tables.keep_tuner_state(loop, self._journal, self.tuner)
        self._guard(lambda: loop.begin(first))
        self._ticking(self._life)

    def kill(self, torn: int | None = None) -> None:
        """kill -9 at this moment."""
        if self.loop is None:
            return
        self.lab.faults.counts["controller dies"] += 1
        self.lab.trace.write("controller", "is killed")
        self._end()
        self.frozen = False
        self.held.clear()
        self.disk.kill(self._journal, torn)
        self.lab.schedule.after(self.lab.rng.uniform(0.5, 60.0), self.start)

    def may_die(self) -> None:
        """Possibly kill the controller between two actions. Raises ControllerKilledError."""
        if self.lab.faults.occurs("killed between acts"):
            raise ControllerKilledError

    def wake(self) -> None:
        """The loop's queue has a new item."""
        if self.loop is not None and not self._awaited:
            self._awaited = True
            real = self._life
            self.lab.schedule.after(self.lab.rng.uniform(0.0, 0.2), lambda: self._step(real), self)

    def _ticking(self, real: int) -> None:
        if self.loop is not None and real == self._life:
            self._step(real)
            self.lab.schedule.after(self._tick, lambda: self._ticking(real), self)

    def _step(self, real: int) -> None:
        loop = self.loop
        if loop is None or real != self._life:
            return
        self._awaited = False
        self._guard(lambda: loop.step(0.0))
        if self.loop is None or not loop.is_over:
            return
        loop.settle(0.0)
        self._end()
        again = replay(self.lab.config, self._journal)
        self.lab.tables.check(self._journal, again)
        self._journal.close()
        if loop.experiment.closed is not None and self.lab.continuation.extensions:
            self.lab.schedule.after(30.0, self.start)
        elif loop.experiment.closed is not None:
            self.lab.closed(loop.experiment)
        else:
            self.lab.trace.write("controller", "ends in a pause")
            self.lab.schedule.after(self.lab.pause_rng.uniform(0.5, 60.0), self.start)

    def _answer(self, experiment: Experiment) -> PauseChoice | None:
        """The user corrects the mistake, at once or later, or has nobody be asked."""
        choice: PauseChoice | None = self.lab.pause_rng.choice([None, None, "go on", "end"])
        self.lab.mistake = self.lab.mistake and choice is None
        return choice

    def _guard(self, work: Any) -> None:
        try:
            work()
        except ControllerKilledError as killed:
            self.kill(killed.torn)
        except JournalError as error:
            self.lab.trace.write("controller", f"ends: {error}")
            self.kill()

    def leave(self) -> None:
        """Close what an interrupted run left open."""
        if self.loop is not None:
            self._end()
            self._journal.close()

    def _end(self) -> None:
        self.loop = None
        self._awaited = False
        self.tuner.close(0.0)
        self._waves.close(0.0)
        self._watch.close(0.0)


class SteppedWatch(StoreWatch):
    """The real store watch, as an actor."""

    def __init__(self, control: Control, post: MessageQueue) -> None:
        lab = control.lab
        super().__init__(
            lab.root,
            lab.root.experiment,
            control.client,
            post.events,
            post.lost_heartbeat,
            heartbeat_timeout=_HEARTBEAT_TIMEOUT,
            clock=lambda: lab.schedule.now,
            now=lab.wall,
            part=self._part,
        )
        self._control = control
        self._actor: Actor | None = None

    def start(self) -> None:
        """Start watching."""
        self._actor = Actor(self._control.lab.schedule, self._control, "store", self._live)

    def close(self, timeout: float) -> None:
        """End at once."""
        if self._actor is not None:
            self._actor.kill()

    def pass_verdict(self, *asked: Any) -> None:
        """See StoreWatch."""
        self._control.may_die()
        super().pass_verdict(*asked)

    def read_verdict(self, *asked: Any) -> None:
        """See StoreWatch."""
        self._control.may_die()
        super().read_verdict(*asked)

    def remove(self, *decided: Any) -> None:
        """See StoreWatch."""
        self._control.may_die()
        super().remove(*decided)

    def _live(self) -> None:
        assert self._actor is not None
        rng = self._control.lab.rng
        while True:
            busy = self.step(0.0)
            self._actor.sleep(0.05 if busy else rng.uniform(0.3, 2.5))

    def _part(self, path: str, offset: int, limit: int) -> bytes:
        self._control.client.ask()
        data = self._control.client.get(path) or b""
        return data[offset : offset + limit]


class _Items:
    """The loop's queue. `get` never waits."""

    def __init__(self, control: Control) -> None:
        self._control, self._life = control, control._life
        self._items: deque[Any] = deque()

    def put(self, item: Any) -> None:
        running = self._control.lab.schedule.running
        if running is not None and running.dead:
            raise Killed
        self._items.append(item)
        self._control.wake()

    def get(self, timeout: float) -> Any:
        return self.get_nowait()

    def get_nowait(self) -> Any:
        if not self._items:
            raise queue.Empty
        return self._items.popleft()
