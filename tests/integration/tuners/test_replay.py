"""A resumed experiment repeats the calls that its journal holds."""

from controller.core.events import ProposalWithheld, Proposed, SearchEnded
from controller.tuners.calls import Call
from controller.tuners.process import TunerProcess
from tests.integration.tuners.bench import Bench, proposing, result


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


def test_replay_restores_the_state_of_a_tuner(bench: Bench) -> None:
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


def test_replay_reports_different_answers(bench: Bench) -> None:
    calls = record(bench.start({"name": "random"}), bench, 2)
    calls.append(("propose", 2, ProposalWithheld(at=0.0, trial=2)))
    calls.append(("propose", 3, SearchEnded(at=0.0, reason="done")))
    differences = bench.start({"name": "random"}, seed=2).replay(calls)
    assert [difference.partition(":")[0] for difference in differences] == [
        f"trial {trial}" for trial in range(4)
    ]
    assert "journal says that it has nothing to propose" in differences[2]
    assert "journal says that it ends the search" in differences[3]


def test_replay_of_a_finished_grid(bench: Bench) -> None:
    space = {"x": {"_type": "choice", "_value": [1]}}
    calls: list[Call] = [
        ("propose", 0, Proposed(at=0.0, trial=0, params={"x": 1})),
        ("propose", 1, SearchEnded(at=0.0, reason="the grid is done")),
    ]
    assert bench.start({"name": "grid"}, space=space).replay(calls) == []


def test_replay_with_a_failing_tuner(bench: Bench) -> None:
    process = bench.own(proposing("raise ValueError('changed')"))
    [difference] = process.replay([("propose", 0, Proposed(at=0.0, trial=0, params={}))])
    assert "ValueError: changed" in difference
    assert "ValueError: changed" in bench.error()
