"""Searches from Python: `from heirloom import client`.

    search = client.run("experiment.yml")
    search.wait()
    search.best["params"]

The client starts the command `heirloom` and reads what it prints, so it needs no clone and no
package beside an installed Heirloom. Where pandas is installed, tables are DataFrames. Every
function raises ClientError with the text that the command would print.
"""

from __future__ import annotations

from .command import ClientError
from .experiment import Experiment, Rows
from .start import run
from .started import experiments, load

__all__ = ["ClientError", "Experiment", "Rows", "experiments", "load", "run"]
