"""How long a trial trains, for tuners that decide that.

The section `resource` of an experiment file: `{name: epochs, min: 1, max: 27, eta: 3}`. A trial is
told in its params from where to train and how far: `epochs_from` is what its weights were trained
before, and `epochs` what they are to have been trained when it ends. Nothing is trained twice:

    for epoch in range(trial.params["epochs_from"], trial.params["epochs"]):
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ..interface import Proposal


@dataclass(frozen=True)
class Resource:
    """The resource that a tuner hands out, such as epochs.

    Args:
        name: the parameter that tells a trial how much.
        least: the smallest amount that a trial is given.
        most: the amount that no trial exceeds.
        eta: the reduction factor: 1 of `eta` candidates is given `eta` times as much.
    """

    name: str
    least: int
    most: int
    eta: int = 3

    @classmethod
    def of(cls, section: Optional[Mapping[str, Any]], space: Mapping[str, Any]) -> Resource:
        """The section of the file. Raises ValueError if it is missing or a name is taken."""
        if section is None:
            raise ValueError(
                "it decides how long a trial trains: add resource to the experiment file, such as "
                "{name: epochs, min: 1, max: 27, eta: 3}"
            )
        found = cls(section["name"], section["min"], section["max"], section.get("eta", 3))
        for taken in (found.name, found.start):
            if taken in space:
                raise ValueError(f"{taken} is set by the tuner: remove it from the search space")
        return found

    @property
    def start(self) -> str:
        """The parameter that tells a trial how much its weights have had."""
        return f"{self.name}_from"

    @property
    def rungs(self) -> list[int]:
        """The amounts of the rungs: `least`, `eta` times as much and so on, up to `most`."""
        count = int(math.log(self.most / self.least, self.eta) + 1e-9) + 1
        return [self.least * self.eta**rung for rung in range(count)]

    def proposal(
        self, params: Mapping[str, Any], until: int, parent: Optional[int] = None, since: int = 0
    ) -> Proposal:
        """Train `params` until an amount.

        parent: the trial whose weights it goes on from; None: from nothing.
        since: what these weights were trained; 0 without a parent.
        """
        amounts = {self.start: since if parent is not None else 0, self.name: until}
        return Proposal({**params, **amounts}, () if parent is None else (parent,))

    def without(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Params of a proposal without the amounts."""
        return {key: value for key, value in params.items() if key not in (self.name, self.start)}
