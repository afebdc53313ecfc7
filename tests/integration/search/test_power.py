"""The files of a new experiment are durable before its first trial can start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from controller.engine.session import create
from controller.state.home import Home


def test_files_that_a_resume_reads_are_durable_before_the_journal_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable: set[int] = set()  # inodes: files are synced under a draft's name
    real = os.fsync

    def fsync(fd: int) -> None:
        real(fd)
        durable.add(os.fstat(fd).st_ino)

    (tmp_path / "train.py").write_text("")
    local = {"ansible_connection": "local", "heirloom_slots": 1}
    experiment = {
        "name": "search",
        "search_space": {"x": {"_type": "uniform", "_value": [0, 1]}},
        "trial": {"command": "true"},
        "budget": {"trials": 1},
        "inventory": {"trial_nodes": {"hosts": {"localhost": local}}},
    }
    file = tmp_path / "experiment.yml"
    file.write_text(yaml.safe_dump(experiment))
    home = Home(tmp_path / "home")
    monkeypatch.setattr(os, "fsync", fsync)
    with create(file, home, None, None) as ready:
        place = ready.directory
        assert place.config.stat().st_size
        for path in (place.config, place.inventory, place.path, home.experiments, home.path):
            assert path.stat().st_ino in durable
