"""What nodes would refuse is refused before an experiment exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.config import load
from controller.core.events import Ended
from controller.core.model import Attempt, AttemptState, Outcome, State, Trial
from controller.dispatch.ansible.answers import Answer, AttemptStatus, event_of
from controller.dispatch.ansible.inventory import Node, Slot
from controller.dispatch.interface import Start
from controller.engine.setup import specs
from controller.engine.setup.cluster import store_path
from controller.errors import LaunchError
from controller.state.home import Home
from controller.store.layout import Root
from heirloom.node import attempts
from tests.unit.config.experiment_files import GOOD, write
from tests.unit.dispatch.specs import spec as spec_of


def node(*, store: str | None = None, python: str | None = None) -> Node:
    there = None if store is None else Path(store)
    return Node("gpu1", (Slot("0"),), Path("/run/heirloom"), store=there, python=python)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/data/10:30", "contains a colon (:)"),
        ("/data/a\nb", "contains a line break"),
        ("/data/\udcff", "is not UTF-8 text, at its character 7"),
    ],
)
def test_store_path_that_trials_cannot_use_is_refused(path: str, problem: str) -> None:
    for chosen, nodes, home in [
        (Path(path), [], "/home"),
        (None, [node(store=path)], "/home"),
        (None, [node()], path),
    ]:
        with pytest.raises(LaunchError) as caught:
            store_path(chosen, nodes, Home(Path(home)))
        assert problem in str(caught.value)


@pytest.mark.parametrize("path", ["/a b", "/ä", "/a'b\"c", "/{{ x }}", "/$HOME", "/50%", "/a\\b"])
def test_other_characters_of_a_path_are_carried(path: str) -> None:
    assert store_path(Path(path), [], Home(Path("/home"))) == Path(path)


def test_what_a_node_would_refuse_is_refused_here(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    specs.check(config, Path("/store"), [node()])
    with pytest.raises(LaunchError, match=r"gpu1 could start no trial: .*'python'"):
        specs.check(config, Path("/store"), [node(python="python")])


def test_invalid_spec_fails_the_trial_and_does_not_blame_the_node(tmp_path: Path) -> None:
    spec = spec_of("0.1")
    wrong = spec.to_dict() | {"root": "/with:colon"}
    [answer] = attempts.start(str(tmp_path), [{"name": "0", "gpus": []}], [wrong])
    order = Start("0.1", "gpu1", spec)
    reply = Answer(order, AttemptStatus(answer["found"]), answer["reason"], answer["outcome"])
    event = event_of(reply, AttemptState.PLACED, 1.0)
    assert isinstance(event, Ended)
    assert event.outcome is Outcome.FAILED
    assert event.reason == "the spec has an invalid 'root': '/with:colon'"


def test_every_attempt_of_a_trial_has_the_same_seed_and_trials_have_different_ones():
    seeds = [specs.trial_seed(5, trial) for trial in range(100)]
    assert seeds == [specs.trial_seed(5, trial) for trial in range(100)]
    assert len(set(seeds)) == 100
    assert seeds != [specs.trial_seed(6, trial) for trial in range(100)]
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_bounds_go_to_runtimes_that_take_them(tmp_path: Path) -> None:
    text = GOOD + "objective: {accuracy: maximize, macs: {at_least: 1, at_most: 9}}\n"
    root = Root(tmp_path / "store" / "ann" / "exp-1")

    def bounds(*, passes: bool) -> object:
        nodes = {"gpu1": node()}
        config = load(write(tmp_path, text))
        found = specs.Specs(config, root, "0", "0", nodes, passes_bounds=passes)
        return found.on("gpu1").to_dict().get("bounds")

    assert bounds(passes=False) is None
    assert bounds(passes=True) == {"macs": {"at_least": 1.0, "at_most": 9.0}}


def test_a_trial_that_is_no_candidate_is_marked_for_runtimes_that_take_that(
    tmp_path: Path,
) -> None:
    root = Root(tmp_path / "store" / "ann" / "exp-1")
    config = load(write(tmp_path, GOOD))
    trial = Trial(0, {}, (), (), State.ARMED, 0.0, [Attempt(1, "gpu1", ())], candidate=False)
    for passes in (False, True):
        found = specs.Specs(config, root, "0", "0", {"gpu1": node()}, passes_candidate=passes).of(
            trial, 1, "gpu1"
        )
        assert found.candidate is not passes
