"""What stwcs does to keep the former WCS of an ordinary exposure, without loading it.

stwcs needs half a second to be imported and builds five WCSs with all their tables to copy some numbers from one card
to another: as long as the alignment itself takes. For headers as the Hubble archive writes them the result is known
beforehand, card by card; tests hold it to that of stwcs. Every function here does nothing and returns
False where a header is not of that kind, and stwcs does it then.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from astropy.io import fits

_LETTERED = ("WCSNAME", "CTYPE1", "CRPIX1", "CRVAL1", "RADESYS")  # what stwcs knows alternates by
_EXTRA = ("WCSTYPE", "RMS_RA", "RMS_DEC", "NMATCH", "FITNAME", "HDRNAME")
_NUMBERS = ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CD1_1", "CD1_2", "CD2_1", "CD2_2")
_TYPES = ("CTYPE1", "CTYPE2")
# other cards that wcslib reads and writes again, or that change what it makes of the ones above
_UNUSUAL = frozenset(
    {
        *("LONPOLE", "LATPOLE", "EQUINOX", "RESTFRQ", "RESTWAV", "SPECSYS", "SSYSOBS", "SSYSSRC", "VELOSYS"),
        *("VELANGL", "ZSOURCE", "VELREF", "TIMESYS", "TREFPOS", "TREFDIR", "PLEPHEM", "TIMEUNIT", "DATEREF"),
        *("MJDREFI", "MJDREFF", "TIMEOFFS", "DATE-OBS", "DATE-BEG", "DATE-AVG", "DATE-END", "MJD-OBS"),
        *("MJD-BEG", "MJD-AVG", "MJD-END", "JEPOCH", "BEPOCH", "TSTART", "TSTOP", "XPOSURE", "TELAPSE"),
        *("TIMSYER", "TIMRDER", "TIMEDEL", "TIMEPIXR", "OBSGEO-X", "OBSGEO-Y", "OBSGEO-Z", "OBSGEO-L"),
        *("OBSGEO-B", "OBSGEO-H", "OBSORBIT", "EPOCH", "CDELT1", "CDELT2", "CROTA1", "CROTA2", "CSYER1"),
        *("CSYER2", "CNAME1", "CNAME2", "CZPHS1", "CZPHS2", "CPERI1", "CPERI2"),
    }
)
_UNKNOWN_NAMES = ("", "N/A", "NONE", "INDEF")


def archive_primary(header: fits.Header, name: str) -> bool:
    """Copy the primary WCS of a SCI header to the next free letter, under `name`; whether that was done.

    As wcslib does it, numbers have 14 digits.
    """
    if not _is_ordinary(header) or name.strip().upper() in _names(header) or not name.strip():
        return False
    free = next((letter for letter in string.ascii_uppercase if letter not in _letters(header)), "O")
    if free >= "O":
        return False
    for keyword, value, comment in _cards(header, name, free):
        header[keyword] = (value, comment)
    return True


def start_table(hdus: fits.HDUList, science: list[Any]) -> bool:
    """Add the table WCSCORR with a row for every WCS of every chip, if it is not there; whether that was done.

    `science` are the SCI extensions; their EXTVER are 1, 2, ...
    """
    primary = hdus[0].header
    if any(hdu.name == "WCSCORR" for hdu in hdus) or "NDRIZIM" in primary or "D001DATA" in primary:
        return True
    headers = {int(hdu.ver): hdu.header for hdu in science}
    names = {key: _file_root(primary, key, tail) for key, tail in _FILES.items()}
    letters = [" ", *sorted(_letters(headers[1]))]
    if (
        None in names.values()
        or "O" not in letters
        or not all(_is_ordinary(header) and _has_all(header, letters) for header in headers.values())
    ):
        return False
    table = _empty_table(len(headers) * (1 + len(letters) + 4))
    given = {key: str(primary.get(key, "")) for key in ("HDRNAME", *_OWN, "DESCRIP")}
    for row, (extver, header) in enumerate(sorted(headers.items())):
        _fill(table, row, header, "O", {**given, "WCS_ID": "OPUS", "EXTVER": extver, "WCS_key": "O"})
    derived = {**given, **_model_names(primary, names)}
    row = len(headers)
    for letter in letters:
        for extver, header in sorted(headers.items()) if letter != "O" else ():
            # of alternates stwcs writes the name of the distortion model, whatever they are called
            wcs_id = f"IDC_{names['IDCTAB']}" if letter.strip() else str(header["WCSNAME"])
            words = {**derived, "WCS_ID": wcs_id, "EXTVER": extver, "WCS_key": letter}
            _fill(table, row, header, letter.strip(), words)
            row += 1
    hdus.append(_table_hdu(table, 2 * len(headers)))
    return True


def _is_ordinary(header: fits.Header) -> bool:
    """A CD matrix, TAN with SIP, degrees, ICRS or no word of it, and no other card that wcslib would carry over."""
    units = [str(header.get(f"CUNIT{i}", "deg")).strip() for i in (1, 2)]
    return (
        [header.get(key) for key in _TYPES] == ["RA---TAN-SIP", "DEC--TAN-SIP"]
        and units == ["deg", "deg"]
        and header.get("WCSAXES", 2) == 2
        and str(header.get("RADESYS", "ICRS")).strip() == "ICRS"
        and all(isinstance(header.get(key), int | float) for key in _NUMBERS)
        and not any(
            key in _UNUSUAL or key.startswith(("PV1_", "PV2_", "PS1_", "PS2_", "PC1_", "PC2_"))
            for key in header
        )
    )


def _letters(header: fits.Header) -> set[str]:
    """The letters of the alternates."""
    starts = {f"{start}{letter}": letter for start in _LETTERED for letter in string.ascii_uppercase}
    return {starts[key] for key in header if key in starts}


def _names(header: fits.Header) -> set[str]:
    letters = _letters(header)
    return {str(header.get(f"WCSNAME{letter}", "")).strip().upper() for letter in letters} | {"OPUS"}


def _has_all(header: fits.Header, letters: list[str]) -> bool:
    """Whether the alternates are as complete as those that the archive writes."""
    return {*letters} == {" ", *_letters(header)} and all(
        all(isinstance(header.get(f"{key}{letter}".strip()), int | float) for key in _NUMBERS)
        and str(header.get(f"CTYPE1{letter}".strip(), "")).startswith("RA---TAN")
        and str(header.get(f"CTYPE2{letter}".strip(), "")).startswith("DEC--TAN")
        and isinstance(header.get(f"WCSNAME{letter}".strip()), str)
        and f"PC1_1{letter}" not in header
        for letter in letters
    )


def _rounded(value: float) -> float:
    return float(f"{float(value):.13E}")


def _cards(header: fits.Header, name: str, letter: str) -> list[tuple[str, Any, str]]:
    """The cards of the alternate in the order of wcslib, those of stwcs behind them."""
    made: list[tuple[str, Any, str]] = [
        (f"WCSNAME{letter}", name, "Coordinate system title"),
        (f"WCSAXES{letter}", 2, "Number of coordinate axes"),
    ]
    for i in (1, 2):
        made.append(
            (f"CRPIX{i}{letter}", _rounded(header[f"CRPIX{i}"]), "Pixel coordinate of reference point")
        )
    for i in (1, 2):
        made.append((f"CUNIT{i}{letter}", "deg", "Units of coordinate increment and value"))
    for i in (1, 2):
        comment = "TAN (gnomonic) projection + SIP distortions"
        made.append((f"CTYPE{i}{letter}", header[f"CTYPE{i}"], comment))
    for i in (1, 2):
        comment = "[deg] Coordinate value at reference point"
        made.append((f"CRVAL{i}{letter}", _rounded(header[f"CRVAL{i}"]), comment))
    for i in (1, 2):
        if f"CRDER{i}" in header:
            comment = "[deg] Random error in coordinate"
            made.append((f"CRDER{i}{letter}", _rounded(header[f"CRDER{i}"]), comment))
    made.append(("MJDREF", 0.0, "[d] MJD of fiducial time"))
    made.append((f"RADESYS{letter}", "ICRS", "Equatorial coordinate system"))
    for i, axis in ((1, "first"), (2, "second")):
        for j, along in ((1, "x"), (2, "y")):
            comment = f"partial of {axis} axis coordinate w.r.t. {along}"
            made.append((f"CD{i}_{j}{letter}", _rounded(header[f"CD{i}_{j}"]), comment))
    made += [(f"{key}{letter}", header[key], header.comments[key]) for key in _EXTRA if key in header]
    return made


# WCSCORR ----------------------------------------------------------------------------------------------------

_OWN = ("SIPNAME", "NPOLNAME", "D2IMNAME")
_FILES = {"IDCTAB": "_idc", "NPOLFILE": "_npl", "D2IMFILE": "_d2i"}
_COLUMNS = (
    *(("WCS_ID", "40A", "S40"), ("EXTVER", "I", "i2"), ("WCS_key", "A", "S1")),
    *((name, "24A", "S24") for name in ("HDRNAME", *_OWN)),
    *((name, "D", "f8") for name in _NUMBERS),
    *((name, "24A", "S24") for name in _TYPES),
    *((name, "D", "f8") for name in ("ORIENTAT", "PA_V3", "RMS_RA", "RMS_Dec")),
    *(("NMatch", "J", "i4"), ("Catalog", "40A", "S40"), ("DESCRIP", "128A", "S128")),
)


def _file_root(primary: fits.Header, key: str, tail: str) -> str | None:
    """The root of a reference file, "iref$y7b1516qi_npl.fits": "y7b1516qi"; None for what is not named so."""
    value = str(primary.get(key, "?")).strip()
    if value.upper() in _UNKNOWN_NAMES:
        return "NONE" if value in _UNKNOWN_NAMES and key != "IDCTAB" else None
    end = f"{tail}.fits"
    root = value.partition("$")[2].removesuffix(end)
    plain = value.endswith(end) and root.isalnum() and value.count("$") == 1
    return root if plain else None


def _model_names(primary: fits.Header, roots: dict[str, str | None]) -> dict[str, str]:
    """The names of the distortion models as stwcs builds them."""
    idc = str(roots["IDCTAB"])
    given = str(primary.get("SIPNAME", ""))
    made = {"SIPNAME": given if idc in given else f"{primary.get('ROOTNAME', '')}_{idc}"}
    for name, key in (("NPOLNAME", "NPOLFILE"), ("D2IMNAME", "D2IMFILE")):
        made[name] = "NOMODEL" if roots[key] == "NONE" else str(roots[key])
    return made


def _empty_table(rows: int) -> np.ndarray[Any, Any]:
    table = np.zeros(rows, [(name, kind) for name, _, kind in _COLUMNS])
    table["CD1_1"] = table["CD2_2"] = 1.0
    return table


def _fill(
    table: np.ndarray[Any, Any], row: int, header: fits.Header, letter: str, words: dict[str, object]
) -> None:
    for name, value in words.items():
        table[name][row] = value
    for name in _NUMBERS:
        table[name][row] = _rounded(header[f"{name}{letter}"])
    for name in _TYPES:
        table[name][row] = str(header[f"{name}{letter}"])[:8]


def _table_hdu(table: np.ndarray[Any, Any], filled: int) -> fits.BinTableHDU:
    columns = [fits.Column(name, form, array=table[name]) for name, form, _ in _COLUMNS]
    # given data from the start, or `from_columns`, it would import all of astropy.table (0.2 s) to see what they are
    hdu = fits.BinTableHDU()
    hdu.data = fits.FITS_rec.from_columns(fits.ColDefs(columns))
    hdu.name = "WCSCORR"
    hdu.header["TROWS"] = (filled, "Number of updated rows in table")
    hdu.header["EXTNAME"] = ("WCSCORR", "Table with WCS Update history")
    hdu.header["EXTVER"] = 1
    return hdu
