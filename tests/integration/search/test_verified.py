"""`verify` checks all committed files."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from controller.state.home import Home
from controller.state.journal import Journal
from tests.integration.search.conftest import Lab
from tests.integration.search.test_whole import WRITES


def test_verify_finds_a_flipped_bit_and_a_missing_file(lab: Lab) -> None:
    lab.write("code/train.py", WRITES)
    lab("run", lab.experiment("python train.py", budget={"trials": 4}))
    assert "4 trials with 800.1 kB of weights: all as committed" in lab("verify", "search")
    flipped, gone, pipe, *_ = [Path(trial["weights"]) / "weights" for trial in lab.trials()]
    flipped.chmod(0o644)
    with flipped.open("r+b") as file:
        [byte] = file.read(1)
        file.seek(0)
        file.write(bytes([byte ^ 1]))
    for path in (gone, pipe):
        path.parent.chmod(0o755)
        path.unlink()
    os.mkfifo(pipe)
    output = lab("verify", "search", code=1)
    assert f"trial 0: {flipped}, committed by attempt 0.1 on localhost: expected 200032 b" in output
    assert f"trial 1: {gone} is gone, or is no longer a file" in output
    assert f"trial 2: {pipe} is gone, or is no longer a file" in output
    assert "4 trials with 800.1 kB of weights: 3 of them damaged" in output


def test_verify_makes_the_reading_tables_again(lab: Lab) -> None:
    lab("run", lab.experiment("echo '{\"value\": 1}' > $HEIRLOOM_RESULT", budget={"trials": 2}))
    place = Home(lab.home).find("search")
    with Journal.open(place.journal, readonly=True) as journal:
        assert journal.tuner_state() is not None
    connection = sqlite3.connect(place.journal, isolation_level=None)
    connection.execute("UPDATE trials SET value = 7 WHERE id = 1")
    connection.close()
    output = lab("verify", "search")
    assert "journal: trial 1: a column of its row differs from the events" in output
    assert "journal: the events are right, and the rest was made again from them" in output
    assert "journal" not in lab("verify", "search")
