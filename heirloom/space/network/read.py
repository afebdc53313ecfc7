"""Reads a network from JSON of unknown origin, and lists its mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import Mistake, Path, SpaceError
from .graph import INPUT, Layer, Network
from .kinds import CLASSIFIER, KINDS, is_count, wrong_sources
from .shapes import ShapeError, shapes

_KEYS = ("input", "next_id", "layers")
_LAYER_KEYS = ("id", "type", "inputs", "skips")


def read(value: Any) -> Network:
    """Read a network in its JSON form.

        {"input": [3, 32, 32], "next_id": 4, "layers": [
            {"id": 1, "type": "conv", "inputs": [0], "filters": 16, "kernel": [3, 3], "stride": 1,
             "activation": "bn_relu", "skips": [0]},
            {"id": 2, "type": "global_pool", "inputs": [1]},
            {"id": 3, "type": "linear", "inputs": [2], "units": 10}]}

    The layers are in topological order, and the last one is the classifier. `next_id` is above all
    ids. `skips` may be missing.

    Raises SpaceError, which has the place of each mistake within the value.
    """
    mistakes: list[Mistake] = []
    if not isinstance(value, Mapping):
        raise SpaceError([((), f"a network must be a mapping, not {value!r:.60}")])
    _check_keys(value, _KEYS, (), mistakes)
    shape, next_id, written = (value.get(key) for key in _KEYS)
    if not (isinstance(shape, list) and len(shape) == 3 and all(map(is_count, shape))):
        mistakes.append((("input",), "must be [channels, height, width]"))
    if not isinstance(written, list) or not written:
        mistakes.append((("layers",), "must be a list of layers"))
    if mistakes or not isinstance(written, list) or not isinstance(shape, list):
        raise SpaceError(mistakes)
    layers: list[Layer] = []
    for index, layer in enumerate(written):
        _read_layer(layer, ("layers", index), layers, mistakes)
    if mistakes:
        raise SpaceError(mistakes)
    mistakes += _unfinished(layers)
    if not isinstance(next_id, int) or next_id <= max(layer.id for layer in layers):
        mistakes.append((("next_id",), "must be a whole number above the ids of all layers"))
    if mistakes or not isinstance(next_id, int):
        raise SpaceError(mistakes)
    network = Network((shape[0], shape[1], shape[2]), tuple(layers), next_id)
    try:
        shapes(network)
    except ShapeError as error:
        place: Path = ("layers", network.position(error.layer))
        raise SpaceError([(place, error.text)]) from None
    return network


def _read_layer(value: Any, path: Path, before: list[Layer], mistakes: list[Mistake]) -> None:
    """Append a layer to those before it, or its mistakes."""
    if not isinstance(value, Mapping):
        mistakes.append((path, f"a layer must be a mapping, not {value!r:.60}"))
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        mistakes.append(((*path, "type"), f"must be one of {', '.join(KINDS)}, not {kind!r:.60}"))
        return
    needed = [key for key in _LAYER_KEYS if key != "skips"]
    found: list[Mistake] = []
    _check_keys(value, (*needed, *KINDS[kind]), path, found, optional=("skips",))
    for name, option in KINDS[kind].items():
        if name in value and not option.accepts(value[name]):
            text = f"must be {option.described}, not {value[name]!r:.60}"
            found.append(((*path, name), text))
    known = {INPUT, *(layer.id for layer in before)}
    number, inputs, skips = value.get("id"), value.get("inputs"), value.get("skips", [])
    if not is_count(number) or number in known:
        found.append(((*path, "id"), "must be a whole number above 0 that no other layer has"))
    for name, sources in (("inputs", inputs), ("skips", skips)):
        if not isinstance(sources, list) or not all(_is_id(each, known) for each in sources):
            text = "must be a list of ids of earlier layers, or 0 for the network's input"
            found.append(((*path, name), text))
    if not found:
        assert isinstance(inputs, list)
        found += [((*path, key), text) for key, text in wrong_sources(kind, inputs, skips)]
    mistakes += found
    if not found:
        pairs = ((name, value[name]) for name in KINDS[kind])
        options = {name: tuple(v) if isinstance(v, list) else v for name, v in pairs}
        assert isinstance(number, int)
        before.append(Layer(number, kind, tuple(inputs or ()), options, tuple(skips)))


def _unfinished(layers: list[Layer]) -> list[Mistake]:
    """Mistakes in the order of layers: the classifier is the last, and all are read."""
    used = {number for layer in layers for number in (*layer.inputs, *layer.skips)}
    found: list[Mistake] = []
    for index, layer in enumerate(layers):
        is_last = index == len(layers) - 1
        if (layer.type == CLASSIFIER) != is_last:
            text = f"the last layer must be {CLASSIFIER}, and no other one"
            found.append((("layers", index, "type"), text))
        if layer.id not in used and not is_last:
            found.append((("layers", index), "no other layer reads it"))
    return found


def _is_id(value: Any, known: set[int]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in known


def _check_keys(
    value: Mapping[Any, Any],
    needed: tuple[str, ...],
    path: Path,
    mistakes: list[Mistake],
    optional: tuple[str, ...] = (),
) -> None:
    missing = [key for key in needed if key not in value]
    if missing:
        mistakes.append((path, f"missing: {', '.join(missing)}"))
    for key in value:
        if key not in (*needed, *optional):
            text = f"unknown key; known are {', '.join((*needed, *optional))}"
            mistakes.append(((*path, str(key)), text))
