"""A search that is run again with one slot is the same search, and a replay is with more slots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.search.conftest import Lab

# Its value is a number made of its params. A child's weights are those of its parent, and its own
# params and seed.
COMMAND = """
    if [ -n "$HEIRLOOM_RESTORE_PATH" ]; then
        cp "$HEIRLOOM_RESTORE_PATH/line" "$HEIRLOOM_SAVE_PATH/line" || exit 1
    fi
    cat "$HEIRLOOM_PARAMS" >> "$HEIRLOOM_SAVE_PATH/line"
    echo "$HEIRLOOM_SEED" >> "$HEIRLOOM_SAVE_PATH/line"
    echo "{\\"value\\": 0.$(cksum < "$HEIRLOOM_PARAMS" | cut -d ' ' -f 1)}" > "$HEIRLOOM_RESULT"
"""
TRIALS = 6


def experiment(lab: Lab, **keys: Any) -> Path:
    lab.write("code/train.sh", COMMAND)
    tuner = {"name": "evolution", "args": {"population": 2, "sample": 2}}
    given = {"tuner": tuner, "lookahead": 0, "budget": {"trials": TRIALS}, **keys}
    return lab.experiment("sh train.sh", **given)


def lineage(lab: Lab, name: str) -> list[Any]:
    """Of each trial its candidate, its parents, its value and the digests of its weights."""
    found = []
    for trial in lab.trials(name):
        path = lab.root(name) / "trials" / str(trial["id"]) / "manifest.json"
        digests = {each["path"]: each["digest"] for each in json.loads(path.read_text())["files"]}
        found.append(
            (trial["params"], trial["parents"], trial["restored"], trial["value"], digests)
        )
    return found


@pytest.mark.training
def test_a_search_is_repeated_with_one_slot_and_replayed_with_more(lab: Lab) -> None:
    lab("run", experiment(lab), "--name", "first", "--slots", "1")
    first = lineage(lab, "first")
    assert len(first) == TRIALS
    assert any(parents for _, parents, *_ in first)

    lab("run", experiment(lab), "--name", "again", "--slots", "1")
    assert lineage(lab, "again") == first

    one_at_once = experiment(lab, budget={"trials": TRIALS, "concurrency": 1})
    lab("run", one_at_once, "--name", "one-at-once", "--slots", "3")
    assert lineage(lab, "one-at-once") == first

    lab.write("code/train.sh", "exit 1")  # the snapshot is used
    lab.write("experiment.yml", "name: changed")  # and the file as it was
    lab("run", "--like", "first", "--name", "alike", "--slots", "1")
    assert lineage(lab, "alike") == first

    output = lab("run", "--like", "first", "--replay", "--name", "replayed", "--slots", "3")
    assert f"all {TRIALS} proposals were repeated" in output
    assert lineage(lab, "replayed") == first


def test_a_file_or_a_name_is_needed(lab: Lab) -> None:
    assert "give either FILE or --like NAME" in lab("run", code=2)
    assert "needs --like NAME" in lab("run", "experiment.yml", "--replay", code=2)
    assert "no experiment named 'cnn'" in lab("run", "--like", "cnn", code=2)
