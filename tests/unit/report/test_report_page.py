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
from controller.views.report import write
from heirloom.objective import Objective, Objectives
from tests.unit.report.pages import Page, report, trial

EVIL = "</script><img src=x onerror=alert(1)>{{ 7 * 7 }}<!--"


def test_no_trials(tmp_path: Path) -> None:
    page = Page(report(state="running", ended_at=None), tmp_path / "report.html")
    assert "No trial has been proposed yet." in page.visible_text
    assert "none yet" in page.visible_text
    assert page.figures == {}


def test_an_interrupted_experiment_is_not_under_way(tmp_path: Path) -> None:
    data = report(state="interrupted", ended_at=None, last_at=1_700_000_090.0)
    page = Page(data, tmp_path / "report.html")
    assert "interrupted after 1 min 30 s" in page.visible_text
    assert "under way" not in page.visible_text


def test_none_of_the_trials_is_the_best(tmp_path: Path) -> None:
    page = Page(report(trial(0, value=None)), tmp_path / "report.html")
    assert "Best value (maximize) none Trials" in page.visible_text


def test_best_trial_its_ancestors_and_its_parameters(tmp_path: Path) -> None:
    trials = [
        trial(0),
        trial(1, 0),
        trial(2),
        trial(3, 1, value=0.99, params={"rate": 0.0123456789}),
        trial(4, value=2.0, state=State.STOPPED),
    ]
    page = Page(report(*trials), tmp_path / "report.html")
    assert "Best trial: 3" in page.visible_text
    assert "rate 0.0123457" in page.visible_text
    line = "0 0.5 it starts from nothing 1 0.51 +0.01 no parameter 3 0.99 +0.48"
    assert f"{line} depth 2 → none rate → 0.0123457" in page.visible_text
    minimized = Page(
        report(*trials, objectives=Objectives((Objective(maximize=False),))),
        tmp_path / "report.html",
    )
    assert "Best trial: 0" in minimized.visible_text
    assert "It has no ancestors." in minimized.visible_text


def test_each_trial_has_a_row(tmp_path: Path) -> None:
    failed = trial(1, 0, state=State.FAILED, value=None, reason="exit code 3")
    page = Page(report(failed, trial(0)), tmp_path / "report.html")
    assert [row[:5] for row in page.rows] == [
        ["0", "succeeded", "0.5", "", "localhost"],
        ["1", "failed", "", "0", "localhost"],
    ]


def test_reasons_are_told_once_with_their_trials(tmp_path: Path) -> None:
    failed = [trial(n, state=State.FAILED, value=None, reason="exit code 3") for n in range(60)]
    page = Page(report(*failed, trial(60, state=State.SKIPPED)), tmp_path / "report.html")
    assert page.visible_text.count("exit code 3") == 1
    assert "60 failed" in page.visible_text
    assert "39 and 20 more" in page.visible_text
    assert "no reason given" in page.visible_text


def test_huge_reason_is_cut(tmp_path: Path) -> None:
    long = trial(0, state=State.FAILED, value=None, reason="x" * 1_000_000)
    page = Page(report(long), tmp_path / "report.html")
    assert "(998,000 more characters)" in page.visible_text
    assert len(page.visible_text) < 10_000


def test_strange_text_stays_text(tmp_path: Path) -> None:
    strange = trial(
        0,
        params={EVIL: EVIL, "nested": {"_name": EVIL}, "语": "🙂 \u2028 \x00 \ud800", "n": None},
    )
    failed = trial(1, 0, params={}, state=State.FAILED, value=None, reason=EVIL)
    plain = Page(report(trial(0), trial(1, state=State.FAILED, reason="x")), tmp_path / "plain")
    page = Page(
        report(
            strange,
            failed,
            name=EVIL,
            description=EVIL,
            notes=[EVIL],
            seconds={0: {EVIL: 1.0}},
            curves={0: [(1, 0.5)]},
        ),
        tmp_path / "report.html",
    )
    assert "img" not in page.tags
    assert page.tags.count("script") == plain.tags.count("script")
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.visible_text.count(EVIL) >= 5
    assert "7 * 7" in page.visible_text
    marks = str(page.figures)
    assert "<img" not in marks  # Plotly would read it
    assert "&lt;img" in marks


def test_nothing_is_loaded_and_only_our_scripts_may_run(tmp_path: Path) -> None:
    page = Page(report(trial(0), trial(1, 0), notes=["see https://x.org"]), tmp_path / "report")
    for name, value in page.attributes:
        if name in ("src", "href", "srcset", "action", "data", "poster"):
            assert value.startswith(("#", "data:")), f"{name}={value}"
    assert "object" not in page.tags
    style = page.source.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(v for n, v in page.attributes if n == "content" and "script-src" in v)
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    for script in page.scripts[1:]:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "\r" not in page.source  # a browser would digest it as a newline


def test_numbers_that_are_none(tmp_path: Path) -> None:
    trials = [trial(0, value=math.nan), trial(1, value=math.inf), trial(2, value=0.25)]
    curves = {0: [(0, math.nan), (1, 0.5)], 1: [(0, -math.inf)]}
    seconds = {0: {"running": math.nan, "waiting": 1.0}}
    page = Page(report(*trials, curves=curves, seconds=seconds), tmp_path / "report.html")
    assert not re.search(r"\b(NaN|Infinity|nan|inf)\b", page.scripts[0])
    assert "Best trial: 2" in page.visible_text


def test_parent_that_is_unknown_or_not_older(tmp_path: Path) -> None:
    page = Page(report(trial(1, 1), trial(2, 5), trial(5, 99)), tmp_path / "report.html")
    assert len(page.rows) == 3
    assert "Best trial: 5" in page.visible_text


def test_parameters_beyond_the_columns_share_one(tmp_path: Path) -> None:
    many = trial(0, params={f"p{n}": n for n in range(14)})
    page = Page(report(many), tmp_path / "report.html")
    assert "other parameters" in page.visible_text
    assert "p10: 10, p11: 11, p12: 12, p13: 13" in page.visible_text


def test_a_long_parameter_is_whole_for_the_best_trial_alone(tmp_path: Path) -> None:
    network = {"layers": [{"id": number, "type": "conv"} for number in range(1, 40)]}
    page = Page(report(trial(0, params={"net": network})), tmp_path / "report.html")
    assert page.visible_text.count('{"id": 39, "type": "conv"}') == 1
    [row] = page.rows
    assert row[-1].endswith("…")


def test_report_replaces_the_old_one_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    write(report(name="first"), path)
    write(report(name="second"), path)
    assert "<title>second" in path.read_text()

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write(report(name="third"), path)
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
            st.dictionaries(text, value), st.sampled_from(State), st.none() | st.floats(), text
        ),
        max_size=6,
    ),
    st.dictionaries(st.integers(0, 6), st.lists(st.tuples(st.integers(), st.floats()))),
    st.dictionaries(st.integers(0, 6), st.dictionaries(text, st.floats())),
)
def test_any_trials_make_a_page(tmp_path: Path, many: list, curves: dict, seconds: dict) -> None:
    trials = [
        trial(n, *range(n // 2, n), params=params, state=state, value=number, reason=reason)
        for n, (params, state, number, reason) in enumerate(many)
    ]
    page = Page(report(*trials, curves=curves, seconds=seconds), tmp_path / "report.html")
    assert len(page.rows) == len(trials)
