"""What a chip brings to the drizzle: pixels, weights and coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.frame import pixel_scale
from core.errors import Refusal

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ChipInput:
    """One chip ready to be drizzled.

    Attributes
    ----------
    wcs : the chip's coordinates (`wcs.linear()` when coeffs is off)
    data : float32 (rows, columns), sky subtracted, in electrons or counts, per second if `is_rate`
    weight : float32, same shape, 0 where the pixel is bad: see `weight_map`
    exptime : seconds
    is_rate : whether the pixels are per second already
    name : shown in refusals and the log, for instance "ibc301qrq_flt.fits[SCI,2]"
    """

    wcs: ChipWCS
    data: Image
    weight: Image
    exptime: float
    is_rate: bool
    name: str = ""

    @property
    def per_second(self) -> float:
        """What turns the pixels into a rate: 1, or 1 / exptime (raises Refusal when that is not positive)."""
        if self.is_rate:
            return 1.0
        if not self.exptime > 0:
            raise Refusal(
                f"The exposure time is {self.exptime} s, so counts cannot become counts per second.",
                file=self.name,
                subject="EXPTIME",
                advice="Correct the header or leave the exposure out.",
            )
        return 1.0 / self.exptime


def weight_map(
    good: NDArray[np.bool_], exptime: float, *, wht_type: str = "EXP", err: Image | None = None
) -> Image:
    """The weight of every pixel, 0 where it is not `good`.

    EXP: the exposure time in seconds. ERR: (exptime / ERR)^2, the inverse variance of the rate when ERR is in
    electrons; 0 too where ERR is not a positive finite number. (DrizzlePac Handbook, section on weights.)
    """
    if wht_type == "EXP":
        return good * np.float32(exptime)
    if err is None:
        raise Refusal("There is no ERR array to weight by.", subject="final_wht_type", advice="Choose EXP.")
    usable = good & np.isfinite(err) & (err > 0)
    weight = np.zeros(err.shape, np.float32)
    np.divide(np.float32(exptime), err, out=weight, where=usable)
    return np.square(weight, out=weight)


def scale_ratio(frame: ChipWCS, wcs: ChipWCS) -> float:
    """Pixel scale of the output frame over that of the chip: its distortion model's (IDCSCALE, else
    sqrt |det CD|), or, of a chip without distortion (coeffs off), the length of its x axis."""
    if wcs.is_linear:
        return pixel_scale(frame) / pixel_scale(wcs)
    return pixel_scale(frame) / (wcs.idcscale or wcs.scale)
