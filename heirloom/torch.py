"""Inherit a parent's weights in a PyTorch trial, and save one's own.

    from heirloom import trial
    from heirloom.torch import inherit, save

    inherit(model)  # what fits of the parent's weights; nothing for a trial without a parent
    ...
    save(model)
    trial.finish(accuracy)

Weights are stored as safetensors, never as pickles. PyTorch and safetensors are imported when a
function of this module is called.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional, Union

from .channel import channel
from .weights import plan as plans
from .weights.errors import WeightsError
from .weights.places import restore_paths, save_path
from .weights.report import InheritReport, describe
from .weights.rules import Rule, Rules
from .weights.source import Source
from .weights.write import Model, write_model

if TYPE_CHECKING:
    import torch

__all__ = ["InheritReport", "Rule", "WeightsError", "inherit", "save"]

PathLike = Union[str, "os.PathLike[str]"]


def inherit(
    model: torch.nn.Module,
    path: Union[PathLike, Sequence[PathLike], None] = None,
    rules: Optional[Rules] = None,
    *,
    parents: str = plans.FIRST,
    optimizer: Union[torch.optim.Optimizer, Sequence[torch.optim.Optimizer], None] = None,
) -> InheritReport:
    """Load into `model` what fits of a parent's weights, by the names of tensors.

    A tensor of equal shape is taken over whole. Of another shape, the common part is taken over:
    units, channels and rows of an embedding from the first on, the kernel of a convolution by its
    centre, and by itself each gate of an LSTM or GRU and each of the three projections of
    MultiheadAttention. Where a unit that is inherited has more weights than its parent, for more
    inputs or a larger kernel, these are zero. Everything else keeps its values.

    A network of `heirloom.nas.network` whose parent is a smaller one gets weights with which it
    computes what its parent computes, as far as it descends from it.

    path: a directory that `save` or another program wrote safetensors to, one such file, or a
        sequence of them; by default the trial's restore paths. Without any, nothing is inherited.
    rules: how to treat tensors whose name matches a pattern (`*` stands for any text): "new",
        "whole", "overlap", or a `Rule`. The first that matches counts.
    parents: with several paths, "first" takes each tensor from the first that has it whole, else
        from the first that has a part. "mean" averages those that have it whole; integers come
        from the first of them.
    optimizer: also restore its state for parameters that are inherited; where a parameter is new,
        its state is zero, and where it is a mean, its state is one too. Learning rates and the like
        stay as they are. Several optimizers are given as a sequence.

    Returns the report, prints it, and adds it to the trial's result. Raises WeightsError for
    weights that cannot be read and for rules that cannot be applied, before the model is changed.
    """
    from .weights.pytorch import modules, optimizers, structures
    from .weights.pytorch.move import move

    tensors, _ = modules.tensors(model)
    found = [Source(each, "pt") for each in restore_paths(path)]
    sources = [structures.grown(model, source) for source in found]
    targets = modules.describe(model)
    plan = plans.make(targets, [source.tensors for source in sources], rules, parents)
    move(tensors, plan.transfers, sources)
    restored = None
    if optimizer is not None:
        restored = sum(
            optimizers.restore(each, model, plan.transfers, sources)
            for each in optimizers.listed(optimizer)
        )
    shares = plans.shares(plan, targets, modules.parts(model)) if sources else []
    report = describe(plan, restored, structures.same_function(sources), shares)
    if not channel.continues_from(path):  # a checkpoint is no parent
        channel.note("inherited", report.as_dict())
    channel.say(str(report) if sources else "no parent: the model keeps its own weights")
    return report


def save(
    model: torch.nn.Module,
    path: Optional[PathLike] = None,
    *,
    optimizer: Union[torch.optim.Optimizer, Sequence[torch.optim.Optimizer], None] = None,
) -> None:
    """Save the model's parameters and buffers, by default to the trial's save path.

    Each child of the model, at the first level that has several, gets a file of its own, so that
    what a child trial leaves as it was is stored once. An index in the form of Hugging Face's
    lists the files. It is replaced last: the directory holds one whole model at any time.

    path: the directory.
    optimizer: also save its state, for `inherit`; several as a sequence.

    Raises WeightsError for tensors that cannot be saved, or OSError.
    """
    from .weights.pytorch import modules, optimizers, structures
    from .weights.pytorch.write import write_tensors

    tensors, tied = modules.tensors(model)
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    state = None if optimizer is None else optimizers.state_of(optimizer, model)
    saved = Model(tensors, size, tied, state, structures.structure_of(model))
    write_model(save_path(path), saved, write_tensors)
