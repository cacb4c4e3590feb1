"""Inverse variance maps that a person brings along: a file for each exposure, with an extension IVM for each chip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.exposure import Chip, Exposure
from core.data.fitsfile import open_fits, read_data
from core.data.flagfile import image_shape
from core.errors import Refusal

_ADVICE = (
    "Give a file with one extension named IVM for each SCI extension of the exposure, with the same EXTVER."
)


def check_map(file: Path, exposure: Exposure) -> None:
    """Raise `Refusal` when the file cannot serve the exposure."""
    with open_fits(file) as hdus:
        for chip in exposure.chips:
            _extension(hdus, file, chip)


def read_map(file: Path, chip: Chip) -> NDArray[np.float32]:
    """The map of a chip as it is in the file, (rows, columns); raises Refusal."""
    with open_fits(file, whole=False) as hdus:
        values: Any = read_data(hdus, _extension(hdus, file, chip), file)
        return np.array(values, np.float32)


def _extension(hdus: fits.HDUList, file: Path, chip: Chip) -> Any:
    found = next((hdu for hdu in hdus if hdu.name == "IVM" and hdu.ver == chip.extver and hdu.is_image), None)
    if found is None and len(hdus) == 1 and chip.extver == 1:
        found = hdus[0]  # a simple image for an exposure of one chip
    if found is None:
        raise Refusal(
            f"There is no map for {chip.path.name}[SCI,{chip.extver}].",
            file=file,
            subject=f"IVM,{chip.extver}",
            advice=_ADVICE,
        )
    shape = image_shape(found.header)
    if shape != chip.shape:
        size, wanted = (" x ".join(str(n) for n in reversed(one)) or "0" for one in (shape, chip.shape))
        raise Refusal(
            f"The map has {size} pixels, {chip.path.name}[SCI,{chip.extver}] has {wanted}.",
            file=file,
            subject=f"IVM,{chip.extver}",
            advice=_ADVICE,
        )
    return found
