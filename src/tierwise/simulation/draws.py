"""Random numbers by counter, and draws by inversion: compiled.

The n-th draw of a stream depends on the stream's key and n alone. So contact n of
a class brings the same patience and the same work under every policy (common
random numbers), whatever happened to others in between.
"""

from __future__ import annotations

import math

import numpy as np

from tierwise.simulation.compiled import compiled, inlined
from tierwise.simulation.shapes import (
    CONSTANT,
    EMPIRICAL,
    EXPONENTIAL,
    LOGNORMAL,
    NEVER,
    Shapes,
)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TO_UNIT = 2.0**-53


@inlined
def uniform(key: np.uint64, n: int) -> float:
    """Uniform number inside (0, 1), never an end: draw n of the stream `key` (SplitMix64).

    Source: Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators.
    """
    z = key + np.uint64(n) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    return (np.float64(z >> _S11) + 0.5) * _TO_UNIT


@compiled
def normal_quantile(p: float) -> float:
    """Quantile of the standard normal, relative error near 1e-16 (Wichura 1988, AS 241)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _centre(r)
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    tail = _middle(r - 1.6) if r <= 5.0 else _far(r - 5.0)
    return -tail if q < 0.0 else tail


@inlined
def _centre(r: float) -> float:
    above = (
        ((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
        + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
        + 133.14166789178437745) * r + 3.387132872796366608
    )  # fmt: skip
    below = (
        ((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
        + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r
        + 42.313330701600911252) * r + 1.0
    )  # fmt: skip
    return above / below


@inlined
def _middle(r: float) -> float:
    above = (
        ((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r
        + 0.24178072517745061177) * r + 1.27045825245236838258) * r + 3.64784832476320460504) * r
        + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734
    )  # fmt: skip
    below = (
        ((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
        + 0.0151986665636164571966) * r + 0.14810397642748007459) * r + 0.68976733498510000455) * r
        + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0
    )  # fmt: skip
    return above / below


@inlined
def _far(r: float) -> float:
    above = (
        ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
        + 0.0012426609473880784386) * r + 0.026532189526576123093) * r + 0.29656057182850489123) * r
        + 1.7848265399172913358) * r + 5.4637849111641143699) * r + 6.6579046435011037772
    )  # fmt: skip
    below = (
        ((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
        + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
        + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
        + 0.59983220655588793769) * r + 1.0
    )  # fmt: skip
    return above / below


@compiled
def duration_s(d: int, u: float, shapes: Shapes) -> float:
    """Seconds at probability u of the distribution d of a table of shapes."""
    kind = shapes.kind[d]
    if kind == EXPONENTIAL:
        return float(-shapes.a[d] * math.log(u))
    if kind == LOGNORMAL:
        return math.exp(shapes.a[d] + shapes.b[d] * normal_quantile(u))
    if kind == CONSTANT:
        return float(shapes.a[d])
    if kind == EMPIRICAL:
        return float(shapes.values[shapes.first[d] + int(u * shapes.size[d])])
    if kind == NEVER:
        return math.inf
    return float(shapes.a[d] * (-math.log(u)) ** (1.0 / shapes.b[d]))  # Weibull
