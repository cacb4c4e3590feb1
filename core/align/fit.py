"""The fit of an image to the reference and the rejection of outliers.

Conventions of drizzlepac's `linearfit`: row vectors, xy = uv M + t with xy the image's and uv the reference's
positions in the frame, relative to its CRPIX. Clipping is on the residual's length, looks at all matches in
every round (what was dropped may come back) and never leaves fewer than `minobj`: drizzlepac clips each axis on
its own, with a scatter scaled by a lagging factor, and may end with three pairs. Who must repeat an alignment that
was made so can ask for that (`clipping` = "per axis").
"""

from __future__ import annotations

from dataclasses import replace
from math import atan2, degrees, erf, exp, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from core.align.results import Fit, Why
from core.align.settings import PER_AXIS, FitParams
from core.errors import Refusal

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST = {"shift": 1, "rscale": 2, "general": 3}
SPOILT = 0.3  # of the mean square residual: what the median's may be before the pairs count as a mixture
PARAMETERS = {"shift": 2, "rscale": 4, "general": 6}


def fit(
    xy: Floats,
    uv: Floats,
    params: FitParams,
    variances: Floats | None = None,
    excluded: Bools | None = None,
) -> Fit:
    """Fit image positions `xy` (n, 2) to reference positions `uv` (n, 2), both relative to the frame's CRPIX.

    `variances` (n,) are the expected ones of the residuals in pixels squared (None: all alike); what the residuals
    scatter beyond them is added, so that a bright star cannot outweigh all others on the word of its brightness.
    Pairs that are `excluded` (n,) have their residuals in the result but no part in the fit. Clipped per axis all
    pairs weigh the same, whatever `variances` say.
    Raises `Refusal` when the pairs are too few or too badly placed for the geometry.
    """
    geometry = params.fitgeometry
    if geometry not in LEAST:
        raise Refusal(
            f"{geometry!r} is no geometry.", subject="fitgeometry", advice="shift, rscale or general."
        )
    if excluded is not None and excluded.any():
        return _without(xy, uv, params, variances, excluded)
    if len(xy) < LEAST[geometry]:
        raise Refusal(
            f"{len(xy)} pairs do not determine a {geometry} fit.",
            subject="fitgeometry",
            advice="shift, or parameters that give more matches.",
        )
    if params.clipping == PER_AXIS:
        return describe(geometry, *_per_axis(xy, uv, params), plain=True)
    w = np.ones(len(xy))
    used = np.ones(len(xy), bool)
    rounds = params.nclip if params.sigma is not None else 0
    if variances is not None:
        plain = fit(xy, uv, replace(params, nclip=max(params.nclip, 3)))
        total = variances + extra_variance(np.hypot(plain.rx, plain.ry)[plain.used], variances[plain.used])
        w = np.mean(total) / total
        used = plain.used if rounds else used
    used, matrix, shift, covariance = _clipped(xy, uv, w, used, params, rounds)
    if rounds and variances is None:
        core = _core(xy - uv @ matrix - shift, used, params)
        if core.sum() < used.sum():
            used, matrix, shift, covariance = _clipped(xy, uv, w, core, params, rounds)
    return describe(geometry, xy, uv, used, matrix, shift, covariance)


def _without(xy: Floats, uv: Floats, params: FitParams, variances: Floats | None, excluded: Bools) -> Fit:
    """The fit to the pairs that are not excluded, with the residuals of all."""
    left = ~excluded
    made = fit(xy[left], uv[left], params, None if variances is None else variances[left])
    used = np.zeros(len(xy), bool)
    used[left] = made.used
    solved = made.matrix, made.shift, made.covariance
    whole = describe(made.geometry, xy, uv, used, *solved, plain=made.plain)
    assert whole.why is not None
    whole.why[excluded] = Why.EXCLUDED
    return whole


def extra_variance(lengths: Floats, variances: Floats) -> float:
    """What must be added to the expected variances (per axis) for the median residual to be as long as expected.

    For a round Gaussian half of the squared lengths are below 2 ln 2 variances.
    """

    def excess(extra: float) -> float:
        return float(np.median(lengths**2 / (variances + extra))) - 2.0 * log(2.0)

    low, high = 0.0, float(np.max(lengths**2, initial=0.0))
    if high == 0.0 or excess(0.0) <= 0.0:
        return 0.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return high


