"""The search that faults are injected into. Its trials notice wrong or torn weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAME = "faults"
# The weights carry a checksum. One file stays as the parent has it, and so is stored once for both.
# Each process appends a line to the witness file on the node's own disk.
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
os.fsync(fd)  # a power cut may follow
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
    """Write the experiment file. `more` overrides its keys."""
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
    """The section `trial`. Only `kill -9` of a trial's process is a failure of the trial."""
    return {
        "command": "python train.py",
        "code_dir": "code",
        "retries": 20,
        "environment": {"WITNESS": witness, "PAUSE": str(pause)},
    }
