"""The output frame: one tangent plane without distortion that holds all chips.

`output_frame` places it as stwcs does for drizzlepac, so that products match pixel for pixel; `custom_frame` applies
the parameters of a custom frame (the `final_wcs` and `driz_sep_wcs` sections) in drizzlepac's order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS, Floats
from core.data.fitsfile import open_fits, quiet
from core.data.readwcs import read_wcs
from core.errors import Refusal

_KEPT = ("WCSNAME", "RADESYS", "REFFRAME", "EQUINOX")


def pixel_scale(wcs: ChipWCS) -> float:
    """Arcsec per pixel along x, as drizzlepac counts the scale of a frame."""
    return float(np.hypot(wcs.cd[0, 0], wcs.cd[1, 0])) * 3600.0


def orientation(wcs: ChipWCS) -> float:
    """Position angle of the y axis in degrees, east of north."""
    return math.degrees(math.atan2(wcs.cd[0, 1], wcs.cd[1, 1]))


def output_frame(wcss: Sequence[ChipWCS], *, undistort: bool = True) -> ChipWCS:
    """The smallest frame around all chips, oriented and scaled as the first.

    The tangent point is first the centre of all corners on the sphere; then CRPIX is the middle of the frame and
    CRVAL its position. The size is the extent of the corner pixel centres, rounded up. With `undistort` CD is
    orthogonal with the scale IDCSCALE and the orientation of PA_V3; without, it is the first chip's.
    """
    if not wcss:
        raise Refusal("There is no chip to build an output frame from.", advice="Give at least one exposure.")
    corners = [wcs.footprint() for wcs in wcss]
    ra = np.concatenate([c[0] for c in corners])
    dec = np.concatenate([c[1] for c in corners])
    first = wcss[0]
    cd = orthogonal_cd(first) if undistort else first.cd
    frame = ChipWCS(
        crpix=first.crpix if not undistort else np.zeros(2),
        crval=_middle(ra, dec),
        cd=cd,
        naxis=(0, 0),
        keys={k: v for k, v in first.keys.items() if k in _KEPT},
    )
    x, y = frame.sky_to_pix(ra, dec)
    if not np.isfinite(x).all():
        raise Refusal(
            "The exposures are so far apart that no tangent plane holds them.",
            advice="Combine only exposures of one field.",
        )
    size = math.ceil(np.ptp(x)), math.ceil(np.ptp(y))
    crpix = np.array(size) / 2.0
    # where the lowest corner would lie with this CRPIX, so that the footprint starts at the frame's edge
    low = np.array([x.min(), y.min()]) + (crpix - frame.crpix)
    frame = replace(frame, crpix=crpix, naxis=size)
    middle = frame.pix_to_sky(*(crpix + low - 1.0))
    return _finished(replace(frame, crval=np.array(middle)))


def orthogonal_frame(frame: ChipWCS) -> ChipWCS:
    """The frame with a CD matrix that is exactly orthogonal, east to the left: what tweakreg fits in."""
    turn = math.radians(orientation(frame))
    c, s = math.cos(turn), math.sin(turn)
    return replace(frame, cd=pixel_scale(frame) / 3600.0 * np.array([[-c, s], [s, c]]))


def orthogonal_cd(wcs: ChipWCS) -> Floats:
    """CD of the undistorted frame of a chip: square pixels of IDCSCALE, y axis along the detector's y axis.

    The orientation follows from PA_V3 and the aperture's place in the focal plane (IDCV2REF, IDCV3REF, IDCTHETA);
    without those, from the chip's CD.
    """
    keys = wcs.keys
    scale = wcs.idcscale / 3600.0 if wcs.idcscale else math.sqrt(abs(np.linalg.det(wcs.cd)))
    told = [_number(keys, k) for k in ("PA_V3", "IDCV2REF", "IDCV3REF")]
    if any(value is None for value in told):
        turn = math.atan2(wcs.cd[0, 1], wcs.cd[1, 1])
        flip = -1.0 if np.linalg.det(wcs.cd) < 0 else 1.0
    else:
        roll, v2, v3 = (float(value) for value in told if value is not None)
        angle = math.radians(aperture_roll(roll, wcs.crval[1], v2, v3) + (_number(keys, "IDCTHETA") or 0.0))
        c, s = math.cos(angle), math.sin(angle)
        parity = np.array(keys["PARITY"])
        turned = np.array([[c, s], [-s, c]]) @ parity
        turn = math.atan2(turned[0, 1], turned[1, 1])
        flip = -1.0 if np.linalg.det(parity) < 0 else 1.0
    c, s = math.cos(turn), math.sin(turn)
    return scale * np.array([[flip * c, s], [-flip * s, c]])


def aperture_roll(roll: float, dec: float, v2: float, v3: float) -> float:
    """Position angle in degrees of the V3 axis at the aperture (`v2`, `v3` arcsec, at declination `dec` degrees).

    `roll` is PA_V3, the angle at the V1 axis; spherical triangle of V1, the aperture and the pole (C. Cox, STScI).
    """
    a2, a3 = math.radians(v2 / 3600.0), math.radians(v3 / 3600.0)
    s2, s3 = math.sin(a2), math.sin(a3)
    sin_rho = math.sqrt(s2 * s2 + s3 * s3 - s2 * s2 * s3 * s3)
    if sin_rho == 0.0:
        return roll
    rho = math.asin(sin_rho)
    beta = math.asin(s3 / sin_rho)
    gamma = math.asin(s2 / sin_rho)
    if a2 < 0:
        beta = math.pi - beta
    if a3 < 0:
        gamma = math.pi - gamma
    a = math.pi / 2.0 + math.radians(roll) - beta
    d = math.radians(dec)
    b = math.atan2(
        math.sin(a) * math.cos(d), math.sin(d) * sin_rho - math.cos(d) * math.cos(rho) * math.cos(a)
    )
    return math.degrees(math.pi - (gamma + b))


def custom_frame(
    base: ChipWCS,
    *,
    scale: float | None = None,
    rot: float | None = None,
    outnx: float | None = None,
    outny: float | None = None,
    ra: float | None = None,
    dec: float | None = None,
    crpix1: float | None = None,
    crpix2: float | None = None,
) -> ChipWCS:
    """`base` with a person's wishes: pixel scale in arcsec, position angle of y in degrees, size in pixels, the
    sky position of CRPIX in degrees, CRPIX (1-based). None leaves what follows from `base`.

    As in drizzlepac: a new scale or angle without a size makes the frame hold all of `base`; a size without CRPIX
    puts CRPIX (hence CRVAL) in the middle; `ra`, `dec` without a size moves the frame and keeps its size.

    Raises
    ------
    Refusal
        One of a pair (ra, dec), (crpix1, crpix2), (outnx, outny) without the other; a size or scale not above 0.
    """
    crval = _pair("ra", ra, "dec", dec)
    crpix = _pair("crpix1", crpix1, "crpix2", crpix2)
    size = _pair("outnx", outnx, "outny", outny)
    if scale is not None and not scale > 0:
        raise Refusal(
            f"The pixel scale is {scale:g}, not above 0.", subject="scale", advice="Give arcsec per pixel."
        )
    old = pixel_scale(base)
    ratio = 1.0 if scale is None or math.isclose(scale, old, rel_tol=2.3e-15) else old / scale
    turn = 0.0 if rot is None else orientation(base) - rot
    shape, middle = _new_size(base, size, ratio, turn)
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    cd = base.cd / ratio
    if turn:
        cd = cd @ np.array([[c, s], [-s, c]])
    return _finished(
        replace(
            base.linear(),
            cd=cd,
            naxis=shape,
            crpix=np.array(crpix if crpix is not None else middle, float),
            crval=np.array(crval if crval is not None else base.crval, float),
        )
    )


def _new_size(
    base: ChipWCS, size: tuple[float, float] | None, ratio: float, turn: float
) -> tuple[tuple[int, int], Sequence[float] | Floats]:
    """Size of the custom frame and its CRPIX unless that is given."""
    nx, ny = base.naxis
    if size is not None:
        shape = math.floor(size[0] + 0.5), math.floor(size[1] + 0.5)
        if min(shape) < 1:
            raise Refusal(
                "The output image would have no pixels.",
                subject="outnx, outny",
                advice="Give a size of at least 1.",
            )
        return shape, [(shape[0] + 1.0) / 2.0, (shape[1] + 1.0) / 2.0]
    if turn == 0.0:
        if ratio == 1.0:
            return base.naxis, base.crpix
        shape = max(1, math.ceil(ratio * nx)), max(1, math.ceil(ratio * ny))
        return shape, 1.0 + ratio * (base.crpix - 1.0)
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    edge = np.array([[0.5, 0.5], [nx + 0.5, 0.5], [0.5, ny + 0.5], [nx + 0.5, ny + 0.5]]) - base.crpix
    edge = (edge * ratio) @ np.array([[c, s], [-s, c]])
    low, high = edge.min(axis=0), edge.max(axis=0)
    shape = max(1, math.ceil(high[0] - low[0])), max(1, math.ceil(high[1] - low[1]))
    return shape, 0.5 - low


def read_frame(path: str | Path, *, undistort: bool = True) -> ChipWCS:
    """The frame of a reference image: "drz.fits", "drz.fits[sci,1]" or "drz.fits[1]".

    Without an extension: the first SCI extension, else the first with celestial coordinates. A distorted Hubble
    image gives its undistorted frame (`output_frame` of that chip).

    Raises
    ------
    Refusal
        No such file or extension, no WCS, or distorted and not of Hubble.
    """
    text = str(path)
    name, ext = text, ""
    if text.endswith("]") and "[" in text:
        name, _, ext = text[:-1].rpartition("[")
    with open_fits(name) as hdus, quiet():
        wcs = read_wcs(hdus, _frame_hdu(hdus, ext, name), path=name)
    if min(wcs.naxis) < 1:
        raise Refusal("The reference image has no size.", file=name, subject="NAXIS1, NAXIS2")
    if wcs.is_linear:
        return _finished(wcs)
    if not undistort:
        return wcs
    if wcs.idcscale is None and "PA_V3" not in wcs.keys:
        raise Refusal(
            "The reference image is distorted and not of Hubble.",
            file=name,
            advice="Give a reference image without distortion, such as a drizzled one.",
        )
    return output_frame([wcs])


def frame_header(frame: ChipWCS) -> fits.Header:
    """The WCS keywords of a frame, linear: WCSAXES, CRPIX, CD, CTYPE, CUNIT, CRVAL, ORIENTAT, VAFACTOR, RADESYS ..."""
    header = fits.Header()
    header["WCSAXES"] = (2, "number of World Coordinate System axes")
    for axis in (1, 2):
        header[f"CRPIX{axis}"] = (float(frame.crpix[axis - 1]), f"reference pixel along axis {axis}")
    for axis in (1, 2):
        header[f"CRVAL{axis}"] = (float(frame.crval[axis - 1]), "[deg] sky position of the reference pixel")
    for axis, name in ((1, "RA---TAN"), (2, "DEC--TAN")):
        header[f"CTYPE{axis}"] = (name, "gnomonic projection")
        header[f"CUNIT{axis}"] = ("deg", "unit of the world coordinates")
    for i in (1, 2):
        for j in (1, 2):
            header[f"CD{i}_{j}"] = (float(frame.cd[i - 1, j - 1]), "[deg] per pixel")
    header["ORIENTAT"] = (orientation(frame), "[deg] position angle of y, east of north")
    header["VAFACTOR"] = (1.0, "velocity aberration is corrected")
    header["RADESYS"] = (
        str(frame.keys.get("RADESYS", "ICRS")).strip() or "ICRS",
        "celestial reference system",
    )
    if str(frame.keys.get("WCSNAME", "")).strip():
        header["WCSNAME"] = (str(frame.keys["WCSNAME"]).strip(), "name of the coordinate solution")
    return header


def _frame_hdu(hdus: fits.HDUList, ext: str, name: str) -> Any:
    extname, _, extver = ext.partition(",")
    found: list[Any]
    if not ext:
        found = [hdu for hdu in hdus if hdu.name == "SCI"] or [hdu for hdu in hdus if "CRVAL1" in hdu.header]
    elif extname.strip().isdigit():
        number = int(extname)
        found = [hdus[number]] if number < len(hdus) else []
    else:
        version = int(extver) if extver.strip().isdigit() else 1
        found = [h for h in hdus if h.name == extname.strip().upper() and h.ver == version]
    if not found:
        raise Refusal(
            "There is no such extension." if ext else "The image has no world coordinates.",
            file=name,
            subject=f"[{ext}]" if ext else "CRVAL1",
            advice="Give a drizzled image, or name the extension, like image.fits[sci,1].",
        )
    return found[0]


def _finished(frame: ChipWCS) -> ChipWCS:
    keys = {k: v for k, v in frame.keys.items() if k in _KEPT}
    return replace(frame, idcscale=None, orientat=orientation(frame), keys=keys)


def _middle(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> Floats:
    """Direction of the mean of the unit vectors, degrees."""
    a, d = np.radians(ra), np.radians(dec)
    x, y, z = (np.cos(d) * np.cos(a)).mean(), (np.cos(d) * np.sin(a)).mean(), np.sin(d).mean()
    return np.degrees([math.atan2(y, x) % (2 * math.pi), math.atan2(z, math.hypot(x, y))])


def _number(keys: dict[str, Any], key: str) -> float | None:
    value = keys.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _pair(one: str, first: float | None, two: str, second: float | None) -> tuple[float, float] | None:
    if first is not None and second is not None:
        return float(first), float(second)
    if first is None and second is None:
        return None
    given, missing = (one, two) if second is None else (two, one)
    raise Refusal(
        f"{given} is given without {missing}.", subject=missing, advice="Give both, or leave both blank."
    )
