"""The geometry of WFC3/UVIS: where its chips lie and how their optics distort, from the reference files' numbers.

The numbers stand in resources/instruments with their provenance. A "small" detector is a cut of the real one
about the gap between the chips, at the true pixel scale and with the true local distortion.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from core.data.chipwcs import ChipWCS, Floats, LookupTable
from core.simulate.sphere import linear_terms, tangent_matrix, turn

FULL = (4096, 2051)
SMALL = (1024, 512)

# Position angle of the aperture less PA_V3, from the field of Handbook example 7.1: with it the CRVALs that the
# Handbook prints for its three exposures come out to 1 mas
APERTURE_ANGLE = 44.83


@dataclass(frozen=True)
class ChipModel:
    """One chip as the reference files describe it; `facts` holds the JSON entry as it stands."""

    extver: int
    ccdchip: int
    facts: dict[str, Any]
    npol: tuple[Floats, Floats]
    d2im: tuple[Floats, Floats]


@dataclass(frozen=True)
class Instrument:
    """The chips in the order of EXTVER and the pointing under which their WCSs were written."""

    chips: tuple[ChipModel, ...]
    facts: dict[str, Any]


@cache
def wfc3_uvis() -> Instrument:
    """The distortion model of WFC3/UVIS, read once."""
    folder = files("resources") / "instruments"
    facts = json.loads((folder / "wfc3_uvis_distortion.json").read_text())
    with np.load(
        io.BytesIO((folder / "wfc3_uvis_distortion.npz").read_bytes()), allow_pickle=False
    ) as tables:
        chips = tuple(_chip_model(entry, tables) for entry in facts["chips"])
    return Instrument(chips, facts)


def _chip_model(entry: dict[str, Any], tables: Any) -> ChipModel:
    def pair(kind: str) -> tuple[Floats, Floats]:
        x, y = (tables[f"{kind}_{entry['extver']}_{axis}"].astype(float) for axis in "xy")
        return x, y

    return ChipModel(entry["extver"], entry["ccdchip"], entry, pair("npol"), pair("d2im"))


def cut_corner(chip: ChipModel, naxis: tuple[int, int]) -> tuple[int, int]:
    """0-based full-chip pixel (x, y) of the first pixel of a cut of size `naxis` beside the gap."""
    x = (FULL[0] - naxis[0]) // 2
    # chip 2 lies below the gap, chip 1 above
    return x, FULL[1] - naxis[1] if chip.ccdchip == 2 else 0


def nominal_wcs(
    chip: ChipModel, target: tuple[float, float], pa_v3: float, naxis: tuple[int, int]
) -> ChipWCS:
    """The chip's WCS when the aperture points at `target` (RA, Dec in degrees) with roll `pa_v3` (degrees)."""
    model = wfc3_uvis().facts
    aperture = model["aperture"]
    roll = pa_v3 + APERTURE_ANGLE - aperture["pa_aper"]
    moved = turn((aperture["ra"], aperture["dec"]), target, roll)
    crval, cd = linear_terms(moved @ tangent_matrix(chip.facts["crval"], chip.facts["cd"]))
    x0, y0 = cut_corner(chip, naxis)
    order = chip.facts["order"]
    return ChipWCS(
        crpix=np.array(chip.facts["crpix"]) - (x0, y0),
        crval=crval,
        cd=cd,
        naxis=naxis,
        sip_a=_polynomial(chip.facts["a"], order),
        sip_b=_polynomial(chip.facts["b"], order),
        npol=_tables(chip.npol, x0, y0),
        d2im=_tables(chip.d2im, x0, y0),
        idcscale=chip.facts["idcscale"],
        orientat=orientation(cd),
    )


def orientation(cd: Floats) -> float:
    """Position angle of the y axis in degrees, as ORIENTAT gives it."""
    return float(np.degrees(np.arctan2(cd[0, 1], cd[1, 1])))


def _polynomial(terms: dict[str, float], order: int) -> Floats:
    factors = np.zeros((order + 1, order + 1))
    for name, value in terms.items():
        i, j = (int(part) for part in name.split("_"))
        factors[i, j] = value
    return factors


def _tables(values: tuple[Floats, Floats], x0: int, y0: int) -> tuple[LookupTable, LookupTable]:
    facts = wfc3_uvis().facts["table"]
    crval = (facts["crval"][0] - x0, facts["crval"][1] - y0)
    x, y = (LookupTable(v, tuple(facts["crpix"]), crval, tuple(facts["cdelt"])) for v in values)
    return x, y
