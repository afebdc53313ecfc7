"""Starts the tuner's process in any Python environment: `PYTHON .../process/bootstrap.py`.

The package `heirloom` that holds this file is loaded. The directory above that package is not put
on `sys.path`: it may be the site-packages of another environment, and those packages must not hide
the ones of the environment that runs this file. `heirloom/compat` is put on `sys.path`, so that
`import nni` finds Heirloom's.

`multiprocessing` runs this file again in processes that it spawns (under another name than
`__main__`): they need the package too.
"""

import sys

if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    # The directory of this file, which Python puts first. Its modules would hide others.
    del sys.path[0]

if sys.version_info < (3, 9):
    sys.stdout.write(
        '{"error": "the tuner needs Python 3.9 or newer, and %s is Python %d.%d"}\n'
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )
    sys.exit(1)

import importlib.util
import os

_PACKAGE = os.path.abspath(__file__).rsplit(os.sep, 3)[0]


def _load_package() -> None:
    """Import `heirloom` from `_PACKAGE`. Its submodules are then found there too."""
    spec = importlib.util.spec_from_file_location(
        "heirloom", os.path.join(_PACKAGE, "__init__.py"), submodule_search_locations=[_PACKAGE]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["heirloom"] = module
    spec.loader.exec_module(module)


if "heirloom" not in sys.modules:
    _load_package()
    sys.path.insert(0, os.path.join(_PACKAGE, "compat"))

if __name__ == "__main__":
    from heirloom.tuners.process.host import main

    main()
