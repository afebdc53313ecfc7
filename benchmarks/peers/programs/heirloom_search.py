"""A search with Heirloom: the command line, with a home in the directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from trial import FACTORS, HIGH, LOW, MEMBERS, QUANTILE, RESAMPLE

NAME = "peers"
SLOTS = 4
HERE = Path(__file__).resolve().parent
NO_OP = r"""x=$(cut -d ' ' -f 2 "$HEIRLOOM_PARAMS" | tr -d '}')
echo "{\"value\": $x}" > "$HEIRLOOM_RESULT"
"""


def main() -> None:
    """Run, or print the results."""
    what, directory, kind, trials, seconds = sys.argv[1:]
    os.environ["HEIRLOOM_HOME"] = f"{directory}/home"
    command = [sys.executable, "-m", "controller"]
    if what == "results":
        listed = subprocess.run(
            [*command, "trials", NAME, "--json"], stdout=subprocess.PIPE, check=False
        ).stdout
        values = [
            trial["value"] for trial in json.loads(listed or b"[]") if trial["state"] == "succeeded"
        ]
        print(json.dumps(values))
        return
    if Path(directory, "home/experiments", NAME).is_dir():
        _become(*command, "resume", NAME)
    file = Path(directory, "experiment.yml")
    keys = _pbt(int(trials)) if kind == "pbt" else _search(int(trials))
    command_of_trial = f"exec python trial.py {directory} {seconds}"
    is_no_op = kind == "search" and float(seconds) == 0
    keys["trial"] = {"command": NO_OP if is_no_op else command_of_trial, "code_dir": str(HERE)}
    slots = {"heirloom_slots": SLOTS, "ansible_connection": "local"}
    slots["ansible_python_interpreter"] = "{{ ansible_playbook_python }}"
    slots["heirloom_run_dir"] = f"{directory}/run"  # never /run/heirloom, which lies in memory
    keys["inventory"] = {"trial_nodes": {"hosts": {"localhost": slots}}}
    file.write_text(json.dumps({"name": NAME, "seed": 1, **keys}))
    _become(*command, "run", str(file))


def _become(*command: str) -> NoReturn:
    os.execv(command[0], command)  # noqa: S606 - the process that was started is the controller


def _search(trials: int) -> dict[str, object]:
    return {
        "search_space": {"x": {"_type": "uniform", "_value": [0, 1]}},
        "tuner": {"name": "random"},
        "budget": {"trials": trials},
        "lookahead": min(124, trials),
    }


def _pbt(trials: int) -> dict[str, object]:
    rate = {"_type": "uniform", "_value": [LOW, HIGH]}
    args = {"population": MEMBERS, "quantile": QUANTILE, "resample": RESAMPLE, "factors": FACTORS}
    return {
        "search_space": {"h0": rate, "h1": rate},
        "tuner": {"name": "pbt", "args": args},
        "resource": {"name": "steps", "min": 1, "max": trials // MEMBERS},
    }


main()
