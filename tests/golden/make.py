"""Make a golden home and store: what one version of Heirloom writes, for later ones to read.

    python tests/golden/make.py FORMAT     in the root of the clone whose format it is to be

writes `tests/golden/FORMAT/home.tar.xz` beside this file, and `expected.json`, what that version
printed about it. Everything is made under DIRECTORY, whose name stands for the clone's in the
archive; tests unpack it elsewhere and replace that name.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import yaml

DIRECTORY = Path("/tmp/heirloom-golden")
PATIENCE = 180.0  # seconds

TRAIN = """
    import os, sys, time

    from heirloom import trial

    number, attempt = int(os.environ["HEIRLOOM_TRIAL"]), os.environ["HEIRLOOM_ATTEMPT"]
    is_first = attempt.endswith(".1")
    print("attempt", attempt)
    if number == 1 and is_first:
        sys.exit(75)
    if number == 2 and is_first:
        print("CUDA error: out of memory")
        sys.exit(1)
    if number == 3:
        sys.exit(4)
    step = 0
    while number in (5, 14):  # until it is cancelled
        time.sleep(0.1)
    while number == 8:  # until the assessor stops it
        trial.report(-1.0, step=step)
        step += 1
        time.sleep(0.1)
    for step in range(3):
        trial.report(trial.params["x"] * step, step=step)
    inherited = b"".join((path / "w").read_bytes() for path in trial.restore_paths)
    (trial.save_path / "w").write_bytes(attempt.encode() + b" " + inherited)
    trial.finish(trial.params["x"])
"""
FAMILY = """
    import os, sys, time

    from heirloom import trial

    number, attempt = int(os.environ["HEIRLOOM_TRIAL"]), os.environ["HEIRLOOM_ATTEMPT"]
    if number == 1:
        time.sleep(1)
        sys.exit(3)
    while attempt == "4.1":
        time.sleep(0.1)
    (trial.save_path / "w").write_text(attempt)
    trial.finish(number)
"""
TUNERS = """
    import time

    try:
        from heirloom.tuners import Proposal, Tuner
    except ImportError:
        from controller.tuners import Proposal, Tuner
    from nni.tuner import Tuner as NniTuner


    class Chain(Tuner):
        def __init__(self, space, *, seed, maximize):
            pass

        def propose(self, trial_id):
            return Proposal({"n": trial_id}, parents=[trial_id - 1] if trial_id else [])


    class Blocking(NniTuner):
        def generate_parameters(self, parameter_id, **kwargs):
            while parameter_id == 2:
                time.sleep(1)
            return {"n": parameter_id}

        def update_search_space(self, search_space):
            pass

        def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
            pass
"""
NNI_TRIAL = """
    import time

    import nni

    params = nni.get_next_parameter()
    nni.report_intermediate_result({"default": params["n"], "loss": 0.5})
    time.sleep(8 if params["n"] == 1 else 0)
    nni.report_final_result(params["n"])
"""
EXPERIMENTS: dict[str, dict[str, Any]] = {
    "evolution": {
        "seed": 3,
        "search_space": {
            "x": {"_type": "uniform", "_value": [0, 1]},
            "kind": {"_type": "choice", "_value": ["a", "b"]},
        },
        "tuner": {"name": "evolution", "args": {"population": 3, "sample": 2}},
        "assessor": {"name": "median_stopping", "args": {"warmup": 2, "min_trials": 2}},
        "trial": {
            "command": "python train.py",
            "retries": 1,
            "retry": [{"exit_code": 75, "times": 2}, {"on": "CUDA error", "exclude_node": True}],
        },
        "budget": {"trials": 18, "concurrency": 4},
        "keep": "best 3",
        "on_parent_failure": "ancestor",
    },
    "family": {
        "tuner": {"class": "tuners.Chain", "code_dir": "tuner"},
        "trial": {"command": "python family.py"},
        "budget": {"trials": 7},
        "lookahead": 4,
        "on_parent_failure": "ancestor",
    },
    "skipped": {
        "tuner": {"class": "tuners.Chain", "code_dir": "tuner"},
        "trial": {"command": "python family.py"},
        "budget": {"trials": 4},
    },
    "nni": {
        "tuner": {
            "class": "tuners.Blocking",
            "code_dir": "tuner",
            "interface": "nni",
            "multi_thread": True,
            "patience": "2s",
        },
        "trial": {"command": "python nni_trial.py"},
        "budget": {"trials": 5},
    },
}


def environment() -> dict[str, str]:
    """Nothing of this machine but its PATH."""
    return {
        "HEIRLOOM_HOME": str(DIRECTORY / "home"),
        "HOME": str(DIRECTORY / "user"),
        "PATH": os.environ["PATH"],
        "COLUMNS": "200",
    }


def start(*words: str) -> subprocess.Popen[str]:
    """Start a command of Heirloom's."""
    return subprocess.Popen(
        [sys.executable, "-m", "controller", *words],
        env=environment(),
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def command(*words: str, code: int = 0) -> str:
    """Run one to its end; what it printed."""
    with start(*words) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, output
    return output


def trials(name: str) -> list[dict[str, Any]]:
    """The trials of an experiment; none before it has a journal."""
    if not (DIRECTORY / f"home/experiments/{name}/journal.db").exists():
        return []
    found: list[dict[str, Any]] = json.loads(command("trials", name, "--json"))
    return found


def until(seen: Callable[[], bool], what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.3)


def in_state(name: str, state: str) -> set[int]:
    """The trials in a state."""
    return {trial["id"] for trial in trials(name) if trial["state"] == state}


def write_files() -> None:
    """The experiment files, the trials, the tuners and the inventory."""
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    for name, text in {
        "code/train.py": TRAIN,
        "code/family.py": FAMILY,
        "code/nni_trial.py": NNI_TRIAL,
        "tuner/tuners.py": TUNERS,
    }.items():
        path = DIRECTORY / "search" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    (DIRECTORY / "user").mkdir()
    (DIRECTORY / "python").symlink_to(sys.executable)
    localhost = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "heirloom_slots": 2,
        "heirloom_python": str(DIRECTORY / "python"),
        "heirloom_run_dir": str(DIRECTORY / "home/run"),
    }
    inventory = {"trial_nodes": {"hosts": {"localhost": localhost}}}
    for name, experiment in EXPERIMENTS.items():
        whole = {"name": name, "inventory": inventory, **experiment}
        whole["trial"] = {"code_dir": "code", **experiment["trial"]}
        (DIRECTORY / f"search/{name}.yml").write_text(yaml.safe_dump(whole, sort_keys=False))


