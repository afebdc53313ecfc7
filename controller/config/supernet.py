"""Whether the supernet of a model can be trained in the memory that a trial has."""

from __future__ import annotations

from typing import NamedTuple

from rich import filesize

from controller.config.model import ModelSpace
from controller.config.trial import TrialSection

_LEAST = 2  # copies of the weights: these and their gradients
_USUAL = 3  # and the momentum of SGD, or one of Adam's two averages


class Finding(NamedTuple):
    """What does not fit. `refused`: it cannot fit, whatever the optimizer is."""

    text: str
    refused: bool


def memory_problem(made: ModelSpace, trial: TrialSection) -> Finding | None:
    """What to say where a trial's memory is too small for the model's supernet, else None.

    With GPUs the memory of one GPU counts. Activations come on top, and are not known.
    """
    size, limit = made.supernet_bytes, _limit(made, trial)
    if size is None or limit is None or _USUAL * size <= limit[0]:
        return None
    available, what, remedy = limit
    copies, refused = (_LEAST, True) if _LEAST * size > available else (_USUAL, False)
    parts = "weights and gradients" if refused else "weights, gradients and a momentum"
    text = (
        f"the supernet of {made.model} has {made.costs['supernet']['parameters']:,} parameters: "
        f"its {parts} take {filesize.decimal(copies * size)}, and {what} is "
        f"{filesize.decimal(available)}: {remedy}"
    )
    return Finding(text, refused)


def _limit(made: ModelSpace, trial: TrialSection) -> tuple[int, str, str] | None:
    """The bytes that there are, what they are called, and what to do about it."""
    smaller = "make the model smaller"
    if trial.gpus:
        gpu = made.memory.get("gpu")
        return None if gpu is None else (gpu, "the memory of the GPU", smaller)
    machine = made.memory.get("machine")
    if trial.memory is not None and (machine is None or trial.memory <= machine):
        return trial.memory, "trial.memory", f"raise it, or {smaller}"
    return None if machine is None else (machine, "the memory of the node", smaller)
