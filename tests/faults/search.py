"""The search that faults are injected into: trials that notice what they should not have read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAME = "faults"
# Its weights tell of themselves whether they are whole; one file stays as the parent had it, and so
# is stored once for both. The witness is a file on the node's own disk, a line for each process.
TRAIN = """
import hashlib, json, os, random, time
from pathlib import Path

from heirloom import trial


def digest(data):
    return hashlib.sha256(data).hexdigest()


started = time.time()
read, torn, base = {}, [], None
for path in trial.restore_paths:
    for file in sorted(path.iterdir()):
        data = file.read_bytes()
        read[f"{path.parent.name}/{file.name}"] = digest(data)
        if digest(data[64:]).encode() != data[:64]:
            torn.append(f"{path.parent.name}/{file.name}")
    base = (path / "base").read_bytes()
seen = {"attempt": os.environ["HEIRLOOM_ATTEMPT"], "at": started, "read": read, "torn": torn}
line = json.dumps(seen).encode() + b"\\n"
fd = os.open(os.environ["WITNESS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
os.write(fd, line)
os.fsync(fd)  # the node may lose its power
os.close(fd)


def write(name, body):
    with (trial.save_path / name).open("wb") as file:
        file.write(digest(body).encode())
        for start in range(0, len(body), 50_000):
            file.write(body[start : start + 50_000])
            file.flush()
            time.sleep(pause)


pause = random.uniform(0.01, float(os.environ["PAUSE"]))
for step in range(3):
    trial.report(trial.params["x"] + step, step=step)
    time.sleep(pause)
if base is None:
    write("base", os.urandom(100_000))
else:
    (trial.save_path / "base").write_bytes(base)
write("own", os.urandom(400_000))
trial.finish(trial.params["x"] + random.random(), read=read)
"""


def experiment(trials: int, seed: int, more: Mapping[str, Any]) -> dict[str, Any]:
    """The experiment file. `more` goes over it."""
    return {
        "name": NAME,
        "seed": seed,
        "search_space": {"x": {"_type": "uniform", "_value": [0, 1]}},
        "tuner": {"name": "evolution", "args": {"population": 6, "sample": 3}},
        "budget": {"trials": trials},
        "on_parent_failure": "ancestor",
        "store_reserve": "8MiB",
        "lookahead": 1,
    } | dict(more)


def trial(witness: str, pause: float) -> dict[str, Any]:
    """Its `trial`. Faults are not the trials' failures, except for `kill -9` of a trial itself."""
    return {
        "command": "python train.py",
        "code_dir": "code",
        "retries": 20,
        "environment": {"WITNESS": witness, "PAUSE": str(pause)},
    }
