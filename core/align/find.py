"""Source finding on one chip: DAOFIND as tweakreg runs it (spec of the Handbook, section 7.1; Stetson 1987)."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from core.align.daokernel import Kernel, make_kernel
from core.align.noise import Sky, measured_sky
from core.align.results import Catalog, Rejected
from core.align.settings import FindParams
from core.data.dq import good_pixels, parse_bits
from core.data.exposure import Chip
from core.kernels import find as kernels
from core.kernels.centroid import window_positions
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Bools = NDArray[np.bool_]

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
    kernels.BAD_PIXEL: "bad pixel in the middle",
}


def find(
    chip: Chip, params: FindParams, workers: Workers | None = None, progress: Progress | None = None
) -> Catalog:
    """The sources of one chip; reads its pixels, and its DQ flags when `dqbits` is set. Raises `Refusal`."""
    bits = parse_bits(params.dqbits)
    good = None if bits is None else good_pixels(chip.read_dq(), bits)
    return find_in(
        chip.read("SCI"),
        params,
        good=good,
        extver=chip.extver,
        electrons=electrons_per_unit(chip),
        workers=workers,
        progress=progress,
    )


def electrons_per_unit(chip: Chip) -> float:
    """Electrons per image unit, 1 where the header does not say."""
    electrons = 1.0 if chip.in_electrons or not chip.bunit else chip.gain
    if chip.is_rate:
        electrons *= chip.exptime
    return electrons if np.isfinite(electrons) and electrons > 0 else 1.0


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
    sky = measured_sky(pixels, params, electrons)
    kernel = make_kernel(params)
    if not np.isfinite(sky.sigma) or min(pixels.shape) < max(kernel.gauss.shape):
        return _catalog(np.empty((0, kernels.N_COLUMNS)), np.empty(0, np.int8), extver, sky, kernel)
    data, usable = _repaired(pixels, good)
    conv = np.empty(data.shape, np.float32)
    rows = max(1, 1_500_000 // data.shape[1])
    over_rows(
        lambda start, stop: kernels.convolve_rows(data, kernel.weights, conv, start, stop),
        data.shape[0],
        rows,
        workers,
        progress,
    )
    table, reason = _measured(data, conv, usable, sky, kernel, params, workers, progress)
    _drop_duplicates(table, reason, params.conv_width * params.nsigma / 2.0)
    made = _catalog(table, reason, extver, sky, kernel)
    return _refined(made, data, sky, kernel, workers)


def _measured(
    data: Image,
    conv: Image,
    usable: Bools,
    sky: Sky,
    kernel: Kernel,
    params: FindParams,
    workers: Workers,
    progress: Progress | None,
) -> tuple[Floats, NDArray[np.int8]]:
    """All candidates above the threshold with their verdicts."""
    boxes = kernels.label_boxes(conv, usable, sky.threshold)
    table = np.empty((len(boxes), kernels.N_COLUMNS))
    reason = np.empty(len(boxes), np.int8)
    limits = params.limits()

    def block(start: int, stop: int) -> None:
        kernels.measure(
            data, conv, usable, boxes, sky.threshold, kernel.gauss, kernel.inside, sky.sigma**2,
            kernel.variance_x, kernel.variance_y, limits, params.use_sharp_round, table, reason, start, stop,
        )  # fmt: skip

    over_rows(block, len(boxes), 20_000, workers, progress)
    return table, reason


def _refined(catalog: Catalog, data: Image, sky: Sky, kernel: Kernel, workers: Workers) -> Catalog:
    """The catalog with the finer positions that the fit uses.

    The marginal fit's position depends on where in its pixel a star lies (0.02 px for stars of 1.9 px FWHM);
    a Gaussian window a little narrower than the kernel halves that. Where it does not settle, daofind's stands.
    """
    if not len(catalog):
        return catalog
    fine = np.empty((len(catalog), 2))
    sigma = max(LEAST_WINDOW, WINDOW * sqrt(kernel.variance_x))
    over_rows(
        lambda start, stop: window_positions(
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


def _catalog(table: Floats, reason: NDArray[np.int8], extver: int, sky: Sky, kernel: Kernel) -> Catalog:
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


def position_errors(flux: Floats, sky: Sky, kernel: Kernel) -> Floats:
    """Expected error of the positions in pixels: photon and sky noise in the kernel's box, and a floor.

    sigma_kernel sqrt(variance of the flux)/flux, the error of the first moment of a star as wide as the kernel
    (King 1983, PASP 95, 163). The fit uses only the ratios of the errors to each other.
    """
    pixels = kernel.gauss.size
    star = np.maximum(flux - pixels * sky.level, 3.0 * sqrt(pixels) * sky.scatter + 1e-30)
    variance = star / sky.electrons + pixels * sky.scatter**2
    return np.asarray(np.hypot(FLOOR, sqrt(kernel.variance_x) * np.sqrt(variance) / star))
