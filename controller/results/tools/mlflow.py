"""The trials as runs of MLflow (requirements-mlflow.txt)."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from controller.errors import HeirloomError
from controller.formats import counted
from controller.results.tools.interface import (
    PARENTS,
    SQLITE,
    create_database,
    flat_params,
    id_list,
    results,
    safe_name,
    times,
    without_password,
)
from controller.results.tools.source import Source

if TYPE_CHECKING:
    from mlflow import MlflowClient

_TRIAL = "heirloom.trial"
_PARENT = "mlflow.parentRunId"  # MLflow shows a run below the one that this tag names
_STATES = {"succeeded": "FINISHED", "failed": "FAILED"}  # all other verdicts are KILLED
_PAGE = 1000  # runs
_METRICS, _PARAMS = 1000, 100  # of one request, at most
_LONGEST = 6000  # characters of a param
_T = TypeVar("_T")


class MlflowRuns:
    """One experiment of MLflow an experiment, and one run a trial.

    A run has the trial's params, its curves and results as metrics, its manifest as an artifact,
    and the tags `heirloom.trial`, `heirloom.parents` and `heirloom.state`. It is shown below the
    run of the first trial whose weights it started from. Reports get times that are spread evenly
    over the trial.
    """

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], dict[int, str]] = {}  # by service and experiment

    def export(self, source: Source, path: str | None) -> str:
        """See Exporter. `path` is a tracking URI, or the path of an SQLite database.

        By default it is that of MLFLOW_TRACKING_URI, else `mlflow.db`.
        """
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        uri = _uri(path or os.environ.get("MLFLOW_TRACKING_URI") or "mlflow.db")
        shown = without_password(uri)
        experiment = source.experiment
        try:
            create_database(uri, lambda draft: MlflowClient(draft).search_experiments())
            client = MlflowClient(tracking_uri=uri)
            there = _experiment_id(client, experiment, uri)
            is_known = (uri, there) in self._runs
            if not is_known:
                self._runs[uri, there] = _runs(client, there)
            runs = self._runs[uri, there]
            count = 0
            for trial in source.trials(skip=frozenset(runs)):
                if trial["manifest"] is None:
                    continue
                if is_known:  # another process may have written the run since
                    runs |= _runs(client, there, trial["id"])
                if trial["id"] not in runs:
                    runs[trial["id"]] = _write(client, there, experiment, trial, runs)
                    count += 1
        except MlflowException as error:
            raise HeirloomError(f"MLflow at {shown} fails: {error.message}") from None
        hint = f": mlflow ui --backend-store-uri {shown}" if uri.startswith("sqlite:") else ""
        return f"{counted(count, 'new run')} in the experiment {experiment['id']} of {shown}{hint}"


def _uri(path: str) -> str:
    return path if "://" in path else f"{SQLITE}{Path(path).absolute()}"


def _experiment_id(client: MlflowClient, experiment: Mapping[str, Any], uri: str) -> str:
    """The experiment of MLflow, which is made where it does not exist.

    With a database on this machine, artifacts are beside it.
    """
    found = client.get_experiment_by_name(experiment["id"])
    if found is not None:
        return str(found.experiment_id)
    place = None
    if uri.startswith(SQLITE):
        beside = Path(uri.removeprefix(SQLITE)).absolute().parent
        place = (beside / "mlartifacts" / experiment["id"]).as_uri()
    tags = {"heirloom.experiment": experiment["name"], "heirloom.root": experiment["root"]}
    return str(client.create_experiment(experiment["id"], artifact_location=place, tags=tags))


def _runs(client: MlflowClient, there: str, trial: int | None = None) -> dict[int, str]:
    """The runs that were written as a whole, by trial: all, or that of one trial.

    What a kill left of others is deleted.
    """
    runs: dict[int, str] = {}
    partial: list[str] = []
    which = "" if trial is None else f"tags.`{_TRIAL}` = '{trial}'"
    token = None
    while True:
        page = client.search_runs([there], which, max_results=_PAGE, page_token=token)
        for run in page:
            number = run.data.tags.get(_TRIAL, "")
            if number.isdecimal() and run.info.status == "RUNNING":
                partial.append(run.info.run_id)
            elif number.isdecimal():
                runs[int(number)] = run.info.run_id
        token = page.token
        if not token:
            break
    for each in partial:  # afterwards, since a page begins at an offset
        client.delete_run(each)
    return runs


def _write(
    client: MlflowClient,
    there: str,
    experiment: Mapping[str, Any],
    trial: Mapping[str, Any],
    runs: Mapping[int, str],
) -> str:
    """Write a run; its id. Its status says that it is whole."""
    from mlflow.entities import Metric, Param

    start = trial["started_at"] or trial["proposed_at"]
    end = trial["ended_at"] or start
    tags = {
        _TRIAL: str(trial["id"]),
        "heirloom.experiment": experiment["name"],
        "heirloom.state": trial["state"],
        PARENTS: id_list(trial["restored"]),
    }
    parents = [runs[parent] for parent in trial["restored"] if parent in runs]
    if parents:
        tags |= {_PARENT: parents[0], "heirloom.parent_runs": " ".join(parents)}
    created = client.create_run(
        there, start_time=_milliseconds(start), tags=tags, run_name=f"trial {trial['id']}"
    )
    run: str = created.info.run_id
    params = [
        Param(safe_name(name), str(value)[:_LONGEST]) for name, value in flat_params(trial).items()
    ]
    for params_part in _parts(params, _PARAMS):
        client.log_batch(run, params=params_part)
    metrics = [
        Metric(safe_name(name), value, _milliseconds(at), step)
        for name, points in trial["curves"].items()
        for (step, value), at in zip(points, times(trial, len(points)), strict=True)
    ]
    metrics += [
        Metric(f"result/{safe_name(name)}", value, _milliseconds(end), 0)
        for name, value in results(trial).items()
    ]
    for metrics_part in _parts(metrics, _METRICS):
        client.log_batch(run, metrics=metrics_part)
    with suppress(FileNotFoundError):  # the experiment's directory may be gone from the store
        client.log_artifact(run, trial["manifest"])
    client.set_terminated(run, _STATES.get(trial["state"], "KILLED"), end_time=_milliseconds(end))
    return run


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _parts(items: Sequence[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
