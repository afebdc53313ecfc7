"""Trials that continue from a checkpoint: after a failure of their own, and after a `kill -9`."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from tests.integration.search.conftest import PATIENCE, Lab

EPOCHS = 6
TRAIN = f"""
    import json, os, time
    from pathlib import Path
    from heirloom import trial

    attempt = os.environ["HEIRLOOM_ATTEMPT"]
    done = []
    if trial.checkpoint_path:
        done = json.loads((trial.checkpoint_path / "epochs.json").read_text())
    for epoch in range(trial.first_step, {EPOCHS}):
        done.append([attempt, epoch])
        trial.report(epoch / 10)
        if epoch == 4 and attempt == "0.1":
            raise RuntimeError("it fails once")
        if epoch == 4 and attempt == "1.1":
            draft = Path(os.environ["HEIRLOOM_RESULT"]).with_name("supervisor.new")
            draft.write_text(str(os.getppid()))
            draft.rename(draft.with_suffix(".pid"))
            time.sleep(600)
        with trial.checkpoint() as directory:
            (directory / "epochs.json").write_text(json.dumps(done))
    trial.finish(len(done), epochs=done)
"""
ASSESSOR = """
    import json
    from pathlib import Path
    from heirloom.assessors import Assessor

    class Seen(Assessor):
        def __init__(self, *, maximize, file):
            self.file = Path(file)

        def assess(self, trial_id, history):
            with self.file.open("a") as file:
                file.write(json.dumps([trial_id, history]) + "\\n")
            return True
"""


def seen_by(assessor: Path, trial: int) -> list[list[float]]:
    lines = map(json.loads, assessor.read_text().splitlines())
    return [history for number, history in lines if number == trial]


def test_a_trial_continues_after_a_failure_and_after_a_kill(lab: Lab) -> None:
    lab.write("code/train.py", TRAIN)
    lab.write("own/seen.py", ASSESSOR)
    histories = lab.path / "histories"
    assessor = {"class": "seen.Seen", "code_dir": "own", "args": {"file": str(histories)}}
    file = lab.experiment(
        "python train.py", assessor=assessor, trial={"retries": 1}, budget={"trials": 2}
    )
    with lab.start("run", file) as process:
        attempts = lab.path / "home/store"
        lab.wait(lambda: any(attempts.glob("*/*/trials/0")), "the verdict on trial 0")
        lab.wait(lambda: any(attempts.glob("*/*/attempts/1.1/supervisor.pid")), "epoch 4 of 1.1")
        lab.wait(lambda: len(seen_by(histories, 1)) == 5, "the reports of 1.1")
        process.kill()
        process.communicate(timeout=PATIENCE)
    root = lab.root()
    os.kill(int((root / "attempts/1.1/supervisor.pid").read_text()), signal.SIGKILL)
    lab("resume", "search")

    for trial in lab.trials():
        first, second = f"{trial['id']}.1", f"{trial['id']}.2"
        assert trial["state"] == "succeeded"
        epochs = [[first if epoch < 4 else second, epoch] for epoch in range(EPOCHS)]
        assert trial["result"] == {"value": EPOCHS, "epochs": epochs}
        assert [attempt["continued"] for attempt in trial["attempts"]] == [
            None,
            {"attempt": first, "step": 3},
        ]
        said = f"[heirloom: continues from the checkpoint of {first} at step 3]"
        assert said in (root / f"attempts/{second}/output.log").read_text()
        assert f"continues {first} from step 3" in lab("show", "search", str(trial["id"]))
        assert seen_by(histories, trial["id"])[-1] == [epoch / 10 for epoch in range(EPOCHS)]
    curve = [(epoch, epoch / 10) for epoch in range(EPOCHS)]
    place = ExperimentDir(lab.home / "experiments/search")
    assert records.load(place, curves=True).curves == {0: curve, 1: curve}
    left = [path.name for path in root.glob("attempts/*/*") if path.is_dir()]
    assert not {"checkpoint", "continued"} & set(left)
