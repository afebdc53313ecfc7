"""Print the search space of a model: `python -m heirloom.nas net.Net`.

For `search_space_file` in an experiment file. The module is looked for in the current directory,
and then where Python looks for modules.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys

from .labels import NasError
from .model import Model, space


def main() -> None:
    """Print the search space as JSON. Exits with 1 and a message if the model is wrong."""
    parser = argparse.ArgumentParser(prog="python -m heirloom.nas", description=__doc__)
    parser.add_argument("model", help="a class or a function without arguments: MODULE.NAME")
    try:
        found = space(load(parser.parse_args().model))
    except NasError as error:
        sys.exit(f"error: {error}")
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def load(name: str) -> Model:
    """The class or function `MODULE.NAME`. Raises NasError if there is none."""
    module, dot, attribute = name.rpartition(".")
    if not dot:
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


if __name__ == "__main__":
    main()
