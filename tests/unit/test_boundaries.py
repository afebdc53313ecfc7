"""Who may import whom. pyproject.toml has the contracts; these are lists of what is allowed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE_NEEDS = {
    "__future__",
    "collections",
    "contextlib",
    "dataclasses",
    "enum",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "typing",
}

# What the files below a path of `heirloom` import beside the standard library.
FRAMEWORKS = {
    "heirloom/tuners/optuna.py": {"optuna"},
    "heirloom/tuners/methods/morphism": {"numpy", "scipy"},
    "heirloom/tuners/methods/study.py": {"numpy", "optuna"},
    "heirloom/tuners/policy": {"numpy"},
    "heirloom/assessors/curves": {"numpy", "scipy"},
    "heirloom/torch.py": {"torch"},
    "heirloom/numpy.py": {"numpy", "safetensors"},
    "heirloom/weights/pytorch": {"torch", "safetensors"},
    "heirloom/morphism": {"torch"},
    "heirloom/nas": {"torch"},
    "heirloom/client": {"pandas"},
}


VALUES = "heirloom.store.limits.values"  # what a number is; it reads and writes nothing


def imported(file):
    """Absolute names of all that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None or node.level
            yield "." * node.level + (node.module or "")


def files(package):
    found = sorted((ROOT / package).rglob("*.py"))
    assert found
    return [pytest.param(file, id=str(file.relative_to(ROOT))) for file in found]


def test_contracts_are_kept():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", files("controller/core"))
def test_the_core_imports_itself_and_what_needs_no_world(file):
    for name in imported(file):
        pure = ("controller.core", "heirloom.objective", "heirloom.space", VALUES)
        assert name.startswith(pure) or name.partition(".")[0] in CORE_NEEDS, name


@pytest.mark.parametrize("file", files("heirloom"))
def test_what_users_import_needs_the_standard_library_alone(file):
    path = str(file.relative_to(ROOT))
    needs = set().union(*(names for top, names in FRAMEWORKS.items() if path.startswith(top)))
    for name in imported(file):
        top = name.partition(".")[0]
        assert top in {"", "heirloom", "nni"} | needs or top in sys.stdlib_module_names, name


@pytest.mark.parametrize("module", ["heirloom.torch", "heirloom.numpy"])
def test_frameworks_are_imported_when_they_are_used(module):
    name = module.partition(".")[2]
    program = f"import sys, {module}; sys.exit({name!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
