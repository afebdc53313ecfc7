"""Predicts how a learning curve goes on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np
from scipy.optimize import curve_fit

from .models import MODELS, Array, Model

_WALKERS = 100  # of the sampler: an even number, more than there are weights
_STEPS = 150  # of each walker
_BURN_IN = 75  # of these, the first, which are not used
_STRETCH = 2.0  # of the sampler's moves, as in Goodman & Weare
_LOW, _HIGH = 0.2, 0.8  # to which the reports are scaled for the fit
_NOISE = 0.002  # the least standard deviation of scaled values: smoother curves are not certain


@dataclass(frozen=True)
class _Fit:
    """A model with the parameters that fit the reports best."""

    known: Array  # its values at the steps that were reported
    last: float  # its value at the step that is predicted
    error: float  # mean square


def predict(values: Sequence[float], step: int, seed: int) -> Optional[Array]:
    """Samples of a curve's value at `step`, which counts from 1; None if no model fits.

    Each of the eleven models is fitted by least squares. The prediction is their weighted sum plus
    noise, and the samples come from its posterior distribution, given the values, over the weights
    and the noise. Affine invariant sampling: Goodman & Weare, 2010, doi:10.2140/camcos.2010.5.65.

    In the paper the models' own parameters are sampled as well, and curves must not exceed 1. Here
    values may have any range, and they are scaled linearly to one.
    """
    known = np.asarray(values, dtype=float)
    if len(known) < 3 or not np.isfinite(known).all():
        return None
    low, high = known.min(), known.max()
    scale = (high - low) / (_HIGH - _LOW) or max(abs(high), 1.0)
    scaled = (known - low) / scale + _LOW
    fits = _fits(scaled, step)
    if not fits:
        return None
    rng = np.random.default_rng(seed)
    weights, noise = _sample(scaled, fits, rng)
    last = weights @ np.array([fit.last for fit in fits])
    found: Array = (last + noise * rng.standard_normal(len(last)) - _LOW) * scale + low
    return found


def _fits(scaled: Array, step: int) -> list[_Fit]:
    """The models that can be fitted, and whose prediction is a plausible one."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # fits that do not converge are left out
        found = [fit for model in MODELS if (fit := _fit(model, scaled, step)) is not None]
    # A curve that levels off does not end far beyond its reports, which are from _LOW to _HIGH.
    return [fit for fit in found if -1 + _LOW < fit.last < 1 + _HIGH]


def _fit(model: Model, scaled: Array, step: int) -> Optional[_Fit]:
    x = np.arange(1, len(scaled) + 1, dtype=float)
    if len(x) < len(model.start):
        return None
    try:
        parameters, _ = curve_fit(model.value, x, scaled, p0=model.start, maxfev=1000)
    except (RuntimeError, ValueError):
        return None  # it does not converge, or it leaves the model's domain
    known, last = model.value(x, *parameters), float(model.value(np.float64(step), *parameters))
    if not (np.isfinite(known).all() and np.isfinite(last)):
        return None
    return _Fit(known, last, float(np.mean((known - scaled) ** 2)))


def _sample(scaled: Array, fits: Sequence[_Fit], rng: np.random.Generator) -> tuple[Array, Array]:
    """Samples of the weights, which sum to 1, and of the noise's standard deviation."""
    curves = np.array([fit.known for fit in fits])
    start = np.array([1 / (fit.error + _NOISE**2) for fit in fits])
    noise = min(max(2 * _NOISE, min(fit.error for fit in fits) ** 0.5), 0.5)
    point = np.append(start / start.sum() / 2, np.log(noise))
    walkers = point * (1 + 0.05 * rng.standard_normal((_WALKERS, len(point))))
    walkers[:, :-1] = np.clip(walkers[:, :-1], 1e-6, 0.9)
    walkers[:, -1] = np.clip(walkers[:, -1], np.log(_NOISE), -0.1)
    chances = _log_posterior(walkers, curves, scaled)
    kept = []
    half = _WALKERS // 2
    first, second = slice(0, half), slice(half, None)
    for step in range(_STEPS):
        for moved, others in ((first, second), (second, first)):
            stretch = ((_STRETCH - 1) * rng.random(half) + 1) ** 2 / _STRETCH
            beside = walkers[others][rng.integers(half, size=half)]
            tried = beside + stretch[:, None] * (walkers[moved] - beside)
            chance = _log_posterior(tried, curves, scaled)
            gain = (len(point) - 1) * np.log(stretch) + chance - chances[moved]
            accepted = np.log(rng.random(half)) < gain
            walkers[moved] = np.where(accepted[:, None], tried, walkers[moved])
            chances[moved] = np.where(accepted, chance, chances[moved])
        if step >= _BURN_IN:
            kept.append(walkers.copy())
    samples = np.concatenate(kept)
    weights = samples[:, :-1]
    return weights / weights.sum(axis=1, keepdims=True), np.exp(samples[:, -1])


def _log_posterior(walkers: Array, curves: Array, scaled: Array) -> Array:
    """Of each walker, up to a constant. Weights are positive and uniform, the noise is 1/sigma."""
    weights, log_noise = walkers[:, :-1], walkers[:, -1]
    total = weights.sum(axis=1)
    is_valid = (weights > 0).all(axis=1) & (weights < 1).all(axis=1)
    is_valid &= (log_noise >= np.log(_NOISE)) & (log_noise < 0)
    with np.errstate(all="ignore"):
        sums = (weights / total[:, None]) @ curves
        squares = ((sums - scaled) ** 2).sum(axis=1)
        found = -squares / (2 * np.exp(2 * log_noise)) - len(scaled) * log_noise
    return np.where(is_valid, found, -np.inf)
