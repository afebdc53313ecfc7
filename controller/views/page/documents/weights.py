"""What the weights of the experiment take on the store."""

from __future__ import annotations

from typing import Any

from controller.views.page import notes
from controller.views.page.source import Source


def document(source: Source) -> dict[str, Any]:
    """Sentences about the size of the weights and about damaged ones. This reads the store."""
    return {"notes": list(notes.of_weights(source.record))}