def solve(xy: Floats, uv: Floats, w: Floats, geometry: str) -> tuple[Floats, Floats, Floats]:
    """M (2, 2), t (2,) of the weighted least squares fit, and the covariance of its parameters.

    Parameters in the order of the covariance: tx, ty; then for rscale a, b of M = [[a, -b], [b, a]]; for general
    M00, M10, M01, M11. Singular pairs (all in one place, or in a line for `general`) raise `Refusal`.
    """
    n = len(xy)
    middle = (w[:, None] * uv).sum(axis=0) / w.sum()
    reach = max(float(np.sqrt((w[:, None] * (uv - middle) ** 2).sum() / w.sum())), 1e-12)
    u, v = ((uv - middle) / reach).T
    one, nil = np.ones(n), np.zeros(n)
    target = xy - uv
    rows_x, rows_y = [one, nil], [nil, one]
    if geometry == "rscale":
        rows_x += [u, v]
        rows_y += [v, -u]
    elif geometry == "general":
        rows_x += [u, v, nil, nil]
        rows_y += [nil, nil, u, v]
    design = np.concatenate([np.column_stack(rows_x), np.column_stack(rows_y)])
    ww = np.concatenate([w, w])
    # not through BLAS: its threads cost more than these sums, and are slow to wake beside other work
    normal = np.einsum("ni,n,nj->ij", design, ww, design)
    values = np.concatenate([target[:, 0], target[:, 1]])
    if geometry != "shift" and (reach < 1e-6 or np.linalg.cond(normal) > 1e10):
        raise Refusal(
            "The matched sources lie in one place or in a line.",
            subject="fitgeometry",
            advice="fitgeometry = shift.",
        )
    inverse = np.linalg.inv(normal)
    p = inverse @ np.einsum("ni,n,n->i", design, ww, values)
    free = 2 * n - len(p)
    left = values - np.einsum("ni,i->n", design, p)
    variance = float((ww * left**2).sum()) / free if free > 0 else float("nan")
    return _unfold(p, inverse * variance, middle, reach, geometry)


def _unfold(
    p: Floats, covariance: Floats, middle: Floats, reach: float, geometry: str
) -> tuple[Floats, Floats, Floats]:
    """From parameters about the middle of the pairs, in units of their extent, to M, t and covariance."""
    u, v = middle / reach
    change = np.eye(len(p))  # d(final parameters) / d(fitted ones)
    if geometry == "rscale":
        change[0, 2:], change[1, 2:] = (-u, -v), (-v, u)
        change[2:, 2:] /= reach
    elif geometry == "general":
        change[0, 2:4], change[1, 4:6] = (-u, -v), (-u, -v)
        change[2:, 2:] /= reach
    final = change @ p
    matrix = np.eye(2)
    if geometry == "rscale":
        a, b = final[2:]
        matrix = np.array([[1.0 + a, -b], [b, 1.0 + a]])
    elif geometry == "general":
        matrix = np.array([[1.0 + final[2], final[4]], [final[3], 1.0 + final[5]]])
    return matrix, final[:2].copy(), change @ covariance @ change.T


def _clipped(
    xy: Floats, uv: Floats, w: Floats, used: Bools, params: FitParams, rounds: int
) -> tuple[Bools, Floats, Floats, Floats]:
    """Fit and clipping in turn, at most `rounds` times: the pairs used at last, M, t and covariance."""
    geometry = params.fitgeometry
    matrix, shift, covariance = solve(xy[used], uv[used], w[used], geometry)
    for _ in range(rounds):
        kept = _within(xy - uv @ matrix - shift, w, used, params, geometry)
        if np.array_equal(kept, used):
            break
        used = kept
        matrix, shift, covariance = solve(xy[used], uv[used], w[used], geometry)
    return used, matrix, shift, covariance


def _per_axis(
    xy: Floats, uv: Floats, params: FitParams
) -> tuple[Floats, Floats, Bools, Floats, Floats, Floats]:
    """Fit and clipping as in drizzlepac's `linearfit.iter_fit_all`: the pairs, which of them are used at last, M, t and
    covariance.

    Each axis has its own standard deviation, scaled by n/(m - 1): n pairs at the beginning, m before the last clipping.
    What was dropped stays so; a round that would leave two pairs or less ends it, and fewer pairs than rounds are not
    clipped at all.
    """
    n = len(xy)
    rounds = params.nclip if params.sigma is not None and n >= max(params.nclip, 2) else 0
    rows = np.arange(n)
    w = np.ones(n)
    before = n
    matrix, shift, covariance = solve(xy, uv, w, params.fitgeometry)
    for _ in range(rounds):
        assert params.sigma is not None
        residuals = xy[rows] - uv[rows] @ matrix - shift
        limits = params.sigma * residuals.std(axis=0) * n / (before - 1.0)
        kept = (np.abs(residuals) < limits).all(axis=1)
        if kept.sum() <= 2:
            break
        before, rows = len(rows), rows[kept]
        matrix, shift, covariance = solve(xy[rows], uv[rows], w[rows], params.fitgeometry)
    used = np.zeros(n, bool)
    used[rows] = True
    return xy, uv, used, matrix, shift, covariance


