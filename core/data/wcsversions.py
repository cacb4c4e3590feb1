"""The versions of the WCS that a file carries, and making one of them the primary WCS.

A Hubble exposure holds the primary WCS, alternates under letters (A to Z, O for the original of the pipeline),
headerlets as HDRLET extensions, and a table of all that ever were (WCSCORR).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from core.data.cards import rms_in_mas
from core.data.fitsfile import open_fits, quiet, read_data
from core.data.headerlets import attached, check_fits, make_primary
from core.data.history import State, rewrite_recorded
from core.data.readwcs import read_wcs
from core.data.science import science_of
from core.data.wcsbook import forget_fit, keep_primary, letters_of, quiet_stwcs, update_wcs
from core.errors import Refusal


@dataclass(frozen=True)
class WCSVersion:
    """One version of the WCS of a file.

    `id` names it in its file: "primary", "A" ... "Z", "headerlet:HDRNAME", "wcscorr:WCS_ID". `kind` is "primary",
    "alternate", "headerlet" or "table"; `name` the WCSNAME. `crval` RA and Dec of the first chip's reference point in
    degrees; `rms_mas`, `nmatch`, `catalog`, `author`, `descrip`, `date`, `wcstype` as far as they are recorded.
    `usable` whether `switch` can make it the primary WCS, else `reason` says why not.
    """

    id: str
    kind: str
    name: str
    crval: tuple[float, float] | None = None
    wcstype: str = ""
    rms_mas: tuple[float | None, float | None] = (None, None)
    nmatch: int | None = None
    catalog: str = ""
    author: str = ""
    descrip: str = ""
    date: str = ""
    usable: bool = True
    reason: str = ""


def versions(path: str | Path) -> tuple[WCSVersion, ...]:
    """All versions of a file: primary, alternates, headerlets, rows of WCSCORR, in this order.

    Raises `Refusal` when the file cannot be read or has no SCI extension.
    """
    with open_fits(path) as hdus, quiet():
        science = _science(hdus, path)
        found = [_in_header(science, "", path)]
        found += [_in_header(science, letter, path) for letter in letters_of(science[0].header)]
        found += [_in_headerlet(hdus, number, path) for number in _headerlets(hdus)]
        found += _in_table(hdus, science, path)
    return tuple(found)


def switch(path: str | Path, which: str) -> State | None:
    """Make version `which` (its `id`, or a WCSNAME that only one version has) the primary WCS of a file.

    The former primary is archived as an alternate; one atomic replacement, recorded in the history. Returns the new
    state, None when it is the primary already. Distortions stay as they are: a headerlet of another distortion model
    is refused.

    Raises
    ------
    Refusal
        No such version, one that cannot be used, a file that cannot be written. The file is then as it was.
    """
    version = _chosen(versions(path), which, path)
    if version.kind == "primary":
        return None
    if not version.usable:
        raise Refusal(version.reason, file=path, subject=version.id)

    def change(hdus: fits.HDUList) -> None:
        if version.kind == "alternate":
            _from_letter(hdus, version.id, path)
        elif version.kind == "headerlet":
            number = next(n for n in _headerlets(hdus) if _headerlet_id(hdus[n]) == version.id)
            make_primary(hdus, attached(hdus, number), file=path)
        else:
            _from_table(hdus, version, path)

    return rewrite_recorded(path, change, action=f"Switched to {version.name}", detail=_told(version))


def _told(version: WCSVersion) -> str:
    place = {"alternate": f"alternate {version.id}", "headerlet": "a headerlet", "table": "the WCSCORR table"}
    return f"from {place[version.kind]}"


def _chosen(found: tuple[WCSVersion, ...], which: str, path: str | Path) -> WCSVersion:
    which = which.strip()
    for one in found:
        if one.id.upper() == which.upper():
            return one
    named = [one for one in found if one.name.upper() == which.upper()]
    # the same WCS may be an alternate, a headerlet and a row of the table: the first of them is the most direct
    if named:
        return next((one for one in named if one.usable), named[0])
    names = ", ".join(dict.fromkeys(f"{one.id} ({one.name})" for one in found))
    raise Refusal(f"There is no WCS {which!r}; there are {names}.", file=path, advice="Choose one of these.")


def _science(hdus: fits.HDUList, path: str | Path) -> list[Any]:
    found = science_of(hdus)
    if not found:
        raise Refusal(
            "The file has no SCI extension.", file=path, subject="SCI", advice="Give flt, flc or drz files."
        )
    return found


def _in_header(science: list[Any], letter: str, path: str | Path) -> WCSVersion:
    header = science[0].header
    name = str(header.get(f"WCSNAME{letter}", "")).strip()
    reason = ""
    try:
        for hdu in science if letter else ():
            read_wcs(fits.HDUList([fits.PrimaryHDU()]), _bare(hdu), path=path, key=letter)
    except Refusal as refusal:
        reason = f"It is not whole: {refusal.subject}: {refusal.what}"
    names = {str(hdu.header.get(f"WCSNAME{letter}", "")).strip() for hdu in science}
    if len(names) > 1:
        reason = f"The chips have different WCSs under this letter: {', '.join(sorted(names))}."
    return WCSVersion(
        id=letter or "primary",
        kind="alternate" if letter else "primary",
        name=name,
        crval=_crval(header, letter),
        wcstype=str(header.get(f"WCSTYPE{letter}", "")),
        rms_mas=rms_in_mas(header, letter),
        nmatch=_whole(header.get(f"NMATCH{letter}")),
        catalog=str(header.get(f"CATALOG{letter}", "")),
        usable=bool(letter) and not reason,
        reason=reason if letter else "It is the primary WCS.",
    )


def _bare(hdu: Any) -> Any:
    """The linear part alone; distortions are the primary's."""
    header = hdu.header.copy()
    for key in ("A_ORDER", "B_ORDER", "CPDIS1", "CPDIS2", "D2IMDIS1", "D2IMDIS2", "AXISCORR"):
        header.remove(key, ignore_missing=True)
    return fits.ImageHDU(header=header)


