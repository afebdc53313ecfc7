"""The page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.golden.golden import FORMATS, Golden
from tests.integration.search.conftest import Lab

LIMIT = 30_000  # milliseconds that anything in the page may take on a slow machine
expect.set_options(timeout=LIMIT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of these tests need a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path / "a lab")
    lab.path.mkdir()
    yield lab
    for process in lab.leftovers():
        process.kill()


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A home with experiments of an earlier version, one of them interrupted."""
    return Lab(Golden(FORMATS[-1], tmp_path_factory.mktemp("golden")).path)


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium."""
    executable = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    assert executable, "chromium is not installed; Debian: apt install chromium"
    # Chromium's own sandbox needs a user that is not root.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=executable, args=options)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@dataclass
class Tab:
    """A page that notes every error, also those against its Content-Security-Policy."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def open(self, address: str) -> None:
        """Go to an address and wait for the view."""
        self.page.goto(address)
        self.settle()

    def go(self, hash_: str) -> None:
        """Go to another view."""
        self.page.evaluate("hash => { location.hash = hash; }", hash_)
        self.settle()

    def settle(self) -> None:
        """Wait until the view is there."""
        self.page.wait_for_selector("main[aria-busy=false] h1, main[aria-busy=false] [role=alert]")

    @property
    def text(self) -> str:
        return self.page.inner_text("main")

    def serious(self) -> list[str]:
        """What axe-core finds serious or worse in the view."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {each['nodes'][0]['html']}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]

    @property
    def is_too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"))


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(LIMIT)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Tab:
    return Tab(context.new_page())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Server:
    """`heirloom serve` on a free port, or on one of before."""

    def __init__(self, lab: Lab, *options: str, port: int = 0) -> None:
        self.port = port or _free_port()
        self._process = lab.start("serve", "--port", str(self.port), *options)
        assert self._process.stdout
        printed = []
        for line in self._process.stdout:
            printed.append(line)
            if found := re.search(r"http://[\w.\[\]:]+/\S*", line):
                self.address = found[0]
                break
        else:
            raise AssertionError("".join(printed))
        self.origin = self.address.split("?")[0].rstrip("/")

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
