"""What ten browsers cost the server of the page while a search of many trials runs."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from benchmarks.figure import Figure
from benchmarks.reading.experiment import NAME, ManyTrials

TARGET = 0.2  # of a core
READERS = 10
_REPOSITORY = Path(__file__).resolve().parents[2]
_WRITES = 10  # a second
_EVENTS = 5  # of a write: five and a half trials a second end
_VIEWS = (  # what the browsers show, in turn
    ("overview",),
    tuple(f"{NAME}/{kind}" for kind in ("summary", "running", "nodes", "progress", "time")),
    (f"{NAME}/trials",),
    (f"{NAME}/summary", f"{NAME}/trial/0"),
    (f"{NAME}/lineage",),
    (f"{NAME}/understanding",),
)


def measure(made: ManyTrials, seconds: float, rounds: int) -> Figure:
    """The processor time of the server for each second. Appends to the journal meanwhile."""
    found = []
    with _server(made) as (process, port, token):
        browsers = _start_browsers(port, token)
        with _search(made):
            time.sleep(seconds)  # until every view was shown
            for _ in range(rounds):
                began, spent = time.monotonic(), _spent(process)
                time.sleep(seconds)
                found.append((_spent(process) - spent) / (time.monotonic() - began))
    for browser in browsers:
        browser.join()
    trials = f"{len(made.experiment.trials):,} trials"
    return Figure(
        name=f"serve {READERS} browsers, {trials}",
        unit="of a core",
        values=tuple(found),
        target=TARGET,
        against=f"{_WRITES * _EVENTS} events a second",
    )


@contextlib.contextmanager
def _server(made: ManyTrials) -> Iterator[tuple[psutil.Process, int, str]]:
    """The server, with its port and token."""
    command = [sys.executable, "-m", "controller", "serve", "--read-only"]
    environment = os.environ | {"HEIRLOOM_HOME": str(made.home.path)}
    with subprocess.Popen(
        command, cwd=_REPOSITORY, env=environment, text=True, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        address = re.search(r":(\d+)/\?token=([\w-]+)", server.stdout.readline())
        assert address is not None
        try:
            yield psutil.Process(server.pid), int(address[1]), address[2]
        finally:
            server.terminate()


def _start_browsers(port: int, token: str) -> list[threading.Thread]:
    """Browsers that ask again for what they show at each change, until the server ends."""
    views = [_VIEWS[number % len(_VIEWS)] for number in range(READERS)]
    threads = [threading.Thread(target=_browse, args=(port, token, view)) for view in views]
    for thread in threads:
        thread.start()
    return threads


def _browse(port: int, token: str, view: tuple[str, ...]) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    tags: dict[str, str] = {}
    with (
        contextlib.suppress(OSError, HTTPException),
        contextlib.closing(HTTPConnection("127.0.0.1", port)) as events,
        contextlib.closing(HTTPConnection("127.0.0.1", port)) as asking,
    ):
        events.request("GET", "/api/events", headers=headers)
        for line in events.getresponse():
            if not line.startswith((b"retry", b"data")):
                continue
            for document in view:
                known = {"If-None-Match": tags.get(document, "")}
                asking.request("GET", f"/api/{document}", headers=headers | known)
                answer = asking.getresponse()
                answer.read()
                tags[document] = answer.headers.get("ETag", "")


@contextlib.contextmanager
def _search(made: ManyTrials) -> Iterator[None]:
    """A controller that appends events, so many a second."""
    end = threading.Event()

    def append() -> None:
        with made.journal() as journal:
            while not end.wait(1 / _WRITES):
                journal.append(made.more(_EVENTS))

    thread = threading.Thread(target=append)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