def _in_headerlet(hdus: fits.HDUList, number: int, path: str | Path) -> WCSVersion:
    hdu = hdus[number]
    made = WCSVersion(
        id=_headerlet_id(hdu),
        kind="headerlet",
        name=str(hdu.header.get("WCSNAME", "")).strip(),
        date=str(hdu.header.get("DATE", "")),
    )
    try:
        inside = attached(hdus, number)
        header = inside[0].header
        check_fits(hdus, inside, path)
        reason = _other_distortion(hdus, header)
        crval = _crval(next(one for one in inside if one.name == "SIPWCS").header, "")
    except Refusal as refusal:
        return WCSVersion(**{**vars(made), "usable": False, "reason": refusal.what})
    return WCSVersion(
        **{
            **vars(made),
            "crval": crval,
            "rms_mas": rms_in_mas(header) if header.get("NMATCH") else (None, None),
            "nmatch": _whole(header.get("NMATCH")) or None,
            "catalog": str(header.get("CATALOG", "")),
            "author": str(header.get("AUTHOR", "")),
            "descrip": str(header.get("DESCRIP", "")),
            "usable": not reason,
            "reason": reason,
        }
    )


def _other_distortion(hdus: fits.HDUList, header: fits.Header) -> str:
    here = str(hdus[0].header.get("DISTNAME", "")).strip()
    there = str(header.get("DISTNAME", "")).strip()
    return f"Its distortion model is {there}, that of the file {here}." if here and here != there else ""


def _headerlets(hdus: fits.HDUList) -> list[int]:
    return [number for number in range(len(hdus)) if hdus[number].name == "HDRLET"]


def _headerlet_id(hdu: Any) -> str:
    return f"headerlet:{str(hdu.header.get('HDRNAME', hdu.ver)).strip()}"


