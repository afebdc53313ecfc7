"""Exporters of a search that runs, read back by the tools: `make test-exports`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.search.conftest import Lab, lab

__all__ = ["lab"]

# The tools need an environment of their own (`make test-exports`), and a whole search takes long.
pytestmark = [
    pytest.mark.full,
    pytest.mark.training,
    pytest.mark.filterwarnings("default"),  # what the tools bring along uses deprecated modules
]
if missing := [tool for tool in ("tensorboard", "mlflow") if find_spec(tool) is None]:
    pytest.skip(
        f"{', '.join(missing)}: not installed, make test-exports installs them",
        allow_module_level=True,
    )

COUNT = 10
FIRST = 4  # trials that do not wait
COMMAND = f"""\
while [ $HEIRLOOM_TRIAL -ge {FIRST} ] && [ ! -e "$GO" ]; do sleep 0.1; done
echo '{{"step": 0, "value": 0.5}}' >> "$HEIRLOOM_METRICS"
echo '{{"value": 1}}' > "$HEIRLOOM_RESULT"
"""


def test_killed_exporters_and_a_killed_controller_leave_what_an_export_writes(lab: Lab) -> None:
    runs, database = lab.path / "runs", lab.path / "m.db"
    file = lab.experiment(
        COMMAND,
        trial={"environment": {"GO": str(lab.path / "go")}},
        tuner={"name": "evolution", "args": {"population": 2, "sample": 2}},
        exporters={"tensorboard": "runs", "mlflow": "m.db"},
        budget={"trials": COUNT, "concurrency": 2},
    )

    def has(count: int) -> bool:
        return len(_boards(runs)) >= count and len(_mlflow(database)) >= count

    with lab.start("run", file) as controller:
        try:
            lab.wait(lambda: has(1), "both tools have a trial")
            _kill_exporters(lab, 2)
            lab.wait(lambda: has(FIRST), "exporters that were started again write the rest")
        finally:
            controller.kill()
    lab.wait(lambda: not _exporters(lab), "exporters end with their controller")
    assert len(_boards(runs)) == len(_mlflow(database)) == FIRST
    (lab.path / "go").touch()
    assert "is started again" not in lab("resume", "search")
    lab.wait(lambda: not _exporters(lab), "the exporters have ended")

    live = _mlflow(database)
    assert sorted(live) == list(range(COUNT))
    assert any(each["parents"] for each in live.values())
    name = lab.root().name
    assert _boards(runs).keys() == {f"{name}/{number}" for number in range(COUNT)}
    assert "0 new runs" in lab("export", "search", "--to", "tensorboard", runs)
    assert "0 new runs" in lab("export", "search", "--to", "mlflow", database)
    assert f"{COUNT} new runs" in lab("export", "search", "--to", "tensorboard", lab.path / "2")
    assert f"{COUNT} new runs" in lab("export", "search", "--to", "mlflow", lab.path / "2.db")
    assert _boards(lab.path / "2") == _boards(runs)
    assert _mlflow(lab.path / "2.db") == live


def test_a_service_that_does_not_answer_is_named_and_delays_nothing(lab: Lab) -> None:
    """The address is that of a port where nobody listens."""
    file = lab.experiment(
        'echo \'{"value": 1}\' > "$HEIRLOOM_RESULT"',
        exporters={"mlflow": "http://127.0.0.1:9"},
        budget={"trials": 2},
    )
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
    try:
        output = lab("run", file)
    finally:
        del os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]
    assert "the exporter mlflow " in output
    lab.wait(lambda: "exporter mlflow  fails, and" in lab("status", "search"), "status names it")
    for each in _exporters(lab):
        each.kill()


def _exporters(lab: Lab) -> list[psutil.Process]:
    module = "controller.results.live.process"
    return [each for each in lab.leftovers() if module in each.cmdline()]


def _kill_exporters(lab: Lab, count: int) -> None:
    found = _exporters(lab)
    assert len(found) == count
    for each in found:
        each.kill()


def _boards(top: Path) -> dict[str, list[Any]]:
    """The events of each run, as TensorBoard's own reader finds them."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    return {
        str(file.parent.relative_to(top)): [
            (event.wall_time, event.step, event.file_version, [*map(_content, event.summary.value)])
            for event in EventFileLoader(str(file)).Load()
        ]
        for file in top.rglob("*tfevents*")
    }


def _content(value: Any) -> Any:
    """What a value says. Hyperparameters are written in no particular order."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    plugin = value.metadata.plugin_data
    if plugin.plugin_name == "hparams":
        return value.tag, HParamsPluginData.FromString(plugin.content)
    return value.tag, value


def _mlflow(database: Path) -> dict[int, dict[str, Any]]:
    """The runs by trial, and each of them once."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    if not database.exists():
        return {}
    client = MlflowClient(f"sqlite:///{database}")
    try:
        there = [each.experiment_id for each in client.search_experiments()]
        runs = [each for each in client.search_runs(there) if each.info.status != "RUNNING"]
    except MlflowException:  # it is being created
        return {}
    ids = {each.info.run_id: int(each.data.tags["heirloom.trial"]) for each in runs}
    assert len(set(ids.values())) == len(runs)
    return {
        ids[each.info.run_id]: {
            "parents": each.data.tags["heirloom.parents"],
            "parent": ids.get(each.data.tags.get("mlflow.parentRunId", "")),
            "params": each.data.params,
            "metrics": each.data.metrics,
            "status": each.info.status,
            "artifacts": [artifact.path for artifact in client.list_artifacts(each.info.run_id)],
        }
        for each in runs
    }
