"""No reader fails or blocks, whatever kind of file it finds on the store or in the inbox.

A third of HEIRLOOM_FUZZ is how many inputs of each kind are tried.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.model import Outcome
from controller.recovery.salvage import Salvage
from controller.state.inbox import Inbox
from controller.store import layout
from controller.store.mail.mailbox import Mailbox
from controller.store.monitor.attempts import AttemptMonitor, read_part
from controller.store.monitor.metrics import MetricsReader
from heirloom.node.claims import Claims
from heirloom.node.process import result
from heirloom.node.process.result import ResultError
from heirloom.store import manifest
from heirloom.store.files import RealFiles
from heirloom.store.manifest import ManifestError
from tests.unit.store.odd_files import names, put, things
from tests.unit.store.test_fuzz import INPUTS, MAIL, MANIFEST, SPEC, VALUES, like

FILES = RealFiles()
JSON = st.builds(lambda value: json.dumps(value).encode(), VALUES)
fuzzed = settings(max_examples=max(1, INPUTS // 3))


def as_bytes(sound):
    return st.binary() | JSON | like(sound).map(lambda value: json.dumps(value).encode())


def lines():
    line = (
        st.binary(max_size=40)
        | JSON
        | st.builds(
            b'{"step": %d, "value": %d}'.__mod__, st.tuples(st.integers(0, 9), st.integers())
        )
    )
    return st.lists(line).map(b"\n".join)


@fuzzed
@given(
    mail=st.dictionaries(
        names() | st.sampled_from(["7.2.ended.json", "8.1.ended.json", "7.02.began.json"]),
        things(as_bytes(MAIL)),
        max_size=3,
    )
)
def test_a_mailbox(mail):
    with tempfile.TemporaryDirectory() as directory:
        for box in ("new", "done"):
            Path(directory, box).mkdir()
        for name, thing in mail.items():
            put(Path(directory, "new", name), thing)
        sound = {"format": 1, "kind": "began", "attempt": "9.1"}
        Path(directory, "new", "9.1.began.json").write_text(json.dumps(sound))
        mailbox = Mailbox(Path(directory), FILES)
        held = {message.name for message in mailbox.receive()}
        assert "9.1.began.json" in held
        left, bad = FILES.names(f"{directory}/new"), f"{directory}/bad"
        assert set(left) == held
        aside = FILES.names(bad) if os.path.isdir(bad) else []  # noqa: PTH112 - names of any bytes
        assert sorted([*left, *aside]) == sorted({*mail, "9.1.began.json"})
        mailbox.hold(held)
        assert mailbox.receive() == []
        mailbox.acknowledge(list(held))
        assert FILES.names(f"{directory}/new") == []


@fuzzed
@given(metrics=things(lines()), heartbeat=things(st.binary(max_size=40)))
def test_a_monitored_attempt(metrics, heartbeat):
    with tempfile.TemporaryDirectory() as directory:
        root = layout.Root(Path(directory))
        root.attempt(7, 2).mkdir(parents=True)
        put(root.attempt(7, 2) / "heartbeat", heartbeat)
        if metrics[0] != "huge":  # of which a reader takes what it may, and that takes a while
            put(root.attempt(7, 2) / "metrics.jsonl", metrics)
        monitor = AttemptMonitor(root, FILES, 60.0, read_part)
        monitor.add((7, 2), 0, 0.0)
        assert monitor.lost_heartbeats(lambda: 0.0) == []
        early = monitor.new_reports(0.0, 1.0)
        late, more = monitor.last_reports((7, 2), 1.0)
        assert not more
        if metrics[0] == "bytes":
            whole, _ = MetricsReader().read_new(
                lambda offset, limit: metrics[1][offset : offset + limit]
            )
            found = [report for event in [*early, *late] for report in event.reports]
            assert found == [(step, value) for step, value, _ in whole]
        else:
            assert early + late == []


@fuzzed
@given(thing=things(as_bytes({"value": 0.5, "note": "x"})), metrics=things(lines()))
def test_a_result(thing, metrics):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "result.json")
        put(path, thing)
        for needed in (True, False):
            with contextlib.suppress(ResultError):
                value = result.read(str(path), needed=needed)
                json.dumps(value, allow_nan=False)
                assert not needed or isinstance(value["value"], int | float)
        put(Path(directory, "metrics.jsonl"), metrics)
        last = result.last_report(f"{directory}/metrics.jsonl")
        assert last is None or isinstance(last, float)


@fuzzed
@given(
    requests=st.dictionaries(
        names(), things(as_bytes({"action": "cancel", "trial": 3})), max_size=3
    )
)
def test_an_inbox(requests):
    with tempfile.TemporaryDirectory() as directory:
        inbox = Inbox(Path(directory))
        good = inbox.send({"action": "stop"})
        for name, thing in requests.items():
            put(Path(directory, "new", name), thing)
        received = dict(inbox.receive())
        assert received[good] == {"action": "stop"}
        assert all(isinstance(request, dict) for request in received.values())
        assert set(FILES.names(f"{directory}/new")) == received.keys()
        assert inbox.receive() == []


@fuzzed
@given(thing=things(as_bytes(MANIFEST)))
def test_a_verdict(thing):
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory, "digits-1/trials/7")
        place.mkdir(parents=True)
        put(place / "manifest.json", thing)
        with contextlib.suppress(ManifestError):
            assert manifest.read(FILES, str(place.parents[1]), 7).trial == 7


@fuzzed
@given(claim=things(st.binary()), ended=things(as_bytes(MAIL)), end=things(JSON))
def test_claims_on_a_node(claim, ended, end):
    with tempfile.TemporaryDirectory() as directory:
        claims = Claims(directory, "digits-1")
        claims.create_directory()
        for kind, thing in (("claim", claim), ("ended", ended), ("end", end)):
            if thing[0] != "huge":
                put(Path(claims.directory, f"7.2.{kind}"), thing)
        with contextlib.suppress(OSError):
            assert claims.status("7.2")[0] in ("absent", "running", "dead", "ended")
        with contextlib.suppress(OSError):
            request = claims.end_request("7.2")
            assert request is None or len(request) == 2


@fuzzed
@given(
    attempts=st.dictionaries(
        names() | st.sampled_from(["7.1", "7.2", "0.1", "12.1"]),
        things(st.binary() | JSON | like(SPEC).map(lambda value: json.dumps(value).encode())),
        max_size=3,
    ),
    verdict=things(as_bytes(MANIFEST)),
    mail=things(as_bytes(MAIL)),
)
def test_what_a_recovery_reads(attempts, verdict, mail):
    with tempfile.TemporaryDirectory() as directory:
        root = layout.Root(Path(directory, "e-1"))
        for place in (root.attempts, root.trial(7), root.mail / "done"):
            place.mkdir(parents=True)
        for name, thing in attempts.items():
            (root.attempts / name).mkdir()
            put(root.attempts / name / "spec.json", thing)
        put(root.trial(7) / "manifest.json", verdict)
        put(root.mail / "done/7.2.ended.json", mail)
        with contextlib.suppress(layout.StoreError):
            found = Salvage(root)
            events = list(found.events())
            assert all(getattr(event, "outcome", Outcome.LOST) in Outcome for event in events)
