"""Source finding on one chip: DAOFIND as tweakreg runs it (spec of the Handbook, section 7.1; Stetson 1987)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from core.align.results import Catalog, Rejected
from core.align.settings import FindParams
from core.data.dq import good_pixels, parse_bits
from core.data.exposure import Chip
from core.errors import Refusal
from core.kernels import find as kernels
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Bools = NDArray[np.bool_]

FWHM_PER_SIGMA = 2.0 * sqrt(2.0 * np.log(2.0))
FILL_REACH = 4
# No position is better than this: every estimate depends a little on where in its pixel a star lies.
FLOOR = 0.010
WINDOW = 0.8  # sigma of the window of the finer positions over that of the kernel
LEAST_WINDOW = 1.1  # pixels; narrower ones feel the pixels
LONE = 0.9  # sharpness over that of a single bright pixel: hot pixels 1, stars of 1.1 px FWHM at most 0.85
FINE_REACH = 0.35  # pixels from daofind's position

REASONS: dict[int, str] = {
    kernels.EDGE: "too near to the edge",
    kernels.PEAK_LOW: "peak below peakmin",
    kernels.PEAK_HIGH: "peak above peakmax",
    kernels.FLUX_LOW: "flux below fluxmin",
    kernels.FLUX_HIGH: "flux above fluxmax",
    kernels.SHARPNESS: "sharpness",
    kernels.ROUNDNESS: "roundness",
    kernels.NO_FIT: "no position",
    kernels.DUPLICATE: "too near to another source",
}


@dataclass(frozen=True, eq=False)
class Kernel:
    """The convolution kernel: `weights` (ny, nx) estimate a Gaussian's height; `gauss` is the unit Gaussian,
    `inside` the truncation mask; variances in pixels squared."""

    weights: Floats
    gauss: Floats
    inside: Bools
    variance_x: float
    variance_y: float


def make_kernel(params: FindParams) -> Kernel:
    """The lowered truncated elliptical Gaussian of DAOFIND (Stetson 1987, section III.A)."""
    sx = params.conv_width / FWHM_PER_SIGMA
    sy = params.ratio * sx
    ct, st = cos(radians(params.theta)), sin(radians(params.theta))
    a = ct**2 / sx**2 + st**2 / sy**2
    b = 2.0 * ct * st * (1.0 / sx**2 - 1.0 / sy**2)
    c = st**2 / sx**2 + ct**2 / sy**2
    d = 4.0 * a * c - b * b
    hx = int(2.0 * max(1.0, params.nsigma * sqrt(c / d)))
    hy = int(2.0 * max(1.0, params.nsigma * sqrt(a / d)))
    dy, dx = np.mgrid[-hy : hy + 1, -hx : hx + 1].astype(float)
    form = a * dx**2 + b * dx * dy + c * dy**2
    inside = (form <= params.nsigma**2) | (np.hypot(dx, dy) <= 2.001)
    gauss = np.exp(-0.5 * form)
    cut = gauss * inside
    n = inside.sum()
    weights = inside * (cut - cut.sum() / n) / ((cut**2).sum() - cut.sum() ** 2 / n)
    return Kernel(weights, gauss, inside, sx**2, sy**2)


@dataclass(frozen=True)
class Clipped:
    """Statistics of the pixels that clipping left, with the limits used last."""

    npix: int
    mean: float
    stddev: float
    least: float
    most: float


def clipped(values: Image, nclip: int = 3, nsigma: float = 3.0) -> Clipped:
    """Iteratively clipped statistics of a 1-d array, as IRAF's imstatistics takes them; NaN do not count."""
    least, most = -np.inf, np.inf
    low, high = least, most
    pivot = float(values[np.isfinite(values)][0]) if values.size else 0.0
    result = kernels.moments_within(values, -np.inf, np.finfo(np.float32).max, pivot)
    least, most = result[3], result[4]
    for _ in range(nclip):
        low = max(least, result[1] - nsigma * result[2])
        high = min(most, result[1] + nsigma * result[2])
        result = kernels.moments_within(values, low, high, result[1])
    return Clipped(*result)


def mode(values: Image, stats: Clipped, binwidth: float) -> float:
    """Mode of the clipped pixels: parabola through the top of a histogram with bins of `binwidth` sigma.

    The bins are (most - least)/(bins - 1) wide but placed as if `binwidth` sigma wide, as stsci.imagestats does:
    the thresholds of drizzlepac's users rest on it.
    """
    width = binwidth * stats.stddev
    extent = stats.most - stats.least
    if width < 1e-6 or extent < 1e-6 or width > extent:
        return stats.least + 0.5 * width
    bins = int(extent / width) + 1
    counts = kernels.count_in_bins(values, stats.least, extent / (bins - 1), bins)
    top = int(np.argmax(counts))
    if top in (0, bins - 1):
        return stats.least + (top + 0.5) * width
    left, right = int(counts[top] - counts[top - 1]), int(counts[top] - counts[top + 1])
    tilt = 0.5 * (left - right) / (left + right) if left + right else 0.0
    return stats.least + (top + 0.5 + tilt) * width


