"""The page from a server, while searches run."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Server, Tab
from tests.golden.golden import FORMATS, Golden
from tests.integration.search.conftest import Lab

# Each trial reports until it is released, and prints what it reports.
TRIAL = """
    import os, pathlib, time
    from heirloom import trial
    for step in range(3000):
        trial.report(step / 100, step=step)
        print(f"step {step}", flush=True)
        if pathlib.Path(os.environ["GATE"]).exists():
            break
        time.sleep(0.1)
    trial.finish(trial.params["x"])
"""


@pytest.fixture
def search(lab: Lab) -> Path:
    """An experiment file whose trials run until the file `gate` exists."""
    lab.write("code/t.py", TRIAL)
    return lab.experiment(
        "python t.py",
        trial={"environment": {"GATE": str(lab.path / "gate")}},
        description="<b>bold</b>",
        search_space={
            "x": {"_type": "uniform", "_value": [0, 1]},
            "<i>k</i>": {"_type": "choice", "_value": ["<u>"]},
        },
    )


@contextmanager
def running(lab: Lab, search: Path) -> Iterator[subprocess.Popen[str]]:
    """The controller of the search; killed where the test fails."""
    controller = lab.start("run", search, "--slots", "2")
    try:
        yield controller
    finally:
        controller.kill()
        controller.communicate()


def test_a_search_is_watched_and_steered(lab: Lab, search: Path, tab: Tab) -> None:
    with running(lab, search) as controller, Server(lab) as server:
        tab.open(server.address)
        assert "token" not in tab.page.url
        link = tab.page.locator("main a:text-is('search')")
        expect(link).to_be_visible(timeout=60_000)
        link.click()
        on_nodes = tab.page.locator("section[aria-label='On nodes now'] .running")
        expect(on_nodes).to_have_count(2, timeout=60_000)
        assert "<b>bold</b>" in tab.text

        tab.go("#/search/trial/0")
        log = tab.page.locator("pre.log")
        expect(log).to_contain_text("step 3")
        expect(log).to_contain_text("step 30")  # it follows
        tab.page.fill("input[type=search]", "STEP 3")
        expect(log.locator("mark").first).to_have_text("step 3")

        tab.page.click("button:text-is('Cancel the trial')")
        assert tab.serious() == []
        tab.page.click("dialog button[type=submit]")
        expect(tab.page.locator("dialog .answer")).not_to_be_empty()
        tab.page.click("dialog button:text-is('Close')")
        expect(tab.page.locator("h1 .state")).to_have_text("cancelled", timeout=60_000)

        tab.page.click("button:text-is('Retry the trial')")
        tab.page.click("dialog button[type=submit]")
        expect(tab.page.locator("dialog .answer")).not_to_be_empty()
        tab.page.keyboard.press("Escape")

        tab.go("#/search")
        (lab.path / "gate").touch()
        tab.page.click("button:text-is('Extend the budget')")
        tab.page.fill("dialog input[name=trials]", "+1")
        tab.page.click("dialog button[type=submit]")
        expect(tab.page.locator("dialog .answer")).not_to_be_empty()
        tab.page.click("dialog button:text-is('Close')")
        expect(tab.page.locator("h1 .state")).to_have_text("finished", timeout=90_000)
        assert controller.wait(60) == 0
    assert {each["state"] for each in lab.trials()} == {"succeeded", "cancelled"}
    assert len(lab.trials()) >= 6
    assert tab.errors == []


def test_a_killed_server_and_a_killed_controller(lab: Lab, search: Path, tab: Tab) -> None:
    with running(lab, search) as controller:
        with Server(lab) as server:
            tab.open(server.address)
            tab.go("#/search")
            expect(tab.page.locator("h1 .state")).to_have_text("running", timeout=60_000)
            server.kill()
        notice = tab.page.locator("#notice")
        expect(notice).to_contain_text("does not answer")
        assert "search" in tab.text  # what was shown stays
        controller.kill()
        with Server(lab, port=server.port):
            # The page goes on by itself.
            expect(tab.page.locator("h1 .state")).to_have_text("interrupted", timeout=60_000)
            expect(notice).to_be_hidden()
            assert "resume" in tab.text


def test_the_search_is_stopped(lab: Lab, search: Path, tab: Tab) -> None:
    with running(lab, search) as controller, Server(lab) as server:
        tab.open(server.address)
        tab.go("#/search")
        tab.page.click("button:text-is('Stop the search')", timeout=60_000)
        tab.page.click("dialog button[type=submit]")
        expect(tab.page.locator("dialog .answer")).not_to_be_empty()
        tab.page.click("dialog button:text-is('Close')")
        expect(tab.page.locator("h1 .state")).to_have_text("stopped", timeout=60_000)
        controller.wait(60)


def test_a_reader_may_only_look(golden: Lab, tab: Tab) -> None:
    with Server(golden, "--read-only") as server:
        tab.open(server.address)
        tab.go("#/family")
        assert tab.page.locator("button:text-is('Extend the budget')").count() == 0
        assert "heirloom" in tab.page.inner_text(
            "ul.actions"
        ) or "controller" in tab.page.inner_text("ul.actions")
        tab.go("#/family/trial/0")
        assert tab.page.locator("button:text-is('Retry the trial')").count() == 0


def test_all_experiments_and_one_that_is_removed(tab: Tab, tmp_path: Path) -> None:
    lab = Lab(Golden(FORMATS[-1], tmp_path).path)
    names = [path.name for path in (lab.home / "experiments").iterdir()]
    with Server(lab) as server:
        tab.open(server.address)
        assert tab.page.locator("main tbody tr").count() == len(names)
        assert tab.serious() == []
        tab.page.wait_for_selector(".js-plotly-plot .scatterlayer path")  # those that are compared
        tab.page.click("main a:text-is('skipped')")
        expect(tab.page.locator("h1 .state")).to_have_text("finished")
        lab("remove", "skipped", "--yes")
        expect(tab.page.locator("#notice")).to_contain_text("was removed")
        assert "skipped" in tab.text
        tab.go("#/skipped/trials")
        assert "skipped" in tab.page.inner_text("[role=alert]")
        tab.go("#/")
        expect(tab.page.locator("main tbody tr")).to_have_count(len(names) - 1)


def test_a_command_is_copied(golden: Lab, context: BrowserContext, tab: Tab) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    with Server(golden) as server:
        tab.open(server.address)
        tab.go("#/evolution/trial/0")
        line = tab.page.locator("ul.actions code").first.inner_text()
        tab.page.locator("ul.actions button.copy").first.click()
        expect(tab.page.locator("ul.actions button.copy").first).to_have_text("copied")
        assert tab.page.evaluate("navigator.clipboard.readText()") == line


def test_nobody_looks_without_the_token(golden: Lab, tab: Tab) -> None:
    with Server(golden) as server:
        tab.open(server.origin + "/")
        assert "token" in tab.page.inner_text("[role=alert]")
        assert "evolution" not in tab.page.inner_text("body")
