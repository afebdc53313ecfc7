"""Requests of the page reach the controller as those of the commands do."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from controller.state.home import user_name
from controller.state.inbox import Inbox
from controller.state.lock import Lock
from tests.unit.views.server.pages import HOST, TOKEN, Site
from tests.unit.views.trials.searches import Search

BY = f"{user_name()} (page, testclient)"


@pytest.fixture
def controller(site: Site) -> Iterator[None]:
    """As if a controller ran the experiment."""
    with Lock(site.search.place):
        yield


def sent(site: Site) -> list[Any]:
    return [request for _, request in Inbox(site.search.place.inbox).receive()]


@pytest.mark.usefixtures("controller")
def test_trials_are_cancelled_and_retried(site: Site) -> None:
    assert site.ask({"request": "cancel", "trials": [1]}) == (
        202,
        "asked the controller of cnn to cancel trial 1",
    )
    status, words = site.ask({"request": "retry", "states": ["failed"]})
    assert (status, words) == (202, "asked the controller of cnn to retry trial 2")
    assert sent(site) == [
        {"action": "cancel", "trial": 1, "by": BY},
        {"action": "retry", "trial": 2, "by": BY},
    ]


@pytest.mark.usefixtures("controller")
def test_a_search_is_stopped_and_extended(site: Site) -> None:
    status, words = site.ask({"request": "extend", "trials": "+5", "duration": ""})
    assert status == 202
    assert words.startswith("asked the controller of cnn for a budget of 15 trials")
    status, words = site.ask({"request": "stop"})
    assert status == 202
    assert words.startswith("asked the controller of cnn to stop")
    assert sent(site) == [
        {"action": "extend", "trials": "+5", "duration": None, "by": BY},
        {"action": "stop", "by": BY},
    ]


def test_without_a_controller_the_command_is_named(site: Site) -> None:
    status, words = site.ask({"request": "stop"})
    assert (status, "no controller runs cnn: type `" in words) == (409, True)
    assert words.endswith("stop cnn` in a terminal")
    status, words = site.ask({"request": "extend", "trials": 5})
    assert (status, words.endswith("resume cnn --trials 5` in a terminal")) == (409, True)
    status, words = site.ask({"request": "retry", "trials": [2]})
    assert (status, words.endswith("resume cnn` will retry trial 2")) == (202, True)


@pytest.mark.usefixtures("controller")
@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"request": "cancel", "trials": [0]}, 409, "trial 0 of cnn has ended already: succeeded"),
        ({"request": "retry", "trials": [1]}, 409, "trial 1 of cnn has not ended yet"),
        ({"request": "retry", "trials": [9]}, 409, "cnn has no trial 9"),
        ({"request": "extend", "trials": "5"}, 409, "has a budget of 10 trials already"),
        ({"request": "extend", "trials": "many"}, 409, "--trials takes a number"),
        ({"request": "extend", "duration": "+8h"}, 409, "has no limit of duration"),
        ({"request": "cancel", "states": ["running"], "trials": [1]}, 409, "either the ids"),
        ({"request": "cancel", "trials": "1"}, 422, "trials is not a list of ids"),
        ({"request": "cancel", "trials": [True]}, 422, "trials is not a list of ids"),
        ({"request": "cancel", "states": ["gone"]}, 422, "states is not a list of some of"),
        ({"request": "extend"}, 422, "give trials, such as"),
        ({"request": "extend", "trials": [1]}, 422, "neither text nor a whole number"),
        ({"request": "destroy"}, 422, "there is no request 'destroy'"),
        ({}, 422, "there is no request None"),
        ([1], 422, "not an object of JSON"),
    ],
)
def test_what_cannot_be_done_is_explained(
    site: Site, request_: Any, status: int, words: str
) -> None:
    found, text = site.ask(request_)
    assert (found, words in text) == (status, True), text
    assert sent(site) == []


def test_what_is_no_request_is_refused(site: Site) -> None:
    headers = {"X-Heirloom": "1", "Origin": "http://localhost:8642"}
    bodies = {b"{": 422, b"\xff": 422, b"[" * 100_000: 422, b" " * 300_000: 413}
    for content, status in bodies.items():
        answer = site.browser.post("/api/cnn/requests", content=content, headers=headers)
        assert answer.status_code == status
    answer = site.browser.post("/api/cn/requests", json={}, headers=headers)
    assert answer.status_code == 404


def test_a_browser_that_leaves_within_its_request_is_no_failure(site: Site) -> None:
    headers = {"Host": HOST, "Authorization": f"Bearer {TOKEN}", "X-Heirloom": "1"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/cnn/requests",
        "query_string": b"",
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
    }
    answers = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answers.append(message)

    asyncio.run(site.application.app(scope, receive, send))
    assert answers[0]["status"] == 400
    assert sent(site) == []


def test_a_server_that_only_shows_refuses_requests(search: Search) -> None:
    site = Site(search, read_only=True)
    with site.browser, Lock(site.search.place):
        assert site.get("cnn/summary")["actions"] == []
        assert site.get("cnn/trial/1")["actions"] == []
        status, words = site.ask({"request": "stop"})
        assert (status, "without --read-only" in words) == (403, True)
        assert sent(site) == []
