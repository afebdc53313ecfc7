"""The Python that runs the tuner's process, and what it imports."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from controller.core.events import Proposed
from controller.tuners.pipe import BOOTSTRAP, TunerError
from tests.integration.tuners.bench import PATIENCE, SPACE, Bench, proposing


def test_tuner_imports_the_controller_py_beside_it(bench: Bench) -> None:
    (bench.directory / "controller.py").write_text("PARAMS = {'x': 0.25}\n")
    process = bench.own("from controller import PARAMS\n" + proposing("return Proposal(PARAMS)"))
    process.propose(0)
    event = bench.event()
    assert isinstance(event, Proposed)
    assert event.params == {"x": 0.25}


@pytest.mark.parametrize("beside", [True, False])
def test_import_from_the_controller_names_the_right_package(bench: Bench, beside: bool) -> None:
    if beside:
        (bench.directory / "controller.py").touch()
    bench.own("from controller.tuners import Tuner")
    message = "(my_tuner.py:2); import from heirloom.tuners instead of controller.tuners"
    assert message in bench.error()


def test_missing_module_names_the_python(bench: Bench) -> None:
    bench.own("import nowhere_at")
    message = f"(my_tuner.py:2); this Python, {sys.executable}, has no such module"
    assert message in bench.error()


def test_missing_part_of_nni_says_what_to_use_instead(bench: Bench) -> None:
    bench.own("from nni.algorithms.hpo.hyperopt_tuner import HyperoptTuner")
    error = bench.error()
    assert "Heirloom's nni has no 'algorithms.hpo.hyperopt_tuner': name a tuner" in error
    assert "has no such module" not in error


def test_process_imports_nothing_of_the_controller(bench: Bench) -> None:
    bench.own("import sys\nraise OSError(sorted(m for m in sys.modules if 'controller' in m))")
    assert "raised OSError: []" in bench.error()


def test_spawned_process_imports_heirloom_too(bench: Bench) -> None:
    bench.own(
        "import multiprocessing\n"
        + proposing(
            "with multiprocessing.get_context('spawn').Pool(1) as pool:",
            "    return pool.apply(first)",
        )
        + "def first(): return Proposal({'x': 0.5})\n"
    ).propose(0)
    event = bench.event()
    assert isinstance(event, Proposed)
    assert event.params == {"x": 0.5}


def test_packages_beside_heirloom_are_not_imported(tmp_path: Path) -> None:
    """Heirloom may be in the site-packages of an environment other than the tuner's."""
    packages = tmp_path / "site-packages"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(BOOTSTRAP.parents[2], packages / "heirloom", ignore=ignored)
    (packages / "beside.py").touch()
    (tmp_path / "my_tuner.py").write_text(
        "import sys, nni, heirloom\n"
        "found = nni.__file__, heirloom.__file__, sys.path\n"
        "try: import beside\n"
        "except ImportError as error: raise OSError(f'{error}: {found}')\n"
    )
    tuner = {"class": "my_tuner.MyTuner", "code_dir": str(tmp_path)}
    setup = {"call": "setup", "tuner": tuner, "space": SPACE, "seed": 1, "maximize": True}
    done = subprocess.run(
        [sys.executable, packages / "heirloom/tuners/process/bootstrap.py"],
        input=json.dumps(setup),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    error = json.loads(done.stdout)["error"]
    assert "OSError: No module named 'beside'" in error
    assert f"'{packages}/heirloom/compat/nni/__init__.py'" in error
    assert f"'{packages}/heirloom/__init__.py'" in error
    assert f"'{packages}/heirloom/tuners/process'" not in error


def test_tuners_run_on_python_3_9(bench: Bench, python39: str) -> None:
    for name in ("random", "evolution"):
        process = bench.start({"name": name}, python39, assessor={"name": "median_stopping"})
        process.propose(0)
        assert isinstance(bench.event(), Proposed)
    nni = (
        "import sys\nfrom nni.tuner import Tuner\n"
        "class MyTuner(Tuner):\n"
        "    def update_search_space(self, space): pass\n"
        "    def generate_parameters(self, *args, **kwargs): return {'x': sys.version_info[1]}\n"
    )
    (bench.directory / "my_nni.py").write_text(nni)
    tuner = {"class": "my_nni.MyTuner", "code_dir": str(bench.directory), "interface": "nni"}
    process = bench.start(tuner, python39, experiment="e-1")
    process.wait_ready(PATIENCE)
    process.propose(0)
    while not isinstance(event := bench.event(), Proposed):
        process.propose(0)
    assert event.params == {"x": 9}


def test_unknown_python_is_named(bench: Bench) -> None:
    with pytest.raises(TunerError, match="cannot start /nowhere/python: No such file"):
        bench.start({"name": "random"}, "/nowhere/python")


def test_too_old_python_is_named(bench: Bench, python38: str) -> None:
    bench.start({"name": "random"}, python38)
    assert f"the tuner needs Python 3.9 or newer, and {python38} is Python 3.8" in bench.error()


def test_tuner_of_another_package_runs_by_its_name(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(bench.directory))
    info = bench.directory / "installed-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: installed\nVersion: 1.0\n")
    points = "[heirloom.tuners]\nhyper = installed:MyTuner\nbroken = installed:Absent\n"
    (info / "entry_points.txt").write_text(points)
    source = "from heirloom.tuners import Proposal, Tuner\n" + proposing("return Proposal({})")
    (bench.directory / "installed.py").write_text(source)
    bench.start({"name": "hyper"}).propose(0)
    assert isinstance(bench.event(), Proposed)
    bench.start({"name": "broken"})
    message = "the tuner broken of the package installed 1.0 cannot be loaded: its entry point"
    assert bench.error().startswith(message)
