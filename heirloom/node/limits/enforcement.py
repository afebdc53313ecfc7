"""Choose who holds a trial to its limits: systemd, a cgroup of our own, or its supervisor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Optional

from . import cgroups, cores, systemd
from .memory import LimitedMemory, MeasuredMemory, MemoryWatch

_TOLERANCE = 1.01  # of a number of processors: systemd rounds quotas


@dataclass(frozen=True)
class Enforcement:
    """Which limits the kernel enforces on this process and its descendants."""

    name: str = ""  # of the systemd scope or the cgroups
    memory: bool = False
    cpus: bool = False
    group: Optional[cgroups.Group] = field(default=None, compare=False)

    def memory_watch(
        self, limit: Optional[int], processes: Callable[[], Iterable[int]]
    ) -> Optional[MemoryWatch]:
        """What watches the memory of `processes`; None without a limit."""
        if limit is None:
            return None
        return LimitedMemory(limit, self.name) if self.memory else MeasuredMemory(limit, processes)

    def bind(self, cpus: Optional[float], first_slot: int) -> None:
        """Bind this process to cores, unless the kernel limits its processor time."""
        if cpus is not None and not self.cpus:
            cores.bind(cpus, first_slot)

    def step_out(self) -> None:
        """Leave the limits to the trial, which was started: its supervisor needs none."""
        if self.group is not None:
            self.group.step_out()

    def leave(self) -> None:
        """Remove the cgroups, when all descendants have ended."""
        if self.group is not None:
            self.group.leave()


def enter(name: str, memory: Optional[int], cpus: Optional[float], no_systemd: str) -> Enforcement:
    """Let the kernel enforce limits on this process and its descendants, as far as possible.

    `name` is the name of the systemd scope or the cgroups. `no_systemd` is why there is no scope,
    or empty. Errors go to standard error.
    """
    if not no_systemd:
        try:
            systemd.enter_scope(name, memory, cpus)
        except OSError as error:  # the trial runs all the same
            os.write(2, f"{name} runs without a systemd scope: {error}\n".encode())
    holds_memory = memory is None or _holds(cgroups.memory_limit(name), memory)
    holds_cpus = cpus is None or _holds(cgroups.cpu_limit(name), cpus * _TOLERANCE)
    group = cgroups.Group(name)
    if memory is not None and not holds_memory:
        holds_memory = group.limit_memory(memory)
    if cpus is not None and not holds_cpus:
        holds_cpus = group.limit_cpus(cpus)
    return Enforcement(name, holds_memory, holds_cpus, group)


def available(no_systemd: str) -> dict[str, str]:
    """Who would enforce limits of `memory` and `cpus` here.

    systemd, cgroup, supervisor (which measures about once a second) or cores (whole ones).
    """
    delegated = () if no_systemd else systemd.controllers()
    return {
        "memory": _holder("memory", delegated, "supervisor"),
        "cpus": _holder("cpu", delegated, "cores"),
    }


def _holder(controller: str, delegated: tuple[str, ...], otherwise: str) -> str:
    if controller in delegated:
        return "systemd"
    return "cgroup" if cgroups.can_limit(controller) else otherwise


def _holds(limit: Optional[float], wanted: float) -> bool:
    return limit is not None and limit <= wanted
