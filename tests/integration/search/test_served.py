"""`heirloom serve` beside a real search: documents, events, requests, and either of them killed."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from tests.integration.search.conftest import PATIENCE, Lab

# Each trial waits until a file says that it may end.
TRIAL = """
    import time
    from pathlib import Path
    from heirloom import trial

    trial.report(trial.params["x"], 1)
    print("hello from the trial", flush=True)
    while not Path("GO").exists():
        time.sleep(0.05)
    trial.finish(trial.params["x"])
"""


class Server:
    """The command, and a program that reads what it serves."""

    def __init__(self, lab: Lab, port: int, *options: str) -> None:
        self.port = port
        self.process = lab.start("serve", "--port", str(port), *options)
        assert self.process.stdout is not None
        address = re.match(rf"the page: http://127.0.0.1:{port}/\?token=([\w-]+)", self._line())
        assert address is not None
        self.token = address[1]

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip()

    def connect(self, method: str, address: str, body: Any = None) -> Any:
        """The answer, still to be read."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "X-Heirloom": "1",
            "Connection": "close",
        }
        connection.request(method, address, None if body is None else json.dumps(body), headers)
        return connection.getresponse()

    def get(self, address: str) -> Any:
        with closing(self.connect("GET", f"/api/{address}")) as answer:
            assert answer.status == 200
            return json.load(answer)

    def ask(self, request: dict[str, Any]) -> str:
        with closing(self.connect("POST", "/api/search/requests", request)) as answer:
            assert answer.status == 202
            return str(json.load(answer)["text"])

    def events(self) -> Iterator[tuple[str, Any]]:
        """Kinds and data of events, as they come."""
        answer = self.connect("GET", "/api/events")
        assert answer.readline() == b"retry: 2000\n"
        return _events(answer)

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=PATIENCE)
        assert "Traceback" not in output, output
        assert self.process.returncode == 0


def _events(answer: HTTPResponse) -> Iterator[tuple[str, Any]]:
    kind = ""
    with closing(answer):
        for line in answer:
            name, _, text = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = text
            elif name == "data":
                yield kind, json.loads(text)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(events: Iterator[tuple[str, Any]], kind: str, state: str | None) -> None:
    """Read events up to one of this kind and state."""
    assert any((each, data.get("state")) == (kind, state) for each, data in events)


def test_a_search_is_followed_and_steered(lab: Lab) -> None:
    lab.write("code/train.py", TRIAL.replace("GO", str(lab.path / "go")))
    file = lab.experiment("python train.py", budget={"trials": 3, "concurrency": 2})
    port = free_port()
    server = Server(lab, port)
    assert server.get("overview") == []
    events = server.events()
    with lab.start("run", file) as controller:
        until(events, "change", "running")
        lab.wait(lambda: len(server.get("search/running")["trials"]) == 2, "two trials on nodes")
        lab.wait(lambda: "hello" in server.get("search/log/0")["text"], "the log")
        lab.wait(lambda: server.get("search/trial/0")["curves"], "the report")

        asked = server.ask({"request": "cancel", "trials": [0]})
        assert asked == "asked the controller of search to cancel trial 0"
        lab.wait(lambda: server.get("search/trial/0")["state"] == "cancelled", "the verdict")
        reason = server.get("search/trial/0")["reason"]
        assert re.fullmatch(r"cancelled by \S+ \(page, 127\.0\.0\.1\)", reason)

        controller.kill()
        until(events, "change", "interrupted")
    server.end()
    assert list(events) == []
    again = Server(lab, port, "search", "--read-only")  # the page goes on with what it has
    assert again.token == server.token
    assert again.get("search/summary")["actions"] == []
    events = again.events()
    (lab.path / "go").touch()
    lab("resume", "search")
    until(events, "change", "finished")
    [row] = again.get("overview")
    assert (row["state"], row["done"]) == ("finished", 3)
    lab("remove", "search", "--yes")
    until(events, "gone", None)
    again.end()
    assert list(events) == []
