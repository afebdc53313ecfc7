"""numpy, imported when a tuner needs it."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec

# Read by the libraries of linear algebra when they are loaded. On several threads sums may differ
# in the last bit, so that a resumed search would differ from the first one.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def require_numpy(tuner: str) -> None:
    """Import numpy on one thread. Raises ValueError, which names the tuner, if it is missing."""
    if find_spec("numpy") is None:
        raise ValueError(
            f"{tuner} needs numpy in the environment of the tuner: python -m pip install numpy"
        )
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        import_module("numpy")
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
