"""The tuner in its own process."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from controller.core.events import (
    Concluded,
    LastTrial,
    ProposalWithheld,
    Proposed,
    SearchEnded,
)
from controller.tuners.pipe import BOOTSTRAP
from tests.integration.tuners.bench import PATIENCE, SPACE, Bench, proposing, result


def test_proposals_come_in_the_order_of_the_calls(bench: Bench) -> None:
    process = bench.start({"name": "evolution", "args": {"population": 2}})
    process.wait_ready(PATIENCE)
    for trial in (0, 1, 2):
        process.propose(trial)
    first, second, third = bench.event(), bench.event(), bench.event()
    assert isinstance(first, Proposed)
    assert isinstance(second, Proposed)
    assert isinstance(third, ProposalWithheld)
    assert (first.trial, second.trial, third.trial) == (0, 1, 2)
    assert 0 <= first.params["x"] <= 1
    process.observe(result(0))
    process.propose(3)
    child = bench.event()
    assert isinstance(child, Proposed)
    assert child.parents == (0,)
    assert process.may_be_parent([0, 1]).result(PATIENCE) == {0: True, 1: True}


def test_a_user_s_tuner_gets_the_same_calls(bench: Bench) -> None:
    (bench.directory / "beside.py").write_text("FACTOR = 3\n")
    body = proposing("return Proposal({'n': FACTOR, 'seen': len(self.results)}, parents=[])")
    process = bench.own("from beside import FACTOR\n" + body)
    process.observe(result(0, None))
    process.propose(1)
    event = bench.event()
    assert isinstance(event, Proposed)
    assert event.params == {"n": 3, "seen": 1}


def test_results_have_all_fields(bench: Bench) -> None:
    process = bench.own(
        proposing(
            "r = self.results[-1]",
            "return Proposal({'got': [r.trial_id, r.state, r.value, r.params, list(r.parents), "
            "r.result, r.weights]}, r.parents)",
        )
    )
    process.observe(result(4, 0.25, parents=[1, 2], result={"value": 0.25, "note": "ü"}))
    process.propose(5)
    event = bench.event()
    assert isinstance(event, Proposed)
    assert event.parents == (1, 2)
    whole = [4, "succeeded", 0.25, {"x": 0.5}, [1, 2], {"value": 0.25, "note": "ü"}, True]
    assert event.params == {"got": whole}


def test_a_tuner_may_print_and_read_standard_input(bench: Bench) -> None:
    process = bench.own(
        "import os, sys\nprint('at import')\n"
        + proposing(
            "print('from print')",
            "os.write(1, b'from descriptor one')",
            "os.system('echo from a child')",
            "return Proposal({'read': sys.stdin.read()})",
        )
    )
    process.propose(0)
    event = bench.event()
    assert isinstance(event, Proposed)
    assert event.params == {"read": ""}
    process.close(PATIENCE)
    log = bench.log.read_text()
    for line in ("at import", "from print", "from descriptor one", "from a child"):
        assert line in log


@pytest.mark.parametrize("where", ["propose", "observe"])
def test_search_finished(bench: Bench, where: str) -> None:
    process = bench.own(
        "class MyTuner:\n"
        "    def __init__(self, space, *, seed, maximize): pass\n"
        "    def propose(self, trial_id): raise SearchFinished('enough of it')\n"
        "    def observe(self, result): raise SearchFinished('enough of it')\n"
    )
    for trial in (0, 1):
        process.propose(trial) if where == "propose" else process.observe(result(trial))
    event = bench.event()
    assert isinstance(event, SearchEnded)
    assert (event.reason, event.error) == ("enough of it", False)
    process.close(PATIENCE)
    assert bench.posted.empty()  # it ends once


def test_calls_of_a_slow_tuner_do_not_block(bench: Bench) -> None:
    gate = bench.directory / "gate"
    os.mkfifo(gate)
    process = bench.own(proposing(f"open({str(gate)!r}).read()", "return Proposal({})"))
    process.propose(0)
    for trial in range(20_000):  # far more than a pipe holds
        process.observe(result(trial))
    assert bench.posted.empty()
    gate.write_text("go")
    assert isinstance(bench.event(), Proposed)


def test_closing_ends_a_tuner_that_never_answers(bench: Bench) -> None:
    process = bench.own("import signal\n" + proposing("signal.pause()"))
    process.wait_ready(PATIENCE)
    process.propose(0)
    process.close(timeout=0.1)
    assert bench.posted.empty()


def test_calls_from_many_threads_each_get_an_answer(bench: Bench) -> None:
    process = bench.start({"name": "random"})
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(process.propose, range(200)))
    events = [bench.event() for _ in range(200)]
    assert {event.trial for event in events if isinstance(event, Proposed)} == set(range(200))


def test_the_host_ends_when_its_controller_has_ended() -> None:
    host = subprocess.Popen(
        [sys.executable, BOOTSTRAP],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    setup = {"tuner": {"name": "random"}, "space": SPACE, "seed": 1, "maximize": True}
    calls = [{"call": "setup", **setup}, {"call": "propose", "trial": 0}]
    lines = "".join(json.dumps(call) + "\n" for call in calls)
    answers, _ = host.communicate(lines.encode(), timeout=PATIENCE)
    assert host.returncode == 0
    ready, proposed = (json.loads(line) for line in answers.splitlines())
    assert ready["ok"]["concludes"] is False
    assert proposed["ok"].keys() == {"params", "parents"}


def test_the_last_trials_of_a_search(bench: Bench) -> None:
    body = proposing("return Proposal({})") + (
        "    def conclude(self):\n"
        "        best = self.results[0]\n"
        "        return [Proposal({'final': best.metrics}, best.restored, candidate=False)]\n"
    )
    process = bench.own(body)
    assert process.wait_ready(PATIENCE)["concludes"]
    best: dict[str, Any] = {"restored": [0], "metrics": {"loss": 0.5}}
    process.observe(result(1, **best))
    process.conclude()
    event = bench.event()
    assert isinstance(event, Concluded)
    assert event.trials == (LastTrial({"final": {"loss": 0.5}}, (0,), candidate=False),)
    assert bench.own(body).replay([("observe", result(1, **best)), ("conclude", event)]) == []
    other = Concluded(at=0.0)
    [line] = bench.own(body).replay([("observe", result(1)), ("conclude", other)])
    assert line.startswith("end of the search: the tuner now concludes with")
