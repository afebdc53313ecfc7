"""NNI configuration files for tests, as NNI's users write them."""

from pathlib import Path

import pytest

from controller.config import ConfigError, Experiment, load_with_notes

V1 = """\
authorName: ann
experimentName: MNIST example
trialConcurrency: 3
maxExecDuration: 1h
maxTrialNum: 10
trainingServicePlatform: local
searchSpacePath: search_space.json
useAnnotation: false
tuner:
  builtinTunerName: Random
  classArgs:
    optimize_mode: minimize
trial:
  command: python3 mnist.py
  codeDir: code
  gpuNum: 0
"""

V2 = """\
experimentName: mnist
searchSpaceFile: search_space.json
trialCommand: python3 mnist.py
trialCodeDirectory: code
trialConcurrency: 2
maxTrialNumber: 10
tuner:
  name: Random
trainingService:
  platform: local
"""

OWN_V1 = """\
tuner:
  codeDir: tuners
  classFileName: my_tuner.py
  className: MyTuner
  classArgs: {optimize_mode: minimize, population: 3}
"""


def lay_out(directory: Path) -> None:
    """What the files refer to."""
    (directory / "code").mkdir()
    (directory / "tuners/deep").mkdir(parents=True)
    (directory / "search_space.json").write_text('{"x": {"_type": "uniform", "_value": [0, 1]}}')
    for path in ("tuners/my_tuner.py", "tuners/deep/my_tuner.py"):
        (directory / path).write_text("class MyTuner: pass\nclass MyAssessor: pass\n")


def write(directory: Path, text: str) -> Path:
    path = directory / "config.yml"
    path.write_text(text)
    return path


def loaded(directory: Path, text: str) -> tuple[Experiment, list[str]]:
    """The experiment, and its notes without the file's name."""
    path = write(directory, text)
    experiment, notes = load_with_notes(path)
    return experiment, [note.removeprefix(f"{path}:") for note in notes]


def mistakes(directory: Path, text: str) -> list[str]:
    path = write(directory, text)
    with pytest.raises(ConfigError) as caught:
        load_with_notes(path)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]
