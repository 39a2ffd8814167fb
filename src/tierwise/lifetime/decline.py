"""How the expected purchase rate of an active customer declines in BG/NBD and MBG/NBD.

A customer active at T has a rate distributed gamma(shape m - 1, A) and a
dropout probability p distributed beta(a, B). u weeks later the expected rate,
dropout included, is (m - 1) / A times

    phi(c) = E[(1 + p c)^-m],  c = u / A,

which is Gauss's 2F1(m, a; a + B; -c). As a function of w = ln(1 + c), phi is
smooth whatever the parameters, so it is put on Chebyshev polynomials once per
x; what is left of each T are the integrals of those polynomials. Nothing here
cancels or has a pole, where the closed form of the expectation has both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial import chebyshev
from scipy import special

from tierwise.lifetime.cells import Indices, Matrix, Vector

NEGLIGIBLE = 40.0  # e-folds after which a tail is left out
TAIL = 36.0  # the same for the density of p
NODES = 128  # of p: ten digits for parameters met in practice, six for a of 0.02
WIDEST = 3.0  # of the stretch in logits, so that no step leaps over where phi turns
POINTS = 40  # of ln A, from which the integrals of all T are had
CHUNK = 4_096  # cells at once


@dataclass(frozen=True, slots=True, eq=False)
class Decline:
    """phi for a table of histories that differ in x."""

    m: Vector  # r + x + 1, one for each distinct x
    a: float
    B: Vector  # b + coins survived, one for each distinct x

    def integral(
        self,
        x_index: Indices,
        A: Vector,
        A_index: Indices,
        weeks: float,
        rate_per_week: float,
    ) -> Vector:
        """Integral of exp(-rate A c) phi(c) over c from 0 to weeks / A, shape (cells,).

        Cell i has m[x_index[i]], B[x_index[i]] and A[A_index[i]] = alpha + T.
        """
        used = np.unique(A_index)
        ends = _ends(A[used], weeks, rate_per_week)
        reach = float(ends.max())
        result = np.zeros(x_index.size)
        if reach == 0:
            return result
        degree = self._degree(reach)
        heights = self._coefficients(reach, degree)
        points = _points(A[used])
        widths = _moments(points, _ends(points, weeks, rate_per_week), reach, degree, rate_per_week)
        if points.size < used.size:
            # As smooth in ln A as in w: a few points carry the integrals of every T.
            heights = heights @ widths.T @ _transform(points.size)
            widths = _polynomials(A, points)
        for start in range(0, x_index.size, CHUNK):
            cells = slice(start, start + CHUNK)
            row = (
                A_index[cells] if points.size < used.size else np.searchsorted(used, A_index[cells])
            )
            result[cells] = np.einsum("ck,ck->c", heights[x_index[cells]], widths[row])
        return result

    def _degree(self, reach: float) -> int:
        """Enough for a strip of analyticity of width pi and the steepest decay there is."""
        steepest = float((self.m * self.a / (self.a + self.B)).max()) * reach
        return int(min(256, 24 + 4 * reach + 5 * np.sqrt(steepest)))

    def _coefficients(self, reach: float, degree: int) -> Matrix:
        """Chebyshev coefficients of phi over w in [0, reach], shape (distinct x, degree + 1)."""
        nodes = chebyshev.chebpts1(degree + 1)
        c = np.expm1(0.5 * reach * (1 + nodes))
        p, weight = _beta_nodes(self.a, self.B)
        values = np.empty((self.m.size, degree + 1))
        for row, m in enumerate(self.m):
            values[row] = np.exp(-m * np.log1p(np.outer(c, p[row]))) @ weight[row]
        coefficients: Matrix = values @ _transform(degree + 1)
        return coefficients


def _points(A: Vector) -> Vector:
    """The values themselves where they are few, else Chebyshev's points between them in ln A."""
    if A.size <= POINTS:
        return A
    low, high = np.log(A.min()), np.log(A.max())
    points: Vector = np.exp(low + 0.5 * (high - low) * (1 + chebyshev.chebpts1(POINTS)))
    return points


