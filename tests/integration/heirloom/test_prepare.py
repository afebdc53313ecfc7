"""A node is prepared once for the attempts that need it, on its own disk."""

import os
import shutil
import signal

import pytest

from heirloom.node.prepare import place, preparation
from heirloom.node.prepare.prepared import Prepared
from heirloom.node.process import sandbox
from heirloom.node.spec import Spec

NOOP = 'echo "{\\"value\\": 1}" > "$HEIRLOOM_RESULT"'
READ = f'cat "$HEIRLOOM_NODE_DIR/data" > "$HEIRLOOM_SAVE_PATH/data" && {NOOP}'


@pytest.fixture
def prepare(lab):
    """Make the part of a spec that asks for a preparation."""

    def order(command, timeout=60.0):
        directory = str(lab.base / "disk")
        return {"prepare": {"command": command, "timeout": timeout, "directory": directory}}

    return order


def log(lab, attempt):
    return (lab.attempt(attempt) / "output.log").read_text()


def test_one_attempt_prepares_and_the_others_wait_and_find_the_same(lab, prepare):
    began, go = lab.fifo("began"), lab.fifo("go")
    order = prepare(
        f"echo preparing; echo begun > {began.path}; cat {go.path}; "
        'echo $$ > "$HEIRLOOM_NODE_DIR/data"; env > "$HEIRLOOM_NODE_DIR/env"'
    )
    lab.start(lab.spec("0.1", READ, **order))
    began.receive()
    lab.start(lab.spec("1.1", READ, **order))
    lab.wait_for_log("1.1", "waits for attempt 0.1")
    go.send()
    assert lab.ended("0.1")["outcome"] == lab.ended("1.1")["outcome"] == "committed"
    assert lab.run("2.1", READ, **order)["outcome"] == "committed"

    data = {(lab.root / f"trials/{trial}/weights/data").read_text() for trial in range(3)}
    assert len(data) == 1
    assert "preparing\n" in log(lab, "0.1")
    assert "preparing\n" not in log(lab, "1.1")
    assert lab.ended("0.1")["seconds"]["preparing"] > 0
    assert lab.mail("0.1", "prepared")["node"] == lab.mail("0.1", "preparing")["node"] == "here"
    assert not (lab.root / "mail/new/1.1.preparing.json").exists()
    [directory] = (lab.base / f"disk/{os.geteuid()}").iterdir()
    [prepared] = [path for path in directory.iterdir() if path.is_dir()]
    names = {line.partition("=")[0] for line in (prepared / "env").read_text().splitlines()}
    assert {name for name in names if name.startswith("HEIRLOOM_")} == {
        "HEIRLOOM_EXPERIMENT",
        "HEIRLOOM_ATTEMPT",
        "HEIRLOOM_NODE_DIR",
    }
    # Another command has a directory of its own, and one that is gone is prepared anew.
    for trial in (3, 4):
        order = prepare('echo 3 > "$HEIRLOOM_NODE_DIR/data"')
        assert lab.run(f"{trial}.1", READ, **order)["outcome"] == "committed"
        [other] = (path for path in directory.parent.iterdir() if path != directory)
        shutil.rmtree(next(path for path in other.iterdir() if path.is_dir()))


def test_a_failure_is_the_nodes_and_those_that_waited_share_it(lab, prepare):
    began, go = lab.fifo("began"), lab.fifo("go")
    order = prepare(f"echo begun > {began.path}; cat {go.path}; echo no such set >&2; exit 3")
    lab.start(lab.spec("0.1", READ, **order))
    began.receive()
    lab.start(lab.spec("1.1", READ, **order))
    lab.wait_for_log("1.1", "waits for attempt 0.1")
    go.send()
    reason = "prepare failed on here: exit code 3: no such set"
    for attempt in ("0.1", "1.1"):
        ended = lab.ended(attempt)
        assert (ended["outcome"], ended["reason"]) == ("refused", reason)
    # A later attempt tries again.
    lab.start(lab.spec("2.1", READ, **order))
    began.receive()
    go.send()
    assert lab.ended("2.1")["outcome"] == "refused"


def test_a_preparation_that_takes_too_long_is_a_failure(lab, prepare):
    ended = lab.run("0.1", READ, **prepare("exec sleep 1000", 0.2))
    assert (ended["outcome"], "timeout of 0.2 s" in ended["reason"]) == ("refused", True)
    ended = lab.run("1.1", READ, **prepare(["no-such-program"]))
    assert ended["outcome"] == "refused"
    assert "cannot start 'no-such-program'" in ended["reason"]


def test_requests_to_end_attempts_that_prepare_and_that_wait(lab, prepare):
    began = lab.fifo("began")
    order = prepare(
        f'echo 1 > "$HEIRLOOM_NODE_DIR/data"; echo begun > {began.path}; sleep 1000; true'
    )
    lab.start(lab.spec("0.1", READ, **order))
    began.receive()
    lab.start(lab.spec("1.1", READ, **order), lab.spec("2.1", READ, **order))
    lab.wait_for_log("1.1", "waits for attempt 0.1")
    lab.end("1.1", "recalled", "room elsewhere")
    assert lab.ended("1.1")["outcome"] == "recalled"
    assert lab.end("0.1", "recalled", "room elsewhere") == "running"  # the others need its work
    lab.end("0.1", "cancelled", "by a person")
    assert lab.ended("0.1")["outcome"] == "cancelled"
    began.receive()  # the one that waited prepares, in a new directory
    os.kill(lab.supervisor("2.1"), signal.SIGKILL)
    lab.await_death("2.1")
    assert lab.probe("2.1") == "dead"
    lab.start(lab.spec("3.1", READ, **order))
    began.receive()
    [digest] = (lab.base / f"disk/{os.geteuid()}").iterdir()
    assert len([path for path in digest.iterdir() if path.is_dir()]) == 1
    lab.end("3.1", "cancelled")
    assert lab.ended("3.1")["outcome"] == "cancelled"


def test_a_recalled_attempt_first_finishes_its_preparation(lab, prepare):
    began, go = lab.fifo("began"), lab.fifo("go")
    order = prepare(f'echo begun > {began.path}; cat {go.path}; echo 1 > "$HEIRLOOM_NODE_DIR/data"')
    lab.start(lab.spec("0.1", READ, **order))
    began.receive()
    lab.end("0.1", "recalled", "room elsewhere")
    go.send()
    assert lab.ended("0.1")["outcome"] == "recalled"
    assert lab.run("0.2", READ, **order)["outcome"] == "committed"


def test_the_store_is_read_only_for_a_preparation(lab, prepare):
    if sandbox.unavailable_reason():
        pytest.skip("the kernel allows no mount namespaces")
    order = prepare(f'touch {lab.root}/mine; touch "$HEIRLOOM_NODE_DIR/data"')
    assert lab.run("0.1", READ, **order)["outcome"] == "committed"
    assert not (lab.root / "mine").exists()


def test_nobody_waits_without_end_for_a_preparation(lab, prepare, monkeypatch):
    monkeypatch.setattr(preparation, "_MARGIN", 0.0)  # a supervisor is forked from this process
    order = prepare("true", 0.1)
    spec = Spec.from_dict(lab.spec("0.1", READ, **order))
    base = place.find(order["prepare"]["directory"], "here")
    lock = Prepared(base, place.digest(spec)).try_lock()
    assert lock is not None
    ended = lab.run("0.1", READ, **order)
    os.close(lock)
    assert ended["outcome"] == "refused"
    assert ended["reason"].startswith("another process has held")
