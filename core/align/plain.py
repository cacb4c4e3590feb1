"""A reference image that is a plain FITS image, such as a drizzled `*_drz_sci.fits`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.align.find import find_in, without_empty
from core.align.given import Given
from core.align.results import Sources
from core.align.settings import FindParams
from core.align.sources import on_sky
from core.data.chipwcs import ChipWCS
from core.data.fitsfile import open_fits, read_data
from core.data.frame import read_frame
from core.data.science import is_plain as plain
from core.errors import Refusal
from core.runs.spread import Workers


def is_plain(path: Path) -> bool:
    """Whether the pixels are in the primary array and there is no SCI extension. Raises `Refusal`."""
    with open_fits(path) as hdus:
        return plain(hdus)


def plain_sources(path: Path, params: FindParams, frame: ChipWCS, workers: Workers, given: Given) -> Sources:
    """The sources of a plain image without distortion, on the sky and in `frame`; `given` may exclude places.

    Raises `Refusal` when the image has no usable WCS or pixels.
    """
    with open_fits(path) as hdus:
        data = np.asarray(read_data(hdus, hdus[0], path))
    if data.dtype.kind not in "fiu":
        raise Refusal("The pixels are not numbers.", file=path, subject="refimage")
    wcs = read_frame(path, undistort=False)
    if not wcs.is_linear:
        raise Refusal(
            "A plain reference image must be without distortion.",
            file=path,
            subject="refimage",
            advice="a drizzled image, or an exposure with SCI extensions.",
        )
    good = given.plain_mask(path, wcs)
    pixels = without_empty(np.ascontiguousarray(data, np.float32))
    catalog = find_in(pixels, params, good=good, extver=0, workers=workers)
    return on_sky([catalog], [wcs], frame, path.name)
