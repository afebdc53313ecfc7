"""What a tuner declares about itself, and what it rules out in the experiment file."""

from pathlib import Path

import pytest

from controller.config import load
from controller.config.declared import check
from heirloom.tuners.process.protocol import Declared
from tests.unit.config.experiment_files import mistakes, write

FILE = """\
search_space: {op: [a, b]}
tuner: TUNER
trial: {command: python train.py}
budget: {trials: 40}
"""
ENAS = FILE.replace("TUNER", "{name: enas}")
SCRATCH = (
    "5: on_parent_failure: tuner enas shares weights along a chain of trials, and a trial that "
    "starts from nothing is no part of it: write skip or ancestor instead of scratch"
)
NONE = (
    "inheritance.from: tuner enas shares weights along a chain of trials, and with none all of "
    "them would start from nothing: write tuner instead"
)
NEAREST = (
    "5: inheritance.from: tuner enas shares weights along a chain of trials, and nearest would "
    "give weights to those that have to start from nothing: write tuner instead"
)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("on_parent_failure: scratch\n", [SCRATCH]),
        ("inheritance: {from: nearest}\n", [NEAREST]),
        ("on_parent_failure: scratch\ninheritance: {from: none}\n", [SCRATCH, f"6: {NONE}"]),
    ],
)
def test_a_chain_of_trials_needs_its_weights(
    tmp_path: Path, more: str, expected: list[str]
) -> None:
    assert mistakes(write(tmp_path, ENAS + more)) == expected


@pytest.mark.parametrize("more", ["on_parent_failure: ancestor\n", "inheritance: {from: tuner}\n"])
def test_what_keeps_a_chain_whole_is_possible(tmp_path: Path, more: str) -> None:
    assert load(write(tmp_path, ENAS + more)).tuner.name == "enas"


def test_a_tuner_of_ones_own_declares_its_chain(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class Mine: pass\n")
    text = FILE.replace("TUNER", "{class: mine.Mine}") + "on_parent_failure: scratch\n"
    config = load(write(tmp_path, text))
    declared: Declared = {
        "lookahead": None,
        "ends_itself": False,
        "concludes": False,
        "chain": False,
    }
    check(config, declared)
    with pytest.raises(ValueError, match=r"^on_parent_failure: tuner Mine shares weights"):
        check(config, {**declared, "chain": True})


def test_a_search_needs_an_end(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class Mine: pass\n")
    text = FILE.replace("TUNER", "{class: mine.Mine}").replace("{trials: 40}", "{}")
    declared: Declared = {
        "lookahead": None,
        "ends_itself": True,
        "concludes": False,
        "chain": False,
    }
    config = load(write(tmp_path, text))
    check(config, declared)
    with pytest.raises(ValueError, match=r"^budget: trials or duration is needed"):
        check(config, {**declared, "ends_itself": False})
