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

import numpy as np
from numpy.polynomial import chebyshev

from tierwise.lifetime.cells import Indices, Matrix, Vector

NEGLIGIBLE = 40.0  # e-folds after which a tail is left out
CHUNK = 4_096  # values of T, or cells, at once


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
        widths = np.zeros((A.size, degree + 1))
        for start in range(0, used.size, CHUNK):
            rows = used[start : start + CHUNK]
            widths[rows] = _moments(
                A[rows], ends[start : start + CHUNK], reach, degree, rate_per_week
            )
        for start in range(0, x_index.size, CHUNK):
            cells = slice(start, start + CHUNK)
            result[cells] = np.einsum(
                "ck,ck->c", heights[x_index[cells]], widths[A_index[cells]]
            )
        return result

    def _degree(self, reach: float) -> int:
        """Enough for a strip of analyticity of width pi and the steepest decay there is."""
        steepest = float((self.m * self.a / (self.a + self.B)).max()) * reach
        return int(min(256, 24 + 4 * reach + 5 * np.sqrt(steepest)))

    def _coefficients(self, reach: float, degree: int) -> Matrix:
        """Chebyshev coefficients of phi over w in [0, reach], shape (distinct x, degree + 1)."""
        nodes = chebyshev.chebpts1(degree + 1)
        c = np.expm1(0.5 * reach * (1 + nodes))
        values = np.array([_phi(c, m, self.a, B) for m, B in zip(self.m, self.B, strict=True)])
        # On these points the polynomials are orthogonal: the transform is a product.
        transform = chebyshev.chebvander(nodes, degree) * (2 / (degree + 1))
        transform[:, 0] /= 2
        coefficients: Matrix = values @ transform
        return coefficients


def _phi(c: Vector, m: float, a: float, B: float) -> Vector:
    """E[(1 + p c)^-m] for p ~ beta(a, B), by the trapezoidal rule in a stretched logit of p."""
    p, weight = _beta_nodes(a, B)
    found: Vector = np.exp(-m * np.log1p(np.outer(c, p))) @ weight
    return found


def _beta_nodes(a: float, B: float) -> tuple[Vector, Vector]:
    """Points and weights (of sum 1) for expectations under beta(a, B)."""
    raise NotImplementedError


def _ends(A: Vector, weeks: float, rate_per_week: float) -> Vector:
    """ln(1 + c) where the horizon ends, or where discounting has left nothing."""
    last = min(weeks, NEGLIGIBLE / rate_per_week if rate_per_week > 0 else np.inf)
    ends: Vector = np.log1p(last / A)
    return ends


def _moments(
    A: Vector, ends: Vector, reach: float, degree: int, rate_per_week: float
) -> Matrix:
    """Integrals of each polynomial times exp(-rate A c) dc from 0 to each end."""
    points, weights = np.polynomial.legendre.leggauss(32 + degree // 2)
    w = 0.5 * ends[:, None] * (1 + points)
    c = np.expm1(w)
    measure = 0.5 * ends[:, None] * weights * (1 + c) * np.exp(-rate_per_week * A[:, None] * c)
    polynomials = chebyshev.chebvander(2 * w / reach - 1, degree)
    moments: Matrix = np.einsum("tg,tgk->tk", measure, polynomials)
    return moments
