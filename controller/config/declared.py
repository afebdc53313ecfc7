"""The experiment file, checked against what its tuner declares about itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from controller.config.mistakes import Key
from heirloom.tuners.process.protocol import Declared

if TYPE_CHECKING:
    from controller.config.experiment import Experiment


def check(config: Experiment, declared: Declared) -> None:
    """Raise ValueError, with the key, if the file does not fit what the tuner declares."""
    try:
        config.budget.check_end(ends_itself=declared["ends_itself"])
    except ValueError as error:
        raise ValueError(f"budget: {error}") from None
    if declared["chain"]:
        for key, text in without_chain(config):
            raise ValueError(f"{'.'.join(map(str, key))}: {text}")


def without_chain(config: Experiment) -> Iterator[tuple[Key, str]]:
    """The mistakes in a file whose tuner shares weights along a chain of trials.

    They are the keys that let a trial start from nothing, or from another trial than its tuner
    names.
    """
    who = f"{config.tuner.label} shares weights along a chain of trials"
    if config.on_parent_failure == "scratch":
        yield (
            ("on_parent_failure",),
            f"{who}, and a trial that starts from nothing is no part of it: write skip or ancestor "
            "instead of scratch",
        )
    source = config.inheritance.from_
    if source != "tuner":
        why = {
            "none": "with none all of them would start from nothing",
            "nearest": "nearest would give weights to those that have to start from nothing",
        }[source]
        yield ("inheritance", "from"), f"{who}, and {why}: write tuner instead"
