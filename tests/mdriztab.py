"""Synthetic MDRIZTAB tables: the columns that the tables of the archive have, and exposures that name them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits

NOTHING = -2147483647  # how such tables write an integer without a value
COLUMNS: dict[str, tuple[str, list[object]]] = {
    "filter": ("20A", ["F475W", "ANY", "ANY", "F606W", "F606W"]),
    "numimages": ("J", [1, 1, 2, 1, 3]),
    "shiftfile": ("40A", ["", "", "", "", ""]),
    "refimage": ("40A", ["", "", "", "", ""]),
    "coeffs": ("20A", ["header", "", "header", "INDEF", "header"]),
    "ra": ("E", [np.nan] * 5),
    "dec": ("E", [np.nan] * 5),
    "build": ("L", [True] * 5),
    "staticfile": ("40A", [""] * 5),
    "static_sig": ("E", [4.0, 4.0, 4.0, 4.0, 3.5]),
    "subsky": ("L", [True, True, True, True, False]),
    "skywidth": ("E", [0.1, 0.1, 0.1, 0.3, 0.7]),
    "skystat": ("10A", ["median", "median", "mode", "mean", "mode"]),
    "skylower": ("E", [np.nan, np.nan, -100.0, -100.0, -100.0]),
    "skyupper": ("E", [np.nan] * 5),
    "driz_separate": ("L", [True, False, True, True, True]),
    "driz_sep_pixfrac": ("E", [1.0, 1.0, 1.0, 1.0, 0.8]),
    "driz_sep_bits": ("J", [0, 0, 96, 64, 336]),
    "combine_type": ("10A", ["minmed", "minmed", "minmed", "minmed", "MEDIAN"]),
    "combine_nlow": ("J", [0, 0, 0, 0, NOTHING]),
    "combine_nsigma": ("10A", ["6 3", "6 3", "4 3", "4 3", "5 4"]),
    "combine_lthresh": ("E", [np.nan] * 5),
    "crbitval": ("J", [4096] * 5),
    "driz_cr_snr": ("10A", ["3.5 3.0", "3.5 3.0", "5.0 4.0", "3.5 3.0", "8.0 6.0"]),
    "final_pixfrac": ("E", [1.0, 1.0, 1.0, 1.0, 0.7]),
    "final_outnx": ("J", [NOTHING] * 4 + [900]),
    "final_outny": ("J", [NOTHING] * 4 + [800]),
    "final_bits": ("J", [0, 0, 96, 64, 65]),
    "final_units": ("10A", ["cps", "cps", "cps", "counts", "counts"]),
    "final_kernel": ("10A", ["square"] * 4 + ["turbo"]),
    "readnoise": ("10A", [""] * 4 + ["3.2"]),
    "gain": ("10A", [""] * 5),
}


def write_table(path: Path, columns: dict[str, tuple[str, list[object]]] | None = None) -> Path:
    made = [
        fits.Column(name, form, array=np.array(cells)) for name, (form, cells) in (columns or COLUMNS).items()
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(made)]).writeto(path, overwrite=True)
    return path


def write_exposures(folder: Path, table: str, count: int, **cards: object) -> list[Path]:
    """Files of a primary header alone: nothing else of an exposure is read for the table."""
    values: dict[str, object] = {"INSTRUME": "WFC3", "FILTER": "F606W", "MDRIZTAB": table, **cards}
    paths = [folder / f"i{n}_flt.fits" for n in range(count)]
    for path in paths:
        hdu = fits.PrimaryHDU()
        hdu.header.update(values)
        hdu.writeto(path, overwrite=True)
    return paths
