"""Real waves: ansible-runner, Ansible, the module, and supervisors on this machine."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Queue
from typing import Any

import psutil
import pytest

from controller.dispatch.ansible import inventory
from controller.dispatch.ansible.answers import Answer, AttemptStatus
from controller.dispatch.ansible.sender import WaveSender
from controller.dispatch.interface import End, Probe, Start
from controller.store import layout
from controller.store.snapshots import runtime
from heirloom.node.spec import Spec

SOON = 60.0  # seconds after which a test gives up

# ptyprocess forks in the thread of the wave, which Python 3.12 and later remark upon.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


class Lab:
    """One node, this machine, its store and whatever else the inventory names."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        (path / "store").mkdir()
        self.path = path
        self.run_dir = path / "run"
        self.root = layout.create(path / "store", "ann", "digits", "1a2b3c4d")
        self.runtime = runtime.take(self.root).path
        self.answers: Queue[Answer] = Queue()
        self.senders: list[WaveSender] = []
        self.inventory = path / "hosts.yml"
        self.hosts: dict[str, dict[str, object]] = {
            "here": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "heirloom_run_dir": str(self.run_dir),
                "heirloom_slots": 2,
            }
        }

    def open(self, **options: Any) -> WaveSender:
        self.inventory.write_text(json.dumps({"trial_nodes": {"hosts": self.hosts}}))
        sender = WaveSender(
            inventory.read(self.inventory),
            self.path / "waves",
            self.take,
            experiment=self.root.experiment,
            **options,
        )
        self.senders.append(sender)
        return sender

    def take(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            self.answers.put(answer)

    def start(self, attempt: str, command: str) -> Start:
        spec = Spec(
            attempt=attempt,
            experiment=self.root.experiment,
            root=str(self.root.path),
            node="here",
            command=command,
            runtime=self.runtime,
            params={},
            grace=1.0,
            log_limit=1 << 20,
        )
        return Start(attempt, "here", spec)

    def answer(self) -> Answer:
        return self.answers.get(timeout=SOON)

    def found(self, count: int) -> dict[str, AttemptStatus]:
        """The next answers, by attempt."""
        answers = [self.answer() for _ in range(count)]
        return {answer.order.attempt: answer.found for answer in answers}

    def block_python(self, before: str = "", after: str = "") -> Path:
        """Let the node's interpreter do these shell commands; returns a FIFO for them to read."""
        fifo = self.path / "fifo"
        os.mkfifo(fifo)
        script = self.path / "slow python"
        script.write_text(f'#!/bin/sh\n{before}\n"{sys.executable}" "$@"\n{after}\n')
        script.chmod(0o755)
        self.hosts["here"]["ansible_python_interpreter"] = str(script)
        return fifo

    def claim(self, attempt: str) -> Path:
        return self.run_dir / self.root.experiment / f"{attempt}.claim"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path / "a lab")
    yield lab
    for sender in lab.senders:
        sender.close(0)
    for claim in lab.run_dir.glob("*/*.claim"):  # whatever still lives there
        pid = json.loads(claim.read_text())["pid"]
        if psutil.pid_exists(pid):
            supervisor = psutil.Process(pid)
            for process in (supervisor, *supervisor.children(recursive=True)):
                process.kill()


@pytest.fixture
def until(lab: Lab) -> Callable[[Callable[[], object]], None]:
    """Wait for a state of the disk. It must be polled."""

    def wait(holds: Callable[[], object]) -> None:
        end = time.monotonic() + SOON
        while not holds():
            assert time.monotonic() < end
            time.sleep(0.02)

    return wait


