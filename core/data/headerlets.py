"""Headerlets: a WCS solution as a small FITS file, or attached to its exposure as an HDRLET extension.

They are made and applied by stwcs, so that drizzlepac and the archive read them.
"""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astropy.io import fits

from core.data.chipwcs import ChipWCS
from core.data.fitsfile import open_fits
from core.data.history import State, rewrite_recorded
from core.data.outfiles import product_path
from core.data.safe import write_fits
from core.data.wcsbook import forget_fit, keep_primary, quiet_stwcs, update_wcs, wcs_type
from core.errors import Refusal

# the suffixes that drizzlepac leaves out of the root
_SUFFIXES = ("_crj", "_flt", "_flc", "_sfl", "_cal", "_raw", "_c0f", "_c0h")
_FAILURES = (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, OSError)


@dataclass(frozen=True)
class HeaderletWords:
    """What a person says of a headerlet; `history` is the name of a text file whose lines become HISTORY cards.

    A blank `hdrname` stands for the name of the WCS.
    """

    hdrname: str = ""
    author: str = ""
    descrip: str = ""
    catalog: str = ""
    history: str = ""

    def check(self) -> None:
        """Raise `Refusal` for words that FITS cannot hold or a history file that is not there."""
        for name in ("hdrname", "author", "descrip", "catalog"):
            value = getattr(self, name)
            if not all(32 <= ord(c) < 127 for c in value):
                raise Refusal("Only printable ASCII can be written to FITS.", subject=name)
        if self.history:
            try:
                text = Path(self.history).read_text(encoding="ascii")
            except (OSError, ValueError) as error:
                raise Refusal(
                    "The text for the headerlet's HISTORY cannot be read as plain ASCII text.",
                    file=self.history,
                    subject="history",
                    advice="Give the name of a text file, or leave the parameter blank.",
                ) from error
            if any(ord(c) < 32 and c not in "\n\r\t" for c in text):
                raise Refusal(
                    "The text for HISTORY holds control characters.", file=self.history, subject="history"
                )


def make_headerlet(
    hdus: fits.HDUList, words: HeaderletWords, *, file: str | Path, nmatch: int | None = None
) -> Any:
    """The primary WCS of all SCI extensions of `hdus` as a stwcs Headerlet; HDRNAME is `words.hdrname` or WCSNAME.

    Raises `Refusal` when stwcs cannot make it (no ROOTNAME, no WCS ...); `hdus` may be in memory.
    """
    words.check()
    with quiet_stwcs(), _refused(file, "No headerlet can be made of this WCS"):
        from stwcs.wcsutil import headerlet

        name = str(hdus["SCI", _first(hdus)].header["WCSNAME"])
        made = headerlet.create_headerlet(
            hdus,
            sciext="SCI",
            hdrname=words.hdrname.strip() or name,
            wcsname=name,
            sipname=_no_model(hdus) or None,
            author=words.author,
            descrip=words.descrip,
            history=os.path.abspath(words.history) if words.history else "",
            nmatch=nmatch,
            catalog=words.catalog,
            logging=False,
        )
        if made is None:
            raise ValueError("stwcs made none")
        return made


def attach(hdus: fits.HDUList, made: Any, *, file: str | Path) -> None:
    """Append a headerlet to its exposure as an HDRLET extension, with its row in WCSCORR.

    Raises `Refusal` when the exposure has a headerlet of that name.
    """
    name = str(made[0].header["HDRNAME"])
    if name.upper() in attached_names(hdus):
        raise Refusal(
            f"A headerlet called {name!r} is attached already.",
            file=file,
            subject="hdrname",
            advice="Give another hdrname, or switch attach off.",
        )
    with quiet_stwcs(), _refused(file, "The headerlet cannot be attached"):
        from stwcs.updatewcs import utils
        from stwcs.wcsutil import headerlet, wcscorr

        count = sum(hdu.name == "HDRLET" for hdu in hdus)
        hdu = headerlet.HeaderletHDU.fromheaderlet(made)
        hdu.header["EXTVER"] = count + 1
        hdus.append(hdu)
        wcscorr.update_wcscorr(hdus, source=made, extname="SIPWCS", wcs_id=str(made[0].header["WCSNAME"]))
        utils.updateNEXTENDKw(hdus)