def noise(pixels: Image, estimate: str) -> float:
    """Standard deviation of the sky in image units; NaN when no pixel is finite.

    `handbook`: 1.5 times the standard deviation after three clipping rounds (DrizzlePac Handbook 7.1);
    `drizzlepac`: sqrt(2 |mode|), as drizzlepac 3 takes it; `robust`: 1.4826 times the median absolute deviation.
    """
    values = _finite(pixels)
    return _noise(values, clipped(values), estimate) if values.size else float("nan")


def _noise(values: Image, stats: Clipped, estimate: str) -> float:
    if estimate == "robust":
        return float(1.4826 * np.median(np.abs(values - np.median(values))))
    if estimate == "drizzlepac":
        return sqrt(2.0 * abs(mode(values, stats, 0.01)))
    return 1.5 * stats.stddev


def _finite(pixels: Image) -> Image:
    values = np.ravel(pixels)
    good = np.isfinite(values)
    return values if good.all() else np.ascontiguousarray(values[good])


def _measured_sky(pixels: Image, params: FindParams, electrons: float) -> _Sky:
    """What the limits and the errors of positions need to know of the sky. Raises `Refusal` for a noise of 0."""
    values = _finite(pixels)
    if not values.size:
        nan = float("nan")
        return _Sky(nan, nan, nan, nan, electrons)
    stats = clipped(values)
    sigma = _noise(values, stats, params.noise) if params.computesig else float(params.skysigma or 0.0)
    if not sigma > 0:
        raise Refusal(
            f"The noise of the sky comes out as 0 ({params.noise}): the pixels are too coarse or all alike.",
            subject="computesig",
            advice="computesig = no and skysigma in image units, or another noise estimate.",
        )
    # drizzlepac calls sigma squared the sky; with no threshold it is the limit itself
    threshold = sigma * params.threshold if params.threshold is not None else sigma**2
    return _Sky(sigma, threshold, stats.mean, stats.stddev, electrons)


def find(
    chip: Chip, params: FindParams, workers: Workers | None = None, progress: Progress | None = None
) -> Catalog:
    """The sources of one chip; reads its pixels, and its DQ flags when `dqbits` is set. Raises `Refusal`."""
    bits = parse_bits(params.dqbits)
    good = None if bits is None else good_pixels(chip.read_dq(), bits)
    return find_in(
        chip.read("SCI"), params, good=good, extver=chip.extver, workers=workers, progress=progress
    )


