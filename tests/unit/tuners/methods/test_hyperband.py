"""Hyperband, algorithm 1 of the paper."""

from __future__ import annotations

from collections import Counter

from heirloom.tuners.methods.hyperband import Hyperband, brackets
from tests.unit.tuners.methods.play import Play

SPACE = {"x": {"_type": "uniform", "_value": [0, 1]}}
RESOURCE = {"name": "epochs", "min": 1, "max": 81, "eta": 3}


def hyperband(**arguments):
    return Hyperband(SPACE, **{"seed": 1, "maximize": True, "resource": RESOURCE, **arguments})


def test_the_brackets_are_those_of_the_paper():
    assert brackets(1, 81, 3) == [  # table 1
        [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
        [(34, 3), (11, 9), (3, 27), (1, 81)],
        [(15, 9), (5, 27), (1, 81)],
        [(8, 27), (2, 81)],
        [(5, 81)],
    ]


def test_the_last_rung_of_every_bracket_gets_the_largest_amount():
    assert brackets(1, 100, 3)[0] == [(81, 1), (27, 3), (9, 11), (3, 33), (1, 100)]
    assert {rungs[-1][1] for rungs in brackets(2, 25, 3)} == {25}


def test_a_round_has_each_rung_with_its_candidates_at_any_number_of_slots():
    expected = Counter(
        until for bracket in brackets(1, 81, 3) for count, until in bracket for _ in range(count)
    )
    for slots in (1, 7):
        play = Play(hyperband(), lambda params: params["x"], slots=slots).run(expected.total())
        found = Counter(proposal.params["epochs"] for proposal in play.proposals)
        if slots == 1:
            assert found == expected
        assert found.total() == expected.total()


def test_the_best_third_of_a_rung_goes_on_from_its_weights():
    play = Play(hyperband(), lambda params: params["x"]).run(81 + 27)
    first, promoted = play.proposals[:81], play.proposals[81:]
    ranked = sorted(range(81), key=lambda trial: -first[trial].params["x"])
    assert {parent for proposal in promoted for parent in proposal.parents} == set(ranked[:27])
    assert {
        (proposal.params["epochs_from"], proposal.params["epochs"]) for proposal in promoted
    } == {(1, 3)}


def test_no_slot_waits_for_the_end_of_a_rung():
    tuner = hyperband(resource={**RESOURCE, "max": 3})
    proposals = [tuner.propose(trial) for trial in range(8)]
    assert [proposal.params["epochs"] for proposal in proposals] == [1, 1, 1, 3, 3, 1, 1, 1]


def test_weights_are_needed_until_the_rung_is_complete_or_the_candidate_goes_on():
    tuner = hyperband(resource={**RESOURCE, "max": 3})
    play = Play(tuner, lambda params: params["x"]).run(3)
    best = max(range(3), key=lambda trial: play.proposals[trial].params["x"])
    assert [tuner.may_be_parent(trial) for trial in range(3)] == [
        trial == best for trial in range(3)
    ]
    assert tuner.propose(3).parents == (best,)
    assert not tuner.may_be_parent(best)


def test_a_bracket_whose_trials_all_fail_ends():
    play = Play(hyperband(), lambda params: params["x"]).run(100, fails=lambda trial: True)
    assert len(play.proposals) == 100
    assert not any(proposal.parents for proposal in play.proposals)