def _polynomials(A: Vector, points: Vector) -> Matrix:
    """Chebyshev's polynomials at each A, on the stretch of ln A that the points stand for."""
    ends = np.log(points[[0, -1]])
    # The first and the last point lie inside of the stretch by this factor.
    middle, half = ends.mean(), 0.5 * (ends[1] - ends[0]) / np.cos(0.5 * np.pi / points.size)
    # A value that no cell has may lie outside, where polynomials explode.
    found = np.clip((np.log(A) - middle) / half, -1.0, 1.0)
    values: Matrix = chebyshev.chebvander(found, points.size - 1)
    return values


@cache
def _transform(points: int) -> Matrix:
    """From values on Chebyshev's points, where the polynomials are orthogonal, to coefficients."""
    transform = chebyshev.chebvander(chebyshev.chebpts1(points), points - 1) * (2 / points)
    transform[:, 0] /= 2
    return np.asarray(transform, dtype=np.float64)


def _beta_nodes(a: float, B: Vector) -> tuple[Matrix, Matrix]:
    """Points p and weights of sum 1 for expectations under beta(a, B), shape (B, NODES).

    The trapezoidal rule in a variable of which the logit of p, less its mode, is
    the hyperbolic sine: Takahasi & Mori 1974.
    """
    mode = np.log(a / B)
    spread = np.sqrt(1 / a + 1 / B)
    stretch = np.minimum(spread, WIDEST)
    sides = [_tail(a, B, mode, sign * 8.5 * spread) / stretch for sign in (-1, 1)]
    left, right = np.arcsinh(sides)
    tau = left[:, None] + (right - left)[:, None] * np.linspace(0, 1, NODES)
    logit = mode[:, None] + stretch[:, None] * np.sinh(tau)
    weight = np.exp(_log_density(a, B[:, None], logit, mode[:, None])) * np.cosh(tau)
    return special.expit(logit), weight / weight.sum(axis=1, keepdims=True)


def _tail(a: float, B: Vector, mode: Vector, away: Vector) -> Vector:
    """How far from the mode the log-density has fallen by TAIL: Newton's rule on a concave."""
    for _ in range(8):
        slope = a * special.expit(-mode - away) - B * special.expit(mode + away)
        away = away - (_log_density(a, B, mode + away, mode) + TAIL) / slope
    return away


def _log_density(a: float, B: Vector, logit: Matrix, mode: Vector) -> Matrix:
    """Log-density of the logit of p, 0 at the mode."""
    density: Matrix = a * (np.logaddexp(0, -mode) - np.logaddexp(0, -logit)) + B * (
        np.logaddexp(0, mode) - np.logaddexp(0, logit)
    )
    return density


def _ends(A: Vector, weeks: float, rate_per_week: float) -> Vector:
    """ln(1 + c) where the horizon ends, or where discounting has left nothing."""
    last = min(weeks, NEGLIGIBLE / rate_per_week if rate_per_week > 0 else np.inf)
    ends: Vector = np.log1p(last / A)
    return ends


@cache
def _legendre(nodes: int) -> tuple[Vector, Vector]:
    points, weights = special.roots_legendre(nodes)
    return points, weights


def _moments(A: Vector, ends: Vector, reach: float, degree: int, rate_per_week: float) -> Matrix:
    """Integrals of each polynomial times exp(-rate A c) dc from 0 to each end."""
    points, weights = _legendre(32 + degree // 2)
    w = 0.5 * ends[:, None] * (1 + points)
    c = np.expm1(w)
    measure = 0.5 * ends[:, None] * weights * (1 + c) * np.exp(-rate_per_week * A[:, None] * c)
    polynomials = chebyshev.chebvander(2 * w / reach - 1, degree)
    moments: Matrix = np.einsum("tg,tgk->tk", measure, polynomials)
    return moments
