"""Print the search space of a model: `python -m heirloom.nas net.Net`.

For `search_space_file` in an experiment file. With --table it prints the parameters and MACs of its
candidates. The module is looked for in the current directory, and then where Python looks for
modules. What the module or the model prints goes to stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from . import costs, memory
from .errors import NasError
from .model import Model, labels, space

ANSWER = "model.json"  # the file that `--trial` writes


def main() -> None:
    """Print the search space as JSON. Exits with 1 and one line if the model is wrong."""
    parser = argparse.ArgumentParser(prog="python -m heirloom.nas", description=__doc__)
    parser.add_argument("model", help="a class or a function without arguments: MODULE.NAME")
    parser.add_argument(
        "--table", action="store_true", help="print a table of parameters and MACs instead"
    )
    # Of the controller, for `model` in an experiment file: write both to the trial's save path.
    parser.add_argument("--trial", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    found, problem = _find(options.model, with_costs=options.table or options.trial)
    if options.trial:
        answer = {"error": problem} if problem else found
        Path(os.environ["HEIRLOOM_SAVE_PATH"], ANSWER).write_text(json.dumps(answer))
        return
    if problem:
        sys.exit(f"error: {problem}")
    if options.table:
        text = "\n".join(costs.lines(found["costs"]))
    else:
        text = json.dumps(found["space"], indent=2)
    sys.stdout.write(text + "\n")


def _find(name: str, *, with_costs: bool) -> tuple[dict[str, Any], str]:
    """The search space of a model and the costs of its candidates; or what is wrong, in a line."""
    found: dict[str, Any] = {}
    try:
        with contextlib.redirect_stdout(sys.stderr):
            model = load(name)
            found["space"] = space(model)
            if with_costs:
                found["costs"] = costs.table(model, found["space"])
                found["memory"] = memory.available()
                found["values"] = [label for label, one in labels(model).items() if one.is_value]
    except NasError as error:
        return {}, " ".join(str(error).split())
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        text = error.msg if isinstance(error, SyntaxError) else str(error)  # msg has no location
        text = " ".join(text.split())
        return {}, f"{name} raises {type(error).__name__}: {text} ({_location(error)})"
    return found, ""


def load(name: str) -> Model:
    """The class or function `MODULE.NAME`. Raises NasError if there is none."""
    module, dot, attribute = name.rpartition(".")
    if not all(name.split(".")) or not dot:
        raise NasError(f"{name!r} must be MODULE.NAME, such as net.Net")
    sys.path.insert(0, os.getcwd())
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise NasError(f"{name}: {error}") from error
    if not hasattr(imported, attribute):
        raise NasError(f"the module {module} has no {attribute}")
    model: Model = getattr(imported, attribute)
    return model


def _location(error: BaseException) -> str:
    """FILE:LINE of an error: in the current directory if one of its frames is there."""
    frames = [(each.filename, each.lineno) for each in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    own = [frame for frame in frames if frame[0].startswith(f"{os.getcwd()}{os.sep}")]
    file, line = (own or frames)[-1]
    return f"{Path(file).name}:{line}"


if __name__ == "__main__":
    main()
