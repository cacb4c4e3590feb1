"""Source finding on one chip: DAOFIND as tweakreg runs it (spec of the Handbook, section 7.1; Stetson 1987)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from core.align.candidates import candidates, prepare_in
from core.align.daokernel import Kernel
from core.align.noise import Sky
from core.align.results import Catalog, Rejected
from core.align.settings import FindParams
from core.data.dq import good_pixels, parse_bits
from core.data.exposure import Chip
from core.errors import Refusal
from core.kernels import find as kernels
from core.kernels.centroid import window_positions
from core.runs.buffers import Buffers, whole_pages
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Bools = NDArray[np.bool_]

# No position is better than this: every estimate depends a little on where in its pixel a star lies.
FLOOR = 0.010
WINDOW = 0.8  # sigma of the window of the finer positions over that of the kernel
LEAST_WINDOW = 1.1  # pixels; narrower ones feel the pixels
LONE = 0.9  # sharpness over that of a single bright pixel: hot pixels 1, stars of 1.1 px FWHM at most 0.85
EMPTY = 0.01  # part of exact zeros above which those of a drizzled image are no data
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
    chip: Chip,
    params: FindParams,
    workers: Workers | None = None,
    progress: Progress | None = None,
    *,
    good: Bools | None = None,
    room: Buffers | None = None,
) -> Catalog:
    """The sources of one chip; reads its pixels, and its DQ flags when `dqbits` is set. Raises `Refusal`.

    `good` marks where sources may lie, with `dqbits` what the flags leave of it; `room` is memory to work in.
    """
    room = room or Buffers()
    pixels = measured_pixels(chip, room)
    try:
        return find_in(
            pixels,
            params,
            good=unflagged(chip, params, good),
            extver=chip.extver,
            electrons=electrons_per_unit(chip),
            workers=workers,
            progress=progress,
            room=room,
        )
    finally:
        room.give(pixels)


def room_for(chips: Sequence[Chip], side_by_side: int) -> Buffers:
    """Memory to work in for so many of the chips at a time: pixels, their convolution and a mark for each."""
    most = max((chip.shape[0] * chip.shape[1] for chip in chips), default=0)
    return Buffers(side_by_side * sum(whole_pages(most * size) for size in (4, 4, 1)))


def measured_pixels(chip: Chip, room: Buffers | None = None) -> Image:
    """The science pixels of a chip, float32; NaN where a drizzled image has no data."""
    drizzled = chip.wcs.is_linear and not chip.has_dq and not chip.has_err
    return without_empty(chip.read("SCI")) if drizzled else chip.read("SCI", room)


def without_empty(drizzled: Image) -> Image:
    """The pixels of a drizzled image, NaN where it has no data.

    Drizzling leaves exactly 0 there, often in most pixels of the frame: sky and noise would come out as 0.
    """
    empty = drizzled == 0.0
    if np.count_nonzero(empty) <= EMPTY * empty.size:
        return drizzled
    return np.where(empty, np.float32(np.nan), drizzled)


def unflagged(chip: Chip, params: FindParams, good: Bools | None = None) -> Bools | None:
    """What `dqbits` leaves of `good`, None for everywhere; raises `Refusal` when the flags it asks for are missing."""
    bits = parse_bits(params.dqbits)
    if bits is None:
        return good
    if not chip.has_dq:
        raise Refusal(
            "The DQ extension, which dqbits asks for, is missing.",
            file=chip.path,
            subject=f"DQ,{chip.extver}",
            advice="dqbits left blank, or the file fetched again.",
        )
    flagged = good_pixels(chip.read_dq(), bits)
    return flagged if good is None else flagged & good


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
    room: Buffers | None = None,
) -> Catalog:
    """The sources of an image (ny, nx) float32; positions 0-based, in the order of their rows.

    `good` marks pixels on which a source may be detected; NaN and infinite pixels are never good and are filled
    from their neighbours, so they do not spread. `electrons` per image unit tell the photon noise; `room` is memory
    to work in.
    """
    room = room or Buffers()
    prepared = prepare_in(
        pixels,
        params,
        good=good,
        extver=extver,
        electrons=electrons,
        workers=workers,
        progress=progress,
        room=room,
    )
    try:
        sky = prepared.sky(params)
        table, reason = candidates(prepared, params, workers, progress)
        made = _catalog(table, reason, extver, sky, prepared.kernel)
        return _refined(made, prepared.data, sky, prepared.kernel, workers or Threads())
    finally:
        room.give(prepared.usable, prepared.conv)


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


def _catalog(table: Floats, reason: NDArray[np.int8], extver: int, sky: Sky, kernel: Kernel) -> Catalog:
    """Kept sources sorted by y, then x; the others go to `rejected`."""
    kept = np.nonzero(reason == kernels.KEPT)[0]
    kept = kept[np.lexsort((table[kept, kernels.X], table[kept, kernels.Y]))]
    lost = np.nonzero(reason != kernels.KEPT)[0]
    x, y, flux, peak, sharp, round1, round2, box_sum, _ = (np.ascontiguousarray(c) for c in table[kept].T)
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
        error=position_errors(box_sum, sky, kernel),
        lone=sharp * kernel.weights.max() > LONE,
    )


def position_errors(box_sum: Floats, sky: Sky, kernel: Kernel) -> Floats:
    """Expected error of the positions in pixels: photon and sky noise in the kernel's box, and a floor.

    sigma_kernel sqrt(variance of the flux)/flux, the error of the first moment of a star as wide as the kernel
    (King 1983, PASP 95, 163). The fit uses only the ratios of the errors to each other.
    """
    pixels = kernel.gauss.size
    star = np.maximum(box_sum - pixels * sky.level, 3.0 * sqrt(pixels) * sky.scatter + 1e-30)
    variance = star / sky.electrons + pixels * sky.scatter**2
    return np.asarray(np.hypot(FLOOR, sqrt(kernel.variance_x) * np.sqrt(variance) / star))
