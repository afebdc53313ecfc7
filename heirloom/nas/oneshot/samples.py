"""The samples of a trial: candidates that it trains or evaluates with shared weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ...space import parse
from ...space.decisions import Decisions
from ..errors import NasError
from ..model import Model, labels
from ..space import search_space


def samples(model: Model, params: Optional[Mapping[str, Any]] = None) -> list[dict[str, Any]]:
    """The candidates that a trial of `enas` trains or evaluates, as params of the model's space.

    The tuner writes each as a text into the parameter `samples`. `choose` lets a supernet of the
    model use the parts of one.

    params: by default those of this trial.

    Raises NasError for params without samples, for a text that is no candidate of the model, and
    for a model with values: all paths through a supernet have the same one.
    """
    if params is None:
        from ... import trial  # not at the top: it reads the trial's files

        params = trial.params
    texts = params.get("samples")
    if not isinstance(texts, list):
        raise NasError(
            "the params have no list `samples`: of the trials of enas, those whose task is train "
            "or evaluate have one"
        )
    known = labels(model)
    values = [label for label, each in known.items() if each.is_value]
    if values:
        raise NasError(
            f"{', '.join(values)}: a supernet has one value for all candidates, so a search with "
            "shared weights cannot choose among values: use nas.choice among layers"
        )
    decisions = Decisions(parse(search_space(known)))
    try:
        return [decisions.read(text) for text in texts]
    except ValueError as error:
        raise NasError(f"{error}: give the model whose space is searched") from error
