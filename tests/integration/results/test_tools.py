"""Exports into other tools, read back by these tools: `make test-exports`."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from controller.results.tools.source import Source
from controller.state import record as records
from tests.unit.views.trials.searches import Search

REPOSITORY = Path(__file__).parents[3]
PATIENCE = 100  # seconds

pytestmark = pytest.mark.full  # the tools need an environment of their own: `make test-exports`
if missing := [
    tool
    for tool in ("pyarrow", "tensorboard", "mlflow", "optuna_dashboard")
    if find_spec(tool) is None
]:
    pytest.skip(
        f"{', '.join(missing)}: not installed, make test-exports installs them",
        allow_module_level=True,
    )


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """Trial 2 starts from trial 1, trial 3 has failed, and trial 4 runs."""
    (tmp_path / "home/experiments").mkdir(parents=True)
    search = Search(tmp_path / "home/experiments", root=tmp_path / "store/ann/cnn-1")
    for number, value in enumerate((0.5, 0.25)):
        search.trial({"lr": 0.1, "depth": number + 1, "[odd]": 1})
        search.report(number, 1.0, step=0, loss=2.0)
        search.report(number, value, step=1, loss=1.0)
        search.end(number, value, f1=value / 2)
        manifest = tmp_path / f"store/ann/cnn-1/trials/{number}/manifest.json"
        manifest.parent.mkdir(parents=True)
        manifest.write_text(json.dumps({"trial": number}))
    search.trial({"lr": 0.2, "depth": 3, "[odd]": 1, "layers": [1, 2]}, 1)
    search.end(2, 0.125)
    search.trial({"lr": 0.2, "depth": 3, "[odd]": 1})
    search.end(3, None, "failed")
    search.trial({"lr": 0.2, "depth": 3, "[odd]": 1})
    return search


def export(search: Search, tool: str, path: str | Path) -> str:
    """Run the command; what it prints."""
    home = search.place.path.parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "controller", "export", "cnn", "--to", tool, str(path)],
        cwd=REPOSITORY,
        env=os.environ | {"HEIRLOOM_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_parquet(search: Search, tmp_path: Path) -> None:
    from pyarrow import parquet

    export(search, "parquet", tmp_path / "t.parquet")
    table = parquet.read_table(tmp_path / "t.parquet")
    assert table["value"].to_pylist() == [0.5, 0.25, 0.125, None, None]
    assert table["restored"].to_pylist() == [[], [], [1], [], []]
    assert table["layers"].to_pylist() == [None, None, [1, 2], None, None]
    assert str(table.schema.field("proposed_at").type) == "double"
    assert json.loads(table.schema.metadata[b"heirloom"])["objectives"] == {"value": "minimize"}


@pytest.mark.filterwarnings("default")  # what TensorBoard brings along uses deprecated modules
def test_tensorboard(search: Search, tmp_path: Path) -> None:
    from tensorboard import program
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    runs = tmp_path / "runs"
    assert "4 new runs" in export(search, "tensorboard", runs)
    first = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}
    search.end(4, 0.0625)
    assert "1 new run" in export(search, "tensorboard", runs)
    assert all(path.read_bytes() == data for path, data in first.items())
    found = EventAccumulator(str(runs / "cnn-1/1")).Reload()
    assert [(each.step, each.value) for each in found.Scalars("value")] == [(0, 1.0), (1, 0.25)]
    assert found.Scalars("result/f1")[0].value == 0.125

    server = program.TensorBoard()
    server.configure(argv=["", "--logdir", str(runs), "--port", "0", "--load_fast", "false"])
    address = server.launch()
    end = time.monotonic() + PATIENCE
    while len(_ask(f"{address}data/runs")) < 5:
        assert time.monotonic() < end
        time.sleep(0.1)
    question = {
        "experimentName": "",
        "startIndex": 0,
        "sliceSize": 10,
        "colParams": [],
        "allowedStatuses": ["STATUS_SUCCESS", "STATUS_FAILURE"],
    }
    [*groups] = _ask(f"{address}data/plugin/hparams/session_groups", question)["sessionGroups"]
    by_name = {group["name"]: group for group in groups}
    assert len(by_name) == 5
    assert by_name["cnn-1/2"]["hparams"] == {
        "lr": 0.2,
        "depth": 3.0,
        "[odd]": 1.0,
        "layers": "[1, 2]",
        "heirloom.parents": "1",
    }
    assert by_name["cnn-1/3"]["sessions"][0]["status"] == "STATUS_FAILURE"


def test_experiments_share_a_directory_of_tensorboard(search: Search, tmp_path: Path) -> None:
    (tmp_path / "other/experiments").mkdir(parents=True)
    other = Search(tmp_path / "other/experiments", root=tmp_path / "store/ann/cnn-2")
    other.end(other.trial({"lr": 0.1, "depth": 1, "[odd]": 1}), 0.5)
    assert "4 new runs" in export(search, "tensorboard", tmp_path / "runs")
    assert "1 new run" in export(other, "tensorboard", tmp_path / "runs")
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"cnn-1", "cnn-2"}


def _ask(url: str, question: Any = None) -> Any:
    data = None if question is None else json.dumps(question).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


@pytest.mark.filterwarnings("default")  # MLflow uses parts of SQLAlchemy that are deprecated
def test_mlflow(search: Search, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    database = tmp_path / "m.db"
    assert "4 new runs" in export(search, "mlflow", database)
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("cnn-1")
    there = [experiment.experiment_id]
    # As a kill leaves it: a run without an end.
    client.create_run(there[0], tags={"heirloom.trial": "4"})
    search.end(4, 0.0625)
    assert "1 new run" in export(search, "mlflow", database)
    assert "0 new runs" in export(search, "mlflow", database)
    runs = {run.data.tags["heirloom.trial"]: run for run in client.search_runs(there)}
    assert len(client.search_runs(there)) == len(runs) == 5
    assert [runs[str(number)].info.status for number in range(5)] == [
        "FINISHED",
        "FINISHED",
        "FINISHED",
        "FAILED",
        "FINISHED",
    ]
    child = runs["2"].data
    assert child.tags["mlflow.parentRunId"] == runs["1"].info.run_id
    assert child.params == {"lr": "0.2", "depth": "3", "_odd_": "1", "layers": "[1, 2]"}
    assert runs["1"].data.metrics["result/f1"] == 0.125
    history = client.get_metric_history(runs["1"].info.run_id, "loss")
    assert [(each.step, each.value) for each in history] == [(0, 2.0), (1, 1.0)]
    assert runs["1"].data.tags["heirloom.parents"] == ""
    copied = client.download_artifacts(runs["1"].info.run_id, "manifest.json", str(tmp_path))
    assert json.loads(Path(copied).read_text()) == {"trial": 1}


@pytest.mark.filterwarnings("default")  # MLflow uses parts of SQLAlchemy that are deprecated
def test_mlflow_gets_a_run_once_from_processes_that_do_not_know_each_other(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    from controller.results.tools import mlflow

    database = str(tmp_path / "m.db")
    runs = mlflow.MlflowRuns()

    def more() -> str:
        return runs.export(Source(records.load(search.place, curves=True)), database)

    assert more().startswith("4 new runs")
    search.end(4, 0.0625)
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_terminated", _fail)
        with pytest.raises(ZeroDivisionError):
            more()
    assert more().startswith("1 new run ")
    search.end(search.trial({"lr": 0.1, "depth": 1, "[odd]": 1}), 0.5)
    assert "1 new run" in export(search, "mlflow", database)
    assert more().startswith("0 new runs")
    client = MlflowClient(f"sqlite:///{database}")
    there = [client.get_experiment_by_name("cnn-1").experiment_id]
    found = [run.data.tags["heirloom.trial"] for run in client.search_runs(there)]
    assert sorted(found) == ["0", "1", "2", "3", "4", "5"]


def _fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("storage", ["sqlite:///{}/o.db", "{}/o.journal"])
def test_optuna_and_its_dashboard(search: Search, tmp_path: Path, storage: str) -> None:
    import optuna
    from optuna.storages.journal import JournalFileBackend

    address = storage.format(tmp_path)
    assert "4 new trials" in export(search, "optuna", address)
    search.end(4, 0.0625)
    assert "1 new trial " in export(search, "optuna", address)
    assert "0 new trials" in export(search, "optuna", address)
    opened: Any = address
    if "://" not in address:
        opened = optuna.storages.JournalStorage(JournalFileBackend(address))
    study = optuna.load_study(study_name="cnn-1", storage=opened)
    assert study.best_value == 0.0625
    assert [trial.user_attrs["heirloom:trial"] for trial in study.trials] == [0, 1, 2, 3, 4]
    assert study.trials[2].params == {"lr": 0.2, "depth": 3, "[odd]": 1}
    assert study.trials[2].user_attrs["params.layers"] == [1, 2]
    assert study.trials[1].intermediate_values == {0: 1.0, 1: 0.25}
    with dashboard(address, tmp_path) as url:
        [shown] = _ask(f"{url}/api/studies")["study_summaries"]
        assert shown["study_name"] == "cnn-1"
        trials = _ask(f"{url}/api/studies/{shown['study_id']}")["trials"]
        with urllib.request.urlopen(f"{url}/dashboard", timeout=PATIENCE) as page:
            assert b"<title>" in page.read()
    assert [each["state"] for each in trials] == ["Complete"] * 3 + ["Fail", "Complete"]
    assert trials[4]["values"] == [0.0625]
    assert {each["name"]: each["param_external_value"] for each in trials[2]["params"]} == {
        "lr": "0.2",
        "depth": "3",
        "[odd]": "1",
    }
    assert [each["value"] for each in trials[1]["intermediate_values"]] == [1.0, 0.25]


@contextlib.contextmanager
def dashboard(storage: str, directory: Path) -> Iterator[str]:
    """The address of a server that `optuna-dashboard STORAGE` runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = directory / "dashboard.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "optuna_dashboard._cli", "--port", str(port), storage],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ) as server,
    ):
        try:
            end = time.monotonic() + PATIENCE
            while server.poll() is None and time.monotonic() < end:
                try:
                    _ask(f"http://127.0.0.1:{port}/api/meta")
                    break
                except OSError:
                    time.sleep(0.1)
            assert server.poll() is None, log.read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
