"""Regression by a Gaussian process.

Rasmussen, Williams: Gaussian Processes for Machine Learning, 2006, algorithm 2.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

NOISE = 1e-3  # variance of an observation


class GaussianProcess:
    """A Gaussian process of mean 0 with the kernel exp(-r^2) of the Euclidean distance r.

    points: coordinates; at least one point.
    values: what was observed at each, with a variance of `NOISE`.

    Needs NumPy and SciPy.
    """

    def __init__(self, points: Sequence[Sequence[float]], values: Sequence[float]) -> None:
        import numpy as np
        from scipy import linalg

        self._np, self._linalg = np, linalg
        self._points = self._np.asarray(points, dtype=float)
        kernel = self._kernel(self._points) + NOISE * self._np.eye(len(values))
        self._lower = self._linalg.cholesky(kernel, lower=True)
        self._weights = self._linalg.cho_solve((self._lower, True), np.asarray(values, dtype=float))

    def predict(self, point: Sequence[float]) -> tuple[float, float]:
        """Mean and standard deviation of the function at a point."""
        [near] = self._kernel(self._np.asarray([point], dtype=float))
        explained = self._linalg.solve_triangular(self._lower, near, lower=True)
        variance = max(0.0, 1.0 - float(explained @ explained))
        return float(near @ self._weights), math.sqrt(variance)

    def _kernel(self, points: Any) -> Any:
        apart = points[:, None, :] - self._points[None, :, :]
        return self._np.exp(-(apart**2).sum(axis=2))
