"""What comes of a model with choices: its search space, a candidate, a supernet, their cost."""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Callable, Optional

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase as _Normalization
from torch.utils.flop_counter import FlopCounterMode

from .. import space as spaces
from .builders import Builder, Chosen, Label, Recorder, Shared, answering
from .errors import NasError
from .params import flatten
from .parts import Part
from .shapes import ShapesOnly
from .space import search_space

Model = Callable[[], nn.Module]

_TRIES = 200  # candidates that are built at most to check a model


@dataclass(frozen=True)
class Cost:
    """The size of a network: the numbers it learns, and multiply-adds for one input."""

    parameters: int
    macs: Optional[int]  # None: of a network whose input's shape is not known


def space(model: Model) -> dict[str, Any]:
    """The search space of a model, in NNI's JSON form, which every tuner takes.

    Every option is built once, and then candidates until each option was part of one. With an
    attribute `input_shape` of the model's class (without the batch), they are also run. All of
    this happens on PyTorch's meta device, which computes shapes only.

    Raises NasError for labels that are wrong, and for a candidate that cannot be built or run.
    """
    found = search_space(labels(model))
    for params in _covering(found):
        measure(model, params)
    return found


def labels(model: Model) -> Mapping[str, Label]:
    """The labels of a model, every option of which is built once on PyTorch's meta device.

    Raises NasError for labels that are wrong, and for a model without any.
    """
    recorder = Recorder()
    _build(model, recorder, "meta")
    if not recorder.labels:
        raise NasError(f"{_name(model)} has no choices")
    return recorder.labels


def measure(model: Model, params: Mapping[str, Any]) -> Cost:
    """The cost of a candidate, which is built on PyTorch's meta device and never trained.

    Without an attribute `input_shape` of the model it has no MACs.

    Raises NasError for a candidate that cannot be built or run.
    """
    try:
        network = _build(model, Chosen(params), "meta")
        if getattr(network, "input_shape", None) is None:
            return Cost(_parameters(network), None)
        return cost(network)
    except Exception as error:
        text = f"the candidate {json.dumps(params)} of {_name(model)} fails: {error}"
        raise NasError(text) from error


def candidate(model: Model, params: Optional[Mapping[str, Any]] = None) -> nn.Module:
    """The network of one candidate, which holds only what was chosen.

    params: by default those of this trial. Params that the model does not ask for, such as a
        learning rate, are ignored.

    If the experiment's objectives have `parameters` or `macs`, those of this trial become part of
    its result, and a trial that is out of their bounds ends here (`trial.measured`).

    Raises NasError if they do not fit the model.
    """
    if params is None:
        from .. import trial  # not at the top: it reads the trial's files

        params = trial.params
        _measure_own(model, params, trial.objectives)
    return _build(model, Chosen(params))


def _measure_own(model: Model, params: Mapping[str, Any], objectives: Container[str]) -> None:
    """Report the costs of this trial's candidate that are objectives. It may end the trial."""
    names = [each.name for each in fields(Cost) if each.name in objectives]
    if not names:
        return
    from .. import trial

    costs = vars(measure(model, params))
    missing = [name for name in names if costs[name] is None]
    if missing:
        raise NasError(f"{_name(model)} has no input_shape, and {', '.join(missing)} needs it")
    trial.measured(**{name: costs[name] for name in names})


def supernet(
    model: Model, values: Optional[Mapping[str, Any]] = None, *, affine: bool = True
) -> nn.Module:
    """A network that holds every option. Its tensors have the names that candidates give them.

    So `heirloom.torch.inherit` loads a supernet's weights into a candidate, and the other way
    round. `choose` selects a path through it.

    values: the values of labels made by `value`, which all paths have in common. By default the
        largest.
    affine: whether batch normalizations have a scale and a shift to learn. Without them an option
        cannot undo its weight in a weighted sum, as in DARTS. A candidate has them, and they begin
        at 1 and 0: it computes what the supernet does.

    Raises NasError for a value that is no number and not given.
    """
    network = _build(model, Shared(values or {}))
    if not affine:
        for module in network.modules():
            if isinstance(module, _Normalization):
                module.affine = False
                module.register_parameter("weight", None)
                module.register_parameter("bias", None)
    return network


def choose(network: nn.Module, params: Mapping[str, Any]) -> None:
    """Let a supernet use the parts that a candidate would have.

    Raises NasError if a part's label is missing or its option was not built. Options that lie
    within one that is not chosen keep what they used.
    """
    flat = flatten(params)
    for label, found in parts(network).items():
        if label in flat:
            for part in found:
                part.choose(str(flat[label]))


def parts(network: nn.Module) -> dict[str, list[Part]]:
    """The parts of a network that a search chooses, by label, in the order of the network."""
    found: dict[str, list[Part]] = {}
    for module in network.modules():
        if isinstance(module, Part):
            found.setdefault(module.label, []).append(module)
    return found


def cost(network: nn.Module, shape: Optional[tuple[int, ...]] = None) -> Cost:
    """The parameters of a network, and its multiply-adds for one input.

    Counted by PyTorch's FlopCounterMode: convolutions, linear layers and attention.

    shape: of one input, without the batch; by default the network's `input_shape`.

    Raises NasError if there is no shape.
    """
    shape = getattr(network, "input_shape", None) if shape is None else shape
    if shape is None:
        raise NasError(
            f"{type(network).__name__} needs an attribute input_shape, such as (3, 32, 32)"
        )
    example = next(network.parameters(), torch.zeros(0))
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter, ShapesOnly():
            network(torch.zeros(1, *shape, device=example.device, dtype=example.dtype))
    finally:
        network.train(was_training)
    return Cost(_parameters(network), counter.get_total_flops() // 2)


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _build(model: Model, builder: Builder, device: Optional[str] = None) -> nn.Module:
    _check(model)
    with answering(builder), torch.device(device or torch.get_default_device()):
        network = model()
    if not isinstance(network, nn.Module):
        raise NasError(f"{_name(model)} must make a torch.nn.Module, not {network!r}")
    return network


def _check(model: Model) -> None:
    if not callable(model):
        raise NasError(f"a model is a class or a function, not {model!r}")
    try:
        parameters = inspect.signature(model).parameters.values()
    except ValueError:  # a signature that cannot be read
        return
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [one.name for one in parameters if one.default is one.empty and one.kind not in kinds]
    if needed:
        raise NasError(
            f"{_name(model)} needs the arguments {', '.join(needed)}: give them defaults, or write "
            "a function without arguments that makes it"
        )


def _covering(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Candidates that together have every option, unless that takes too many."""
    parsed = spaces.parse(found)
    rng = random.Random(0)  # noqa: S311 - the same candidates each time
    seen: set[str] = set()
    quiet = 0
    for _ in range(_TRIES):
        params = spaces.sample(parsed, rng)
        new = {json.dumps(pair) for pair in flatten(params).items()} - seen
        seen |= new
        quiet = 0 if new else quiet + 1
        if new:
            yield params
        if quiet > 20:  # further ones would hardly have an option that is new
            return


def _name(model: Any) -> str:
    return str(getattr(model, "__name__", type(model).__name__))
