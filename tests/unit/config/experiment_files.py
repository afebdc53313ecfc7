"""Experiment files for tests."""

from pathlib import Path

import pytest

from controller.config import ConfigError, load

GOOD = """\
search_space:
  lr: {_type: loguniform, _value: [1e-4, 0.1]}
trial:
  command: python train.py
budget: {trials: 40}
"""

FULL = """\
name: digits
description: handwritten digits
objective: minimize
search_space: {x: {_type: choice, _value: [{_name: a, n: {_type: randint, _value: [1, 9]}}, b]}}
tuner: {name: evolution, args: {population: 5, inherit: false}}
assessor: {name: median_stopping, args: {warmup: 3}}
trial:
  command: [python, train.py, 3]
  code_dir: code
  gpus: 1
  slots: 2
  timeout: 1h30m
  grace: 2
  retries: 1
  retry: [{on: CUDA error, exclude_node: true}, {exit_code: 75, times: 3}]
  environment: {A: 1, B: text}
  weights: required
  value: optional
  workdir: copy
  writable: [/data/out]
  threads: 4
  log_limit: 64MB
budget: {trials: 40, duration: 1d, concurrency: 4}
seed: 7
on_parent_failure: ancestor
lookahead: 2
store: ../store
inventory: hosts.yml
"""


def write(directory: Path, text: str, name: str = "experiment.yml") -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(text)
    return path


def full(directory: Path) -> Path:
    (directory / "code").mkdir()
    (directory / "hosts.yml").touch()
    return write(directory, FULL)


def mistakes(path: Path) -> list[str]:
    """The mistakes of a file, without the name of the file."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]
