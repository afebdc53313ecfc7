"""What is said about the weights."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.views.page import notes
from tests.unit.views.page.pages import trial


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ([], "There are no weights."),
        ([trial(0, weights=False)], "There are no weights."),
        ([trial(0, weights=True, size=1500)], "The weights take 1.5 kB."),
        (
            [trial(0, weights=True, size=1500, removed=True)],
            "There are no weights. Those of 1 trial were removed.",
        ),
    ],
)
def test_the_size_of_the_weights(tmp_path, trials, words):
    record = SimpleNamespace(root=tmp_path)
    assert list(notes.of_weights(cast("Any", record), trials)) == [words]
