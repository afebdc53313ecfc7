"""Armed attempts wait for their parents and read exactly the committed bytes."""

import os
import signal

import pytest

from heirloom.node.waiting.wakeups import Wakeups
from heirloom.store.commits import commit
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest
from tests.integration.heirloom.lab import NOOP

PIECES = 6
# Written piece by piece, so that a child that reads too early finds too little.
PARENT = (
    f'for n in {" ".join("x" * PIECES)}; do echo "$HEIRLOOM_TRIAL" >> "$HEIRLOOM_SAVE_PATH/w"; '
    f"sleep 0.002; done; {NOOP}"
)
CHILD = (
    'parent=$(basename "$(dirname "$HEIRLOOM_RESTORE_PATH")"); '
    f'expected=$(for n in {" ".join("x" * PIECES)}; do echo "$parent"; done); '
    'found=$(cat "$HEIRLOOM_RESTORE_PATH/w"); '
    f'[ "$found" = "$expected" ] || {{ echo "garbage: $found"; exit 9; }}; {NOOP}'
)


def test_no_child_reads_before_its_parent_is_committed(lab):
    pairs = 200
    lab.slots = [{"name": str(number)} for number in range(12)]
    children = [lab.spec(f"{pairs + n}.1", CHILD, restore=[n]) for n in range(pairs)]
    lab.start(*children)
    lab.start(*(lab.spec(f"{n}.1", PARENT) for n in range(pairs)))
    outcomes = [lab.ended(f"{pairs + n}.1") for n in range(pairs)]
    assert [ended for ended in outcomes if ended["outcome"] != "committed"] == []
    assert not list(lab.local("waits").iterdir())


def test_a_chain_of_generations_armed_at_once(lab):
    grow = (
        'cp "$HEIRLOOM_RESTORE_PATH/w" "$HEIRLOOM_SAVE_PATH/w" 2> /dev/null; '
        'chmod u+w "$HEIRLOOM_SAVE_PATH/w"; '
        f'echo "$HEIRLOOM_TRIAL" >> "$HEIRLOOM_SAVE_PATH/w"; {NOOP}'
    )
    chain = range(20)
    lab.start(*(lab.spec(f"{n}.1", grow, restore=[n - 1] if n else []) for n in reversed(chain)))
    assert lab.ended("19.1")["outcome"] == "committed"
    grown = (lab.root / "trials/19/weights/w").read_text().split()
    assert grown == [str(n) for n in chain]


def test_a_child_of_two_waits_for_both(lab):
    first, second = lab.fifo("first"), lab.fifo("second")
    lab.start(
        lab.spec("2.1", restore=[0, 1]),
        lab.spec("0.1", f'read line < "{first.path}"; {NOOP}'),
        lab.spec("1.1", f'read line < "{second.path}"; {NOOP}'),
    )
    first.send()
    lab.ended("0.1")
    assert not (lab.root / "mail/new/2.1.began.json").exists()
    second.send()
    assert lab.ended("2.1")["outcome"] == "committed"
    assert lab.mail("2.1", "began")["started_at"] >= lab.verdict(1).started_at


def verdict_of_the_controller(lab, trial, state="failed"):
    verdict = Manifest(experiment=lab.root.name, trial=trial, state=state, reason="it was hopeless")
    return commit.pass_verdict(RealFiles(), str(lab.root), verdict)


def test_a_parent_without_weights_ends_its_child_at_once(lab):
    lab.start(lab.spec("2.1", restore=[0, 1]))  # trial 1 never ends
    verdict_of_the_controller(lab, 0)
    ended = lab.ended("2.1")
    assert (ended["outcome"], ended["parent"]) == ("parent", 0)
    assert ended["reason"] == "trial 0 failed: it was hopeless"
    assert not (lab.attempt("2.1") / "out").exists()


def test_another_supervisor_polls_when_the_poller_dies(lab):
    waiting = [f"{n}.1" for n in range(10, 15)]
    lab.start(*(lab.spec(attempt, restore=[0]) for attempt in waiting))
    for attempt in ("10.1", "12.1"):
        os.kill(lab.supervisor(attempt), signal.SIGKILL)
        lab.await_death(attempt)  # until then its FIFO has a reader
    verdict_of_the_controller(lab, 0)
    for attempt in ("11.1", "13.1", "14.1"):
        assert lab.ended(attempt)["outcome"] == "parent"
    assert lab.probe("10.1") == "dead"
    assert not list(lab.local("waits").iterdir())  # without subscriptions of the dead


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("heirloom.node.waiting.parents.MISMATCH_PAUSES", (0.01,))


def damage(path, data):
    path.chmod(0o600)
    path.write_bytes(data)


@pytest.mark.parametrize("data", [b"abd", b"ab", b"abcd", b""])
def test_a_child_never_trains_on_damaged_weights(lab, impatient, data):
    lab.run("0.2", f'printf abc > "$HEIRLOOM_SAVE_PATH/w"; {NOOP}')
    [entry] = lab.verdict(0).files
    damage(lab.root / "trials/0/weights/w", data)
    ended = lab.run("1.1", restore=[0])
    assert (ended["outcome"], ended["parent"]) == ("corrupt", 0)
    for part in ("trials/0/weights/w", "attempt 0.2 on here", entry.digest, f"found {len(data)}"):
        assert part in ended["reason"]
    assert not (lab.root / "mail/new/1.1.began.json").exists()


def test_a_missing_file_is_corrupt_too(lab, impatient):
    lab.run("0.1", f'printf abc > "$HEIRLOOM_SAVE_PATH/w"; {NOOP}')
    (lab.root / "trials/0/weights").chmod(0o700)
    (lab.root / "trials/0/weights/w").unlink()
    ended = lab.run("1.1", restore=[0])
    assert (ended["outcome"], ended["parent"]) == ("corrupt", 0)


def test_a_damaged_manifest_is_corrupt_too(lab, impatient):
    lab.run("0.1")
    damage(lab.root / "trials/0/manifest.json", b"{")
    ended = lab.run("1.1", restore=[0])
    assert (ended["outcome"], ended["parent"]) == ("corrupt", 0)
    assert "trials/0/manifest.json is not JSON" in ended["reason"]


def test_weights_repaired_between_retries_are_accepted(lab, monkeypatch):
    lab.run("0.1", f'printf abc > "$HEIRLOOM_SAVE_PATH/w"; {NOOP}')
    weights = lab.root / "trials/0/weights/w"
    damage(weights, b"abd")
    monkeypatch.setattr("heirloom.node.waiting.parents.MISMATCH_PAUSES", (30.0,))
    assert lab.start(lab.spec("1.1", CHILD.replace("expected=", "expected=abc; x="), restore=[0]))
    weights.write_bytes(b"abc")
    wakeups = Wakeups(str(lab.local(".")))
    while not wakeups.notify("1.1"):  # it retries now
        os.sched_yield()
    assert lab.ended("1.1")["outcome"] == "committed"
