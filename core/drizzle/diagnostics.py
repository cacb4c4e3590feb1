"""What the products of a run tell of it: cosmic rays against expectation, coverage, weights, width of the stars."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from core.data.exposure import Exposure, open_exposure
from core.data.fitsfile import open_fits, read_data
from core.data.readwcs import read_wcs
from core.drizzle.cosmic import suspicious
from core.drizzle.coverage import Coverage, measure_coverage
from core.drizzle.results import DrizzleResult, ExposureFigures
from core.drizzle.starwidth import Width, chip_stars, product_stars, width_of
from core.errors import Refusal

_LOW, _HIGH = 1.5e-5, 3.0e-5  # of the pixels in a second
_READOUT = 45.0  # seconds that a CCD goes on collecting
_HOLES, _VARIATION = 0.01, 0.2
_NO_RAYS = (
    "IR",
    "SBC",
    "FUV-MAMA",
    "NUV-MAMA",
)  # ramps are cleaned by the calibration, photon counters see none


@dataclass(frozen=True)
class CosmicRate:
    """Of an exposure: part of the good pixels flagged, before growing and with it; `expected` low and high, before
    growing (None when the exposure could not be read); `outlier` says in what, "" when in nothing."""

    name: str
    flagged: float
    grown: float
    expected: tuple[float, float] | None
    outlier: str = ""


@dataclass(frozen=True)
class Remark:
    """A choice that does not fit the data, and the parameter that makes it."""

    parameter: str
    text: str


@dataclass(frozen=True)
class Diagnostics:
    """`inputs` and `drizzled` are the widths of the same stars; None where they could not be measured."""

    cosmic: tuple[CosmicRate, ...] = ()
    coverage: Coverage | None = None
    inputs: Width | None = None
    drizzled: Width | None = None
    remarks: tuple[Remark, ...] = ()


def diagnose(result: DrizzleResult, pixels: bool = True) -> Diagnostics:
    """Diagnostics of a run from its figures, its products and its exposures; nothing is written.

    Without `pixels` only figures and headers are looked at, which takes no time. Of files that are gone or cannot be
    read, what depends on them is left out. Raises Refusal when the products cannot be read.
    """
    read = {each.path: found for each in result.exposures if (found := _opened(each.path)) is not None}
    cosmic = cosmic_rates(result.exposures, read)
    if not pixels or result.science is None or result.weight is None:
        return Diagnostics(cosmic, remarks=_cosmic_remarks(cosmic))
    with open_fits(result.science) as hdus:
        hdu = _image(hdus, "SCI", result.science)
        science = np.asarray(read_data(hdus, hdu, result.science))
        wcs, header = read_wcs(hdus, hdu, path=result.science), hdus[0].header.copy()
    weight = _array(result.weight, "WHT")
    context = _array(result.context, "CTX") if result.context is not None else None
    coverage = measure_coverage(weight, context, exposures_of(header, len(result.exposures)))
    profiles, places = [], []
    for exposure in read.values():
        for chip in exposure.chips:
            try:
                profile, ra, dec = chip_stars(chip)
            except Refusal:
                continue
            profiles.append(profile)
            places.append((ra, dec))
    guess = 2.0 * max((chip.wcs.scale for e in read.values() for chip in e.chips), default=0.05)
    drizzled = [product_stars(science, wcs, ra, dec) for ra, dec in places]
    return Diagnostics(
        cosmic,
        coverage,
        width_of(profiles, guess),
        width_of(drizzled, guess),
        (*_cosmic_remarks(cosmic), *_remarks(coverage, header)),
    )


def cosmic_rates(
    exposures: Sequence[ExposureFigures], read: Mapping[Path, Exposure]
) -> tuple[CosmicRate, ...]:
    """The cosmic rays of each exposure against what its detector and exposure time let expect.

    CCDs in orbit have 1.5 to 3 % of their pixels hit in 1000 s (ACS Instrument Handbook, chapter 4; WFC3's, 6.10,
    and those of STIS and WFPC2 call theirs comparable). An exposure is an outlier when more is flagged than
    `core.drizzle.cosmic.suspicious` allows, or twice its share of what all of them have.
    """
    rows = [_rate(each, read.get(each.path)) for each in exposures if each.chips and not _none(each)]
    shares = {
        row.name: row.flagged / row.expected[1]
        for row in rows
        if row.expected is not None and row.expected[1]
    }
    middle = float(np.median(list(shares.values()))) if len(shares) > 2 else 0.0
    made = []
    for row in rows:
        told = row.outlier
        if not told and middle > 0 and shares.get(row.name, 0.0) > 2.0 * middle and row.flagged > 1e-4:
            told = f"{shares[row.name] / middle:.1f} times the share of the other exposures"
        made.append(CosmicRate(row.name, row.flagged, row.grown, row.expected, told))
    return tuple(made)


def _none(exposure: ExposureFigures) -> bool:
    """Whether step 6 was not run."""
    return all(chip.n_cr == 0 and chip.core_fraction == 0.0 for chip in exposure.chips)


def _rate(figures: ExposureFigures, exposure: Exposure | None) -> CosmicRate:
    flagged, grown = (
        float(np.mean([getattr(chip, name) for chip in figures.chips]))
        for name in ("core_fraction", "cr_fraction")
    )
    if exposure is None:
        return CosmicRate(figures.name, flagged, grown, None)
    if exposure.detector in _NO_RAYS or exposure.instrument == "NICMOS":
        return CosmicRate(figures.name, flagged, grown, (0.0, 0.0))
    time = exposure.exptime + _READOUT
    told = "more than cosmic rays can be" if suspicious(flagged, exposure.exptime) else ""
    return CosmicRate(figures.name, flagged, grown, (_LOW * time, _HIGH * time), told)


def _cosmic_remarks(rates: Sequence[CosmicRate]) -> tuple[Remark, ...]:
    return tuple(
        Remark(
            "driz_cr_scale",
            f"{rate.name}: {100 * rate.flagged:.2f} % of its pixels are flagged, {rate.outlier}. Blink it: if it is "
            "misaligned, stars are taken for cosmic rays.",
        )
        for rate in rates
        if rate.outlier
    )


def _remarks(coverage: Coverage, header: fits.Header) -> tuple[Remark, ...]:
    """Holes and weights, beside the parameter that makes them."""
    made = []
    drop, scale, own = (_number(header, f"D001{key}") for key in ("PIXF", "SCAL", "ISCL"))
    side = scale / own if scale and own else 1.0
    if coverage.holes > _HOLES:
        told = f"{100 * coverage.holes:.1f} % of the pixels within the data are holes"
        if side < 0.8 and (drop or 1.0) + side <= 1.6:
            made.append(
                Remark("final_scale" if drop == 1.0 else "final_pixfrac", f"{told}: larger drops or pixels.")
            )
        elif drop is not None and drop < 0.8:
            made.append(Remark("final_pixfrac", f"{told}: take larger drops."))
        else:
            made.append(Remark("final_bits", f"{told}, left by flagged pixels: see which flags are taken."))
    if coverage.variation is not None and coverage.variation > _VARIATION:
        made.append(
            Remark(
                "final_pixfrac",
                f"The weights vary by {coverage.variation:.2f} (rms over median), more than 0.2: the noise is uneven. "
                "Take larger drops or pixels, or more exposures.",
            )
        )
    return tuple(made)


def exposures_of(header: fits.Header, count: int) -> tuple[int, ...]:
    """The number of the exposure behind each bit of the context, by DnnnDATA; without these one a bit."""
    names: list[str] = []
    for number in range(1, 10_000):
        text = header.get(f"D{number:03d}DATA")
        if text is None:
            break
        names.append(re.sub(r"\[.*$", "", str(text)).strip())
    known = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return tuple(known[name] for name in names) if names else tuple(range(count))


def _opened(path: Path) -> Exposure | None:
    try:
        return open_exposure(path, complete=False)
    except Refusal:
        return None


def _array(path: Path, name: str) -> Any:
    with open_fits(path) as hdus:
        return np.asarray(read_data(hdus, _image(hdus, name, path), path))


def _image(hdus: fits.HDUList, name: str, path: Path) -> Any:
    for hdu in hdus:
        if hdu.is_image and hdu.header.get("NAXIS", 0) and (hdu.name == name or hdu is hdus[0]):
            return hdu
    raise Refusal("The image is missing.", file=path, subject=name)


def _number(header: fits.Header, key: str) -> float | None:
    value = header.get(key)
    return float(value) if isinstance(value, int | float) else None
