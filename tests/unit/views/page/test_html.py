"""The page as one file."""

import base64
import hashlib
import math
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.core.model import State
from controller.views.page.html import write
from tests.unit.views.page.pages import Page, recorded, trial

EVIL = "</script><img src=x onerror=alert(1)>{{ 7 * 7 }}<!--"


@pytest.fixture(autouse=True)
def _without_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.views.page.notes.of_weights", lambda *_: ())


def test_strange_text_stays_text(tmp_path: Path) -> None:
    strange = trial(
        0,
        params={EVIL: EVIL, "nested": {"_name": EVIL}, "语": "🙂 \u2028 \x00 \ud800", "n": None},
    )
    failed = trial(1, 0, params={}, state=State.FAILED, value=None, reason=EVIL)
    plain = Page(recorded(trial(0), trial(1, state=State.FAILED, reason="x")), tmp_path / "plain")
    page = Page(
        recorded(strange, failed, name=EVIL, curves={0: [(1, 0.5)]}), tmp_path / "report.html"
    )
    assert page.tags == plain.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert EVIL in " ".join(page.text)  # the title
    assert page.scripts[1:] == plain.scripts[1:]
    held = next(value for name, value in page.documents.items() if name.endswith("/failures"))
    assert held["reasons"][0]["reason"] == EVIL
    hovered = str([doc.get("figure") for doc in page.documents.values() if doc])
    assert "<img" not in hovered  # Plotly would read it
    assert "&lt;img" in hovered


def test_nothing_is_loaded_and_only_our_scripts_and_styles_count(tmp_path: Path) -> None:
    page = Page(recorded(trial(0), trial(1, 0)), tmp_path / "report.html")
    for name, value in page.attributes:
        if name in ("src", "href", "srcset", "action", "data", "poster"):
            assert value.startswith(("#", "data:")), f"{name}={value}"
        assert name != "style"
    [style] = page.styles
    assert "url(" not in style
    assert "@import" not in style
    policy = next(value for name, value in page.attributes if "script-src" in value)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(page.scripts) == 3
    for text in (*page.scripts[1:], style):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "\r" not in page.source  # a browser would digest it as a newline


def test_numbers_that_are_not_finite_are_null(tmp_path: Path) -> None:
    trials = [
        trial(0, value=math.nan, seconds={"running": math.nan, "verifying": 1.0}),
        trial(1, value=math.inf, params={"rate": -math.inf}),
        trial(2, value=0.25),
    ]
    page = Page(recorded(*trials, curves={0: [(0, math.nan), (1, 0.5)]}), tmp_path / "report.html")
    assert not re.search(r"\b(NaN|Infinity|nan|inf)\b", page.scripts[0])


def test_the_file_replaces_the_old_one_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    write({}, recorded(name="first"), path)
    write({}, recorded(name="second"), path)
    assert "<title>second" in path.read_text()

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write({}, recorded(name="third"), path)
    assert "<title>second" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


text = st.text(max_size=20)
value = st.none() | st.floats() | st.integers() | text | st.booleans()


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # nothing is written to it
)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(text, value),
            st.sampled_from(State),
            st.none() | st.floats(),
            text,
            st.dictionaries(text, st.floats()),
        ),
        max_size=6,
    ),
    st.dictionaries(st.integers(0, 6), st.lists(st.tuples(st.integers(), st.floats()))),
)
def test_any_trials_make_a_page(tmp_path: Path, many: list, curves: dict) -> None:
    trials = [
        trial(
            n, *range(n // 2, n), params=params, state=state, value=number, reason=why, seconds=took
        )
        for n, (params, state, number, why, took) in enumerate(many)
    ]
    page = Page(recorded(*trials, curves=curves), tmp_path / "report.html")
    assert page.documents["digits/trials"]["total"] == len(trials)
