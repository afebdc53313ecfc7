"""Reports that were read at once are repeated as those that were read one by one."""

from pathlib import Path

from controller.config.load import load
from controller.core import events as e
from controller.engine.continuation.calls import calls
from controller.engine.continuation.replay import replay
from controller.state.journal import Journal

EXPERIMENT = """\
trial: {command: "true"}
tuner: {name: random}
assessor: {name: median_stopping}
search_space: {x: {_type: choice, _value: [1, 2]}}
budget: {trials: 2}
"""


def test_every_report_is_repeated_in_order(tmp_path: Path) -> None:
    (tmp_path / "e.yml").write_text(EXPERIMENT)
    with Journal.create(tmp_path / "journal.db") as journal:
        journal.append(
            [
                e.Opened(at=0),
                e.NodesFound(at=0, nodes=()),
                e.Proposed(at=1, trial=0, params={}),
                e.Placed(at=2, trial=0, number=1, node="a"),
                e.Reported(at=3, trial=0, number=1, step=0, value=0.5),
                e.ReportedMany(
                    at=4, trial=0, number=1, steps=(1, 2), values=(0.25, {"default": 1})
                ),
            ]
        )
        config = load(tmp_path / "e.yml")
        experiment = replay(config, journal)
        repeated = list(calls(config, journal, experiment))
    reports = [report for call in repeated if call[0] == "reports" for report in call[3]]
    assert reports == [(0, 0.5), (1, 0.25), (2, {"default": 1})]
    attempt = experiment.trials[0].attempts[0]
    assert (attempt.reports, attempt.last) == (3, {"default": 1})
