from typing import Any

import pytest

from benchmarks.figure import Figure


def a_figure(**changed: Any) -> Figure:
    fields: dict[str, Any] = {"name": "f", "unit": "s", "values": (1.0,), "against": "nothing"}
    return Figure(**{**fields, **changed})


@pytest.mark.parametrize(
    ("better", "target", "met"),
    [
        ("lower", 2.0, True),
        ("lower", 1.9, False),
        ("higher", 2.0, True),
        ("higher", 2.1, False),
        ("lower", None, None),
    ],
)
def test_the_median_is_judged(better: str, target: float | None, met: bool | None) -> None:
    assert a_figure(values=(9.0, 2.0, 1.0), better=better, target=target).met is met


def test_json_has_every_value_and_their_spread() -> None:
    fields = a_figure(values=(3.0, 1.0, 2.0), target=5.0).to_json()

    assert fields["values"] == [3.0, 1.0, 2.0]
    assert (fields["low"], fields["median"], fields["high"]) == (1.0, 2.0, 3.0)
    assert fields["met"] is True
