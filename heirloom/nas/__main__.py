"""Print the search space of a model: `python -m heirloom.nas net.Net`.

For `search_space_file` in an experiment file. The module is looked for in the current directory,
and then where Python looks for modules. What the module or the model prints goes to stderr.
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

from .errors import NasError
from .model import Model, space


def main() -> None:
    """Print the search space as JSON. Exits with 1 and one line if the model is wrong."""
    parser = argparse.ArgumentParser(prog="python -m heirloom.nas", description=__doc__)
    parser.add_argument("model", help="a class or a function without arguments: MODULE.NAME")
    name = parser.parse_args().model
    try:
        with contextlib.redirect_stdout(sys.stderr):
            found = space(load(name))
    except NasError as error:
        sys.exit(f"error: {error}")
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        text = error.msg if isinstance(error, SyntaxError) else str(error)  # msg has no location
        text = " ".join(text.split())
        sys.exit(f"error: {name} raises {type(error).__name__}: {text} ({_location(error)})")
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def load(name: str) -> Model:
    """The class or function `MODULE.NAME`. Raises NasError if there is none."""
    module, dot, attribute = name.rpartition(".")
    if not all(name.split(".")) or not dot:
        raise NasError(f"{name!r} must be MODULE.NAME, such as net.Net")
    sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise NasError(f"{name}: {error}") from error
    except AttributeError:
        raise NasError(f"the module {module} has no {attribute}") from None
    model: Model = found
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
