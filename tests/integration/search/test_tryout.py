"""`check --run`: a candidate and a child of it, of which nothing is left."""

import signal
from pathlib import Path

from tests.integration.search.conftest import PATIENCE, Lab

TRAINS = """
    import pathlib, time
    from heirloom import trial
    from heirloom.channel import channel

    channel.note("inherited", {"share": 0.5 if trial.restore_path else 0, "whole": 2})
    pathlib.Path(MARK).touch()
    if trial.restore_path:
        assert (trial.restore_path / "w").read_bytes() == b"x" * 100_000
    for epoch in range(1200):
        (trial.save_path / "w").write_bytes(b"x" * 100_000)
        trial.report(1 / (epoch + 1))
        time.sleep(0.05)
"""


def prepare(lab: Lab) -> tuple[Path, Path]:
    """An experiment file, and a file that a trial creates when it runs."""
    mark = lab.path / "mark"
    lab.write("code/train.py", TRAINS.replace("MARK", repr(str(mark))))
    return lab.experiment("python train.py", budget={"trials": 41}), mark


def check_nothing_is_left(lab: Lab) -> None:
    assert sorted(path.name for path in lab.home.iterdir()) == ["run", "store"]
    assert [path.name for path in (lab.home / "run").iterdir()] == ["slots"]
    assert not [*lab.home.glob("store/*/*")]
    assert "search" not in lab("status")
    lab.wait(lambda: not lab.leftovers(), "its processes have ended")


def test_tryout_after_one_that_was_killed(lab: Lab) -> None:
    file, mark = prepare(lab)
    with lab.start("check", file, "--run", "--for", "10m", "--samples", "0") as killed:
        lab.wait(mark.exists, "the trial runs")
        killed.kill()
    assert lab.leftovers()
    output = lab("check", file, "--run", "--samples", "0")
    assert "which was killed" in output
    assert "trial 0 stopped: it has reported" in output
    assert "trial 1, a child of trial 0, runs on localhost: {" in output
    assert "the child inherited 50.0% of the numbers; tensors: 2 whole" in output
    assert "first report" in output
    assert "a whole search: 41 trials, 2 at a time: at least" in output
    assert "not removed" not in output
    check_nothing_is_left(lab)


def test_interrupted_tryout(lab: Lab) -> None:
    file, mark = prepare(lab)
    with lab.start("check", file, "--run", "--for", "10m", "--samples", "0") as process:
        lab.wait(mark.exists, "the trial runs")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, output
    assert "stopping the trial" in output
    check_nothing_is_left(lab)


def test_trial_that_fails(lab: Lab) -> None:
    lab.write("code/train.py", "print('loading')\nraise OSError('no data')\n")
    with lab.start("check", lab.experiment("python train.py"), "--run") as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, output
    assert output.rstrip().endswith("trial 0 failed: exit code 1: train.py:2: OSError: no data")
    assert "  loading\n" in output
    assert output.count("Traceback") == 1  # the trial's own
    check_nothing_is_left(lab)
    file = lab.path / "experiment.yml"
    assert "no node named x" in lab("check", file, "--run", "--node", "x", "--samples", "0", code=2)
    check_nothing_is_left(lab)