def attached_names(hdus: fits.HDUList) -> set[str]:
    """HDRNAMEs of the attached headerlets, upper case."""
    return {str(hdu.header.get("HDRNAME", "")).upper() for hdu in hdus if hdu.name == "HDRLET"}


def attached(hdus: fits.HDUList, number: int) -> fits.HDUList:
    """The HDUs inside HDRLET extension `number` of `hdus`; raises `Refusal` when they cannot be read."""
    raw = bytes(hdus[number].data)
    try:
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return fits.open(io.BytesIO(raw), lazy_load_hdus=False)
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise Refusal(
            "The attached headerlet cannot be read.",
            file=hdus.filename() or "",
            subject=f"HDRLET,{hdus[number].ver}",
        ) from error


def headerlet_path(path: str | Path, hdrfile: str, folder: str | Path) -> Path:
    """Where a headerlet file goes, as drizzlepac names it: <root>_<hdrfile>_hlet.fits, or `hdrfile` with .fits in it.

    The root is the exposure's name without "_flt", "_flc" or the like; a blank `hdrfile` gives <root>_hlet.fits.
    Raises `Refusal` for a name with a folder in it, or that of an exposure.
    """
    if ".fits" in hdrfile:
        return product_path(folder, hdrfile, (path,), "hdrfile")
    root = Path(path).name.removesuffix(".gz").removesuffix(".fits")
    if root.lower().endswith(_SUFFIXES):
        root = root[:-4]
    middle = f"_{hdrfile.strip()}" if hdrfile.strip() else ""
    return product_path(folder, f"{root}{middle}_hlet.fits", (path,), "hdrfile")


def check_target(target: Path, clobber: bool) -> None:
    """Raise `Refusal` when a headerlet file is there and may not be replaced."""
    if target.exists() and not clobber:
        raise Refusal(
            "The headerlet file exists.",
            file=target,
            subject="clobber",
            advice="Switch clobber on, or give another hdrfile.",
        )


def write_headerlet(made: Any, target: str | Path, *, clobber: bool = False) -> None:
    """Write a headerlet as a file of its own; raises `Refusal` as `check_target` does or when it cannot be written."""
    check_target(Path(target), clobber)
    write_fits(made, target)


def export_headerlet(
    path: str | Path,
    target: str | Path,
    words: HeaderletWords,
    *,
    new: Mapping[int, ChipWCS] | None = None,
    clobber: bool = False,
    nmatch: int | None = None,
    **update: Any,
) -> None:
    """Write the WCS of an exposure as a headerlet file; the exposure is only read.

    With `new` (by EXTVER) it is the WCS that `update_wcs(hdus, new, **update)` would write into the exposure.
    """
    check_target(Path(target), clobber)
    with open_fits(path) as opened:
        hdus = in_memory(opened)
        if new is not None:
            update_wcs(hdus, new, nmatch=nmatch, **update)
        made = make_headerlet(hdus, words, file=path, nmatch=nmatch)
    write_headerlet(made, target, clobber=clobber)


def in_memory(opened: fits.HDUList) -> fits.HDUList:
    """The same HDUs without their file: stwcs changes them in memory, and nothing can be written."""
    return _InMemory([opened[number] for number in range(len(opened))])


class _InMemory(fits.HDUList):
    def flush(self, *_: Any, **__: Any) -> None:
        """stwcs flushes what it changed; there is no file."""


def apply_headerlet(path: str | Path, source: str | Path) -> State | None:
    """Make the WCS of a headerlet file the primary one of its exposure; the former is archived. Recorded.

    Raises `Refusal` when the headerlet belongs to another exposure or distortion model.
    """
    with open_fits(source) as opened:
        hdus = fits.HDUList([hdu.copy() for hdu in opened])
    name = str(hdus[0].header.get("HDRNAME", Path(source).name))
    return rewrite_recorded(
        path,
        lambda target: make_primary(target, hdus, file=path),
        action=f"Headerlet {name}",
        detail=Path(source).name,
    )


