"""Which pixels of a chip take part in its sky, and the number that stands for them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.dq import Bits, parse_bits
from core.data.exposure import Chip, Exposure
from core.data.imagestats import Clipping, image_statistics
from core.data.planes import plane
from core.drizzle.good import usable
from core.drizzle.skymasks import MaskList, Masks, read_mask_list
from core.drizzle.static import StaticMasks
from core.errors import Refusal
from core.kernels import stream as kernel
from core.runs.buffers import Buffers
from core.runs.spread import Threads, Workers, row_blocks

_ROWS = 128


@dataclass(frozen=True, eq=False)
class SkyPixels:
    """How sky is measured in a run.

    Attributes
    ----------
    kind : "median", "mean" or "mode" of the clipped pixels
    clipping : in the units of the image
    bits : DQ flags that are allowed (None: DQ does not count)
    reset : DQ flags taken as not set
    static : the static masks, empty when they are not to count
    workers : where row blocks are computed
    masks : masks of the person's own
    buffers : where arrays of pixels are taken from
    remark : what a person should hear of the list of masks, or ""
    """

    kind: str
    clipping: Clipping
    bits: Bits | None
    reset: int
    static: StaticMasks
    workers: Workers | None = None
    masks: Masks = field(default_factory=dict)
    buffers: Buffers = field(default_factory=Buffers)
    remark: str = ""

    def good(self, exposure: Exposure, chip: Chip) -> NDArray[np.bool_]:
        """Pixels (rows, columns) that DQ, static mask and the person's own mask let through."""
        return usable(
            exposure,
            chip,
            self.bits,
            Bits(self.reset),
            self.static,
            self._own(chip),
            workers=self.workers,
            buffers=self.buffers,
        )

    def _own(self, chip: Chip) -> NDArray[np.uint8] | None:
        mask = self.masks.get((chip.path, chip.extver))
        return None if mask is None else mask.good(chip).view(np.uint8)

    def taken(self, exposure: Exposure, chip: Chip) -> NDArray[np.float32]:
        """The pixels that take part, one after the other in the chip's order; to be given back to `buffers`."""
        good, source, team = self.good(exposure, chip), plane(chip), self.workers or Threads(1)
        blocks = row_blocks(chip.shape[0], _ROWS)
        counts = team.map(lambda block: int(np.count_nonzero(good[slice(*block)])), blocks)
        ends = np.cumsum(counts)
        pixels = self.buffers.take((math.prod(chip.shape),), np.float32)[: int(ends[-1])]

        def fill(number: int) -> None:
            here = slice(*blocks[number])
            out = pixels[int(ends[number]) - counts[number] : int(ends[number])]
            kernel.pick(source.rows(*blocks[number]), good[here].view(np.uint8), out)

        team.map(fill, range(len(blocks)))
        self.buffers.give(good)
        return pixels

    def measure(self, pixels: NDArray[np.float32]) -> tuple[float, int]:
        """The sky of float32 pixels (any shape) in their units, and how many are behind it after clipping.

        Raises `Refusal` when none is left.
        """
        kind = self.kind
        found = image_statistics(
            np.ascontiguousarray(pixels),
            self.clipping,
            median=kind == "median",
            mode=kind == "mode",
            workers=self.workers,
        )
        return float(getattr(found, kind)), found.npix


def sky_pixels(
    params: Mapping[str, Any],
    static: StaticMasks,
    reset: int = 0,
    workers: Workers | None = None,
    exposures: Sequence[Exposure] = (),
    buffers: Buffers | None = None,
) -> SkyPixels:
    """From the astrodrizzle parameters of step 2 (skymask_cat for these `exposures`); raises Refusal."""
    clipping = Clipping(
        rounds=int(params["skyclip"]),
        lower_sigma=float(params["skylsigma"]),
        upper_sigma=float(params["skyusigma"]),
        lower=params["skylower"],
        upper=params["skyupper"],
        binwidth=0.1 if params["skywidth"] is None else float(params["skywidth"]),
    )
    for name, value in (
        ("skylsigma", clipping.lower_sigma),
        ("skyusigma", clipping.upper_sigma),
        ("skywidth", clipping.binwidth),
    ):
        if not value > 0:
            raise Refusal(f"The value {value:g} is not above 0.", subject=name, advice="Use the default.")
    listed = str(params["skymask_cat"]).strip()
    own = read_mask_list(listed, exposures) if listed else MaskList({})
    return SkyPixels(
        str(params["skystat"]),
        clipping,
        parse_bits(params["sky_bits"]),
        reset,
        static if params["use_static"] else StaticMasks(),
        workers,
        own.masks,
        buffers or Buffers(),
        own.remark,
    )


def to_brightness(exposure: Exposure, chip: Chip) -> float:
    """What turns a pixel value into surface brightness per second and square arcsec."""
    scale = chip.wcs.idcscale or chip.wcs.scale
    return 1.0 / scale**2 / (1.0 if chip.is_rate else exposure.exptime)
