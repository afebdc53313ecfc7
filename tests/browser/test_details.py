"""Numbers and texts of the page's parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from controller.core.model import Attempt, AttemptState, State
from controller.views.page import documents, html
from heirloom.objective import Objectives
from tests.browser.conftest import Tab
from tests.browser.test_explaining import serve, written
from tests.unit.views.page.pages import START, recorded, trial


@pytest.fixture
def parts(tab: Tab) -> Tab:
    """A page whose modules a test imports."""
    serve(tab, [recorded(trial(0))])
    tab.open("http://page.test/#/digits/trials")
    return tab


def test_a_filter_finds_what_is_shown(parts: Tab) -> None:
    found = parts.page.evaluate(
        """async () => {
          const { test } = await import("/static/parts/filter.js");
          const values = { name: "value", kind: "values", values: [0.12345678, -2, null, 3] };
          const rows = (filter) => [0, 1, 2, 3].filter(test(filter, [values]));
          const equal = ["value=0.123457", "value=0.12345678", "value!=3"];
          return ["", ...equal, "value>", "value>-", "value>0"].map(rows);
        }"""
    )
    assert found == [[0, 1, 2, 3], [0], [0], [0, 1, 2], [0, 1, 2, 3], [], [0, 3]]


def test_columns_are_in_the_address_whatever_their_names(tab: Tab) -> None:
    serve(tab, [recorded(trial(0, params={"a,b": 7, "c%2Cd": "x" * 300}))])
    tab.open("http://page.test/#/digits/trials")
    tab.page.click("summary")
    for name in ("state", "node"):
        tab.page.uncheck(f"label:text-is('{name}')")
    shown = tab.page.locator(".rows thead").inner_text()
    assert "a,b" in shown
    assert "c%2Cd" in shown
    assert "node" not in shown
    address = tab.page.url
    tab.page.goto("about:blank")
    tab.open(address)
    assert tab.page.locator(".rows thead").inner_text() == shown
    assert "truncated, in the CSV too" in tab.text


def test_a_view_that_fails_says_so_and_the_others_are_drawn(parts: Tab) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body="{}", content_type="application/json")

    parts.page.route("http://page.test/api/digits/trials", answer)
    parts.page.reload()
    expect(parts.page.get_by_role("alert")).to_contain_text("This view cannot be drawn")
    parts.open("http://page.test/#/digits/lineage")
    expect(parts.page.get_by_role("heading", name="Lineage", exact=True)).to_be_visible()


def test_durations_go_on_from_when_their_document_was_made(parts: Tab) -> None:
    shown = parts.page.evaluate(
        """async () => {
          const { running } = await import("/static/parts/now.js");
          const { duration } = await import("/static/format.js");
          const one = { id: 1, state: "running", seconds: 5, curve: { values: [] }, parents: [] };
          const doc = { at: 1000, trials: [one], more: 0 };
          return [running(doc, "digits", true, 4600).textContent, duration(-3.5)];
        }"""
    )
    assert "1 h 0 min" in shown[0]
    assert shown[1] == "0 s"


def test_the_contour_names_the_worst_and_the_best_end(tab: Tab, tmp_path: Path) -> None:
    objectives = Objectives.parse({"loss": "minimize"})
    trials = [
        trial(n, params={"x": n, "y": n * n}, value=n / 10, values={"loss": n / 10})
        for n in range(1, 9)
    ]
    source = recorded(
        trial(0, params={"x": 0, "y": 0}, value=0.9, values={"loss": 0.9}),
        *trials,
        objectives=objectives,
    )
    tab.open(written(source, tmp_path / "report.html") + "#/digits/understanding?tab=contour")
    expect(tab.page.locator("main")).to_contain_text("loss from 0.9 (dark) to 0.1: the brighter")


def test_a_trial_in_a_file(tab: Tab, tmp_path: Path) -> None:
    source = recorded(trial(0), trial(1, 0, params={"empty": "", "none": None}))
    made = {**(documents.make(source, "trial/1") or {})}
    files = [
        {"path": "body.pt", "size": 5, "digest": "ab", "origin": 0},
        {"path": "head.pt", "size": 5, "digest": "cd", "origin": None},
    ]
    made["manifest"] = {"files": files, "left_out": 0}
    held: dict[str, Any] = {"digits/summary": {"trials": 2}, "digits/trial/1": made}
    held["digits/trials"] = documents.make(source, "trials")
    html.write(held, source, tmp_path / "report.html")
    address = (tmp_path / "report.html").as_uri()
    tab.open(f"{address}#/digits/trial/1")
    rows = tab.page.locator("[aria-label=Files] tbody tr")
    expect(rows.locator("td:last-child")).to_have_text(["with trial 0", ""])
    assert tab.page.locator(".params dd").all_inner_texts() == ['""', "null"]
    tab.go("#/digits/trial/0")  # of which the file has the row alone
    assert "no more of this trial than its row" in tab.text
    assert "Weights" not in tab.page.locator(".facts dt").all_inner_texts()
    assert tab.errors == []


def test_the_log_appears_when_the_trial_starts(tab: Tab) -> None:
    waiting = recorded(trial(0, state=State.READY, value=None, attempts=[], ended_at=None))
    sources = [waiting]
    serve(tab, sources)

    def answer(route: Route) -> None:
        number = route.request.url.split("attempt=")[1][0]
        text = f"attempt {number} wrote\n"
        piece = {"text": text, "from": 0, "next": len(text), "size": len(text), "ended": False}
        route.fulfill(body=json.dumps(piece), content_type="application/json")

    tab.page.route("http://page.test/api/digits/log/**", answer)
    tab.open("http://page.test/#/digits/trial/0")
    expect(tab.page.locator("h1 .state")).to_have_text("ready")
    assert tab.page.locator("pre.log").count() == 0
    ended = Attempt(1, "a", (), AttemptState.ENDED, START, START, START + 2)
    attempts = [ended, Attempt(2, "a", (), AttemptState.RUNNING, START + 3, START + 3)]
    for count in (1, 2):
        more = {"state": State.RUNNING, "value": None, "ended_at": None}
        sources.append(recorded(trial(0, attempts=attempts[:count], **more)))
        expect(tab.page.locator("pre.log")).to_have_text(f"attempt {count} wrote")


def test_a_range_keeps_its_values_while_results_come(tab: Tab) -> None:
    sources = [recorded(*(trial(n, params={"x": n}) for n in range(11)))]
    serve(tab, sources)
    tab.open("http://page.test/#/digits/understanding?tab=parallel")
    strip = tab.page.locator(".strip[data-name=x]")
    strip.press("ArrowUp")
    expect(strip).to_have_attribute("aria-label", "x: 5 to 10")
    sources.append(recorded(*(trial(n, params={"x": n}) for n in range(21))))
    expect(tab.page.locator("main [role=status]")).to_contain_text("6 of 21")
    expect(strip).to_have_attribute("aria-label", "x: 5 to 10")
