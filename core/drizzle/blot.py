"""Step 5: the median taken back to the pixels of a chip (DrizzlePac Handbook, section 7.1, step 5)."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.chipwcs import ChipWCS
from core.drizzle.chip import Image
from core.drizzle.settings import BlotParams
from core.runs.progress import Progress
from core.runs.spread import Workers


@dataclass(frozen=True, eq=False)
class Blotted:
    """The median as the chip would have seen it: `sci` float32 (rows, columns) of the chip, in its input units,
    sky added."""

    sci: Image


def blot(
    median: Image,
    frame: ChipWCS,
    wcs: ChipWCS,
    params: BlotParams,
    *,
    exptime: float,
    sky: float | None = None,
    conversion: float = 1.0,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Blotted:
    """Resample `median` (float32, per second, on `frame`) to the pixels of the chip `wcs`.

    The value is multiplied by `exptime`, divided by the square of the scale ratio (frame over chip) and by
    `conversion` (what turned input units into those of the comparison: EXPTIME for rates, the gain for
    DN), and then the sky is added: `sky` (input units) with addsky on, else `params.skyval`. Chip pixels
    that lie outside the median get the sky alone.
    `progress` is advanced `blot_units(wcs)` times.
    """
    raise NotImplementedError