def _in_table(hdus: fits.HDUList, science: list[Any], path: str | Path) -> list[WCSVersion]:
    rows = _rows(hdus, path)
    found = []
    for name in dict.fromkeys(str(row["WCS_ID"]).strip() for row in rows):
        mine = {int(row["EXTVER"]): row for row in rows if str(row["WCS_ID"]).strip() == name}
        reason = _row_reason(mine, science)
        first = mine.get(int(science[0].ver))
        found.append(
            WCSVersion(
                id=f"wcscorr:{name}",
                kind="table",
                name=name,
                crval=(float(first["CRVAL1"]), float(first["CRVAL2"])) if first is not None else None,
                catalog=str(first["Catalog"]).strip() if first is not None else "",
                descrip=str(first["DESCRIP"]).strip() if first is not None else "",
                usable=not reason,
                reason=reason,
            )
        )
    return found


def _rows(hdus: fits.HDUList, path: str | Path) -> list[Any]:
    for hdu in hdus:
        if hdu.name == "WCSCORR":
            table: Any = read_data(hdus, hdu, path)
            needed = {
                "WCS_ID",
                "EXTVER",
                "CRVAL1",
                "CRVAL2",
                "CRPIX1",
                "CRPIX2",
                "CD1_1",
                "Catalog",
                "DESCRIP",
            }
            if table is not None and needed <= set(table.names):
                return [row for row in table if str(row["WCS_ID"]).strip() and int(row["EXTVER"]) > 0]
    return []


def _row_reason(mine: dict[int, Any], science: list[Any]) -> str:
    for hdu in science:
        row = mine.get(int(hdu.ver))
        if row is None:
            return f"The table has no row of it for SCI,{hdu.ver}."
        crpix = [float(hdu.header.get(f"CRPIX{i}", 0.0)) for i in (1, 2)]
        if not np.allclose([row["CRPIX1"], row["CRPIX2"]], crpix, rtol=0, atol=1e-6):
            return "Its reference pixels are others than those of the file."
        if abs(np.linalg.det(_cd(row))) == 0.0:
            return "Its CD matrix is not in the table."
    return ""


def _cd(row: Any) -> Any:
    return np.array([[row["CD1_1"], row["CD1_2"]], [row["CD2_1"], row["CD2_2"]]], float)


def _from_letter(hdus: fits.HDUList, letter: str, path: str | Path) -> None:
    science = _science(hdus, path)
    keep_primary(hdus)
    with quiet_stwcs():
        from stwcs.wcsutil import altwcs

        for hdu in science:
            forget_fit(hdu.header)
        numbers = [number for number, hdu in enumerate(hdus) if any(hdu is one for one in science)]
        altwcs.restoreWCS(hdus, numbers, wcskey=letter)


def _from_table(hdus: fits.HDUList, version: WCSVersion, path: str | Path) -> None:
    science = _science(hdus, path)
    rows = {int(r["EXTVER"]): r for r in _rows(hdus, path) if str(r["WCS_ID"]).strip() == version.name}
    new = {}
    for hdu in science:
        row = rows[int(hdu.ver)]
        new[int(hdu.ver)] = read_wcs(hdus, hdu, path=path).moved([row["CRVAL1"], row["CRVAL2"]], _cd(row))
    keep_primary(hdus)
    for hdu in science:
        forget_fit(hdu.header)
        hdu.header["WCSNAME"] = version.name
        row = rows[int(hdu.ver)]
        for key in ("CTYPE1", "CTYPE2"):
            if key in row.array.names and str(row[key]).strip():
                hdu.header[key] = str(row[key]).strip()
    # the name is that of the row: nothing is archived once more
    update_wcs(hdus, new, wcsname=version.name, reusename=True, fitname=False, unique=False)


def _crval(header: fits.Header, letter: str) -> tuple[float, float] | None:
    first, second = header.get(f"CRVAL1{letter}"), header.get(f"CRVAL2{letter}")
    if isinstance(first, int | float) and isinstance(second, int | float):
        return float(first), float(second)
    return None


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None
