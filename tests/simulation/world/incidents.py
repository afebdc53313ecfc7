"""Faults that last: power cuts, frozen machines, outages and requests of users."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from controller.core.model import split_attempt
from tests.simulation.world.node import Node
from tests.simulation.world.store import Inode

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab

_WHILE = (1.0, 200.0)  # seconds that a fault lasts, usually
_LONG = (200.0, 5000.0)  # rarely


class Incidents:
    """Causes incidents while faults are enabled, and repairs all of them afterwards."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._delayed: dict[str, Inode] = {}  # messages that are delayed
        self._seen: dict[str, Inode] = {}  # messages that were sent
        self._dead: set[str] = set()  # nodes that do not come back
        self._kinds: dict[str, Callable[[], str | None]] = {
            "node loses power": self._node_loses_power,
            "node freezes": self._node_freezes,
            "network cut": self._network_cut,
            "supervisor killed": self._supervisor_killed,
            "server unavailable": self._server_away,
            "store full": self._store_full,
            "lab loses power": self._lab_loses_power,
            "controller killed": self._controller_killed,
            "controller freezes": self._controller_freezes,
            "clock jumps": self._clock_jumps,
            "mail delayed": self._mail_delayed,
            "mail doubled": self._mail_doubled,
            "malformed mail": self._odd_mail,
            "disk corrupts bytes": self._disk_corrupts,
            "user cancels": lambda: self._person("cancel"),
            "user retries": lambda: self._person("retry"),
            "user stops": lambda: self._person("stop"),
            "user collects garbage": self._person_collects,
        }

    def begin(self) -> None:
        """Schedule the first incident."""
        if self._lab.faults.incidents:
            self._next()

    def repair(self) -> None:
        """Repair everything except nodes that stay off."""
        lab = self._lab
        lab.server.away = lab.server.full = False
        for node in lab.nodes.values():
            node.client.cut = False
            if node.frozen:
                lab.schedule.thaw(node)
            if node.down and node.name not in self._dead:
                node.boot()
        if lab.control.frozen:
            lab.schedule.thaw(lab.control)
        for name in list(self._delayed):
            self._deliver(name)
        if lab.control.listed != lab.infos:
            lab.control.kill()  # a user repairs the inventory and resumes
        lab.schedule.after(60.0, lab.control.start)

    def _next(self) -> None:
        lab = self._lab
        lab.schedule.after(lab.rng.expovariate(1 / lab.faults.pause), self._happen)

    def _happen(self) -> None:
        lab = self._lab
        if not lab.faults.enabled:
            return
        kind = lab.rng.choice(lab.faults.incidents)
        what = self._kinds[kind]()
        if what is not None:
            lab.faults.counts[kind] += 1
            lab.trace.write("fault", f"{kind}: {what}" if what else kind)
        self._next()

    def _later(self, work: Callable[[], None]) -> None:
        lab = self._lab
        seconds = lab.rng.uniform(*(_LONG if lab.rng.random() < 0.05 else _WHILE))
        lab.schedule.after(seconds, lambda: work() if lab.faults.enabled else None)

    def _node(self) -> Node:
        return self._lab.rng.choice(list(self._lab.nodes.values()))

    def _node_loses_power(self) -> str | None:
        node = self._node()
        if node.down:
            return None
        self._cut_power([node], names=False)
        others = [other for other in self._lab.nodes if other not in self._dead | {node.name}]
        if others and self._lab.rng.random() < 0.1:
            self._dead.add(node.name)
        else:
            self._later(lambda: node.boot() if node.down else None)
        return node.name

    def _cut_power(self, nodes: list[Node], *, names: bool) -> None:
        for node in nodes:
            node.lose_power()
        lost = self._lab.server.cut(self._lab.rng, {node.name for node in nodes}, names=names)
        self._lab.trace.write("store", f"{lost} writes are lost in the power cut")

    def _node_freezes(self) -> str | None:
        node = self._node()
        if node.down or node.frozen:
            return None
        node.frozen = True
        self._later(lambda: self._lab.schedule.thaw(node) if node.frozen else None)
        return node.name

    def _network_cut(self) -> str | None:
        node = self._node()
        node.client.cut = True
        self._later(lambda: setattr(node.client, "cut", False))
        return node.name

    def _supervisor_killed(self) -> str | None:
        node = self._node()
        alive = node.alive()
        if not alive:
            return None
        attempt = self._lab.rng.choice(alive)
        node.kill_supervisor(attempt)
        return attempt

    def _server_away(self) -> str:
        self._lab.server.away = True
        self._later(lambda: setattr(self._lab.server, "away", False))
        return ""

    def _store_full(self) -> str:
        self._lab.server.full = True
        self._later(lambda: setattr(self._lab.server, "full", False))
        return ""

    def _lab_loses_power(self) -> str:
        """All machines lose power at once."""
        lab = self._lab
        lab.control.kill()
        nodes = [node for node in lab.nodes.values() if not node.down]
        self._cut_power(nodes, names=True)
        for node in nodes:
            self._later(partial(_boot_if_down, node))
        return ""

    def _controller_killed(self) -> str | None:
        if self._lab.control.loop is None:
            return None
        self._lab.control.kill()
        return ""

    def _controller_freezes(self) -> str | None:
        control = self._lab.control
        if control.frozen:
            return None
        control.frozen = True
        self._later(lambda: self._lab.schedule.thaw(control) if control.frozen else None)
        return ""

    def _clock_jumps(self) -> str:
        """Set the controller's wall clock."""
        self._lab.clock_ahead = self._lab.rng.uniform(-3600.0, 3600.0)
        return f"{self._lab.clock_ahead:+.0f} s"

    def _new_mail(self) -> dict[str, Inode]:
        found = self._lab.server.find("mail/new")
        assert found is not None
        self._seen.update(found.names)
        return found.names

    def _mail_delayed(self) -> str | None:
        names = sorted(self._new_mail())
        if not names:
            return None
        name = self._lab.rng.choice(names)
        new = self._lab.server.find("mail/new")
        assert new is not None
        self._delayed[name] = new.names[name]
        self._lab.server.unlink(new, name)
        self._later(lambda: self._deliver(name))
        return name

    def _deliver(self, name: str) -> None:
        message = self._delayed.pop(name, None)
        if message is not None:
            self._lab.server.put(f"mail/new/{name}", message)

    def _mail_doubled(self) -> str | None:
        self._new_mail()
        done = self._lab.server.find("mail/done")
        assert done is not None
        self._seen.update(done.names)
        if not self._seen:
            return None
        name = self._lab.rng.choice(sorted(self._seen))
        copy = Inode("file", 0o660, self._seen[name].data)
        self._lab.server.put(f"mail/new/{name}", copy)
        return name

    def _odd_mail(self) -> str:
        rng = self._lab.rng
        name, data = rng.choice(
            [
                ("0.1.ended.json", b"{"),
                ("0.1.began.json", b'{"format": 1, "kind": "ended", "attempt": "0.1"}'),
                ("junk", b"\0" * 10),
                ("0.9.ended.json", b"[" * 100_000),
                (
                    "99.1.ended.json",
                    json.dumps(
                        {
                            "format": 1,
                            "kind": "ended",
                            "attempt": "99.1",
                            "outcome": "failed",
                        }
                    ).encode(),
                ),
                ("99.1.began.json", b'{"format": 1, "kind": "began", "attempt": "99.1"}'),
                ("1.1.ended.json", b" " * 70_000),
            ]
        )
        if self._lab.server.find(f"mail/new/{name}") is None:
            self._lab.server.put(f"mail/new/{name}", Inode("file", 0o660, data))
        return name

    def _disk_corrupts(self) -> str | None:
        """Change a committed file, unless a child has checked it and not yet read it."""
        lab = self._lab
        supervisors = [
            node.claims[name].supervisor for node in lab.nodes.values() for name in node.alive()
        ]
        held = {
            parent
            for supervisor in supervisors
            if not supervisor.will_check
            for parent in supervisor.spec.restore
        }
        intact = [
            trial
            for trial, verdict in lab.rules.verdicts.items()
            if verdict.weights and trial not in held and lab.server.find(f"trials/{trial}/weights")
        ]
        if not intact:
            return None
        late = {t for each in supervisors if each.will_check for t in each.spec.restore}
        trial = lab.rng.choice(sorted(late - held) or intact)
        path, inode = lab.rng.choice(list(lab.server.tree(f"trials/{trial}/weights")))
        sharing = {
            other
            for other in lab.rules.verdicts
            if any(file is inode for _, file in lab.server.tree(f"trials/{other}/weights"))
        }
        if sharing & held or not inode.data:
            return None
        lab.rules.corrupted |= sharing
        inode.data = inode.data[:-1] + bytes([inode.data[-1] ^ 4])
        return f"{trial}/{path}"

    def _person_collects(self) -> str:
        self._lab.inbox.send({"action": "gc"})
        return ""

    def _person(self, action: str) -> str:
        lab = self._lab
        trial = lab.rng.randrange(max(1, len(lab.rules.verdicts) + 2))
        alive = [name for node in lab.nodes.values() for name in node.alive()]
        if action == "cancel" and alive:  # its attempt may commit at this moment
            trial = split_attempt(lab.rng.choice(alive))[0]
        if action == "stop":
            if lab.rng.random() < 0.8:
                return "not carried out"
            lab.inbox.send({"action": "stop"})
            return ""
        lab.inbox.send({"action": action, "trial": trial})
        return f"trial {trial}"


def _boot_if_down(node: Node) -> None:
    if node.down:
        node.boot()
