"""A server without a network: requests go to its application at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from controller.state.home import Home
from controller.views.server.app import Application
from controller.views.server.guard import Rules
from tests.unit.views.trials.searches import Search

TOKEN = "the-token"
HOST = "localhost:8642"
RULES = Rules(TOKEN, frozenset({"localhost", "gpu1.example.org"}))
COOKIE = "heirloom-8642"


class Site:
    """A server of a home with the experiment `cnn`, and a browser that has the token."""

    def __init__(self, search: Search, **options: Any) -> None:
        self.search = search
        self.home = Home(search.place.path.parent.parent)
        self.store = self.home.path / "store" / "ada" / "cnn-1"
        self.application = Application(self.home, RULES, **options)
        self.browser = self.visitor()
        self.browser.cookies.set(COOKIE, TOKEN)

    def visitor(self) -> TestClient:
        """A browser that knows nothing."""
        return TestClient(self.application.app, base_url=f"http://{HOST}", follow_redirects=False)

    def get(self, address: str, **options: Any) -> Any:
        """A document."""
        answer = self.browser.get(f"/api/{address}", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, request: Any, **headers: str) -> Any:
        """Send a request as the page does; its status and its text or error."""
        sent = {"X-Heirloom": "1", "Origin": f"http://{HOST}"} | headers
        answer = self.browser.post("/api/cnn/requests", json=request, headers=sent)
        found = answer.json()
        return answer.status_code, found.get("text", found.get("error"))

    def write_log(self, text: bytes, attempt: str = "0.1") -> None:
        directory = self.store / "attempts" / attempt
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "output.log").write_bytes(text)


def searched(path: Path) -> Search:
    """An experiment in a home: trial 0 succeeded, 1 runs on from it and has reported, 2 failed."""
    home = Home(path)
    home.prepare()
    search = Search(home.experiments, root=home.path / "store" / "ada" / "cnn-1")
    search.trial({"lr": 0.1, "depth": 1})
    search.end(0, 0.5)
    search.trial({"lr": 0.2, "depth": 1}, 0)
    search.report(1, 0.7, step=1, loss=2.0)
    search.report(1, 0.4, step=2, loss=1.0)
    search.trial({"lr": 0.2, "depth": 3})
    search.end(2, None, "failed")
    return search
