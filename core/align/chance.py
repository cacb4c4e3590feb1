"""What chance explains: tails of the Poisson and chi-squared distributions.

Both are incomplete gamma functions of few lines; for them alone every alignment would wait a quarter of a second until
scipy is imported. Tests hold them to those of scipy.
"""

from __future__ import annotations

from math import exp, floor, inf, isnan, lgamma, log, nan

_ROUNDING = 1e-16
_TINY = 1e-300


def more_than(count: float, mean: float) -> float:
    """The probability of more than `count` (rounded down) events of a Poisson distribution with this `mean`.

    NaN when either is below zero or NaN.
    """
    if isnan(count) or isnan(mean) or count < 0 or mean < 0:
        return nan
    return _gamma_parts(floor(count) + 1.0, mean)[0]


def beyond(freedom: float, chi2: float) -> float:
    """The probability that chi squared with `freedom` > 0 degrees of freedom is above `chi2` >= 0, else NaN."""
    if isnan(freedom) or isnan(chi2) or freedom <= 0 or chi2 < 0:
        return nan
    return _gamma_parts(0.5 * freedom, 0.5 * chi2)[1]


def _gamma_parts(a: float, x: float) -> tuple[float, float]:
    """The regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 - P, each without loss where it is small.

    Abramowitz & Stegun 1964: the series 6.5.29 below a + 1, beyond it the continued fraction 6.5.31.
    """
    if x == 0.0 or x == inf:
        return (0.0, 1.0) if x == 0.0 else (1.0, 0.0)
    front = exp(a * log(x) - x - lgamma(a))
    if x < a + 1.0:
        below = front * _series(a, x)
        return below, 1.0 - below
    above = front * _fraction(a, x)
    return 1.0 - above, above


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    while term > total * _ROUNDING:
        a += 1.0
        term *= x / a
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    """1/(x + 1 - a - 1 (1 - a)/(x + 3 - a - ...)) by Lentz's method: two running quotients that never are zero."""
    b = x + 1.0 - a
    upper, lower = inf, 1.0 / b
    value, k = lower, 0.0
    while True:
        k += 1.0
        factor = k * (a - k)
        b += 2.0
        lower = 1.0 / _not_zero(b + factor * lower)
        upper = _not_zero(b + factor / upper)
        value *= lower * upper
        if abs(lower * upper - 1.0) < 10.0 * _ROUNDING:
            return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
