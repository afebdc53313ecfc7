"""What a model inherited, for people, and for the trial's result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .plan import Plan

_PRINTED = 6  # names in the line for people
_KEPT = 50  # names in the result, of each sort
_PARTS = 200  # parts in the result


@dataclass(frozen=True)
class InheritReport:
    """What a model inherited.

    share: the inherited share of the model's numbers, from 0 to 1.
    whole, partly, new: names of tensors.
    unused: names that parents have and the model has not.
    optimizer: how many parameters have the parent's optimizer state; None if it was not asked for.
    same_function: whether the model computes what its parent computes, although its structure is
        another one; None for a model without a structure, or with its parent's.
    mean_of: the number of parents of which the mean was taken; None if it was not.
    fewer: names of tensors that not all of them have in the model's shape. They come from the rest.
    parts: the inherited share of the numbers of each part of the model, by its name. A choice of
        `heirloom.nas` is a part of its own, under its label.
    """

    share: float
    whole: tuple[str, ...]
    partly: tuple[str, ...]
    new: tuple[str, ...]
    unused: tuple[str, ...] = ()
    optimizer: Optional[int] = None
    same_function: Optional[bool] = None
    mean_of: Optional[int] = None
    fewer: tuple[str, ...] = ()
    parts: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        parts = [f"{len(self.whole)} tensors whole"]
        parts += [f"{len(self.partly)} partly ({_names(self.partly)})"] if self.partly else []
        parts += [f"{len(self.new)} new ({_names(self.new)})"] if self.new else []
        if self.mean_of is not None:
            parts.append(f"the mean of {self.mean_of} parents")
        if self.fewer:
            parts.append(f"{len(self.fewer)} from fewer parents ({_names(self.fewer)})")
        if self.optimizer is not None:
            parts.append(f"optimizer state of {self.optimizer} parameters")
        if self.same_function is not None:
            parts.append(f"the parent's function {'kept' if self.same_function else 'not kept'}")
        return f"inherited {self.share:.1%} of the numbers: {', '.join(parts)}"

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON types, with at most 50 names of each sort beside the counts.

        Of the parts it has the first 200.
        """
        sorts = {"whole": self.whole, "partly": self.partly, "new": self.new}
        if self.mean_of is not None:
            sorts["fewer"] = self.fewer
        found: dict[str, Any] = {"share": round(self.share, 6)}
        found.update({sort: len(names) for sort, names in sorts.items()})
        found["names"] = {
            sort: list(names[:_KEPT]) for sort, names in sorts.items() if sort != "whole" and names
        }
        if self.mean_of is not None:
            found["mean_of"] = self.mean_of
        if self.optimizer is not None:
            found["optimizer"] = self.optimizer
        if self.same_function is not None:
            found["same_function"] = self.same_function
        if self.parts:
            found["parts"] = {name: round(share, 4) for name, share in self.parts[:_PARTS]}
        return found


def describe(
    plan: Plan,
    optimizer: Optional[int] = None,
    same_function: Optional[bool] = None,
    parts: Sequence[tuple[str, float]] = (),
) -> InheritReport:
    """The report on a plan that was carried out."""
    transfers = plan.transfers
    return InheritReport(
        share=plan.inherited / plan.total if plan.total else 0.0,
        whole=tuple(name for name, found in transfers.items() if found.whole),
        partly=tuple(name for name, found in transfers.items() if not found.whole),
        new=plan.new,
        unused=plan.unused,
        optimizer=optimizer,
        same_function=same_function,
        mean_of=plan.mean_of,
        fewer=plan.fewer,
        parts=tuple(parts),
    )


def _names(names: Sequence[str]) -> str:
    more = len(names) - _PRINTED
    return ", ".join(names[:_PRINTED]) + (f" and {more} more" if more > 0 else "")