def _core(residuals: Floats, used: Bools, params: FitParams) -> Bools:
    """The pairs that clipping left, or those near the middle if their median residual is much shorter than their rms
    says. Among pairs by chance, spread evenly over the tolerance, no residual is ever `sigma` times the rms long."""
    assert params.sigma is not None
    length2 = ((residuals - np.median(residuals[used], axis=0)) ** 2).sum(axis=1)
    variance = float(np.median(length2[used])) / (2.0 * log(2.0))
    kept = length2 <= variance * radial_limit(params.sigma) ** 2
    least = max(params.minobj, 2 * PARAMETERS[params.fitgeometry])
    if variance > SPOILT * float(length2[used].mean()) / 2.0 or kept.sum() < least:
        return used
    return np.asarray(kept)


def _within(residuals: Floats, w: Floats, used: Bools, params: FitParams, geometry: str) -> Bools:
    """Which pairs stay: those whose residual is not longer than the scatter of the used ones allows.

    The limit on the length is such that as many good pairs pass as with `sigma` on each axis; the scatter is
    mended for what clipping took from it, else many rounds with a small `sigma` would eat up all pairs. At least
    `minobj` stay, the best ones.
    """
    assert params.sigma is not None
    freedom = max(2 * int(used.sum()) - PARAMETERS[geometry], 1)
    length2 = w * (residuals**2).sum(axis=1)
    limit2 = radial_limit(params.sigma) ** 2
    variance = float(length2[used].sum()) / freedom
    if not used.all():
        lost = exp(-0.5 * limit2)
        variance /= 1.0 - 0.5 * limit2 * lost / (1.0 - lost)
    kept = length2 <= variance * limit2 + 1e-12  # a millionth of a pixel is rounding
    least = min(max(params.minobj, LEAST[geometry] + 1), len(kept))
    if kept.sum() < least:
        kept = np.zeros(len(kept), bool)
        kept[np.argsort(length2, kind="stable")[:least]] = True
    return np.asarray(kept)


def radial_limit(sigma: float) -> float:
    """The radius, in sigma of one axis, that a round Gaussian leaves as often as the square of half side `sigma`."""
    outside = 1.0 - erf(sigma / sqrt(2.0)) ** 2
    if outside < 1e-15:  # far out the square is left at its four sides
        outside = 4.0 * exp(-0.5 * sigma**2) / (sigma * sqrt(2.0 * pi))
        return sqrt(-2.0 * log(outside)) if outside > 0 else sigma
    return sqrt(-2.0 * log(outside))


def describe(
    geometry: str,
    xy: Floats,
    uv: Floats,
    used: Bools,
    matrix: Floats,
    shift: Floats,
    covariance: Floats | None,
    plain: bool = False,
) -> Fit:
    """The fit with the numbers that people read: rotation, scale, skew as drizzlepac defines them."""
    residuals = xy - uv @ matrix - shift
    determinant = float(np.linalg.det(matrix))
    sign = -1.0 if determinant < 0 else 1.0
    scale = sqrt(abs(determinant))
    scale_x = float(np.hypot(matrix[0, 0], matrix[0, 1]))
    scale_y = float(np.hypot(matrix[1, 0], matrix[1, 1]))
    if geometry != "general":
        scale_x = scale_y = scale
    turn = matrix / np.array([[scale_x], [scale_y]])
    rot = degrees(atan2(turn[1, 0] - sign * turn[0, 1], turn[0, 0] + sign * turn[1, 1])) % 360.0
    rot_x = degrees(atan2(-matrix[0, 1], matrix[0, 0]))
    rot_y = degrees(atan2(matrix[1, 0], matrix[1, 1]))
    skew = (rot_y - rot_x + 180.0) % 360.0 - 180.0 if geometry == "general" else 0.0
    rx, ry = np.ascontiguousarray(residuals[:, 0]), np.ascontiguousarray(residuals[:, 1])
    return Fit(
        geometry=geometry,
        matrix=matrix,
        shift=shift,
        rot=rot,
        scale=scale,
        scale_xy=(scale_x, scale_y),
        skew=skew,
        rms_x=float(rx[used].std()),
        rms_y=float(ry[used].std()),
        used=used,
        rx=rx,
        ry=ry,
        covariance=covariance,
        middle=uv[used].mean(axis=0) if used.any() else None,
        why=np.where(used, Why.USED, Why.CLIPPED).astype(np.int8),
        plain=plain,
    )
