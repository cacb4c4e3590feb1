"""WCS bookkeeping: the aligned WCS becomes the primary one, the former is archived as an alternate WCS.

Archiving and the WCSCORR table go through stwcs, so that the files stay usable with drizzlepac and headerlets.
Only aligned images get the new name: drizzlepac also renames the reference and images that it could not match
(algorithms, fault 11). RMS_RA, RMS_DEC and CRDER are angles on the sky (fault 9).
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits

from core.data.ahead import Ahead
from core.data.chipwcs import ChipWCS
from core.data.fitsfile import open_fits, quiet
from core.data.history import rewrite_recorded
from core.data.safe import rewrite_fits
from core.data.science import is_plain, science_of
from core.data.wcsarchive import archive_primary, start_table
from core.errors import Refusal

DEFAULT_NAME = "TWEAK"
_BLANK = ("", "NONE", "INDEF")


def check_wcsname(path: str | Path, name: str, reuse: bool) -> str:
    """The name that the new WCS of this file may have: `name`, or TWEAK for a blank one; nothing is written.

    Raises
    ------
    Refusal
        The name is that of the present WCS and `reuse` is off, or of any alternate WCS (`reuse` does not help),
        or it cannot be written in FITS.
    """
    with open_fits(path) as hdus:
        return check_headers([hdu.header for hdu in science_of(hdus)], name, reuse, path)


def check_headers(headers: Iterable[fits.Header], name: str, reuse: bool, path: str | Path) -> str:
    """`check_wcsname` for the SCI headers of a file that was read already."""
    name = _valid(name)
    for header in headers:
        _check_names(header, name, reuse, path)
    return name


def _valid(name: str) -> str:
    name = name.strip()
    if name.upper() in _BLANK:
        name = DEFAULT_NAME
    if len(name) > 60 or not all(32 <= ord(c) < 127 for c in name):
        raise Refusal(
            "A WCS name may have up to 60 printable ASCII characters.",
            subject="wcsname",
            advice="Choose another name.",
        )
    return name


def write_wcs(
    path: str | Path,
    new: Mapping[int, ChipWCS],
    *,
    wcsname: str = "",
    reusename: bool = False,
    rms_ra: float | None = None,
    rms_dec: float | None = None,
    nmatch: int | None = None,
    action: str = "",
    detail: str = "",
    also: Callable[[fits.HDUList], None] | None = None,
    ahead: Ahead | None = None,
) -> str:
    """`update_wcs` on a file, in one atomic replacement; returns the name of the new WCS.

    With `action` ("Aligned to ...") the state before and after is kept in the file's history, with `detail` as remark.
    `also` may change the HDUs further, in the same replacement; `ahead` may have made a copy of the file.

    Raises `Refusal` as `check_wcsname` does, or when the file cannot be replaced; it is then as it was.
    """
    name = _valid(wcsname)

    def change(hdus: fits.HDUList) -> None:
        try:
            update_wcs(
                hdus, new, wcsname=name, reusename=reusename, rms_ra=rms_ra, rms_dec=rms_dec, nmatch=nmatch
            )
        except Refusal as refusal:  # of the unpacked copy of a gzip file
            raise Refusal(
                refusal.what, file=path, subject=refusal.subject, advice=refusal.advice
            ) from refusal
        if also is not None:
            also(hdus)

    if action:
        rewrite_recorded(path, change, action=action, detail=detail, ahead=ahead)
    else:
        rewrite_fits(path, change)
    return name


def update_wcs(
    hdus: fits.HDUList,
    new: Mapping[int, ChipWCS],
    *,
    wcsname: str = "",
    reusename: bool = False,
    rms_ra: float | None = None,
    rms_dec: float | None = None,
    nmatch: int | None = None,
    fitname: bool = True,
    unique: bool = True,
) -> None:
    """Make `new` (by EXTVER) the primary WCS of the SCI extensions, as drizzlepac's updatehdr leaves an aligned image.

    CRVAL, CD, ORIENTAT, WCSNAME and WCSTYPE change; FITNAME, RMS_RA, RMS_DEC (degrees on the sky: RA times cos Dec),
    NMATCH, CRDER1 and CRDER2 are set when given; CRPIX, SIP and tables stay. The former WCS goes to the next free
    letter under its name, unless it has the new name (`reusename`). `hdus` must be open for update or in memory.
    The pixels of a plain image are EXTVER 1. `fitname` off for a WCS that no fit made, `unique` off when the name may
    be that of an alternate.

    Raises
    ------
    Refusal
        A name in use, a chip without its extension, no letter free; nothing is changed then.
    """
    name = _valid(wcsname)
    path = hdus.filename() or ""
    science = science_of(hdus)
    missing = set(new) - {int(hdu.ver) for hdu in science}
    if missing:
        raise Refusal("The extension is missing.", file=path, subject=f"SCI,{min(missing)}")
    for hdu in science if unique else ():
        _check_names(hdu.header, name, reusename, path)
    with quiet_stwcs():
        _start_history(hdus)
        for hdu in science:
            if int(hdu.ver) in new:
                _archive(hdus, hdu, name)
    for hdu in science:
        if int(hdu.ver) in new:
            _set_wcs(hdu.header, new[int(hdu.ver)], name)
            if fitname:
                _set_fit(hdu.header, name, rms_ra, rms_dec, nmatch)
    if "NEXTEND" in hdus[0].header:
        hdus[0].header["NEXTEND"] = len(hdus) - 1


def wcs_type(name: str) -> str:
    """WCSTYPE for a WCS name, in the words of the Hubble archive.

    Names that the archive made start with IDC or OPU ("IDC_xyz-FIT_REL_GAIADR2"); all others are user-defined.
    """
    base, _, fit = name.upper().partition("-")
    start = {"IDC": "undistorted ", "OPU": "pipeline default "}.get(base[:3])
    if start is None:
        return "user-defined"
    fit = fit.split("-")[0]
    if not fit:
        return f"{start}not aligned"
    if "FIT" not in fit:
        return f"{start}a priori solution based on {fit}"
    kind, _, catalog = fit.partition("_")[2].partition("_")
    how = {
        "REL": "relatively aligned to",
        "IMG": "aligned image-by-image to",
        "EVM": "aligned by visit-exposures to",
        "SVM": "aligned by visit to",
    }.get(kind)
    catalog = catalog.split("_")[0]
    return (
        f"{start}a posteriori solution {how} {catalog}"
        if how and catalog
        else f"{start}a posteriori solution"
    )


@contextmanager
def quiet_stwcs() -> Iterator[None]:
    """stwcs prints and logs; here it does neither."""
    log, chatter = logging.getLogger("astropy"), logging.getLogger("stwcs.wcsutil.headerlet")
    with quiet(), contextlib.redirect_stdout(io.StringIO()):
        level, off = log.level, chatter.disabled
        log.setLevel(logging.ERROR)
        chatter.disabled = True
        try:
            yield
        finally:
            log.setLevel(level)
            chatter.disabled = off


def _check_names(header: fits.Header, name: str, reuse: bool, path: str | Path) -> None:
    advice = "Give another wcsname."
    if str(header.get("WCSNAME", "")).strip().upper() == name.upper() and not reuse:
        raise Refusal(
            f"The present WCS is already called {name!r}.",
            file=path,
            subject="wcsname",
            advice="Give another wcsname, or switch reusename on to replace that WCS.",
        )
    for letter in string.ascii_uppercase:
        if str(header.get(f"WCSNAME{letter}", "")).strip().upper() == name.upper():
            raise Refusal(
                f"The alternate WCS {letter} is already called {name!r}.",
                file=path,
                subject="wcsname",
                advice=advice,
            )
    if all(f"CRVAL1{letter}" in header for letter in string.ascii_uppercase):
        raise Refusal(
            "All letters A-Z for alternate WCSs are in use.",
            file=path,
            subject="WCSNAMEA ... WCSNAMEZ",
            advice="Delete an alternate WCS, for instance with stwcs.wcsutil.altwcs.deleteWCS.",
        )


def _start_history(hdus: fits.HDUList) -> None:
    """The WCSCORR table and the archived OPUS solution, if not there yet; stwcs can only count EXTVER from 1, and
    keeps no table of a plain image."""
    if is_plain(hdus):
        return
    science = science_of(hdus)
    versions = [int(hdu.ver) for hdu in science]
    if sorted(versions) == list(range(1, len(versions) + 1)) and not start_table(hdus, science):
        from stwcs.wcsutil import wcscorr

        wcscorr.init_wcscorr(hdus)


def _archive(hdus: fits.HDUList, hdu: fits.ImageHDU, name: str) -> None:
    header = hdu.header
    if "WCSNAME" not in header:
        header["WCSNAME"] = "PRE-TWEAKREG"
    old = str(header["WCSNAME"])
    if old.strip().upper() != name.upper() and not archive_primary(header, old):
        from stwcs.wcsutil import altwcs

        number = next(i for i, one in enumerate(hdus) if one is hdu)
        altwcs.archive_wcs(hdus, [number], wcsname=old, mode=altwcs.ArchiveMode.AUTO_RENAME)


def letters_of(header: fits.Header) -> list[str]:
    """The letters of the alternate WCSs of a header."""
    return [key for key in string.ascii_uppercase if f"CRVAL1{key}" in header or f"WCSNAME{key}" in header]


def keep_primary(hdus: fits.HDUList) -> None:
    """Copy the primary WCS of all SCI extensions to the next free letter, under its name or one with a counter.

    Nothing is done when an alternate of all chips is the same under the same name.
    """
    science = science_of(hdus)
    if any(all(_is_same(hdu.header, letter) for hdu in science) for letter in letters_of(science[0].header)):
        return
    with quiet_stwcs():
        _start_history(hdus)
        for hdu in science:
            _archive(hdus, hdu, "")


def forget_fit(header: fits.Header) -> None:
    """Remove what belongs to the present WCS and must not stay behind when another takes its place."""
    for key in ("WCSTYPE", "RMS_RA", "RMS_DEC", "NMATCH", "FITNAME", "HDRNAME", "CRDER1", "CRDER2"):
        header.remove(key, ignore_missing=True)


def _is_same(header: fits.Header, letter: str) -> bool:
    if str(header.get("WCSNAME", "")).strip() != str(header.get(f"WCSNAME{letter}", "")).strip():
        return False
    keys = [f"{name}{i}" for name in ("CRVAL", "CRPIX") for i in (1, 2)]
    keys += [f"CD{i}_{j}" for i in (1, 2) for j in (1, 2)]
    pairs = [(header.get(key), header.get(f"{key}{letter}")) for key in keys]
    # alternates are written with 12 decimals
    return all(
        isinstance(a, int | float) and isinstance(b, int | float) and abs(a - b) <= 1e-11 * max(1.0, abs(a))
        for a, b in pairs
    )


def _set_wcs(header: fits.Header, wcs: ChipWCS, name: str) -> None:
    if "CD1_1" not in header:
        # a CD matrix replaces the other forms; both together are not allowed
        for key in ("PC1_1", "PC1_2", "PC2_1", "PC2_2", "CDELT1", "CDELT2", "CROTA1", "CROTA2"):
            header.remove(key, ignore_missing=True)
    for i in (1, 2):
        header[f"CRVAL{i}"] = float(wcs.crval[i - 1])
        for j in (1, 2):
            header[f"CD{i}_{j}"] = float(wcs.cd[i - 1, j - 1])
    header["ORIENTAT"] = math.degrees(math.atan2(wcs.cd[0, 1], wcs.cd[1, 1]))
    header["WCSNAME"] = name
    header.set("WCSTYPE", wcs_type(name), **({} if "WCSTYPE" in header else {"after": "WCSNAME"}))


def _set_fit(
    header: fits.Header, name: str, rms_ra: float | None, rms_dec: float | None, nmatch: int | None
) -> None:
    header.set("FITNAME", name, "name of the fit that made this WCS", after="WCSTYPE")
    cards = (
        ("RMS_RA", rms_ra, "[deg] rms of the fit along RA, on the sky"),
        ("RMS_DEC", rms_dec, "[deg] rms of the fit along Dec"),
        ("NMATCH", nmatch, "sources used in the fit"),
    )
    last = "FITNAME"
    for key, value, comment in cards:
        if value is not None:
            header.set(key, value, comment, after=last)
            last = key
    for axis, value in ((1, rms_ra), (2, rms_dec)):
        if value is not None:
            header[f"CRDER{axis}"] = (float(value), "[deg] Random error in coordinate")
