"""Starting is idempotent, and dead attempts are recognized."""

import json
import os
import signal
from pathlib import Path

from heirloom.node import attempts
from heirloom.node.claims import Claims
from tests.integration.heirloom.lab import NOOP, Fifo


def test_a_repeated_start_starts_nothing_twice(lab):
    began, go_on = lab.fifo("began"), lab.fifo("go-on")
    command = (
        f'echo x >> "{lab.base}/starts"; echo > "{began.path}"; read line < "{go_on.path}"; {NOOP}'
    )
    spec = lab.spec("0.1", command)
    assert lab.start(spec, spec) == ["started", "running"]
    began.receive()
    assert lab.start(spec) == ["running"]
    go_on.send()
    lab.ended("0.1")
    assert lab.start(spec) == ["ended"]
    [answer] = attempts.start(str(lab.run_dir), lab.slots, [spec])
    assert answer["outcome"]["outcome"] == "committed"
    assert (lab.base / "starts").read_text() == "x\n"


def test_a_dead_attempt_is_never_started_again(lab):
    spec = lab.spec("0.1", restore=[9])
    lab.start(spec)
    os.kill(lab.supervisor("0.1"), signal.SIGKILL)
    lab.await_death("0.1")
    assert lab.start(spec) == ["dead"]
    assert lab.probe("0.1") == "dead"
    assert lab.end("0.1", "recalled") == "dead"


def test_an_unknown_attempt_is_absent(lab):
    assert lab.probe("5.5") == "absent"


def test_an_invalid_spec_fails_its_trial_and_does_not_affect_the_others(lab):
    bad = lab.spec("1.1") | {"slots": "many"}
    assert lab.start(lab.spec("0.1"), bad, lab.spec("2.1")) == ["started", "ended", "started"]
    [answer] = attempts.start(str(lab.run_dir), lab.slots, [bad])
    assert answer["outcome"]["outcome"] == "failed"  # no other node would start it either
    assert "'slots'" in answer["outcome"]["reason"]
    for attempt in ("0.1", "2.1"):
        assert lab.ended(attempt)["outcome"] == "committed"


def test_a_missing_store_is_refused_with_its_path(lab):
    ended_later = lab.spec("0.1", root="/nowhere/exp-1")
    lab.start(ended_later)
    pid = lab.supervisor("0.1")
    while lab.probe("0.1") != "ended":  # recorded on the node, since no mail can be sent
        os.sched_yield()
    [answer] = attempts.probe(str(lab.run_dir), lab.root.name, ["0.1"])
    assert answer["outcome"]["outcome"] == "refused"
    assert "/nowhere/exp-1" in answer["outcome"]["reason"]
    assert lab.start(lab.spec("0.1")) == ["ended"]
    os.kill(pid, signal.SIGKILL)
    lab.await_death("0.1")


def test_a_node_without_a_run_directory_refuses(lab):
    lab.run_dir.write_text("in the way")
    [answer] = attempts.start(str(lab.run_dir), lab.slots, [lab.spec("0.1")])
    assert answer["found"] == "refused"
    assert str(lab.run_dir) in answer["reason"]


def test_a_claim_contains_process_id_and_boot_id(lab):
    lab.start(lab.spec("0.1", restore=[9]))
    written = json.loads(lab.local("0.1.claim").read_text())
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert written == {"boot": boot, "pid": lab.supervisor("0.1")}
    os.kill(written["pid"], 0)


def test_a_supervisor_is_detached_and_leads_its_own_session(lab):
    lab.start(lab.spec("0.1", restore=[9]))
    pid = lab.supervisor("0.1")
    while not (lab.attempt("0.1") / "heartbeat").exists():  # it has detached by then
        os.sched_yield()
    stat = Path(f"/proc/{pid}/stat").read_text()
    parent, _, session = stat.rpartition(")")[2].split()[1:4]
    assert int(parent) != os.getpid()
    assert int(session) == pid
    assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")


def test_a_claim_without_its_holder_is_dead(tmp_path):
    claims = Claims(str(tmp_path), "exp-1")
    claims.create_directory()
    held = claims.claim("0.1")
    assert claims.status("0.1") == ("running", None)
    os.close(held)
    assert claims.status("0.1") == ("dead", None)


def test_an_attempt_that_cannot_report_its_end_frees_its_slot(lab):
    began, go_on = lab.fifo("began"), Fifo(lab.base / "go-on")
    lab.slots = lab.slots[:1]
    lab.start(lab.spec("0.1", f'echo > "{began.path}"; read line < "{go_on.path}"'))
    began.receive()
    lab.start(lab.spec("1.1"))
    while not (lab.attempt("1.1") / "heartbeat").exists():  # it waits for the slot
        os.sched_yield()
    pids = [lab.supervisor(attempt) for attempt in ("0.1", "1.1")]
    lab.root.rename(lab.base / "away")  # an outage: neither can mail its end
    go_on.send()
    while lab.probe("1.1") != "ended":
        os.sched_yield()
    lab.await_lock(lab.run_dir / "slots/0")
    for attempt, pid in zip(("0.1", "1.1"), pids, strict=True):
        os.kill(pid, signal.SIGKILL)
        lab.await_death(attempt)
