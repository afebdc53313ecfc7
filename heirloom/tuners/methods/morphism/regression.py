"""Regression by a Gaussian process.

Rasmussen, Williams: Gaussian Processes for Machine Learning, 2006, algorithm 2.1. NumPy and SciPy
are imported when the class is used.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from importlib.util import find_spec
from statistics import fmean, pstdev
from typing import Any

NEEDS = ("numpy", "scipy")
NOISE = 1e-3  # variance of an observation, where that of all values is 1

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def missing() -> list[str]:
    """The packages that are not installed."""
    return [package for package in NEEDS if find_spec(package) is None]


class GaussianProcess:
    """A Gaussian process with the kernel exp(-r^2) of the Euclidean distance r.

    Values are standardized: the process has their mean, and the kernel's variance is theirs.

    points: coordinates; at least one point.
    values: what was observed at each.
    """

    def __init__(self, points: Sequence[Sequence[float]], values: Sequence[float]) -> None:
        self._np, self._linalg = _load()
        self._points = self._np.asarray(points, dtype=float)
        self._mean = fmean(values)
        self._scale = pstdev(values) or 1.0
        standardized = (self._np.asarray(values, dtype=float) - self._mean) / self._scale
        kernel = self._kernel(self._points) + NOISE * self._np.eye(len(values))
        self._lower = self._linalg.cholesky(kernel, lower=True)
        self._weights = self._linalg.cho_solve((self._lower, True), standardized)

    def predict(self, point: Sequence[float]) -> tuple[float, float]:
        """Mean and standard deviation of the function at a point, in the unit of the values."""
        [near] = self._kernel(self._np.asarray([point], dtype=float))
        explained = self._linalg.solve_triangular(self._lower, near, lower=True)
        variance = max(0.0, 1.0 - float(explained @ explained))
        mean = self._mean + self._scale * float(near @ self._weights)
        return mean, self._scale * math.sqrt(variance)

    def _kernel(self, points: Any) -> Any:
        apart = points[:, None, :] - self._points[None, :, :]
        return self._np.exp(-(apart**2).sum(axis=2))


def _load() -> tuple[Any, Any]:
    """NumPy and scipy.linalg. If nobody imported them yet, they compute with one thread.

    With more, the last bits of a result depend on their number, and proposals could differ when a
    search is resumed.
    """
    before = dict(os.environ)
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        import numpy as np
        from scipy import linalg
    finally:
        for name in _THREADS:
            os.environ.pop(name)
            if name in before:
                os.environ[name] = before[name]
    return np, linalg
