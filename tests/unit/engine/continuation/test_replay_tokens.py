"""The numbers of a tuner that counts its proposals, worked out from the journal."""

from pathlib import Path

import pytest

from controller.config.load import load
from controller.core import events as e
from controller.engine.continuation.replay import known, replay
from controller.state.journal import Journal

EXPERIMENT = """\
trial: {command: "true"}
tuner: {name: random}
search_space: {x: {_type: choice, _value: [1, 2]}}
budget: {trials: 2}
"""


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], 0),
        ([e.Proposed(at=2, trial=0, params={})], 0),
        (
            [
                e.Proposed(at=2, trial=0, params={}, token=3),
                e.Proposed(at=3, trial=1, params={}, token=1),
            ],
            4,
        ),
        (
            [
                e.Proposed(at=2, trial=0, params={}, token=3),
                e.ProposalGivenUp(at=3, token=6, reason="no return for 60 s"),
            ],
            7,
        ),
        ([e.StopAsked(at=2, reason="stop"), e.Proposed(at=3, trial=0, params={}, token=0)], 1),
    ],
    ids=["none", "uncounted", "out of order", "given up", "dropped after a stop"],
)
def test_a_number_is_never_given_twice(
    tmp_path: Path, events: list[e.Event], expected: int
) -> None:
    (tmp_path / "experiment.yml").write_text(EXPERIMENT)
    config = load(tmp_path / "experiment.yml")
    tuner = config.tuner.model_copy(update={"interface": "nni"})
    counting = config.model_copy(update={"tuner": tuner})
    with Journal.create(tmp_path / "journal.db") as journal:
        journal.append([e.Opened(at=1), *events])
        experiment = replay(config, journal)
        found = known(counting, journal, experiment)
        assert found is not None
        assert found["next"] == expected
        assert known(config, journal, experiment) is None
