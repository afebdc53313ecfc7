"""Tuners and assessors of installed packages, and those that `nnictl algo register` knows."""

from pathlib import Path

import pytest

from controller.config.installed import is_installed
from tests.unit.config.nni_files import V1, V2, lay_out, loaded, mistakes

REGISTERED = """\
tuners:
- builtinName: TPE
  className: nni.algorithms.hpo.tpe_tuner.TpeTuner
  source: nni
- builtinName: demotuner
  className: demo_tuner.tuners.DemoTuner
  classArgs: {width: 3, depth: 1}
  classArgsValidator: demo_tuner.Validator
  source: user
- builtinName: fixed
  className: demo_tuner.tuners.Fixed
  acceptClassArgs: false
  source: user
- {builtinName: 3}
assessors:
- builtinName: demoassessor
  className: demo_tuner.tuners.DemoAssessor
  source: user
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path)
    packages = tmp_path / "env/lib/python3.11/site-packages"
    (packages / "demo_tuner").mkdir(parents=True)
    (packages / "demo_tuner/__init__.py").touch()
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "env"))
    monkeypatch.delenv("NNI_CONFIG_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def register(directory: Path, text: str = REGISTERED) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "registered_algorithms.yml").write_text(text)


@pytest.mark.parametrize("place", ["env/nni", "home/.config/nni", "own"])
def test_registered_tuner_is_a_class_of_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    register(tmp_path / place)
    if place == "own":
        monkeypatch.setenv("NNI_CONFIG_DIR", str(tmp_path / place))
    (tmp_path / "search_space.json").write_text('{"K": {"_type": "factor", "_value": [1024, 3]}}')
    text = V1.replace("Random", "demotuner").replace("optimize_mode: minimize", "depth: 2")
    text += "assessor: {builtinAssessorName: demoassessor}\nmultiThread: true\n"
    experiment, notes = loaded(tmp_path, text)
    assert experiment.tuner.class_ == "demo_tuner.tuners.DemoTuner"
    assert experiment.tuner.args == {"width": 3, "depth": 2}
    assert experiment.tuner.interface == "nni"
    assert experiment.tuner.multi_thread
    assert experiment.assessor is not None
    assert experiment.assessor.class_ == "demo_tuner.tuners.DemoAssessor"
    assert notes[0].startswith("10: tuner.builtinTunerName: is demo_tuner.tuners.DemoTuner, as ")


def test_registered_advisor_is_tuner_and_assessor(tmp_path: Path) -> None:
    register(tmp_path / "env/nni", REGISTERED.replace("tuners:\n", "advisors:\n", 1))
    text = V2.replace("tuner:\n  name: Random", "advisor: {name: demotuner}")
    experiment, _ = loaded(tmp_path, text)
    assert experiment.assessor is not None
    assert experiment.tuner.class_ == experiment.assessor.class_ == "demo_tuner.tuners.DemoTuner"
    [mistake] = mistakes(tmp_path, f"{text}assessor: {{name: Medianstop}}\n")
    assert "assessor: the advisor stops trials itself" in mistake


def test_registered_tuner_that_takes_no_arguments_gets_none(tmp_path: Path) -> None:
    register(tmp_path / "env/nni")
    experiment, notes = loaded(tmp_path, V1.replace("Random", "fixed"))
    assert experiment.tuner.args == {}
    assert notes[1].startswith("11: tuner.classArgs: has no effect")


def test_registered_name_does_not_replace_one_of_nnis(tmp_path: Path) -> None:
    register(
        tmp_path / "env/nni", REGISTERED.replace("builtinName: demotuner", "builtinName: Anneal")
    )
    experiment, _ = loaded(tmp_path, V1)
    assert experiment.tuner.name == "random"


@pytest.mark.parametrize("text", ["tuners: [", "3", "tuners: 3\n", "tuners:\n- 3\n", ""])
def test_registration_that_cannot_be_read_has_no_names(tmp_path: Path, text: str) -> None:
    register(tmp_path / "env/nni", text)
    [mistake] = mistakes(tmp_path, V1.replace("Random", "demotuner"))
    assert "unknown tuner demotuner" in mistake


def test_registered_names_are_offered(tmp_path: Path) -> None:
    register(tmp_path / "env/nni")
    [mistake] = mistakes(tmp_path, V1.replace("Random", "demotuna"))
    assert "did you mean demotuner? Known: Random, " in mistake
    assert "TpeTuner" not in mistake


def test_class_of_an_installed_package(tmp_path: Path) -> None:
    own = "{className: demo_tuner.tuners.DemoTuner, classArgs: {a: 1}}"
    experiment, _ = loaded(tmp_path, V2.replace("tuner:\n  name: Random", f"tuner: {own}"))
    assert experiment.tuner.class_ == "demo_tuner.tuners.DemoTuner"
    assert experiment.tuner.args == {"a": 1}
    text = V1[: V1.index("tuner:")] + f"tuner: {own}\n" + V1[V1.index("trial:") :]
    assert loaded(tmp_path, text)[0].tuner == experiment.tuner


def test_class_that_is_nowhere(tmp_path: Path) -> None:
    own = "{className: nowhere_tuner.DemoTuner}"
    [mistake] = mistakes(tmp_path, V2.replace("tuner:\n  name: Random", f"tuner: {own}"))
    assert "nowhere_tuner.py does not exist, and no package nowhere_tuner is installed" in mistake


def test_package_in_the_code_directory_hides_an_installed_one(tmp_path: Path) -> None:
    (tmp_path / "demo_tuner").mkdir()
    own = "{className: demo_tuner.tuners.DemoTuner}"
    [mistake] = mistakes(tmp_path, V2.replace("tuner:\n  name: Random", f"tuner: {own}"))
    assert f"{tmp_path}/demo_tuner/tuners.py does not exist" in mistake


@pytest.mark.parametrize("how", ["pth", "finder", "PYTHONPATH", "module"])
def test_package_that_is_found_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    packages = tmp_path / "env/lib/python3.11/site-packages"
    assert not is_installed("work.tuner", [tmp_path / "env"])
    (tmp_path / "src/work").mkdir(parents=True)
    (tmp_path / "src/work/__init__.py").touch()
    if how == "pth":
        (packages / "work.pth").write_text(f"import sys\n# none\n{tmp_path / 'src'}\n")
    elif how == "finder":
        (packages / "__editable___work_0_1_finder.py").touch()
    elif how == "PYTHONPATH":
        monkeypatch.setenv("PYTHONPATH", f"/nowhere:{tmp_path / 'src'}")
    else:
        (packages / "work.py").touch()
    assert is_installed("work.tuner", [tmp_path / "env"])
