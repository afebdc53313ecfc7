"""The best value so far, by what it cost until then."""

from __future__ import annotations

from typing import Any

from controller.views.page.figures.results import best_so_far
from controller.views.page.source import Source


def document(source: Source) -> dict[str, Any]:
    """The picture of all results, by trials, time, reports and CPU hours; null without a result."""
    return {"figure": best_so_far(source)}
