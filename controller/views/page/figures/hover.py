"""The text of a trial's tooltip. Plotly interprets some HTML in it, so all of it is escaped.

No part is bold: Plotly sets a style attribute for that, which the page's policy refuses.
"""

from __future__ import annotations

import html
import json
from typing import Any

from controller.core.model import Trial
from controller.views.page.source import finite

_WIDTH = 60  # characters of a parameter or a reason
_LINES = 14  # parameters


def hover(trial: Trial) -> str:
    """A trial's id, state, values, parents and params, as lines of limited length."""
    lines = [f"trial {trial.id}, {trial.state}"]
    if trial.values:
        lines += [f"{short(name)} {value:.6g}" for name, value in trial.values.items()]
    elif finite(trial.value) is not None:
        lines.append(f"value {trial.value:.6g}")
    if trial.restore:
        named = ", ".join(str(parent) for parent in trial.restore)
        lines.append(f"from {short(named)}")
    params = list(trial.params.items())
    lines += [f"{short(name)}: {short(show(value))}" for name, value in params[:_LINES]]
    if len(params) > _LINES:
        lines.append(f"and {len(params) - _LINES} more")
    if trial.reason:
        lines.append(short(trial.reason))
    return "<br>".join(lines)


def show(value: Any) -> str:
    """A param as text: numbers with six digits, text without quotes, the rest as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value, ensure_ascii=False, default=str)


def short(text: str) -> str:
    """The text, truncated and escaped."""
    line = " ".join(text.split())
    cut = line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
    return html.escape(cut, quote=False)