def make_primary(target: fits.HDUList, source: fits.HDUList, *, file: str | Path) -> None:
    """Make the WCS in the HDUs of a headerlet the primary one of `target`, through stwcs; archive the former."""
    check_fits(target, source, file)
    keep_primary(target)
    with quiet_stwcs(), _refused(file, "The headerlet cannot be applied"):
        from stwcs.wcsutil import headerlet

        made = headerlet.Headerlet(list(source), logging=False)
        made.init_attrs()
        for hdu in source:
            if hdu.name == "SIPWCS":
                forget_fit(target[str(hdu.header["TG_ENAME"]), int(hdu.header["TG_EVER"])].header)
        if _no_model(target) and "DISTNAME" not in target[0].header:
            target[0].header["DISTNAME"] = source[0].header["DISTNAME"]
        # archived above: stwcs would do it again at every change, with a headerlet of the former WCS each time
        made.apply_as_primary(target, attach=False, archive=False, force=False)
        _tell_fit(target, source)
    if "NEXTEND" in target[0].header:
        target[0].header["NEXTEND"] = len(target) - 1


def _tell_fit(target: fits.HDUList, source: fits.HDUList) -> None:
    """WCSTYPE and what the headerlet knows of the fit; stwcs leaves that in the headerlet."""
    header = source[0].header
    for hdu in source:
        if hdu.name == "SIPWCS":
            science = target[str(hdu.header["TG_ENAME"]), int(hdu.header["TG_EVER"])].header
            science["WCSTYPE"] = wcs_type(str(header.get("WCSNAME", "")))
            if header.get("NMATCH"):
                for key in ("RMS_RA", "RMS_DEC", "NMATCH"):
                    if key in header:
                        science[key] = header[key]


def check_fits(target: fits.HDUList, source: fits.HDUList, file: str | Path) -> None:
    """Raise `Refusal` when a headerlet's HDUs hold no WCS or belong to another exposure."""
    header = source[0].header
    wanted, here = str(header.get("DESTIM", "")).strip(), str(target[0].header.get("ROOTNAME", "")).strip()
    if wanted.lower() != here.lower() or not here:
        raise Refusal(
            f"The headerlet belongs to the exposure {wanted!r}, this is {here!r}.",
            file=file,
            subject="DESTIM",
        )
    chips = [hdu for hdu in source if hdu.name == "SIPWCS"]
    if not chips:
        raise Refusal("The headerlet holds no WCS, only a name.", file=file, subject="SIPWCS")
    there = {(hdu.name, int(hdu.ver)) for hdu in target}
    for hdu in chips:
        if (str(hdu.header.get("TG_ENAME", "")).strip(), hdu.header.get("TG_EVER")) not in there:
            raise Refusal(
                "The headerlet is for an extension that the file does not have.",
                file=file,
                subject=f"{hdu.header.get('TG_ENAME')},{hdu.header.get('TG_EVER')}",
            )


def _no_model(hdus: fits.HDUList) -> str:
    """ "NOMODEL" for an image without distortions (drizzled ones): stwcs finds no name for that by itself."""
    science = hdus["SCI", _first(hdus)].header
    return "" if "IDCTAB" in hdus[0].header or "A_ORDER" in science or "B_ORDER" in science else "NOMODEL"


def _first(hdus: fits.HDUList) -> int:
    return min((int(hdu.ver) for hdu in hdus if hdu.name == "SCI"), default=1)


@contextmanager
def _refused(file: str | Path, what: str) -> Iterator[None]:
    """Failures of stwcs as refusals that name the file."""
    try:
        yield
    except Refusal:
        raise
    except _FAILURES as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise Refusal(
            f"{what}: {text.rstrip('.')}.", file=file, advice="Check the headers with stwcs."
        ) from error
