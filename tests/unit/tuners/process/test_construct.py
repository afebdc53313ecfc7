"""What a tuner declares, and what it refuses."""

from __future__ import annotations

from typing import Any, cast

import pytest

from heirloom.tuners import Proposal, Result
from heirloom.tuners.grid import Grid
from heirloom.tuners.process.construct import RefusedError, conclusion, construct, declared
from heirloom.tuners.process.plain_json import PARAMS_LIMIT, plain_proposal
from heirloom.tuners.process.protocol import Setup
from heirloom.tuners.random import Random

SPACE = {"x": {"_type": "choice", "_value": [1, 2]}}
RESOURCE = {"name": "epochs", "min": 1, "max": 27, "eta": 3}


class Final(Random):
    """Declares everything."""

    lookahead = 0
    ends_itself = True
    chain = True

    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool, resource: Any = None):
        super().__init__(space, seed=seed, maximize=maximize)
        self.resource = resource

    @classmethod
    def supports(cls, space: dict[str, Any]) -> str | None:
        return None if "x" in space else "it has no parameter x"

    def conclude(self) -> Any:
        return [Proposal({"x": 1}, [0])]


def setup(space: Any = SPACE, **more: Any) -> Setup:
    tuner: Any = {"name": "mine", "args": {}}
    fields: Any = {"call": "setup", "tuner": tuner, "space": space, "seed": 1, "maximize": True}
    made: Any = {**fields, **more}
    return cast("Setup", made)


def test_what_a_tuner_declares() -> None:
    tuner = construct(Final, setup(), "tuner mine")
    everything = {"lookahead": 0, "ends_itself": True, "concludes": True, "chain": True}
    assert declared(tuner) == everything
    plain = construct(Random, setup(), "tuner random")
    assert declared(plain) == {
        "lookahead": None,
        "ends_itself": False,
        "concludes": False,
        "chain": False,
    }
    assert declared(construct(Grid, setup(), "tuner grid"))["ends_itself"]


@pytest.mark.parametrize("wrong", [-1, True, "2", 1.5])
def test_a_lookahead_is_a_number_of_trials(wrong: Any) -> None:
    tuner = construct(Final, setup(), "tuner mine")
    tuner.lookahead = wrong  # type: ignore[misc]  # as a constructor may set it
    with pytest.raises(TypeError, match="lookahead must be None or a whole number"):
        declared(tuner)


def test_a_space_that_the_tuner_does_not_support() -> None:
    message = "tuner mine cannot search this space: it has no parameter x"
    with pytest.raises(RefusedError, match=message):
        construct(Final, setup({"y": SPACE["x"]}), "tuner mine")


def test_a_resource_reaches_only_a_tuner_that_takes_it() -> None:
    tuner = construct(Final, setup(resource=RESOURCE), "tuner mine")
    assert isinstance(tuner, Final)
    assert tuner.resource == RESOURCE
    with pytest.raises(RefusedError, match="tuner random does not decide how long a trial trains"):
        construct(Random, setup(resource=RESOURCE), "tuner random")


@pytest.mark.parametrize("wrong", [None, Proposal({}), [None], [{}]])
def test_a_wrong_conclusion(wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Final, "conclude", lambda self: wrong)
    with pytest.raises(TypeError, match="must return a"):
        conclusion(construct(Final, setup(), "tuner mine"))


def test_only_a_trial_that_is_no_candidate_is_marked() -> None:
    assert plain_proposal(Proposal({})) == {"params": {}, "parents": []}
    marked = plain_proposal(Proposal({}, candidate=False))
    assert marked == {"params": {}, "parents": [], "candidate": False}
    wrong: Any = 0
    with pytest.raises(TypeError, match="candidate must be True or False, not 0"):
        plain_proposal(Proposal({}, candidate=wrong))


def test_params_have_a_limit() -> None:
    fits = {"x": "a" * (PARAMS_LIMIT - len('{"x": ""}'))}
    plain = plain_proposal(Proposal(fits))
    assert plain is not None
    assert plain["params"] == fits
    with pytest.raises(TypeError, match="at most 65536 are possible"):
        plain_proposal(Proposal({"x": fits["x"] + "a"}))


def test_a_result_needs_neither_metrics_nor_restored() -> None:
    result = Result(0, "succeeded", 1.0, {})
    assert (result.restored, result.metrics) == ((), {})
