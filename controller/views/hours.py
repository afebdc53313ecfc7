"""What trials used and inherited, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from controller.core.usage.amounts import Usage
from controller.core.usage.training import Comparison, Inherited
from controller.formats import counted, duration

_MINUTE, _HOUR = 60.0, 3600.0
_SMALL = 0.001  # a share below which a part is not named
_LOST = "in attempts that committed nothing"


def hours(seconds: float) -> str:
    """`12.3 h`; below one hour `3m05s`; below one minute two digits, such as `0.21s`."""
    if seconds < _MINUTE:
        return f"{seconds:.2g}s"
    return duration(seconds) if seconds < _HOUR else f"{seconds / _HOUR:,.1f} h"


def rows(usage: Usage) -> Iterator[tuple[str, str]]:
    """The names and amounts of what was measured: processor time, and GPU time if there is any."""
    total, lost, attempts = usage.total, usage.lost, usage.attempts
    if usage.known_cpu_seconds is not None:
        yield "CPU time", _amount(total.cpu_seconds, lost.cpu_seconds, usage.without_cpu, attempts)
    if total.gpu_seconds > 0:
        yield "GPU time", _amount(total.gpu_seconds, lost.gpu_seconds, usage.without_gpu, attempts)


def _amount(total: float, lost: float, unknown: int, attempts: int) -> str:
    text = hours(total)
    if lost > _SMALL * total:
        text += f", {hours(lost)} of it {_LOST}"
    if unknown:
        text += f"; {unknown} of {counted(attempts, 'attempt')} not measured"
    return text


def facts(usage: Usage) -> dict[str, Any]:
    """What was used, as plain data. None: not known of any attempt."""
    return {
        "seconds": usage.total.seconds,
        "cpu_seconds": usage.known_cpu_seconds,
        "gpu_seconds": usage.known_gpu_seconds,
        "lost": dataclasses.asdict(usage.lost),
        "attempts": usage.attempts,
        "without_cpu": usage.without_cpu,
        "without_gpu": usage.without_gpu,
    }


def inherited(found: Inherited) -> str:
    """The number of ancestors, and the training inherited from them; empty if there is none."""
    if not found.line:
        return ""
    text = f"{len(found.line)}, inherited training {hours(found.amount.seconds)}"
    return text + (", without that before the import" if found.is_imported else "")


def notes(usage: Usage, compared: Comparison) -> list[str]:
    """What a search used, and what its candidates would have needed alone, in sentences."""
    found = [f"{name} of the trials: {text}." for name, text in rows(usage)]
    trained, alone = compared.trained.seconds, compared.alone.seconds
    if alone - trained <= _SMALL * trained:
        return found
    text = (
        f"Inheritance: the search trained for {hours(trained)}. Each of its "
        f"{counted(compared.candidates, 'candidate')} trained alone, for as long as the trial and "
        f"its ancestors did, would take {hours(alone)}."
    )
    if compared.imported:
        text += f" Not in it: what the ancestors of {compared.imported} trained before the import."
    return [*found, text]
