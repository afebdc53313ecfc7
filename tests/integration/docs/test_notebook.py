"""The notebook of the documentation is executed as its reader would: `make test-exports`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

# It needs an environment of its own (`make test-exports`), and runs a whole search.
pytestmark = [pytest.mark.full, pytest.mark.training]
if missing := [
    package
    for package in ("nbclient", "nbconvert", "ipykernel", "pandas", "matplotlib")
    if find_spec(package) is None
]:
    pytest.skip(
        f"{', '.join(missing)}: not installed, make test-exports installs them",
        allow_module_level=True,
    )


@pytest.mark.filterwarnings("default")  # what Jupyter brings along uses deprecated modules
def test_the_notebook_runs_and_its_page_shows_it(tmp_path: Path) -> None:
    from tests.integration.docs import notebook

    found = notebook.read()
    text, pictures = notebook.page(found)
    assert notebook.NOTEBOOK.with_suffix(".md").read_text() == text, "run: make notebook"
    for path, data in pictures.items():
        assert (notebook.NOTEBOOK.parent / path).read_bytes() == data
    before = [cell.source for cell in found.cells]
    notebook.execute(found, tmp_path)
    assert [cell.source for cell in found.cells] == before
    outputs = [output for cell in found.cells for output in cell.get("outputs", [])]
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    [watched] = [cell for cell in found.cells if cell.source == "search.watch()"]
    [shown] = watched.outputs  # one output area, which was updated in place
    lines = shown["data"]["text/plain"].splitlines()
    assert lines[0].startswith("… ")
    assert len(lines) == 13
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert found.cells[-1].outputs[0].text.startswith("finished after 32 trials, best: ")