def test_trials_outlive_their_wave_and_a_repeated_wave_starts_nothing_twice(lab, until):
    go = lab.path / "go"
    os.mkfifo(go)
    command = f"read line < '{go}'; echo '{{\"value\": 1}}' > \"$HEIRLOOM_RESULT\""
    starts = [lab.start("0.1", command), lab.start("1.1", "exit 3")]
    first = lab.open()
    first.submit(starts)
    assert lab.found(2) == {"0.1": AttemptStatus.STARTED, "1.1": AttemptStatus.STARTED}
    first.close(SOON)
    until((lab.run_dir / lab.root.experiment / "1.1.ended").exists)

    second = lab.open()
    second.submit(starts)
    assert lab.found(2) == {"0.1": AttemptStatus.RUNNING, "1.1": AttemptStatus.ENDED}
    go.write_text("go\n")
    until((lab.run_dir / lab.root.experiment / "0.1.ended").exists)
    second.submit([Probe(attempt, "here") for attempt in ("0.1", "1.1", "2.1")])
    answers = {answer.order.attempt: answer for answer in (lab.answer() for _ in range(3))}
    assert answers["0.1"].outcome["outcome"] == "committed"
    assert answers["1.1"].outcome["reason"] == "exit code 3"
    assert answers["2.1"].found is AttemptStatus.ABSENT
    assert json.loads((lab.root.trial(0) / "manifest.json").read_text())["value"] == 1
    second.close(SOON)
    assert list((lab.path / "waves").iterdir()) == []


def test_an_end_reaches_a_running_trial(lab, until):
    sender = lab.open()
    sender.submit([lab.start("0.1", "exec sleep 600")])
    assert lab.found(1) == {"0.1": AttemptStatus.STARTED}
    sender.submit([End("0.1", "here", "cancelled", "at a person's word")])
    assert lab.found(1) == {"0.1": AttemptStatus.RUNNING}
    until((lab.run_dir / lab.root.experiment / "0.1.ended").exists)
    sender.submit([Probe("0.1", "here")])
    assert lab.answer().outcome["outcome"] == "cancelled"


def test_an_unreachable_node_does_not_affect_the_others(lab):
    lab.hosts["gone"] = {"ansible_host": "127.0.0.1", "ansible_port": 1}
    lab.hosts["bare"] = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "/nowhere/python",
    }
    lab.open().submit([Probe("0.1", name) for name in ("here", "gone", "bare")])
    answers = {answer.order.node: answer for answer in (lab.answer() for _ in range(3))}
    assert answers["here"].found is AttemptStatus.ABSENT
    assert answers["gone"].found is AttemptStatus.UNREACHABLE
    assert "Connection refused" in answers["gone"].reason
    assert answers["bare"].found is AttemptStatus.UNREACHABLE
    assert "/nowhere/python" in answers["bare"].reason


def test_a_probe_finds_the_attempt_after_ansible_was_killed_in_mid_wave(lab, until):
    """Ansible dies after the module did its work and before it replied."""
    fifo = lab.block_python(after=f"[ -e '{lab.path}/hold' ] && read line < '{lab.path}/fifo'")
    hold = lab.path / "hold"
    hold.touch()
    sender = lab.open()
    sender.submit([lab.start("0.1", "exec sleep 600")])
    until(lab.claim("0.1").exists)
    for child in psutil.Process().children():
        if any("ansible-playbook" in word for word in child.cmdline()):
            child.kill()
    answer = lab.answer()
    assert answer.found is AttemptStatus.UNKNOWN
    assert answer.reason
    fifo.write_text("\n")  # what waits on the node goes
    hold.unlink()
    sender.submit([Probe("0.1", "here")])
    assert lab.found(1) == {"0.1": AttemptStatus.RUNNING}


def test_a_wave_past_its_deadline_is_cancelled(lab):
    fifo = lab.block_python(before=f"read line < '{lab.path}/fifo' || exit")
    lab.open(deadline=2.0).submit([lab.start("0.1", "exec sleep 600")])
    answer = lab.answer()
    assert (answer.found, answer.reason) == (AttemptStatus.UNKNOWN, "no reply within 2 seconds")
    # What waits on the node reads nothing, and goes; what comes there only now finds no pipe.
    writing = os.open(fifo, os.O_RDWR)
    fifo.unlink()
    os.close(writing)


def test_the_environment_of_the_controller_does_not_reach_a_node(lab, monkeypatch):
    monkeypatch.setenv("LAB_PASSWORD", "hunter2")
    seen = lab.path / "seen"
    lab.block_python(before=f"env > '{seen}'")
    lab.open().submit([Probe("0.1", "here")])
    assert lab.found(1) == {"0.1": AttemptStatus.ABSENT}
    assert "ANSIBLE_CONFIG" in seen.read_text()
    assert "hunter2" not in seen.read_text()
