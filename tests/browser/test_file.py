"""The page as one file: every view, on every width, without a server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from controller.core.model import State
from controller.views.page import documents
from controller.views.page.html import write
from tests.browser.conftest import Tab
from tests.integration.search.conftest import Lab
from tests.unit.views.page.pages import recorded, trial

EVIL = "</script><img src=x onerror=alert(1)>{{ 7 * 7 }}<!--"
VIEWS = ("", "/trials", "/trial/0", "/lineage", "/understanding")


@pytest.fixture(scope="module")
def files(golden: Lab) -> dict[str, str]:
    """The page of each golden experiment, as an address."""
    names = [row["name"] for row in json.loads(golden("status", "--json"))]
    return {
        name: Path(golden("report", name).split("report: ")[1].strip()).as_uri() for name in names
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_every_view(files: dict[str, str], tab: Tab, width: int, scheme: str) -> None:
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.page.emulate_media(color_scheme=scheme)
    name, address = next(iter(files.items()))
    tab.open(address)
    for view in VIEWS:
        tab.go(f"#/{name}{view}")
        assert tab.page.query_selector("[role=alert]") is None, tab.text
        assert not tab.is_too_wide, view
        assert tab.serious() == []
    assert tab.errors == []


def test_the_pictures_are_drawn(files: dict[str, str], tab: Tab) -> None:
    tab.open(files["evolution"])
    tab.page.wait_for_selector(".js-plotly-plot .scatterlayer .point")
    tab.page.wait_for_selector(".js-plotly-plot .barlayer .point", state="attached")
    # Its own rules of style, which the Content-Security-Policy lets into a constructed sheet alone.
    assert (
        tab.page.evaluate(
            "getComputedStyle(document.querySelector('.js-plotly-plot .main-svg')).position"
        )
        == "absolute"
    )
    tab.page.click("button:text-is('trials')")
    tab.page.wait_for_selector("text=trials that had ended")
    tab.page.click(".scatterlayer .point >> nth=0", force=True)
    tab.page.wait_for_selector("h1:has-text('Trial')")
    assert tab.errors == []


def test_the_table_is_filtered_sorted_and_downloaded(files: dict[str, str], tab: Tab) -> None:
    tab.open(files["evolution"])
    tab.go("#/evolution/trials")
    count = int(tab.page.inner_text("output").split(" of ")[1])
    assert tab.page.locator(".rows tbody th").count() == count
    tab.page.fill("#filter", "state:succeeded value>0")
    shown = int(tab.page.inner_text("output").split(" of ")[0])
    assert 0 < shown < count
    assert set(tab.page.locator(".rows .state").all_inner_texts()) == {"succeeded"}
    tab.page.click(".rows thead button:text-is('value')")
    assert "filter=" in tab.page.url
    assert "sort=-value" in tab.page.url
    values = [float(text) for text in tab.page.locator(".rows td:nth-child(3)").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    tab.page.click("summary")
    tab.page.uncheck("label:text-is('node')")
    with tab.page.expect_download() as download:
        tab.page.click("text=Download CSV")
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == shown + 1
    assert lines[0].startswith("id,state,value")
    assert "node" not in lines[0].split(",")
    address = tab.page.url
    tab.page.goto("about:blank")
    tab.open(address)  # as a colleague does
    assert tab.page.input_value("#filter") == "state:succeeded value>0"
    assert tab.page.inner_text("output") == f"{shown} of {count}"


def test_a_trial_and_its_parents(files: dict[str, str], tab: Tab, golden: Lab) -> None:
    child = next(each for each in golden.trials("family") if each["restored"])
    tab.open(files["family"])
    tab.go(f"#/family/trial/{child['id']}")
    assert f"Trial {child['id']}" in tab.page.inner_text("h1")
    assert "From trial" in tab.text
    assert child["attempts"][0]["node"] in tab.text
    assert tab.page.locator("code").all_inner_texts()[0].endswith(f"family {child['id']}")
    assert tab.page.locator("button:text-is('Retry the trial')").count() == 0
    tab.page.click(f"main a:text-is('{child['restored'][0]}')")
    tab.page.wait_for_selector(f"h1:has-text('Trial {child['restored'][0]}')")
    tab.go("#/family/trial/999999")
    assert "does not hold that" in tab.page.inner_text("[role=alert]")
    tab.go("#/family/nonsense/1")
    assert "no such page" in tab.page.inner_text("[role=alert]")


def test_the_keyboard_reaches_everything(files: dict[str, str], tab: Tab) -> None:
    tab.open(files["evolution"])
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.id") == "skip"
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "main"
    tab.page.keyboard.press("Shift+Tab")
    tab.page.select_option("#theme", "dark")
    assert tab.page.get_attribute("html", "data-theme") == "dark"
    tab.page.focus("#nav a:text-is('Trials')")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector("#filter")
    assert tab.page.evaluate("document.activeElement.id") == "main"
    tab.page.focus(".rows thead button >> nth=0")
    tab.page.keyboard.press("Enter")
    assert tab.page.get_attribute(".rows th >> nth=0", "aria-sort") == "ascending"
    assert tab.page.evaluate("document.activeElement.textContent") == "id"


def test_ten_thousand_rows(tab: Tab, tmp_path: Path) -> None:
    source = recorded(*(trial(n, value=n / 10_000) for n in range(10_000)))
    address = f"{source.name}/trials"
    write({address: documents.make(source, "trials")}, source, tmp_path / "report.html")
    tab.open((tmp_path / "report.html").as_uri() + "#/digits/trials")
    assert tab.page.inner_text("output") == "10000 of 10000"
    assert tab.page.locator(".rows tbody tr").count() < 150
    tab.page.eval_on_selector(".window", "element => { element.scrollTop = element.scrollHeight; }")
    tab.page.wait_for_selector(".rows th a:text-is('9999')")
    assert tab.page.locator(".rows tbody tr").count() < 150
    tab.page.fill("#filter", "id=4321")
    assert tab.page.locator(".rows tbody th").all_inner_texts() == ["4321"]


def test_what_trials_wrote_is_text(tab: Tab, tmp_path: Path) -> None:
    strange = trial(0, params={EVIL: EVIL, "nested": {"_name": EVIL}}, result={EVIL: EVIL})
    failed = trial(1, 0, params={}, state=State.FAILED, value=None, reason=EVIL)
    source = recorded(strange, failed, name=EVIL)
    held: dict[str, Any] = {"evil/summary": {"trials": 2}}
    for kind in ("progress", "time", "failures", "trials"):
        held[f"evil/{kind}"] = documents.make(source, kind)
    write(held, source, tmp_path / "report.html")
    tab.open((tmp_path / "report.html").as_uri() + "#/evil/trials")
    assert EVIL in tab.text
    tab.go("#/evil/trial/0")
    assert EVIL in tab.text
    tab.go("#/evil/trial/1")
    assert re.sub(r"\s+", " ", EVIL) in tab.text
    assert tab.page.locator("main img").count() == 0
    assert tab.errors == []
