"""Documents as a browser gets them."""

import gzip
import json
import re
from typing import Any

import pytest

from controller.core import events as e
from controller.views.page.documents import DOCUMENTS
from tests.unit.views.server.pages import Site
from tests.unit.views.trials.searches import Search

EVIL = "</script><img src=x onerror=alert(1)>\ud800\x00\u202e"


def addresses() -> list[str]:
    return [f"{kind}/1" if each.of_trial else kind for kind, each in DOCUMENTS.items()]


@pytest.mark.parametrize("address", addresses())
def test_each_document_is_json(site: Site, address: str) -> None:
    answer = site.browser.get(f"/api/cnn/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    json.loads(answer.content, parse_constant=pytest.fail)


def test_the_overview_has_a_row_for_each_experiment(site: Site) -> None:
    [row] = site.get("overview")
    assert (row["name"], row["state"], row["objective"]) == ("cnn", "interrupted", "minimize")
    assert (row["best"], row["done"], row["total"]) == ({"id": 0, "value": 0.5}, 2, 10)
    assert row["sparkline"]["values"][-1] == 0.5


def test_one_that_cannot_be_read_is_in_the_overview(site: Site) -> None:
    broken = site.home.experiments / "broken"
    broken.mkdir()
    (broken / "journal.db").write_text("no database")
    rows = {row["name"]: row for row in site.get("overview")}
    assert rows["cnn"]["state"] == "interrupted"
    assert rows["broken"]["state"] == "unreadable"
    assert str(broken) in rows["broken"]["problem"]
    answer = site.browser.get("/api/broken/summary")
    assert answer.status_code in (404, 503)
    assert str(broken) in answer.json()["error"]


def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    first = site.browser.get("/api/cnn/trials")
    again = site.browser.get("/api/cnn/trials", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = site.browser.get("/api/cnn/trials", headers={"If-None-Match": '"x", W/"y"'})
    assert other.content == first.content


def test_large_documents_are_compressed_where_the_browser_knows_how(site: Site) -> None:
    site.search.trial({"text": "long " * 1000})
    plain = site.browser.get("/api/cnn/trial/3", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    request = site.browser.build_request("GET", "/api/cnn/trial/3")
    packed = site.browser.send(request, stream=True)
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content


def test_a_new_event_is_in_the_next_document(site: Site, clock: Any) -> None:
    assert site.get("cnn/summary")["counts"]["running"] == 1
    site.search.end(1, 0.25)
    assert site.get("cnn/summary")["counts"]["running"] == 1  # at most a second old
    clock.now += 2
    assert site.get("cnn/summary")["best"]["id"] == 1


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("cn/summary", 404, "no experiment named 'cn'.* did you mean cnn"),
        ("..%2fcnn/summary", 404, "no experiment named|nothing at"),
        ("cnn/nothing", 404, "there is no document 'nothing'"),
        ("cnn/trial/7", 404, "cnn has no trial 7"),
        ("cnn/trial/-1", 404, "not a whole number"),
        ("cnn/trial/" + "9" * 30, 404, "not a whole number"),
        ("cnn/trial", 404, "there is no document"),
        ("cnn/log/7", 404, "cnn has no trial 7"),
        ("cnn/log/1?attempt=3", 404, r"trial 1 has 1 attempt\(s\), not 3"),
        ("cnn/log/1?attempt=x", 404, "not a whole number"),
        ("cnn/log/1?from=1e9", 404, "not a whole number"),
        ("", 404, "there is nothing at"),
    ],
)
def test_an_unknown_address_is_explained(site: Site, address: str, status: int, words: str) -> None:
    answer = site.browser.get(f"/api/{address}")
    assert answer.status_code == status
    assert re.search(words, answer.json()["error"])


def test_only_one_experiment_is_shown_where_one_is_named(search: Search) -> None:
    site = Site(search, only="cnn")
    other = site.home.experiments / "other"
    other.mkdir()
    (other / "journal.db").write_bytes(site.search.place.journal.read_bytes())
    with site.browser:
        assert [row["name"] for row in site.get("overview")] == ["cnn"]
        answer = site.browser.get("/api/other/summary")
        assert (answer.status_code, answer.json()["error"]) == (
            404,
            "this page shows cnn only, and not 'other'",
        )
        assert site.get("cnn/summary")["name"] == "cnn"


def test_hostile_text_stays_text(site: Site) -> None:
    trial = site.search.trial({EVIL[:-3]: EVIL[:-3], "nan": float("nan")})
    site.search.happen(
        e.Reported(at=99.0, trial=trial, number=1, step=1, value={"default": 1.0, EVIL: EVIL})
    )
    site.search.end(trial, 0.125, text=EVIL)
    site.write_log(EVIL.encode(errors="surrogatepass") + b"\xff\x1b[31m", f"{trial}.1")
    for address in ("trials", f"trial/{trial}", f"log/{trial}", "failures", "summary"):
        answer = site.browser.get(f"/api/cnn/{address}")
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        json.loads(answer.content, parse_constant=pytest.fail)
    found = site.get(f"cnn/trial/{trial}")
    assert found["params"] == {EVIL[:-3]: EVIL[:-3], "nan": None}
    assert found["result"]["text"] == EVIL
    assert site.get(f"cnn/log/{trial}")["text"].startswith("</script><img")


def test_a_log_is_read_piece_by_piece(site: Site) -> None:
    assert site.get("cnn/log/1") == {
        "attempt": 1,
        "from": 0,
        "next": 0,
        "size": 0,
        "text": "",
        "ended": False,
    }
    site.write_log("eins\nzwéi".encode(), "1.1")
    first = site.get("cnn/log/1")
    assert (first["text"], first["next"], first["size"]) == ("eins\nzwéi", 10, 10)
    site.write_log("eins\nzwéi drei\n".encode(), "1.1")
    assert site.get(f"cnn/log/1?from={first['next']}")["text"] == " drei\n"
    assert site.get("cnn/log/1?from=-8")["text"] == ""
    assert site.get("cnn/log/1?from=-12")["text"] == "zwéi drei\n"
    assert site.get("cnn/log/1?find=DREI") == {"found": 11, "next": 0}
    assert site.get("cnn/log/0")["ended"]


def test_a_log_that_is_no_file_is_explained(site: Site) -> None:
    (site.store / "attempts" / "1.1" / "output.log").mkdir(parents=True)
    answer = site.browser.get("/api/cnn/log/1")
    assert answer.status_code == 503
    assert "output.log cannot be read: not a regular file" in answer.json()["error"]
    (site.store / "attempts" / "1.1" / "output.log").rmdir()
    (site.store / "attempts" / "1.1" / "output.log").symlink_to("/etc/passwd")
    assert site.browser.get("/api/cnn/log/1").status_code == 503
