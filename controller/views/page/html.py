"""The page as HTML: for the server, and as one file with its documents inside."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from controller.views.page.bundle import bundle
from controller.views.page.encode import embed
from controller.views.page.source import Source

MAIN = "main.js"  # the first module
_ASSETS = re.compile(r"^<!-- assets -->$.*?^<!-- /assets -->$", re.MULTILINE | re.DOTALL)


def index() -> str:
    """The page for the server. It loads `static/page.css` and `static/main.js`."""
    return static("index.html")


def static(name: str) -> str:
    """A file of the page by its path, such as `views/trials.js`. Raises OSError."""
    root = resources.files("controller.views.page").joinpath("static")
    return root.joinpath(name).read_text(encoding="utf-8")


def plotly() -> str:
    """Plotly's script."""
    # Imported here, because the package is large and few commands need it.
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def render(documents: Mapping[str, Any], source: Source) -> str:
    """The page as one file, which loads no other.

    documents: by address.
    """
    style, data = static("page.css"), embed(documents)
    scripts = [_bundle(), plotly()]
    for text in (style, *scripts):
        # Either would end its element (HTML, 13.1.2).
        assert "</script" not in text and "</style" not in text  # noqa: PT018 - one fact
    title = html.escape(f"{source.name}: {source.state}")
    head = [
        f'<meta http-equiv="Content-Security-Policy" content="{_policy([style], scripts)}">',
        f"<title>{title}</title>",
        f"<style>{style}</style>",
    ]
    body = [
        f'<script type="application/json" id="documents">{data}</script>',
        *(f"<script>{script}</script>" for script in scripts),
        "</body>",
    ]
    page = _ASSETS.sub(lambda _: "\n".join(head), index(), count=1)
    return page.replace("</body>", "\n".join(body), 1)


def write(documents: Mapping[str, Any], source: Source, path: Path) -> None:
    """Write the file to `path` atomically. Raises OSError."""
    page = render(documents, source)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(page)
            os.fchmod(file.fileno(), 0o644)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


@cache
def _bundle() -> str:
    return bundle(MAIN, static)


def _policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """A Content-Security-Policy: the page loads nothing, and only these styles and scripts count.

    Source: https://www.w3.org/TR/CSP3/
    """
    parts = [
        "default-src 'none'",
        f"script-src {_digests(scripts)}",
        f"style-src {_digests(styles)}",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(parts)


def _digests(texts: Iterable[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
