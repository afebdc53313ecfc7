"""Who may read the page's documents, and who may send requests."""

import socket

import pytest

from controller.state.inbox import Inbox
from controller.views.server.guard import HEADERS, hosts
from tests.unit.views.server.pages import COOKIE, HOST, TOKEN, Site


def test_a_stranger_gets_the_page_and_no_document(site: Site) -> None:
    stranger = site.visitor()
    assert stranger.get("/").status_code == 200
    assert stranger.get("/static/main.js").status_code == 200
    for address in ("overview", "events", "cnn/summary", "cnn/log/0", "cnn/nothing", "nobody/x"):
        answer = stranger.get(f"/api/{address}")
        assert (answer.status_code, "token" in answer.json()["error"]) == (401, True), address


def test_the_token_of_the_address_becomes_a_cookie(site: Site) -> None:
    reader = site.visitor()
    answer = reader.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    assert TOKEN not in answer.headers["location"]
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("heirloom-8642=")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert reader.get("/api/overview").status_code == 200


def test_each_end_of_a_tunnel_has_a_cookie_of_its_own(site: Site) -> None:
    reader = site.visitor()
    for host in ("localhost:9001", "localhost:9002", "localhost"):
        answer = reader.get(f"/?token={TOKEN}", headers={"Host": host})
        assert answer.headers["set-cookie"].startswith(f"heirloom-{host[10:] or 80}=")


@pytest.mark.parametrize("token", ["", "the-toke", "the-token2", "%C3%A9", "a" * 5000])
def test_a_wrong_token_opens_nothing(site: Site, token: str) -> None:
    stranger = site.visitor()
    assert stranger.get(f"/?token={token}").status_code == 401
    assert "set-cookie" not in stranger.get(f"/?token={token}").headers
    assert stranger.get(f"/api/overview?token={token}").status_code == 401
    stranger.cookies.set(COOKIE, token)
    assert stranger.get("/api/overview").status_code == 401
    refused = stranger.get("/api/overview", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401


def test_a_program_sends_the_token_in_a_header(site: Site) -> None:
    program = site.visitor()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert program.get("/api/cnn/summary", headers=headers).status_code == 200
    sent = program.post(
        "/api/cnn/requests",
        json={"request": "cancel", "trials": [1]},
        headers=headers | {"X-Heirloom": "1"},
    )
    assert sent.status_code == 202


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8642", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:9999", 200),  # the other end of a tunnel
        ("[::1]:8642", 200),
        ("192.168.1.7:8642", 200),
        ("gpu1.example.org.:8642", 200),
        ("evil.example.org:8642", 403),
        ("localhost.evil.example.org", 403),
        ("127.0.0.1.evil.example.org", 403),
        ("gpu1.example.org@evil.example.org", 403),
        ("[::1", 403),
        ("localhost:x", 403),
        ("", 403),
    ],
)
def test_another_name_of_this_machine_is_refused(site: Site, host: str, status: int) -> None:
    headers = {"Host": host, "Authorization": f"Bearer {TOKEN}"}
    answer = site.browser.get("/api/overview", headers=headers)
    assert answer.status_code == status
    assert site.browser.get("/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example.org", "null", "http://localhost:8643", "https://127.0.0.1", "http://["],
)
def test_a_page_of_another_origin_is_refused(site: Site, origin: str) -> None:
    assert site.browser.get("/api/overview", headers={"Origin": origin}).status_code == 403
    status, words = site.ask({"request": "cancel", "trials": [1]}, Origin=origin)
    assert (status, "cannot use this server" in words) == (403, True)
    assert Inbox(site.search.place.inbox).receive() == []


@pytest.mark.parametrize(
    "headers", [{}, {"X-Heirloom": "1"}, {"Origin": f"http://{HOST}"}, {"X-Heirloom": "0"}]
)
def test_a_form_of_another_page_cannot_send_a_request(site: Site, headers: dict[str, str]) -> None:
    body = {"request": "cancel", "trials": [1]}
    answer = site.browser.post("/api/cnn/requests", json=body, headers=headers)
    assert answer.status_code == 403
    assert Inbox(site.search.place.inbox).receive() == []


def test_get_changes_nothing(site: Site) -> None:
    before = {path: path.read_bytes() for path in site.search.place.path.glob("journal.db")}
    for address in ("cnn/requests", "cnn/requests?request=stop", "cnn/summary?request=stop"):
        assert site.browser.get(f"/api/{address}").status_code in (200, 404, 405)
    for method in ("put", "delete", "patch", "options"):
        answer = getattr(site.browser, method)("/api/cnn/requests", headers={"X-Heirloom": "1"})
        assert answer.status_code in (403, 405)
    assert not site.search.place.inbox.exists()
    assert {path: path.read_bytes() for path in before} == before


def test_every_answer_has_a_policy_without_inline_scripts(site: Site) -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    for address in ("/", "/static/main.js", "/api/overview", "/api/nobody/summary", "/nothing"):
        answer = site.browser.get(address)
        assert answer.headers["content-security-policy"] == policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_the_files_of_the_page_are_the_only_ones(site: Site) -> None:
    for path in ("../source.py", "%2e%2e/source.py", "..%2fsource.py", "/etc/passwd"):
        assert site.browser.get(f"/static/{path}").status_code in (404, 405)


def test_the_names_of_this_machine() -> None:
    assert hosts("127.0.0.1") == {"localhost", "127.0.0.1"}
    assert {"localhost", "192.0.2.7", socket.gethostname().lower()} <= hosts("192.0.2.7")