def make() -> None:
    """Run the experiments."""
    evolution = str(DIRECTORY / "search/evolution.yml")
    with start("run", evolution) as process:
        until(lambda: 3 in in_state("evolution", "failed"), "a trial that failed")
        command("retry", "evolution", "3")
        until(lambda: 5 in in_state("evolution", "running"), "a trial to cancel")
        command("cancel", "evolution", "5")
        until(lambda: 8 in in_state("evolution", "stopped"), "a trial that was stopped")
        until(lambda: any(t["removed"] for t in trials("evolution")), "weights that were removed")
        command("gc", "evolution")
        until(lambda: 14 in in_state("evolution", "running"), "trial 14")
        command("stop", "evolution")
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, output
    command("resume", "evolution")
    command("run", str(DIRECTORY / "search/skipped.yml"))
    command("run", str(DIRECTORY / "search/nni.yml"))
    with start("run", str(DIRECTORY / "search/family.yml")) as process:
        until(lambda: 4 in in_state("family", "running"), "a trial to be interrupted")
        process.kill()
        process.communicate(timeout=PATIENCE)
    for left in workers():  # as when the machine loses its power
        left.send_signal(signal.SIGKILL)
    until(lambda: not any(workers()), "the end of what worked")


def workers() -> Iterator[psutil.Process]:
    """Processes that work for these experiments."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("HEIRLOOM_HOME") == str(DIRECTORY / "home"):
                yield process
        except psutil.Error:
            continue


def expected() -> dict[str, Any]:
    """What the commands that only read print."""
    return {
        "status": json.loads(command("status", "--json")),
        "table": command("status"),
        "details": {name: command("status", name) for name in EXPERIMENTS},
        "trials": {name: trials(name) for name in EXPERIMENTS},
        "shown": {
            name: [command("show", name, str(trial["id"])) for trial in trials(name)]
            for name in EXPERIMENTS
        },
        "verified": {name: command("verify", name) for name in EXPERIMENTS},
        "collectable": {name: command("gc", name, "--dry-run") for name in EXPERIMENTS},
    }


def pack(target: Path) -> None:
    """Write the archive, without the reports and what lies on the nodes."""
    for journal in (DIRECTORY / "home/experiments").glob("*/journal.db"):
        with sqlite3.connect(journal) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        for extra in journal.parent.glob("journal.db-*"):
            extra.unlink()
    for report in (DIRECTORY / "home/experiments").glob("*/report.html"):
        report.unlink()
    with tarfile.open(target, "w:xz") as archive:
        for name in ("search", "home/experiments", "home/store"):
            archive.add(DIRECTORY / name, name, filter=_nobody)


def _nobody(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if "__pycache__" in member.name:
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    where = Path(__file__).parent / sys.argv[1]
    write_files()
    make()
    answers = expected()
    where.mkdir(exist_ok=True)
    (where / "expected.json").write_text(json.dumps(answers, indent=1) + "\n")
    pack(where / "home.tar.xz")
