"""The trial's interface to Heirloom: `from heirloom import trial`.

`params` is the candidate, a dictionary. `restore_path` is the directory of the parent's committed
weights, or None for a trial without a parent; `restore_paths` are those of all parents. A trial
writes its weights to `save_path`. Outside an experiment the parameters are empty, `save_path` is a
temporary directory, and reports are printed.

`checkpoint()` saves a checkpoint. If this attempt continues an earlier one of the same trial,
`checkpoint_path` is the directory of the checkpoint to load and `first_step` the step after it;
otherwise they are None and 0. They do not change while the attempt runs.

`seed` is a number below 2**32 for the trial's random numbers: it comes from the experiment's seed
and the trial's id, so that a trial which is tried again has the same. `device` is where a trial
computes, in PyTorch's words: "cuda" if it has a GPU, which is the first that it sees, else "cpu".

`objectives` has the bounds of each objective by name, such as `{"accuracy": {}, "macs": {"at_most":
1000000.0}}`. It is empty if the experiment's objective has no name.

`node_dir` is the directory on the node's own disk that the experiment's `prepare` filled, or None
where there is no `prepare`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from .channel import channel
from .store.limits.values import finite

params: dict[str, Any]
restore_path: Optional[Path]
restore_paths: tuple[Path, ...]
save_path: Path
node_dir: Optional[Path]
checkpoint_path: Optional[Path]
first_step: int
seed: int
device: str
objectives: dict[str, dict[str, float]]
_NOT_GIVEN: Any = object()


def report(value: Any, step: Optional[int] = None, **metrics: Any) -> None:
    """Report an intermediate value, which is a number. `step` counts from 0 if it is not given.

    `metrics` are further numbers by name, such as `loss=0.3`; None stands for one that is missing.
    At most 64 names are kept, of 64 characters each. What is beyond that is dropped, and the
    trial's log says so once.

    An early stop takes effect here: this function raises SystemExit, so a stop never interrupts
    the writing of weights. Raises TypeError if `value` or a metric is not a number.
    """
    number = _number(value)
    named = {
        name: None if metric is None else _number(metric, f"metric {name!r}")
        for name, metric in metrics.items()
    }
    # JSON has no NaN and no infinities.
    counted = channel.report(number if finite(number) else None, step, named)
    if not channel.in_experiment:
        shown = "".join(f"  {name} {metric}" for name, metric in named.items())
        channel.say(f"step {counted}: {number}{shown}")


def measured(**values: Any) -> None:
    """Give values of objectives that are known before training, such as a number of parameters.

    They become part of the result. If one is out of its bounds, the trial ends here: this function
    raises SystemExit, the verdict is *stopped*, and its reason says which bound. Raises TypeError
    if a value is not a number.
    """
    beyond = []
    for name, value in values.items():
        number = _number(value, name)
        channel.note(name, number)
        bounds = objectives.get(name, {})
        if number < bounds.get("at_least", number):
            beyond.append(f"{name} is {number}, below at_least {bounds['at_least']:g}")
        if number > bounds.get("at_most", number):
            beyond.append(f"{name} is {number}, above at_most {bounds['at_most']:g}")
    if beyond:
        reason = "; ".join(beyond)
        channel.say(f"infeasible: {reason}")
        channel.write_result(json.dumps({**channel.notes, "infeasible": reason}, default=_plain))
        raise SystemExit(0)


def finish(value: Any = _NOT_GIVEN, **values: Any) -> None:
    """Report the result, which is a number, and further values that JSON can represent.

    With objectives by name, `values` has a number for each: `finish(accuracy=0.9, latency=12)`.
    `value` then is another name for the first objective, and may be left out.

    Call it once, after the weights are written. Raises TypeError if `value` is not a number, or if
    nothing is given.
    """
    if value is not _NOT_GIVEN:
        values["value"] = _number(value)
    if not values:
        raise TypeError("finish needs a value, or the values of the objectives by name")
    result = json.dumps({**channel.notes, **values}, default=_plain)
    if not channel.write_result(result):
        channel.say(f"result: {result}")


@contextlib.contextmanager
def checkpoint(step: Optional[int] = None) -> Iterator[Path]:
    """Save a checkpoint: `with trial.checkpoint() as directory:`, and write files into `directory`.

    It is complete when the block ends without an error: durable, read-only, and from then on what a
    later attempt of this trial continues from. `step` is the step that it contains, by default that
    of the last report. The newest two are kept. Raises ValueError for a step below 0, without a
    step before the first report, and for anything but regular files; OSError if it cannot be
    written.
    """
    from .store.checkpoints.saving import saving  # not needed by most trials
    from .store.files import RealFiles

    number = channel.step if step is None else int(step)
    if number < 0:
        raise ValueError(
            f"a checkpoint's step must be 0 or more, not {number}"
            if step is not None
            else "a checkpoint needs a step before the first report: trial.checkpoint(step=…)"
        )
    with saving(RealFiles(), _checkpoint_dir(), number) as directory:
        yield Path(directory)


@functools.lru_cache(maxsize=1)
def _checkpoint_dir() -> str:
    """Where checkpoints are saved; outside an experiment a temporary directory."""
    directory = os.environ.get("HEIRLOOM_CHECKPOINT_DIR")
    if directory is None:
        directory = tempfile.mkdtemp(prefix="heirloom-")
        channel.say(f"outside an experiment: checkpoints go to {directory}")
    return directory


def _number(value: Any, what: str = "a result") -> float:
    """Unwrap a number of numpy, PyTorch and others. Raises TypeError for anything else."""
    number = _plain(value, what)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"{what} must be a number, not {value!r} ({type(value).__name__})")
    return number


def _plain(value: Any, what: str = "a result") -> Any:
    """Unwrap a numpy scalar or a tensor with one element. Raises TypeError for anything else."""
    item = getattr(value, "item", None)
    if callable(item):
        return item()
    if not isinstance(value, (int, float)) and hasattr(value, "__float__"):
        return float(value)
    if isinstance(value, (bool, int, float)):
        return value
    raise TypeError(f"{what} must be a number, not {value!r} ({type(value).__name__})")


def _has_gpu() -> bool:
    """Whether the trial's slots have a GPU; outside an experiment, whether this machine does."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if channel.in_experiment or visible is not None:
        return visible not in (None, "", "-1")
    return os.path.isdir("/proc/driver/nvidia/gpus")  # of NVIDIA's kernel module


