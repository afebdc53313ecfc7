"""An experiment for views of trials, in a directory of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller import config
from controller.core import events as e
from controller.core.model import NodeInfo, Outcome, State
from controller.state.experiment_dir import ExperimentDir
from controller.state.journal import Journal

EXPERIMENT = """\
name: cnn
objective: minimize
search_space: {lr: [0.1, 0.2], depth: [1, 2, 3], "[odd]": [1]}
trial: {command: python train.py}
budget: {trials: 10}
"""


class Search:
    """A search on one node, of which each trial starts when it is proposed."""

    def __init__(
        self,
        path: Path,
        objective: str = "minimize",
        root: Path = Path("/store/cnn-1"),
        seed: int = 1,
    ) -> None:
        self.place = ExperimentDir(path / "cnn")
        self.place.path.mkdir()
        (path / "cnn.yml").write_text(EXPERIMENT.replace("minimize", objective))
        self.place.config.write_text(config.dump(config.load(path / "cnn.yml")))
        self.count = 0
        with Journal.create(self.place.journal):
            pass
        created: dict[str, Any] = {
            "name": "cnn",
            "root": str(root),
            "code": "c",
            "runtime": "r",
            "seed": seed,
        }
        nodes = (NodeInfo("a", 4),)
        self.happen(
            e.Created(at=0.0, inventory="", **created),
            e.Opened(at=0.0),
            e.NodesFound(at=0.0, nodes=nodes),
        )

    def happen(self, *events: e.Event) -> None:
        with Journal.open(self.place.journal) as journal:
            journal.append(events)

    def trial(self, params: Mapping[str, Any], *parents: int, **more: Any) -> int:
        """Propose and start a trial; its id."""
        number, self.count = self.count, self.count + 1
        at: dict[str, Any] = {"at": 10.0 * number, "trial": number}
        self.happen(
            e.ProposalAsked(**at),
            e.Proposed(params=dict(params), parents=parents, **at, **more),
            e.Placed(number=1, node="a", restore=parents, **at),
            e.Began(number=1, **at),
        )
        return number

    def report(self, trial: int, value: Any, step: int = 0, **metrics: float | None) -> None:
        held = metrics or None
        self.happen(e.Reported(at=9.0, trial=trial, number=1, step=step, value=value, metrics=held))

    def succeed(self, trial: int, **values: float) -> None:
        """End with values by name, the first objective's first."""
        first = next(iter(values.values()))
        self.happen(
            e.VerdictSeen(
                at=10.0 * trial + 5,
                trial=trial,
                state=State.SUCCEEDED,
                number=1,
                value=first,
                values=dict(values),
                result=dict(values),
                weights=True,
            )
        )

    def end(self, trial: int, value: float | None, state: str = "succeeded", **result: Any) -> None:
        outcome = Outcome.COMMITTED if value is not None else Outcome.FAILED
        at = 10.0 * trial + 5
        self.happen(
            e.Ended(at=at, trial=trial, number=1, outcome=outcome, reason="broken"),
            e.VerdictSeen(
                at=at,
                trial=trial,
                state=State(state),
                number=1,
                value=value,
                result={"value": value, **result},
                weights=value is not None,
            ),
        )
