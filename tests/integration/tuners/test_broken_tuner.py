"""The ways in which a tuner can fail."""

import os
import signal

import pytest

from controller.core.events import Proposed
from controller.tuners.pipe import TunerError
from tests.integration.tuners.bench import PATIENCE, Bench, proposing, result

# Each: the source of a tuner, and words of the error.
BROKEN = {
    "raises": (
        proposing("return {}['x']"),
        "tuner MyTuner raised KeyError: 'x' in propose (my_tuner.py:6)",
    ),
    "raises in a library": (
        "import json\n" + proposing("return json.loads('{')"),
        "(my_tuner.py:7)",
    ),
    "exits": (proposing("raise SystemExit(3)"), "raised SystemExit: 3 in propose"),
    "exits at once": ("import os\n" + proposing("os._exit(3)"), "ended with exit code 3"),
    "kills itself": ("import os\n" + proposing("os.kill(os.getpid(), 9)"), "was killed by SIGKILL"),
    "overflows": (proposing("return self.propose(trial_id)"), "RecursionError"),
    "proposes text": (proposing("return 'x'"), "propose must return a Proposal or None, not str"),
    "params no dict": (proposing("return Proposal([1])"), "params must be a dict, not list"),
    "params no JSON": (proposing("return Proposal({'a': [1, {2}]})"), "params['a'][1] is a set"),
    "params with NaN": (
        proposing("return Proposal({'a': float('nan')})"),
        "params['a'] is nan: params must be",
    ),
    "params with odd keys": (
        proposing("return Proposal({'a': {1: 2}})"),
        "params['a'] has the key 1: keys must be",
    ),
    "parents no list": (proposing("return Proposal({}, 3)"), "a list of trial ids, not 3"),
    "parents no ids": (proposing("return Proposal({}, ['0'])"), "a trial id (an int), not '0'"),
    "no Python": ("class MyTuner pass", "SyntaxError: invalid syntax (my_tuner.py:2)"),
    "import fails": ("import nowhere_at", "No module named 'nowhere_at' (my_tuner.py:2)"),
    "no such class": ("x = 1", "has no attribute 'MyTuner'"),
    "wrong constructor": ("class MyTuner: pass", "takes no arguments"),
    "no propose": (
        "class MyTuner(Tuner):\n    def __init__(self, space, *, seed, maximize): pass",
        "abstract",
    ),
    "garbage": (
        "import os\n"
        + proposing(
            "for fd in range(3, 20):",
            "    try: os.write(fd, b'garbage\\n')",
            "    except OSError: pass",
        ),
        "wrote to the controller's pipe: b'garbage",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_tuner_ends_the_search_with_a_reason(bench: Bench, case: str) -> None:
    source, message = BROKEN[case]
    process = bench.own(source)
    process.propose(0)
    assert message in bench.error()
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


def test_wait_ready_raises_the_error_of_the_setup(bench: Bench) -> None:
    with pytest.raises(TunerError, match=r"raised ZeroDivisionError.*my_tuner\.py:2"):
        bench.own("1 / 0").wait_ready(PATIENCE)
    args = {"population": 0}
    with pytest.raises(TunerError, match="tuner evolution raised ValueError: population"):
        bench.start({"name": "evolution", "args": args}).wait_ready(PATIENCE)


def test_a_killed_tuner_ends_the_search_even_if_its_child_holds_the_pipe(bench: Bench) -> None:
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
