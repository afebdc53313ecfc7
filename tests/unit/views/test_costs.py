"""The table of parameters and MACs that `check` prints."""

from typing import Any

import pytest

from controller.config.model import ModelSpace
from controller.views import costs, output

SPREAD = {"min": 10, "median": 1500.0, "max": 20_000}


def found(count: int, **changes: Any) -> dict[str, Any]:
    """The costs of a space with so many options."""
    options = [
        {"label": "width", "option": index, "measured": 1, "parameters": 10.4, "macs": None}
        for index in range(count)
    ]
    known = {"candidates": count, "measured": count, "parameters": SPREAD, "macs": None}
    return known | {"options": options} | changes


def shown(capsys: pytest.CaptureFixture[str], found: dict[str, Any]) -> list[list[str]]:
    costs.show(output.console(), ModelSpace("net.Net", {}, found))
    return [line.split() for line in capsys.readouterr().out.splitlines() if line]


def test_spread_and_means(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, found(2))
    assert lines[0] == ["all", "2", "candidates", "of", "net.Net"]
    assert lines[2:5] == [["min", "10"], ["median", "1,500"], ["max", "20,000"]]
    assert lines[5:] == [["mean", "with", "width", "0", "10"], ["mean", "with", "width", "1", "10"]]


def test_many_options_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, found(50, candidates=10**9))
    assert lines[0] == f"a sample of 50 of {10**9} candidates of net.Net".split()
    assert lines[-1] == [
        "and",
        "10",
        "more",
        "options:",
        "python",
        "-m",
        "heirloom.nas",
        "net.Net",
        "--table",
    ]
    assert len(lines) == 5 + 40 + 1


def test_the_supernet_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, found(2, supernet={"parameters": 40_000, "bytes": 160_500}))
    assert lines[5] == ["supernet", "(160.5", "kB)", "40,000"]


def test_spread_in_words() -> None:
    assert costs.spread(None) == []
    assert costs.spread(found(2)) == ["(10 to 20,000 parameters)"]
    assert costs.spread(found(2, macs=SPREAD)) == ["(10 to 20,000 parameters, 10 to 20,000 MACs)"]
