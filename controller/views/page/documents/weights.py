"""What the trials used and inherited, and what their weights take on the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.errors import HeirloomError
from controller.views.page import notes
from controller.views.page.source import Source


def fetch(source: Source, _: object) -> Callable[[], list[str]]:
    """Sentences about the time that was used, and from the store about the size of the weights."""
    record, trials = source.record, list(source.trials)
    used = list(notes.of_usage(record))
    return lambda: [*used, *notes.of_weights(record, trials)]


def document(fetched: Any) -> dict[str, Any]:
    """The sentences, or why there are none."""
    return {"notes": [str(fetched)] if isinstance(fetched, HeirloomError) else fetched}
