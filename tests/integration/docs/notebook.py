"""The notebook of the documentation: `make notebook` executes it, and writes its page.

It runs in a directory and with a HEIRLOOM_HOME of its own.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from nbconvert import MarkdownExporter
from traitlets.config import Config

from tests.integration.docs.pages import DOCS
from tests.integration.search.conftest import REPOSITORY

NOTEBOOK = DOCS / "tutorial/notebook.ipynb"
FILES = "notebook_files"  # the pictures of its page
_LIMIT = 120  # seconds of one cell
_SHOWN = {"display_data_priority": ["image/png", "text/plain"]}  # no tables in HTML


def read() -> Any:
    """The notebook as it is in the documentation."""
    return nbformat.read(NOTEBOOK, as_version=4)


def execute(notebook: Any, directory: Path) -> None:
    """Execute each cell, and keep the outputs. Raises CellExecutionError where a cell raises."""
    environment = os.environ | {
        "HEIRLOOM_HOME": str(directory / "home"),
        "PYTHONPATH": str(REPOSITORY),
    }
    client = nbclient.NotebookClient(
        notebook,
        timeout=_LIMIT,
        record_timing=False,
        resources={"metadata": {"path": str(directory)}},
    )
    client.execute(env=environment)
    notebook.metadata["language_info"] = {"name": "python"}  # without the version of this Python


def page(notebook: Any) -> tuple[str, dict[str, bytes]]:
    """The page in Markdown, and its pictures by their paths beside it."""
    exporter = MarkdownExporter(config=Config({"NbConvertBase": _SHOWN}))
    text, resources = exporter.from_notebook_node(
        notebook, {"output_files_dir": FILES, "unique_key": "picture"}
    )
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    text = re.sub(r"\n{3,}", "\n\n", text).replace("![png]", "![the plot of the cell above]")
    return text + "\n", resources["outputs"]


def main() -> None:
    """Execute the notebook, and write it and its page."""
    notebook = read()
    with tempfile.TemporaryDirectory() as directory:
        execute(notebook, Path(directory))
    nbformat.write(notebook, NOTEBOOK)
    text, pictures = page(notebook)
    NOTEBOOK.with_suffix(".md").write_text(text)
    for old in (NOTEBOOK.parent / FILES).glob("*"):
        old.unlink()
    for path, data in pictures.items():
        (NOTEBOOK.parent / path).parent.mkdir(exist_ok=True)
        (NOTEBOOK.parent / path).write_bytes(data)


if __name__ == "__main__":
    main()