def __getattr__(name: str) -> Any:
    """Set attributes on first use.

    Outside an experiment `save_path` is a temporary directory. Who asks where to continue does so,
    so that reports without a step count from there.
    """
    if name in ("checkpoint_path", "first_step"):
        _continue()
        return globals()[name]
    if name != "save_path":
        raise AttributeError(f"heirloom.trial has no {name!r}")
    directory = os.environ.get("HEIRLOOM_SAVE_PATH")
    if directory is None:
        directory = tempfile.mkdtemp(prefix="heirloom-")
        channel.say(f"outside an experiment: weights go to {directory}")
    globals()["save_path"] = path = Path(directory)
    return path


def _continue() -> None:
    """Set `checkpoint_path` and `first_step`."""
    global checkpoint_path, first_step
    path = os.environ.get("HEIRLOOM_CHECKPOINT_PATH")
    step = int(os.environ.get("HEIRLOOM_CHECKPOINT_STEP") or "-1") if path else -1
    checkpoint_path, first_step = Path(path) if path else None, step + 1
    channel.continue_from(step)


params = channel.params()
restore_paths = tuple(
    Path(path) for path in os.environ.get("HEIRLOOM_RESTORE_PATHS", "").split(":") if path
)
restore_path = restore_paths[0] if restore_paths else None
node_dir = Path(os.environ["HEIRLOOM_NODE_DIR"]) if os.environ.get("HEIRLOOM_NODE_DIR") else None
objectives = json.loads(os.environ.get("HEIRLOOM_OBJECTIVES") or "{}")
seed = int(os.environ.get("HEIRLOOM_SEED", "0"))
device = "cuda" if _has_gpu() else "cpu"
