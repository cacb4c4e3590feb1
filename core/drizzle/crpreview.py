"""Step 6 on a part of a chip, for a look while its parameters change: the mask there, and why a pixel is flagged.

What it shows is the mask that the step would write, bit for bit: the same kernels run on the part with a margin that
holds all that can reach into it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.exposure import Chip, Exposure
from core.data.fitsfile import open_fits, read_data
from core.data.planes import plane
from core.data.units import to_electrons
from core.drizzle.cosmic import CosmicMask, CosmicParams, Detector, Image, find_cosmics
from core.drizzle.inputs import open_one
from core.drizzle.results import ExposureFigures
from core.drizzle.rim import Rim, part_of, read_rim
from core.errors import Refusal
from core.kernels import cosmic as kernel
from core.params import ParamSet
from core.runs.spread import Workers

Span = tuple[int, int]
NOT, FIRST, SECOND, GROWN = "", "first pass", "second pass", "grown"


@dataclass(frozen=True)
class Why:
    """Why a pixel is or is not flagged; all in electrons.

    `away` |data - blot|; `limits` of the first and the second pass, scale * derivative + snr * noise; `fails` which
    of them it is beyond; `flagged` the pass that flags it: "first pass" (beyond both limits), "second pass" (beyond
    the second, next to a pixel beyond the first), "grown" (near a flagged one), "" not at all.
    """

    data: float
    blot: float
    derivative: float
    noise: float
    limits: tuple[float, float]
    fails: tuple[bool, bool]
    flagged: str

    @property
    def away(self) -> float:
        return abs(self.data - self.blot)


@dataclass(frozen=True, eq=False)
class CosmicPreview:
    """A chip with its blot, float32 (rows, columns) in input units, and the rim of the blot (`core.drizzle.rim`), read
    once and kept while parameters change."""

    data: Image
    blot: Image
    detector: Detector
    rim: Rim = field(default_factory=lambda: np.empty(0, np.float32))

    def mask(
        self, params: CosmicParams, rows: Span, columns: Span, workers: Workers | None = None
    ) -> CosmicMask:
        """The masks of rows [start, stop) and columns [start, stop), 0-based, cut to the chip.

        They equal that part of `core.drizzle.cosmic.find_cosmics` of the whole chip.
        """
        shape = self.data.shape
        rows, columns = _within(rows, shape[0]), _within(columns, shape[1])
        # one pixel for the derivative, one for the neighbours of the second pass
        reach = 2 + max(params.grow, 1)
        tall = _within((rows[0] - reach - params.ctegrow, rows[1] + reach + params.ctegrow), shape[0])
        wide = _within((columns[0] - reach, columns[1] + reach), shape[1])
        part = np.s_[tall[0] : tall[1], wide[0] : wide[1]]
        data, blot = (np.ascontiguousarray(image[part]) for image in (self.data, self.blot))
        rim = part_of(self.rim, shape, tall, wide)
        found = find_cosmics(data, blot, params, self.detector, rim=rim, workers=workers)
        own = np.s_[rows[0] - tall[0] : rows[1] - tall[0], columns[0] - wide[0] : columns[1] - wide[0]]
        return CosmicMask(found.good[own], found.core[own])

    def why(self, params: CosmicParams, x: int, y: int) -> Why:
        """The reason of the pixel in column `x`, row `y`, 0-based; IndexError outside the chip."""
        rows, columns = self.data.shape
        if not (0 <= x < columns and 0 <= y < rows):
            raise IndexError(f"({x}, {y}) is not on the chip")
        detector, factor = self.detector, np.float32(self.detector.to_electrons)
        _, slope, noise, failed = kernel.judge(
            self.data, self.blot, self.rim, detector.light, params.limits, y, x
        )
        first, second = (
            scale * slope + snr * noise for snr, scale in zip(params.snr, params.scale, strict=True)
        )
        return Why(
            float(self.data[y, x] * factor),
            float(self.blot[y, x] * factor),
            float(slope),
            float(noise),
            (float(first), float(second)),
            (bool(failed & 1), bool(failed & 2)),
            self._flagged(params, x, y, failed),
        )

    def _flagged(self, params: CosmicParams, x: int, y: int, failed: int) -> str:
        found = self.mask(params, (y, y + 1), (x, x + 1))
        if found.good[0, 0]:
            return NOT
        if found.core[0, 0]:
            return GROWN
        return FIRST if failed & 1 else SECOND


def open_preview(figures: ExposureFigures, extver: int, params: ParamSet) -> CosmicPreview:
    """What step 6 read of a chip in a run: its pixels, and the blot that the run left.

    `figures` are those of the run, `params` its astrodrizzle parameters (gain, rdnoise, wcskey ...). Raises Refusal
    when the run left no blot (clean, in_memory, step 5 off), or the chip is another now.
    """
    path = figures.blots.get(extver)
    found = next((one for one in figures.chips if one.extver == extver), None)
    if path is None or not path.is_file() or found is None:
        raise Refusal(
            f"The run left no blotted image of SCI,{extver}.",
            file=figures.path,
            subject="blot",
            advice="Run it again with blot on, and clean and in_memory off.",
        )
    exposure, chip = _chip(figures, extver, params)
    data, blot = plane(chip).whole(), _blot(path)
    if data.shape != blot.shape:
        raise Refusal(
            f"The blot has the shape {blot.shape}, the chip {data.shape}.", file=path, subject="blot"
        )
    factor = to_electrons(chip)
    trail = exposure.facts.cte_dir(chip.ccdchip, str(exposure.primary.get("CCDAMP", "")))
    return CosmicPreview(
        data, blot, Detector(factor, found.sky * factor, chip.read_noise, trail), read_rim(path, blot.shape)
    )


def _chip(figures: ExposureFigures, extver: int, params: ParamSet) -> tuple[Exposure, Chip]:
    for exposure in open_one(figures.path, params):
        for chip in exposure.chips:
            if chip.extver == extver:
                return exposure, chip
    raise Refusal("The chip is not in the file any more.", file=figures.path, subject=f"SCI,{extver}")


def _blot(path: object) -> NDArray[np.float32]:
    with open_fits(str(path)) as hdus:
        hdu = next((one for one in hdus if _is_image(one)), None)
        if hdu is None:
            raise Refusal("There is no image in it.", file=str(path), subject="blot")
        return np.ascontiguousarray(read_data(hdus, hdu, str(path)), dtype=np.float32)


def _is_image(hdu: fits.hdu.base.ExtensionHDU) -> bool:
    return bool(hdu.is_image) and int(hdu.header.get("NAXIS", 0)) == 2


def _within(span: Span, length: int) -> Span:
    start = min(max(span[0], 0), length)
    return start, max(min(span[1], length), start)
