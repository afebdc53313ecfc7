"""Parametric models of learning curves.

Each rises, or falls, towards a limit as x, the number of a step from 1, grows. They are the eleven
of Domhan, Springenberg, Hutter: Speeding up Automatic Hyperparameter Optimization of Deep Neural
Networks by Extrapolation of Learning Curves, IJCAI 2015, table 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # numpy.ndarray, of floats


@dataclass(frozen=True)
class Model:
    """One model. `value(x, *parameters)` takes arrays that broadcast, and may return NaN."""

    name: str
    value: Callable[..., Array]
    start: Sequence[float]  # parameters from which the fit begins, for values from 0 to 1


def _vapor_pressure(x: Array, a: Array, b: Array, c: Array) -> Array:
    return np.exp(a + b / x + c * np.log(x))


def _pow3(x: Array, c: Array, a: Array, alpha: Array) -> Array:
    return c - a * x**-alpha


def _log_log_linear(x: Array, a: Array, b: Array) -> Array:
    return np.log(a * np.log(x) + b)


def _hill3(x: Array, y_max: Array, eta: Array, kappa: Array) -> Array:
    return y_max * x**eta / (kappa**eta + x**eta)


def _log_power(x: Array, a: Array, b: Array, c: Array) -> Array:
    return a / (1 + (x / np.exp(b)) ** c)


def _pow4(x: Array, c: Array, a: Array, b: Array, alpha: Array) -> Array:
    return c - (a * x + b) ** -alpha


def _mmf(x: Array, alpha: Array, beta: Array, kappa: Array, delta: Array) -> Array:
    return alpha - (alpha - beta) / (1 + (kappa * x) ** delta)


def _exp4(x: Array, c: Array, a: Array, b: Array, alpha: Array) -> Array:
    return c - np.exp(-a * x**alpha + b)


def _janoschek(x: Array, alpha: Array, beta: Array, kappa: Array, delta: Array) -> Array:
    return alpha - (alpha - beta) * np.exp(-kappa * x**delta)


def _weibull(x: Array, alpha: Array, beta: Array, kappa: Array, delta: Array) -> Array:
    return alpha - (alpha - beta) * np.exp(-((kappa * x) ** delta))


def _ilog2(x: Array, c: Array, a: Array) -> Array:
    return c - a / np.log(x + 1)


MODELS = (
    Model("vapor_pressure", _vapor_pressure, (-0.6, -0.4, 0.04)),
    Model("pow3", _pow3, (0.8, 0.5, 0.5)),
    Model("log_log_linear", _log_log_linear, (0.3, 1.6)),
    Model("hill3", _hill3, (0.8, 1.0, 1.0)),
    Model("log_power", _log_power, (0.8, 1.0, -1.0)),
    Model("pow4", _pow4, (0.9, 1.0, 1.0, 0.5)),
    Model("mmf", _mmf, (0.8, 0.2, 0.3, 1.0)),
    Model("exp4", _exp4, (0.8, 0.5, -0.3, 0.7)),
    Model("janoschek", _janoschek, (0.8, 0.2, 0.3, 0.8)),
    Model("weibull", _weibull, (0.8, 0.2, 0.3, 0.8)),
    Model("ilog2", _ilog2, (0.9, 0.5)),
)