def find_in(
    pixels: Image,
    params: FindParams,
    *,
    good: Bools | None = None,
    extver: int = 1,
    electrons: float = 1.0,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Catalog:
    """The sources of an image (ny, nx) float32; positions 0-based, in the order of their rows.

    `good` marks pixels on which a source may be detected; NaN and infinite pixels are never good and are filled
    from their neighbours, so they do not spread. `electrons` per image unit tell the photon noise.
    """
    workers = workers or Threads()
    sky = _measured_sky(pixels, params, electrons)
    threshold = sky.threshold
    kernel = make_kernel(params)
    if not np.isfinite(sky.sigma) or min(pixels.shape) < max(kernel.gauss.shape):
        return _catalog(np.empty((0, kernels.N_COLUMNS)), np.empty(0, np.int8), extver, sky, kernel)
    data, usable = _repaired(pixels, good)
    conv = np.empty(data.shape, np.float32)
    work = max(1, 1_500_000 // data.shape[1])
    over_rows(
        lambda start, stop: kernels.convolve_rows(data, kernel.weights, conv, start, stop),
        data.shape[0],
        work,
        workers,
        progress,
    )
    boxes = kernels.label_boxes(conv, usable, threshold)
    table = np.empty((len(boxes), kernels.N_COLUMNS))
    reason = np.empty(len(boxes), np.int8)
    over_rows(
        lambda start, stop: kernels.measure(
            data, conv, usable, boxes, threshold, kernel.gauss, kernel.inside, sky.sigma**2, kernel.variance_x,
            kernel.variance_y, params.limits(), params.use_sharp_round, table, reason, start, stop,
        ),
        len(boxes),
        20_000,
        workers,
        progress,
    )  # fmt: skip
    _drop_duplicates(table, reason, params.conv_width * params.nsigma / 2.0)
    made = _catalog(table, reason, extver, sky, kernel)
    return _refined(made, data, sky, kernel, workers)


def _refined(catalog: Catalog, data: Image, sky: _Sky, kernel: Kernel, workers: Workers) -> Catalog:
    """The catalog with the finer positions that the fit uses.

    The marginal fit's position depends on where in its pixel a star lies (0.02 px for stars of 1.9 px FWHM);
    a Gaussian window a little narrower than the kernel halves that. Where it does not settle, daofind's stands.
    """
    if not len(catalog):
        return catalog
    fine = np.empty((len(catalog), 2))
    sigma = max(LEAST_WINDOW, WINDOW * sqrt(kernel.variance_x))
    over_rows(
        lambda start, stop: kernels.window_positions(
            data, catalog.x, catalog.y, sky.level, sigma, FINE_REACH, fine, start, stop
        ),
        len(catalog),
        2000,
        workers,
    )
    settled = np.isfinite(fine[:, 0])
    return replace(
        catalog,
        fine_x=np.where(settled, fine[:, 0], catalog.x),
        fine_y=np.where(settled, fine[:, 1], catalog.y),
    )


def _repaired(pixels: Image, good: Bools | None) -> tuple[Image, Bools]:
    """The image without NaN or infinities, and where a source may be detected."""
    data = np.ascontiguousarray(pixels, np.float32)
    finite = np.isfinite(data)
    usable = finite if good is None else finite & good
    if not finite.all():
        rows, columns = np.nonzero(~finite)
        data = data.copy()
        fallback = float(np.median(data[finite]))
        data[rows, columns] = kernels.fill_bad(data, rows, columns, finite, FILL_REACH, fallback)
    return data, np.ascontiguousarray(usable)


def _drop_duplicates(table: Floats, reason: NDArray[np.int8], separation: float) -> None:
    """Of kept sources closer than `separation` the fainter is marked; of equals the one with lower y."""
    kept = np.nonzero(reason == kernels.KEPT)[0]
    if len(kept) < 2:
        return
    pairs = cKDTree(table[kept, :2]).query_pairs(separation * (1.0 - 1e-12), output_type="ndarray")
    if not len(pairs):
        return
    rank = np.empty(len(kept), np.int64)
    rank[np.lexsort((-table[kept, kernels.Y], -table[kept, kernels.FLUX]))] = np.arange(len(kept))
    worse = np.where(rank[pairs[:, 0]] > rank[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    better = pairs.sum(axis=1) - worse
    gone = np.zeros(len(kept), bool)
    for k in np.lexsort((rank[worse], rank[better])):  # brightest first: what is dropped drops nothing itself
        if not gone[better[k]]:
            gone[worse[k]] = True
    reason[kept[gone]] = kernels.DUPLICATE


@dataclass(frozen=True)
class _Sky:
    """Noise and level of the sky in image units, the threshold of the convolved image, electrons per unit."""

    sigma: float
    threshold: float
    level: float
    scatter: float
    electrons: float


def _catalog(table: Floats, reason: NDArray[np.int8], extver: int, sky: _Sky, kernel: Kernel) -> Catalog:
    """Kept sources sorted by y, then x; the others go to `rejected`."""
    kept = np.nonzero(reason == kernels.KEPT)[0]
    kept = kept[np.lexsort((table[kept, kernels.X], table[kept, kernels.Y]))]
    lost = np.nonzero(reason != kernels.KEPT)[0]
    x, y, flux, peak, sharp, round1, round2 = (np.ascontiguousarray(c) for c in table[kept].T)
    return Catalog(
        extver=extver,
        x=x,
        y=y,
        flux=flux,
        peak=peak,
        sharp=sharp,
        round1=round1,
        round2=round2,
        number=np.arange(1, len(kept) + 1, dtype=np.int64),
        sigma=sky.sigma,
        threshold=sky.threshold,
        rejected=Rejected(table[lost, kernels.X], table[lost, kernels.Y], reason[lost]),
        error=position_errors(flux, sky, kernel),
        lone=sharp * kernel.weights.max() > LONE,
    )


def position_errors(flux: Floats, sky: _Sky, kernel: Kernel) -> Floats:
    """Expected error of the positions in pixels: photon and sky noise in the kernel's box, and a floor.

    sigma_kernel sqrt(variance of the flux)/flux, the error of the first moment of a star as wide as the kernel
    (King 1983, PASP 95, 163). The fit uses only the ratios of the errors to each other.
    """
    pixels = kernel.gauss.size
    star = np.maximum(flux - pixels * sky.level, 3.0 * sqrt(pixels) * sky.scatter + 1e-30)
    variance = star / sky.electrons + pixels * sky.scatter**2
    return np.asarray(np.hypot(FLOOR, sqrt(kernel.variance_x) * np.sqrt(variance) / star))
