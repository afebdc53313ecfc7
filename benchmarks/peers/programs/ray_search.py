"""A search with Ray Tune, in a Ray cluster of this machine alone."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from trial import (
    FACTORS,
    HIGH,
    LOW,
    MEMBERS,
    QUANTILE,
    RESAMPLE,
    START,
    evaluate,
    note,
    step,
)

SLOTS = 4
NAME = "peers"
os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ["RAY_CHDIR_TO_TRIAL_DIR"] = "0"


def main() -> None:
    """Run, or print the results."""
    what, directory, kind, trials, seconds = sys.argv[1:]
    import ray
    from ray import tune

    modules = {"working_dir": None, "env_vars": {"PYTHONPATH": str(Path(__file__).parent)}}
    ray.init(
        num_cpus=SLOTS,
        include_dashboard=False,
        runtime_env=modules,
        logging_level="ERROR",
        _temp_dir=f"{tempfile.gettempdir()}/ray",
    )
    function = _member if kind == "pbt" else _candidate
    fixed: dict[str, Any] = {"directory": directory, "seconds": float(seconds)}
    if kind == "pbt":
        fixed["steps"] = int(trials) // MEMBERS
    trainable = tune.with_parameters(function, **fixed)
    storage = f"{directory}/results"
    if what == "results":
        print(json.dumps(_values(tune, storage, trainable, kind)))
        return
    if Path(storage, NAME).is_dir():
        tuner = tune.Tuner.restore(f"{storage}/{NAME}", trainable=trainable)
    else:
        tuner = tune.Tuner(
            trainable,
            param_space=_space(kind),
            tune_config=_config(kind, int(trials)),
            run_config=tune.RunConfig(name=NAME, storage_path=storage, verbose=0),
        )
    tuner.fit()


def _values(tune: Any, storage: str, trainable: Any, kind: str) -> list[float]:
    """The value of each trial; of a member of a population that of each of its steps."""
    if not Path(storage, NAME).is_dir():
        return []
    found = tune.Tuner.restore(f"{storage}/{NAME}", trainable=trainable).get_results()
    with_value = [each for each in found if "value" in (each.metrics or {})]
    if kind == "pbt":
        return [value for each in with_value for value in each.metrics_dataframe["value"].tolist()]
    return [each.metrics["value"] for each in with_value]


def _space(kind: str) -> dict[str, Any]:
    from ray import tune

    names = ("h0", "h1") if kind == "pbt" else ("x",)
    return {name: tune.uniform(LOW, HIGH) for name in names}


def _config(kind: str, trials: int) -> Any:
    from ray import tune
    from ray.tune.schedulers import PopulationBasedTraining

    if kind != "pbt":
        return tune.TuneConfig(metric="value", mode="max", num_samples=trials)
    scheduler = PopulationBasedTraining(
        time_attr="training_iteration",
        perturbation_interval=1,
        hyperparam_mutations=_space(kind),
        quantile_fraction=QUANTILE,
        resample_probability=RESAMPLE,
        perturbation_factors=FACTORS,
    )
    return tune.TuneConfig(metric="value", mode="max", num_samples=MEMBERS, scheduler=scheduler)


def _candidate(config: dict[str, float], directory: str = "", seconds: float = 0) -> None:
    from ray import tune

    value = evaluate(directory, repr(config["x"]), config["x"], seconds)
    tune.report({"value": value})


def _member(
    config: dict[str, float], directory: str = "", seconds: float = 0, steps: int = 0
) -> None:
    import time

    from ray import tune

    theta, done = [START, START], 0
    if checkpoint := tune.get_checkpoint():
        with checkpoint.as_directory() as saved:
            theta, done = json.loads(Path(saved, "state.json").read_text())
    for at in range(done, steps):
        name = f"{tune.get_context().get_trial_id()}-{at}"
        note(directory, "begin", name)
        theta, value = step(theta, [config["h0"], config["h1"]])
        time.sleep(seconds)
        with tempfile.TemporaryDirectory() as saved:
            Path(saved, "state.json").write_text(json.dumps([theta, at + 1]))
            note(directory, "end", name)
            tune.report({"value": value}, checkpoint=tune.Checkpoint.from_directory(saved))


main()
