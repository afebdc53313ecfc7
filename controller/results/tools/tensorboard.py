"""The trials as runs of TensorBoard (requirements-tensorboard.txt).

Files are written by the package `tensorboard` itself. TensorFlow is not needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from controller.formats import counted
from controller.results.tools.interface import (
    PARENTS,
    draft_name,
    flat_params,
    id_list,
    replacing,
    results,
    times,
)
from controller.results.tools.source import Source

_FILE = "events.out.tfevents.heirloom"  # TensorBoard reads files whose names have `tfevents`
_VERSION = "brain.Event:2"  # what the first event of a file says


class TensorBoardRuns:
    """One run a trial, with its curves, params and results.

    The tags are `value` and the names of the metrics for the curves, and `result/NAME` for the
    values of the result. The hyperparameters are the params, and `heirloom.parents`: the trials
    whose weights the trial started from. Reports get times that are spread evenly over the trial.
    """

    def export(self, source: Source, path: str | None) -> str:
        """See Exporter. `path` is the directory of all runs, by default `runs`.

        The runs of an experiment are in a directory of its id there.
        """
        top = Path("runs" if path is None else path)
        experiment = source.experiment
        below = top / experiment["id"]
        written = {file.parent.name for file in below.glob(f"*/{_FILE}")}
        count = 0
        for trial in source.trials(skip={int(name) for name in written if name.isdecimal()}):
            if trial["manifest"] is not None:
                file = below / str(trial["id"]) / _FILE
                file.parent.mkdir(parents=True, exist_ok=True)
                for draft in file.parent.glob(draft_name("*")):
                    draft.unlink(missing_ok=True)  # of an export that was killed
                _write(file, experiment, trial)
                count += 1
        return f"{counted(count, 'new run')} in {below}: tensorboard --logdir {top}"


def _write(path: Path, experiment: Mapping[str, Any], trial: Mapping[str, Any]) -> None:
    from tensorboard.summary.writer.record_writer import RecordWriter

    with replacing(path, "wb") as file:
        writer = RecordWriter(file)
        for event in _events(experiment, trial):
            writer.write(event.SerializeToString())
        writer.flush()


def _events(experiment: Mapping[str, Any], trial: Mapping[str, Any]) -> Iterator[Any]:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    start = trial["started_at"] or trial["proposed_at"]
    end = trial["ended_at"] or start
    yield Event(wall_time=start, file_version=_VERSION)
    yield Event(wall_time=start, summary=_session_start(experiment, trial, start))

    def scalar(tag: str, value: float, step: int, at: float) -> Any:
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
        return Event(wall_time=at, step=step, summary=summary)

    for tag, points in trial["curves"].items():
        for (step, value), at in zip(points, times(trial, len(points)), strict=True):
            yield scalar(tag, value, step, at)
    for name, value in results(trial).items():
        yield scalar(f"result/{name}", value, 0, end)
    yield Event(wall_time=end, summary=_session_end(trial, end))


def _session_start(experiment: Mapping[str, Any], trial: Mapping[str, Any], at: float) -> Any:
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    hparams = flat_params(trial) | {PARENTS: id_list(trial["restored"])}
    return hparams_pb(hparams, trial_id=f"{experiment['id']}/{trial['id']}", start_time_secs=at)


def _session_end(trial: Mapping[str, Any], at: float) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    states = {"succeeded": api_pb2.STATUS_SUCCESS, "failed": api_pb2.STATUS_FAILURE}
    status = states.get(trial["state"], api_pb2.STATUS_UNKNOWN)
    end = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=at)
    about = metadata.create_summary_metadata(
        plugin_data_pb2.HParamsPluginData(session_end_info=end)
    )
    value = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG, metadata=about, tensor=metadata.NULL_TENSOR
    )
    return Summary(value=[value])
