"""NumPy and what needs it, imported when a tuner needs them."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec

# Read by the libraries of linear algebra when they are loaded. On several threads sums may differ
# in the last bit, so that a resumed search would differ from the first one.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def require_numpy(tuner: str, *more: str) -> None:
    """Import numpy on one thread, and further modules of packages that compute with it.

    Raises ValueError, which names the tuner, if a package is missing.
    """
    modules = ("numpy", *more)
    packages = dict.fromkeys(module.partition(".")[0] for module in modules)
    if missing := [package for package in packages if find_spec(package) is None]:
        raise ValueError(
            f"{tuner} needs {' and '.join(missing)} in the environment of the tuner: "
            f"python -m pip install {' '.join(missing)}"
        )
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        for module in modules:
            import_module(module)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
