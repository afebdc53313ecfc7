"""Exporters by name: those of Heirloom, and those that installed packages declare.

A package declares its own as entry points of the group `heirloom.exporters`
(https://packaging.python.org/specifications/entry-points):

    [project.entry-points."heirloom.exporters"]
    wandb = "my_package.wandb:WandbExporter"
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib import import_module, metadata
from importlib.util import find_spec

from controller.errors import HeirloomError
from controller.results.tools.interface import Exporter

GROUP = "heirloom.exporters"
_HERE = "controller.results.tools"
TOOLS = {
    "csv": f"{_HERE}.csv_table:CsvTable",
    "jsonl": f"{_HERE}.jsonl:JsonLines",
    "mlflow": f"{_HERE}.mlflow:MlflowRuns",
    "optuna": f"{_HERE}.optuna:OptunaStudy",
    "parquet": f"{_HERE}.parquet:ParquetTable",
    "tensorboard": f"{_HERE}.tensorboard:TensorBoardRuns",
}
# The modules that an exporter imports, and the packages to install for them.
NEEDS: dict[str, Sequence[tuple[str, str]]] = {
    "mlflow": (("mlflow", "mlflow-skinny"), ("sqlalchemy", "sqlalchemy"), ("alembic", "alembic")),
    "optuna": (("optuna", "optuna"),),
    "parquet": (("pyarrow", "pyarrow"),),
    "tensorboard": (("tensorboard", "tensorboard"),),
}


# These write a new file each time, which takes the place of the old one.
WHOLE = frozenset({"csv", "jsonl", "parquet"})


class ExporterError(HeirloomError):
    """There is no exporter of this name, or it cannot be used here."""


def names() -> list[str]:
    """Every name; Heirloom's come first."""
    declared = {point.name for point in metadata.entry_points(group=GROUP)}
    return [*TOOLS, *sorted(declared - TOOLS.keys())]


def check(name: str, option: str = "--to") -> str:
    """Check that an exporter exists, and has its packages, without loading it.

    Returns its module and class. `option` is what names it, for messages. Raises ExporterError.
    """
    if name in TOOLS:
        missing = [each for module, each in NEEDS.get(name, ()) if find_spec(module) is None]
        if missing:
            raise ExporterError(
                f"{option} {name} needs {', '.join(missing)} in the environment of Heirloom: "
                f"python -m pip install {' '.join(missing)}"
            )
        return TOOLS[name]
    found = list(metadata.entry_points(group=GROUP, name=name))
    if not found:
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ExporterError(
            f"{option} {name}: unknown tool {name}; {hint}Known: {', '.join(names())}"
        )
    values = sorted({point.value for point in found})
    if len(values) > 1:
        raise ExporterError(
            f"several packages declare an exporter named {name} ({', '.join(values)}): uninstall "
            "all but one"
        )
    return values[0]


def create(name: str, option: str = "--to") -> Exporter:
    """The exporter of a name, as `check`. Raises ExporterError, also where it cannot be loaded."""
    value = check(name, option)
    if name in TOOLS:
        return _load(value)
    try:
        return _load(value)
    except Exception as error:
        raise ExporterError(
            f"the exporter {name} cannot be loaded: its entry point {value} raises "
            f"{type(error).__name__}: {error}"
        ) from error


def _load(value: str) -> Exporter:
    module, _, attribute = value.partition(":")
    found: Exporter = getattr(import_module(module), attribute)()
    return found
