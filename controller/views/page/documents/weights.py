"""What the weights of the experiment take on the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.errors import HeirloomError
from controller.views.page import notes
from controller.views.page.source import Source


def fetch(source: Source, _: object) -> Callable[[], list[str]]:
    """Sentences about the size of the weights and about damaged ones, from the store."""
    trials = list(source.trials)
    return lambda: list(notes.of_weights(source.record, trials))


def document(fetched: Any) -> dict[str, Any]:
    """The sentences, or why there are none."""
    return {"notes": [str(fetched)] if isinstance(fetched, HeirloomError) else fetched}
