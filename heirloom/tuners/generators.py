"""The state of random generators as plain JSON, for a tuner's `state` and `load_state`."""

from __future__ import annotations

from typing import Any


def generator_state(generator: Any) -> Any:
    """The state of a random generator as plain JSON.

    `generator` is a `random.Random`, the module `random`, a `numpy.random.Generator` or a
    `numpy.random.RandomState`.
    """
    if hasattr(generator, "getstate"):
        return _plain(generator.getstate())
    if hasattr(generator, "bit_generator"):
        return _plain(generator.bit_generator.state)
    return _plain(generator.get_state(legacy=False))


def load_generator(generator: Any, state: Any) -> None:
    """Set a generator to what `generator_state` returned. Raises if it is no such state."""
    if hasattr(generator, "setstate"):
        version, numbers, gauss = state
        generator.setstate((version, tuple(numbers), gauss))
    elif hasattr(generator, "bit_generator"):
        generator.bit_generator.state = state
    else:
        generator.set_state(state)


def _plain(value: Any) -> Any:
    """Lists in place of tuples and of numpy's arrays, Python's numbers in place of numpy's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return list(map(_plain, value)) if isinstance(value, (list, tuple)) else value
