"""Imports of what NNI has and Heirloom's `nni` has not say what to do instead."""

import importlib
import importlib.util
import sys
from importlib.machinery import PathFinder

import pytest

import nni


def run(statement: str) -> None:
    exec(statement, {})


@pytest.mark.parametrize(
    ("statement", "advice"),
    [
        ("from nni import nas", "architecture search is not served"),
        ("import nni.retiarii", "architecture search is not served"),
        ("from nni.nas.nn.pytorch import LayerChoice", "architecture search is not served"),
        ("import nni.nas.pytorch.mutables as m", "architecture search is not served"),
        ("from nni.retiarii import model_wrapper", "architecture search is not served"),
        ("from nni.mutable import MutableSymbol", "architecture search is not served"),
        ("from nni.experiment import Experiment", "python -m controller run config.yml"),
        ("from nni import Experiment", "heirloom run config.yml"),
        ("import nni.tools.nnictl", "heirloom run config.yml"),
        ("from nni.compression.pytorch import Compressor", "only what trials, tuners and"),
        ("from nni.common.framework import get_default_framework", "only what trials, tuners"),
        ("import nni.runtime.common", "only what trials, tuners and assessors"),
        ("from nni.algorithms.hpo.hyperopt_tuner import HyperoptTuner", "in the experiment file"),
        ("from nni.hyperopt_tuner.hyperopt_tuner import HyperoptTuner", "in the experiment file"),
        ("from nni.dngo_tuner.dngo_tuner import DNGOTuner", "in the experiment file"),
        ("import nni.bohb_advisor", "in the experiment file"),
        ("from nni.feature_engineering.gbdt_selector import G", "the trial's own code"),
        ("from nni import choice", "nni.get_next_parameter()"),
        ("import nni.foo", "Heirloom's nni has no 'foo'"),
    ],
)
def test_import_raises_with_advice(statement: str, advice: str) -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        run(statement)
    assert advice in str(caught.value)
    assert str(caught.value).startswith("Heirloom's nni has no ")


def test_import_module_raises_with_advice() -> None:
    with pytest.raises(ModuleNotFoundError, match="architecture search is not served") as caught:
        importlib.import_module("nni.nas.nn.pytorch")
    assert caught.value.name == "nni.nas"


def test_find_spec_answers_instead_of_raising() -> None:
    assert importlib.util.find_spec("nni.nas") is None
    assert importlib.util.find_spec("nni.runtime.common") is None
    assert importlib.util.find_spec("nni.tuner") is not None
    with pytest.raises(ModuleNotFoundError):  # as for any module whose package is not there
        importlib.util.find_spec("nni.nas.nn")


@pytest.mark.parametrize("error", ["ImportError", "ModuleNotFoundError"])
def test_fallback_of_a_trial_still_works(error: str) -> None:
    for statement in ("import nni.nas", "from nni import retiarii"):
        run(f"try:\n    {statement}\nexcept {error}:\n    nas = None\nassert nas is None")


@pytest.mark.parametrize(
    "statement",
    [
        "import nni.utils, nni.env_vars, nni.runtime.env_vars, nni.common",
        "from nni import NoMoreTrialError, report_final_result, tuner",
        "from nni.tuner import Tuner",
        "from nni import *",
    ],
)
def test_what_is_served_can_be_imported(statement: str) -> None:
    run(statement)


def test_modules_outside_nni_are_not_affected() -> None:
    with pytest.raises(ModuleNotFoundError, match="No module named 'nnix'"):
        run("import nnix.nas")


def test_finder_is_installed_once() -> None:
    importlib.reload(nni)
    found = [each for each in sys.meta_path if type(each).__name__ == "UnsupportedFinder"]
    assert len(found) == 1
    # It is asked after Python's own finders, so it hides no module.
    assert sys.meta_path.index(found[0]) > sys.meta_path.index(PathFinder)


def test_attribute_has_the_same_advice_and_hasattr_answers() -> None:
    with pytest.raises(AttributeError, match="architecture search is not served"):
        _ = nni.nas
    assert not hasattr(nni, "nas")
