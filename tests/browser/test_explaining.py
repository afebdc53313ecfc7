"""The views that explain a search: the lineage, and how the params relate to the values."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from playwright.sync_api import Route, expect

from controller.core.model import State
from controller.views.page import documents, html
from controller.views.page.documents.analysis import importance
from controller.views.page.encode import encode
from controller.views.page.source import Source
from heirloom.objective import Objectives
from tests.browser.conftest import Server, Tab
from tests.browser.forest import forest
from tests.integration.search.conftest import PATIENCE, Lab
from tests.unit.views.page.pages import recorded, trial

KINDS = ("lineage", "curves", "understanding", "chain")
EVIL = "</script><img src=x onerror=alert(1)>"
LAYERS = [
    {
        "id": 1,
        "type": "conv",
        "inputs": [0],
        "filters": 8,
        "kernel": [3, 3],
        "stride": 1,
        "activation": "bn_relu",
    },
    {"id": 2, "type": "global_pool", "inputs": [1]},
    {"id": 3, "type": "linear", "inputs": [2], "units": 10},
]
NETWORK = {"input": [3, 32, 32], "next_id": 9, "layers": LAYERS}


def written(source: Source, path: Path, **more: Any) -> str:
    """The address of a file with the documents of these views."""
    held = {documents.address(source, kind): documents.make(source, kind) for kind in KINDS}
    held |= {f"{documents.address(source, kind)}": value for kind, value in more.items()}
    best = source.best
    if best is not None:
        held[f"{documents.address(source, 'network')}/{best.id}"] = documents.make(
            source, f"network/{best.id}"
        )
    html.write(held, source, path)
    return path.as_uri()


@pytest.fixture
def page(tab: Tab, tmp_path: Path) -> Tab:
    """The views of a search of 300 trials."""
    tab.open(written(forest(300), tmp_path / "report.html") + "#/digits/lineage")
    return tab


def wait_for_pixels(tab: Tab, selector: str, are_right: Callable[[int], bool]) -> None:
    """Wait until the canvas has so many painted pixels."""
    end = time.monotonic() + PATIENCE
    while not are_right(found := pixels(tab, selector)):
        assert time.monotonic() < end, f"{selector}: {found} pixels are painted"
        tab.page.wait_for_timeout(20)


def pixels(tab: Tab, selector: str) -> int:
    """How many pixels of a canvas are painted."""
    return int(
        tab.page.eval_on_selector(
            selector,
            """canvas => {
              const { width, height } = canvas;
              const pen = new OffscreenCanvas(width, height).getContext('2d');
              pen.drawImage(canvas, 0, 0);
              const { data } = pen.getImageData(0, 0, width, height);
              let count = 0;
              for (let at = 3; at < data.length; at += 4) count += data[at] > 0;
              return count;
            }""",
        )
    )


def test_relatives_are_reached_with_keys(page: Tab) -> None:
    canvas = page.page.locator(".stage canvas")
    canvas.focus()
    page.page.keyboard.press("ArrowRight")  # without a chosen trial: the best one
    best = forest(300).best
    assert best is not None
    said = page.page.locator("[aria-live=polite].unseen")
    expect(said).to_contain_text(f"trial {best.id}, succeeded")
    assert page.page.url.endswith(f"focus={best.id}")
    page.page.keyboard.press("ArrowLeft")
    parent = best.restore[0]
    expect(said).to_contain_text(f"trial {parent}, ")
    panel = page.page.locator(".relatives")
    expect(panel.locator("h2")).to_have_text(f"Trial {parent}")
    assert page.serious() == []
    panel.locator(f"button:has-text('{best.id} (')").first.click()
    expect(panel.locator("h2")).to_have_text(f"Trial {best.id}")
    canvas.focus()
    page.page.keyboard.press("Escape")
    expect(panel).to_contain_text("Choose a trial")
    assert "focus" not in page.page.url
    assert page.errors == []


def test_the_address_names_the_chosen_trial(page: Tab) -> None:
    page.go("#/digits/lineage?focus=7")
    expect(page.page.locator(".relatives h2")).to_have_text("Trial 7")
    page.go("#/digits/lineage?focus=999999")
    expect(page.page.locator(".relatives")).to_contain_text("Trial 999999 is not in the picture")
    assert page.errors == []


def test_a_click_and_a_drag_are_told_apart(page: Tab) -> None:
    box = page.page.locator(".stage canvas").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    wait_for_pixels(page, ".stage canvas", lambda found: found > 1000)
    before = pixels(page, ".stage canvas")
    page.page.mouse.move(*middle)
    page.page.mouse.down()
    page.page.mouse.move(middle[0] + 3000, middle[1], steps=5)
    page.page.mouse.up()
    wait_for_pixels(page, ".stage canvas", lambda found: found == 0)
    assert "focus" not in page.page.url
    page.page.click("text=Show all")
    wait_for_pixels(page, ".stage canvas", lambda found: found == pytest.approx(before, rel=0.2))
    assert page.errors == []


@pytest.mark.parametrize("choice", ["value", "generation", "state"])
def test_layouts_and_colours(page: Tab, choice: str) -> None:
    page.page.select_option(f".controls select:has(option[value={choice}]) >> nth=0", choice)
    wait_for_pixels(page, ".stage canvas", lambda found: found > 1000)
    assert page.serious() == []
    assert page.errors == []


def test_ten_thousand_trials_are_all_there(tab: Tab, tmp_path: Path) -> None:
    source = forest(10_000)
    tab.open(written(source, tmp_path / "report.html") + "#/digits/lineage?focus=9999")
    assert "10,000 trials" in tab.text
    expect(tab.page.locator(".relatives h2")).to_have_text("Trial 9999")
    wait_for_pixels(tab, ".stage canvas", lambda found: found > 10_000)
    assert tab.errors == []


def serve(tab: Tab, sources: list[Source]) -> None:
    """Answer requests of the page as a server does: each answer to `events` is the next source."""
    turn = {"at": 0}

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        path = unquote(address.path).lstrip("/")
        source = sources[min(turn["at"], len(sources) - 1)]
        if path == "":
            route.fulfill(body=html.index(), content_type="text/html")
        elif path == "static/plotly.js":
            route.fulfill(body=html.plotly(), content_type="text/javascript")
        elif path.startswith("static/"):
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            route.fulfill(body=html.static(path.removeprefix("static/")), content_type=kind)
        elif path == "api/events":
            turn["at"] += 1
            text = 'retry: 300\nevent: change\ndata: {"experiment": "digits"}\n\n'
            route.fulfill(body=text, content_type="text/event-stream")
        else:
            kind = path.removeprefix(f"api/{source.name}/")
            made = documents.make(source, kind, dict(parse_qsl(address.query)))
            route.fulfill(body=encode(made), content_type="application/json")

    tab.page.route("http://page.test/**", answer)


# Where on the canvas the pointer begins to mean a trial.
_PLACE = """name => {
  const canvas = document.querySelector('.stage canvas');
  const tip = document.querySelector('.tip');
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const wanted = `${name.toLowerCase()}, `;
  for (let y = 0; y < height; y += 4) {
    for (let x = 0; x < width; x += 4) {
      const at = { clientX: left + x, clientY: top + y };
      canvas.dispatchEvent(new PointerEvent('pointermove', at));
      if (!tip.hidden && tip.textContent.startsWith(wanted)) return [x, y];
    }
  }
  return null;
}"""


def test_new_trials_appear_where_the_reader_looks(tab: Tab) -> None:
    sources = [forest(300)]
    serve(tab, sources)
    tab.page.emulate_media(reduced_motion="reduce")
    tab.open("http://page.test/#/digits/lineage?focus=150")
    zoomed = tab.page.locator(".stage canvas")
    zoomed.focus()
    for _ in range(4):
        tab.page.keyboard.press("+")
    tab.page.keyboard.press("ArrowLeft")  # to the parent, which is brought into view
    chosen = tab.page.locator(".relatives h2")
    expect(chosen).not_to_have_text("Trial 150")
    name = chosen.inner_text()
    place = tab.page.evaluate(_PLACE, name)
    said = tab.page.locator("main > p.soft").first
    expect(said).to_contain_text("300 trials in")
    sources.append(forest(340))
    expect(said).to_contain_text("340 trials in")
    expect(chosen).to_have_text(name)
    assert tab.page.evaluate(_PLACE, name) == pytest.approx(place, abs=4)
    assert tab.page.evaluate("document.activeElement === document.querySelector('.stage canvas')")
    assert not [error for error in tab.errors if "EventSource" not in error]


def test_ranges_choose_trials(page: Tab) -> None:
    page.go("#/digits/understanding")
    status = page.page.locator("main [role=status]")
    expect(status).to_contain_text(" of ")
    strip = page.page.locator(".strip[data-name='value']")
    strip.focus()
    page.page.keyboard.press("ArrowUp")
    text = status.inner_text()
    chosen, total = text.split(" trials")[0].split(" of ")
    assert 0 < int(chosen) < int(total)
    rows = page.page.locator("[aria-label='Chosen trials'] tbody tr")
    assert rows.count() == min(20, int(chosen))
    assert page.serious() == []
    page.page.keyboard.press("Delete")
    expect(status).to_contain_text(f"{total} of {total}")
    box = strip.bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + 14, box["y"] + 5)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 14, box["y"] + box["height"] / 2, steps=4)
    page.page.mouse.up()
    expect(status).not_to_contain_text(f"{total} of {total}")
    wait_for_pixels(page, ".parallel canvas", lambda found: found > 1000)
    assert page.errors == []


@pytest.mark.parametrize("tab_name", ["slices", "contour"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pictures_of_params(page: Tab, tab_name: str, width: int) -> None:
    page.page.set_viewport_size({"width": width, "height": 900})
    page.go(f"#/digits/understanding?tab={tab_name}")
    wait_for_pixels(page, ".drawing canvas >> nth=0", lambda found: found > 500)
    assert not page.is_too_wide
    assert page.serious() == []
    assert page.errors == []


def test_the_importance_is_in_a_file_that_was_asked_for_it(tab: Tab, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    source = forest(300)
    found = importance.document(source, limit=100.0)
    address = written(source, tmp_path / "report.html", importance=found)
    tab.open(f"{address}#/digits/understanding?tab=importance")
    table = tab.page.locator("[aria-label='Importance of params']")
    expect(table).to_contain_text("PED-ANOVA")
    assert table.locator("tbody tr").count() == 5
    assert tab.serious() == []
    bare = written(source, tmp_path / "bare.html")
    tab.open(f"{bare}#/digits/understanding?tab=importance")
    expect(tab.page.locator("main .note")).to_contain_text("--importance")
    assert tab.errors == []


def test_the_network_is_coloured_by_what_it_inherited(tab: Tab, tmp_path: Path) -> None:
    parts = {"layers.1": 1.0, "layers.3": 0.25}
    child = trial(
        1, 0, params={"net": NETWORK}, result={"inherited": {"share": 0.4, "parts": parts}}
    )
    source = recorded(trial(0, params={"net": NETWORK}), child)
    address = written(source, tmp_path / "report.html")
    tab.open(f"{address}#/digits/understanding?tab=network")
    expect(tab.page.locator(".node.whole")).to_have_count(1)
    expect(tab.page.locator(".node.partly text").first).to_have_text("linear")
    expect(tab.page.locator(".networks")).to_contain_text("It inherited 40.0 % of its numbers")
    tab.page.click("summary:text-is('As a list')")
    assert (
        "conv 3x3 (layer 1, 8 filters, activation bn_relu), reads input, 100 % inherited"
        in tab.text
    )
    assert tab.serious() == []
    assert tab.errors == []


def test_several_objectives_and_generations_have_their_pictures(tab: Tab, tmp_path: Path) -> None:
    objectives = Objectives.parse({"accuracy": "maximize", "size": "minimize"})
    trials = [
        trial(
            n,
            params={"task": "train", "generation": n, "x": n},
            value=n / 10,
            values={"accuracy": n / 10, "size": float(n * n)},
            result={"alphas": {"op": {"conv": n / 10, EVIL: 1 - n / 10}}},
        )
        for n in range(8)
    ]
    source = recorded(*trials, objectives=objectives)
    address = written(source, tmp_path / "report.html")
    tab.open(f"{address}#/digits/understanding?tab=pareto")
    tab.page.wait_for_selector(".js-plotly-plot .scatterlayer .point")
    tab.go("#/digits/understanding?tab=chain")
    expect(tab.page.locator(".charts figcaption")).to_have_text("op")
    assert EVIL in tab.text
    assert tab.serious() == []
    assert tab.errors == []


def test_hostile_text_stays_text(tab: Tab, tmp_path: Path) -> None:
    trials = [
        trial(n, *([n - 1] if n else []), params={EVIL: f"{EVIL}{n}", "x": n, "y": -n})
        for n in range(6)
    ]
    trials.append(trial(6, 5, params={EVIL: EVIL}, state=State.FAILED, value=None, reason=EVIL))
    source = recorded(*trials, name=EVIL, curves={n: [(1, 0.5), (2, 0.6)] for n in range(6)})
    address = written(source, tmp_path / "report.html")
    tab.open(address)
    name = documents.address(source, "").rstrip("/")
    for view in (
        "lineage?focus=3",
        "understanding",
        "understanding?tab=slices",
        "understanding?tab=contour",
    ):
        tab.go(f"#/{name}/{view}")
        assert tab.page.locator("img").count() == 0
        assert EVIL in tab.page.content().replace("&lt;", "<").replace("&gt;", ">")
    assert tab.errors == []


def test_searches_with_few_trials(tab: Tab, tmp_path: Path) -> None:
    for count, words in ((0, "There is no trial yet"), (1, "Lineage")):
        source = recorded(*(trial(n) for n in range(count)))
        address = written(source, tmp_path / f"{count}.html")
        tab.open(f"{address}#/digits/lineage")
        assert words in tab.text
        tab.go("#/digits/understanding")
        assert tab.page.query_selector("[role=alert]") is None
        assert tab.serious() == []
    assert tab.errors == []


def test_a_server_works_the_importance_out(golden: Lab, tab: Tab) -> None:
    pytest.importorskip("optuna")
    names = [row["name"] for row in json.loads(golden("status", "--json"))]
    name = max(names, key=lambda each: len(golden.trials(each)))
    with Server(golden) as server:
        tab.open(server.address)
        for view in ("lineage", "understanding?tab=importance"):
            tab.go(f"#/{name}/{view}")
            assert tab.page.query_selector("[role=alert]") is None, tab.text
        status = tab.page.locator("main [role=status]")
        expect(status).to_contain_text(
            re.compile(r"^Of \d+ trials|importance needs"), timeout=90_000
        )
    assert [error for error in tab.errors if "ERR_CONNECTION" not in error] == []
