"""The tuner: what it proposes, from whom, and that it repeats itself."""

import json
from typing import Any

import pytest

from heirloom.space import contains, parse
from heirloom.space.network import parameters, read
from heirloom.space.network.correspondence import correspondence
from heirloom.tuners import Result
from heirloom.tuners.interface import SearchFinished
from heirloom.tuners.methods.morphism.outline import outline
from heirloom.tuners.methods.morphism.tuner import Morphism
from tests.unit.tuners.methods.morphism.networks import convolutional
from tests.unit.tuners.methods.play import Play

SPACE: dict[str, Any] = {
    "net": {"_type": "layers", "_value": {"input": [1, 12, 12], "classes": 10}}
}


def tuner(**arguments: Any) -> Morphism:
    return Morphism(
        SPACE,
        **{"seed": 1, "maximize": True, "width": 4, "max_layers": 14, "neighbours": 2, **arguments},
    )


def value(params: Any) -> float:
    """More layers are better, up to twelve; wide ones are not worth it."""
    network = read(params["net"])
    return -abs(len(network.layers) - 12) - parameters(network) / 1e5


def played(**arguments: Any) -> Play:
    return Play(tuner(**arguments), value, slots=2).run(8)


@pytest.fixture(scope="module")
def search() -> Play:
    return played()


def test_the_first_network_has_three_convolutions_and_is_waited_for() -> None:
    searcher = tuner()
    first = searcher.propose(0)
    assert first is not None
    assert outline(read(first.params["net"])) == outline(convolutional())
    assert searcher.propose(1) is None


def test_each_further_network_keeps_the_function_of_its_parent(search: Play) -> None:
    assert len(search.proposals) == 8
    space = parse(SPACE, layers=True)
    for proposal in search.proposals[1:]:
        assert contains(space, proposal.params)
        assert json.loads(json.dumps(proposal.params)) == proposal.params
        [parent] = proposal.parents
        networks = [
            read(params["net"]) for params in (search.proposals[parent].params, proposal.params)
        ]
        assert networks[0] != networks[1]
        assert correspondence(*networks).preserved


def test_no_network_is_proposed_twice(search: Play) -> None:
    found = [outline(read(proposal.params["net"])) for proposal in search.proposals]
    assert len(set(found)) == len(found)


def test_the_same_calls_lead_to_the_same_proposals(search: Play) -> None:
    assert played().proposals == search.proposals
    assert played(seed=2).proposals != search.proposals


def test_it_finds_better_networks_in_both_directions(search: Play) -> None:
    best = max(value(result.params) for result in search.results)
    assert best > value({"net": convolutional().to_json()})
    play = Play(tuner(maximize=False), lambda params: -value(params)).run(8)
    best = max(value(result.params) for result in play.results)
    assert best > value({"net": convolutional().to_json()})


def test_failed_trials_are_no_parents_and_are_not_tried_again() -> None:
    play = Play(tuner(), value).run(6, fails=lambda trial: trial in (1, 3))
    assert {1, 3}.isdisjoint(parent for proposal in play.proposals for parent in proposal.parents)
    assert not play.tuner.may_be_parent(1)
    assert play.tuner.may_be_parent(2)
    found = [outline(read(proposal.params["net"])) for proposal in play.proposals]
    assert len(set(found)) == len(found)


def test_a_search_whose_first_trial_fails_ends() -> None:
    play = Play(tuner(), value).run(3, fails=lambda trial: True)
    assert play.finished == "no network was trained that could be changed"


def test_a_bound_on_parameters_holds_and_ends_the_search() -> None:
    most = parameters(convolutional()) + 30
    searcher = tuner(max_parameters=most)
    play = Play(searcher, value).run(20)
    assert play.finished == "no new network was found within max_parameters and max_layers"
    assert all(parameters(read(each.params["net"])) <= most for each in play.proposals)


def test_initial_networks_come_first() -> None:
    candidates = [{"net": convolutional(width).to_json()} for width in (2, 3)]
    play = Play(tuner(initial=candidates), value).run(4)
    assert [dict(proposal.params) for proposal in play.proposals[:2]] == candidates
    assert all(proposal.parents for proposal in play.proposals[2:])


def test_imported_trials_are_parents() -> None:
    searcher = tuner()
    params = {"net": convolutional(5).to_json()}
    searcher.observe(Result(0, "succeeded", 0.5, params, weights=True, imported=True))
    first, second = searcher.propose(1), searcher.propose(2)
    assert first is not None
    assert second is not None
    assert (first.parents, second.parents) == ((), (0,))


def test_all_changes_are_looked_at_with_neighbours_0() -> None:
    play = Play(tuner(neighbours=0, max_layers=12, max_parameters=700), value).run(4)
    assert len(play.proposals) == 4


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"width": 0}, "width must be at least 1, not 0"),
        ({"beta": -1}, "beta must be at least 0"),
        ({"neighbours": -1}, "neighbours must be at least 0"),
        ({"max_parameters": 10}, "max_parameters is 10, and the first network has .* reduce width"),
        ({"initial": [{"net": 1}]}, "initial: candidate 0: net: a network must be a mapping"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tuner(**arguments)


def test_arguments_can_be_checked_without_the_space() -> None:
    with pytest.raises(ValueError, match="beta must be at least 0"):
        Morphism({}, seed=1, maximize=True, beta=-1)
    with pytest.raises(SearchFinished):
        Morphism({}, seed=1, maximize=True, width=8).propose(0)


def test_other_spaces_are_refused_by_the_parameter() -> None:
    rate = {"_type": "uniform", "_value": [0, 1]}
    assert str(Morphism.supports({**SPACE, "rate": rate})).startswith("rate is no network")
    both = {**SPACE, "other": SPACE["net"]}
    assert str(Morphism.supports(both)).startswith("other is a second network")
    assert "no parameter of the type layers" in str(Morphism.supports({}))
    assert Morphism.supports(SPACE) is None


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heirloom.tuners.policy.require.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"morphism needs numpy and scipy.*install numpy scipy"):
        tuner()
