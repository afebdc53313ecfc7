"""The tuner in its own process: what goes right, and every way in which it can break."""

import os
import queue
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from controller.core.events import Event, ProposalWithheld, Proposed, SearchEnded, StopAdvised
from controller.tuners.pipe import TunerError
from controller.tuners.process import Call, TunerProcess

PATIENCE = 60.0  # seconds that a loaded machine may take
SPACE = {"x": {"_type": "uniform", "_value": [0, 1]}}


class Bench:
    """Starts tuner processes and collects what they post."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "tuner.log"
        self.posted: queue.Queue[Event] = queue.Queue()
        self.started: list[TunerProcess] = []

    def start(self, tuner: dict[str, Any], **setup: Any) -> TunerProcess:
        setup = {"assessor": None, "space": SPACE, "seed": 1, "maximize": True, **setup}
        process = TunerProcess({"tuner": tuner, **setup}, self.log, self._post)
        self.started.append(process)
        return process

    def own(self, body: str, **setup: Any) -> TunerProcess:
        """A tuner whose source is given, without its first lines."""
        source = "from controller.tuners import Proposal, SearchFinished, Tuner\n" + body
        (self.directory / "my_tuner.py").write_text(source)
        tuner = {"class": "my_tuner.MyTuner", "code_dir": str(self.directory), "args": {}}
        return self.start(tuner, **setup)

    def event(self) -> Event:
        return self.posted.get(timeout=PATIENCE)

    def error(self) -> str:
        event = self.event()
        assert isinstance(event, SearchEnded)
        assert event.error
        assert str(self.log) in event.reason
        return event.reason

    def _post(self, events: Any) -> None:
        for event in events:
            self.posted.put(event)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for process in bench.started:
        process.close(timeout=PATIENCE)


def proposing(*lines: str) -> str:
    """The source of a tuner whose `propose` has these lines."""
    body = "\n".join(f"        {line}" for line in lines)
    return (
        "class MyTuner(Tuner):\n"
        "    def __init__(self, space, *, seed, maximize): self.results = []\n"
        "    def observe(self, result): self.results.append(result)\n"
        f"    def propose(self, trial_id):\n{body}\n"
    )


def result(trial: int, value: float | None = 1.0, **more: Any) -> dict[str, Any]:
    state = "failed" if value is None else "succeeded"
    base = {"trial_id": trial, "state": state, "value": value, "params": {"x": 0.5}}
    return {**base, "parents": [], "result": None, "weights": value is not None, **more}


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


def test_own_tuner_is_on_equal_terms(bench: Bench) -> None:
    (bench.directory / "beside.py").write_text("FACTOR = 3\n")
    body = proposing("return Proposal({'n': FACTOR, 'seen': len(self.results)}, parents=[])")
    process = bench.own("from beside import FACTOR\n" + body)
    process.observe(result(0, None))
    process.propose(1)
    event = bench.event()
    assert isinstance(event, Proposed)
    assert event.params == {"n": 3, "seen": 1}


def test_results_arrive_whole(bench: Bench) -> None:
    process = bench.own(proposing(
        "r = self.results[-1]",
        "return Proposal({'got': [r.trial_id, r.state, r.value, r.params, list(r.parents), "
        "r.result, r.weights]}, r.parents)",
    ))  # fmt: skip
    process.observe(result(4, 0.25, parents=[1, 2], result={"value": 0.25, "note": "ü"}))
    process.propose(5)
    event = bench.event()
    assert isinstance(event, Proposed)
    assert event.parents == (1, 2)
    whole = [4, "succeeded", 0.25, {"x": 0.5}, [1, 2], {"value": 0.25, "note": "ü"}, True]
    assert event.params == {"got": whole}


def test_printing_and_reading_disturb_nothing(bench: Bench) -> None:
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
    said = bench.log.read_text()
    for words in ("at import", "from print", "from descriptor one", "from a child"):
        assert words in said


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


# Each: the source of a tuner, and words of the error.
BROKEN = {
    "raises": (
        proposing("return {}['x']"),
        "tuner MyTuner raised KeyError: 'x' in propose (my_tuner.py:6)"),
    "raises in a library": (
        "import json\n" + proposing("return json.loads('{')"), "(my_tuner.py:7)"),
    "exits": (proposing("raise SystemExit(3)"), "raised SystemExit: 3 in propose"),
    "exits at once": ("import os\n" + proposing("os._exit(3)"), "ended with exit code 3"),
    "kills itself": (
        "import os\n" + proposing("os.kill(os.getpid(), 9)"), "was killed by SIGKILL"),
    "overflows": (proposing("return self.propose(trial_id)"), "RecursionError"),
    "proposes text": (proposing("return 'x'"), "a proposal is a Proposal or None, not str"),
    "params no dict": (proposing("return Proposal([1])"), "params must be a dict, not list"),
    "params no JSON": (proposing("return Proposal({'a': [1, {2}]})"), "params['a'][1] is a set"),
    "params with NaN": (
        proposing("return Proposal({'a': float('nan')})"), "params['a'] is nan: params must be"),
    "params with odd keys": (
        proposing("return Proposal({'a': {1: 2}})"), "params['a'] has the key 1: keys must be"),
    "parents no list": (proposing("return Proposal({}, 3)"), "a list of trial ids, not 3"),
    "parents no ids": (proposing("return Proposal({}, ['0'])"), "a trial id (an int), not '0'"),
    "no Python": ("class MyTuner pass", "SyntaxError: invalid syntax (my_tuner.py:2)"),
    "import fails": ("import nowhere_at", "No module named 'nowhere_at' (my_tuner.py:2)"),
    "no such class": ("x = 1", "has no attribute 'MyTuner'"),
    "wrong constructor": ("class MyTuner: pass", "takes no arguments"),
    "no propose": (
        "class MyTuner(Tuner):\n    def __init__(self, space, *, seed, maximize): pass",
        "abstract"),
    "garbage": (
        "import os\n" + proposing(
            "for fd in range(3, 20):",
            "    try: os.write(fd, b'garbage\\n')",
            "    except OSError: pass"),
        "wrote to the controller's pipe: b'garbage"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_broken_tuner_ends_the_search_with_words(bench: Bench, case: str) -> None:
    source, words = BROKEN[case]
    process = bench.own(source)
    process.propose(0)
    assert words in bench.error()
    # From now on nothing happens, and nothing blocks.
    process.propose(1)
    process.observe(result(0))
    with pytest.raises(TunerError):
        process.may_be_parent([0]).result(PATIENCE)
    process.close(PATIENCE)
    assert bench.posted.empty()


def test_traceback_is_in_the_log(bench: Bench) -> None:
    process = bench.own(proposing("return {}['x']"))
    process.propose(0)
    bench.error()
    process.close(PATIENCE)
    assert "Traceback (most recent call last)" in bench.log.read_text()


def test_wait_ready_raises_what_is_wrong_with_the_setup(bench: Bench) -> None:
    with pytest.raises(TunerError, match=r"raised ZeroDivisionError.*my_tuner\.py:2"):
        bench.own("1 / 0").wait_ready(PATIENCE)
    args = {"population": 0}
    with pytest.raises(TunerError, match="tuner evolution raised ValueError: population"):
        bench.start({"name": "evolution", "args": args}).wait_ready(PATIENCE)


def test_kill_ends_the_search_though_a_child_holds_the_pipe(bench: Bench) -> None:
    process = bench.own(
        "import os, signal\n"
        + proposing(
            "if os.fork() == 0: signal.pause()",
            "return Proposal({'pid': os.getpid()})",
        )
    )
    process.propose(0)
    event = bench.event()
    assert isinstance(event, Proposed)
    os.kill(event.params["pid"], signal.SIGKILL)
    assert "tuner MyTuner: its process was killed by SIGKILL" in bench.error()


def test_a_slow_tuner_blocks_nobody(bench: Bench) -> None:
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


def test_calls_from_many_threads_are_answered_each(bench: Bench) -> None:
    process = bench.start({"name": "random"})
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(process.propose, range(200)))
    events = [bench.event() for _ in range(200)]
    assert {event.trial for event in events if isinstance(event, Proposed)} == set(range(200))


def record(process: TunerProcess, bench: Bench, trials: int) -> list[Call]:
    """Run a search by hand, and write down its calls as a journal would have them."""
    calls: list[Call] = []
    for trial in range(trials):
        process.propose(trial)
        event = bench.event()
        assert isinstance(event, Proposed)
        calls.append(("propose", trial, event))
        ended = result(trial, event.params["x"], params=event.params, parents=list(event.parents))
        process.observe(ended)
        calls.append(("observe", ended))
    return calls


def test_replay_brings_a_tuner_to_where_it_was(bench: Bench) -> None:
    evolution = {"name": "evolution", "args": {"population": 3}}
    first = bench.start(evolution)
    calls = record(first, bench, 30)
    first.propose(30)
    expected = bench.event()
    assert isinstance(expected, Proposed)

    second = bench.start(evolution)
    assert second.replay(calls) == []
    assert bench.posted.empty()
    second.propose(30)
    event = bench.event()
    assert isinstance(event, Proposed)
    assert (event.params, event.parents) == (expected.params, expected.parents)


def test_replay_says_where_answers_differ(bench: Bench) -> None:
    calls = record(bench.start({"name": "random"}), bench, 2)
    calls.append(("propose", 2, ProposalWithheld(at=0.0, trial=2)))
    calls.append(("propose", 3, SearchEnded(at=0.0, reason="done")))
    differences = bench.start({"name": "random"}, seed=2).replay(calls)
    assert [words.partition(":")[0] for words in differences] == [
        f"trial {trial}" for trial in range(4)
    ]
    assert "the journal says it has nothing to propose" in differences[2]
    assert "the journal says it ends the search" in differences[3]


def test_replay_of_a_finished_grid(bench: Bench) -> None:
    space = {"x": {"_type": "choice", "_value": [1]}}
    calls: list[Call] = [
        ("propose", 0, Proposed(at=0.0, trial=0, params={"x": 1})),
        ("propose", 1, SearchEnded(at=0.0, reason="the grid is done")),
    ]
    assert bench.start({"name": "grid"}, space=space).replay(calls) == []


def test_replay_against_a_tuner_that_breaks(bench: Bench) -> None:
    process = bench.own(proposing("raise ValueError('changed')"))
    [words] = process.replay([("propose", 0, Proposed(at=0.0, trial=0, params={}))])
    assert "ValueError: changed" in words
    assert "ValueError: changed" in bench.error()


MEDIAN = {"name": "median_stopping", "args": {"warmup": 1, "min_trials": 2}}


def test_assessor_advises_once_to_stop_the_hopeless(bench: Bench) -> None:
    process = bench.start({"name": "random"}, assessor=MEDIAN)
    for trial in (0, 1):
        for step in (1, 2, 3):
            process.report(trial, step, 0.9)
        process.observe(result(trial))
    for step in (1, 2, 3):
        process.report(2, step, {"default": 0.1})  # as NNI's trials may
        process.report(3, step, 0.95)
        process.report(4, step, "not a number")
    event = bench.event()
    assert isinstance(event, StopAdvised)
    assert (event.trial, "step 2" in event.reason) == (2, True)
    process.close(PATIENCE)
    assert bench.posted.empty()


def test_a_further_attempt_is_assessed_anew(bench: Bench) -> None:
    (bench.directory / "my_assessor.py").write_text(
        "class Short:\n"
        "    def __init__(self, *, maximize, most): self.most = most\n"
        "    def assess(self, trial_id, history): return len(history) <= self.most\n"
        "    def trial_end(self, trial_id, success): pass\n"
    )
    own = {"class": "my_assessor.Short", "code_dir": str(bench.directory), "args": {"most": 2}}
    process = bench.start({"name": "random"}, assessor=own)
    for number in (1, 2):
        for step in (1, 2):
            process.report(0, step, 0.5, number)
    process.report(0, 3, 0.5, 2)
    event = bench.event()
    assert isinstance(event, StopAdvised)
    assert "step 3" in event.reason


def test_broken_assessor_is_named(bench: Bench) -> None:
    (bench.directory / "my_assessor.py").write_text(
        "class Bad:\n"
        "    def __init__(self, *, maximize): pass\n"
        "    def assess(self, trial_id, history): return history['x']\n"
    )
    own = {"class": "my_assessor.Bad", "code_dir": str(bench.directory), "args": {}}
    process = bench.start({"name": "random"}, assessor=own)
    process.report(0, 1, 0.5)
    assert "assessor Bad raised TypeError" in (words := bench.error())
    assert "in report (my_assessor.py:3)" in words
