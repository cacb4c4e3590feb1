"""Exposures: what the engine knows of one flt or flc file, read once, pixels read when needed.

Files are opened with memmap off, read and closed: a mapped file keeps its handle and cannot be replaced.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.altwcs import read_chosen_wcs
from core.data.chipwcs import ChipWCS
from core.data.complete import completed
from core.data.fitsfile import open_fits, quiet, read_data
from core.data.flagfile import FlagFile, flag_file, image_shape
from core.data.instruments import Instrument, gain_and_noise, instrument_of
from core.data.onepass import Stamp, is_packed, stamp_of
from core.data.places import Place, place_of, read_float32
from core.data.science import is_plain, science_of
from core.errors import Refusal
from core.runs.buffers import Buffers

_UNITS = {
    "ELECTRONS": "ELECTRONS",
    "ELECTRON": "ELECTRONS",
    "COUNTS": "COUNTS",
    "COUNT": "COUNTS",
    "DN": "COUNTS",
    "ADU": "COUNTS",
}
_FILTERS = ("FILTER", "FILTER1", "FILTER2", "FILTNAM1", "FILTNAM2", "OPT_ELEM")
_AGAIN = "Fetch the calibrated exposure (flt or flc) again, or leave it out."


@dataclass(frozen=True, eq=False)
class Chip:
    """One SCI extension with its companions.

    `extver` is the EXTVER, `ccdchip` the CCDCHIP (or extver); `shape` (rows, columns); `bunit` upper case,
    one of ELECTRONS, ELECTRONS/S, COUNTS, COUNTS/S; `gain` e-/DN and `read_noise` e- (mean over the amplifiers in
    use, the same for all chips, as drizzlepac takes it); `exptime` seconds; `header` a copy of the SCI header.
    `flags` says where the DQ flags are when it is not the DQ extension of `path`, `place` where the science pixels lie
    in the file of this stamp, if they are float32 as they are. Of an exposure that was opened with
    `complete` off: `gain`, `read_noise`, `exptime` NaN and `bunit` "" where the
    header does not tell.
    """

    path: Path
    extver: int
    ccdchip: int
    shape: tuple[int, int]
    wcs: ChipWCS
    bunit: str
    gain: float
    read_noise: float
    exptime: float
    header: fits.Header
    has_err: bool
    has_dq: bool
    flags: FlagFile | None = None
    place: tuple[Place, Stamp] | None = None

    @property
    def is_rate(self) -> bool:
        """Whether the pixels are per second."""
        return self.bunit.endswith("/S")

    @property
    def in_electrons(self) -> bool:
        return self.bunit.startswith("ELECTRON")

    def read(self, name: str = "SCI", room: Buffers | None = None) -> NDArray[np.float32]:
        """The pixels of extension `name` of this chip, float32 (rows, columns), C order, native byte order.

        Where it can be, their memory is taken from `room`.
        Raises `Refusal` when the extension is missing or cannot be read.
        """
        if name == "SCI" and self.place is not None:
            values = read_float32(self.path, *self.place, room)
            if values is not None:
                return values
        return self._pixels(name, np.float32)

    def read_dq(self) -> NDArray[np.uint16]:
        """The DQ flags as uint16, zeros when the file has no DQ extension."""
        if not self.has_dq:
            return np.zeros(self.shape, np.uint16)
        if self.flags is None:
            return self._pixels("DQ", np.uint16)
        return self._pixels(self.flags.name, np.uint16, self.flags.path)

    def _pixels(self, name: str, kind: type[Any], source: Path | None = None) -> NDArray[Any]:
        path = source or self.path
        with open_fits(path, whole=False) as hdus:
            hdu = hdus[0] if name == "SCI" and is_plain(hdus) else _find(hdus, name, self.extver)
            if hdu is None:
                raise Refusal(
                    "The extension is missing.",
                    file=path,
                    subject=f"{name},{self.extver}",
                    advice=_AGAIN,
                )
            data = read_data(hdus, hdu, path)
        if data is None and "PIXVALUE" in hdu.header:
            # HST's constant extension: no pixels, one value for all
            return np.full(self.shape, hdu.header["PIXVALUE"], kind)
        values = np.asarray(data)
        if values.shape != self.shape:
            raise Refusal(
                f"The size is {_size(values.shape)}, that of the chip {_size(self.shape)} pixels.",
                file=path,
                subject=f"{name},{self.extver}",
                advice=_AGAIN,
            )
        if kind is np.uint16 and values.dtype.kind in "if":
            # signed 16 bit flags: the highest bit is the sign; tiny test files hold floats
            values = values.astype(np.int64) & 0xFFFF
        return np.ascontiguousarray(values, dtype=kind)


@dataclass(frozen=True, eq=False)
class Exposure:
    """One file: its primary header and chips in the order of EXTVER.

    `part` is the EXTVER of the image set where a file holds several exposures (see `core.data.imsets`), else 0;
    `notes` say what was assumed of a detector without a table.
    """

    path: Path
    rootname: str
    suffix: str
    instrument: str
    detector: str
    filters: str
    exptime: float
    expstart: float
    expend: float
    primary: fits.Header
    chips: tuple[Chip, ...]
    facts: Instrument
    part: int = 0
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name, as shown to people."""
        return self.path.name

    @property
    def stem(self) -> str:
        """The name without .fits(.gz): the root of the names of intermediate files, "ibc301qrq_flt"."""
        stem = self.path.name.removesuffix(".gz").removesuffix(".fits")
        if not self.part:
            return stem
        root, bar, kind = stem.rpartition("_")
        return f"{root}_{self.part}_{kind}" if bar else f"{stem}_{self.part}"


def open_exposure(path: str | Path, *, complete: bool = True, wcskey: str = "") -> Exposure:
    """Read the headers and distortion tables of one exposure; chips come in the order of EXTVER.

    Drizzling needs a `complete` exposure: EXPTIME > 0, a known BUNIT, DQ, gain and read noise (of a detector without
    a table EXPTIME alone: the rest is assumed, and the exposure's notes say so). Aligning needs only pixels and a
    WCS: with `complete` off the rest may be missing, and a plain image (`*_single_sci.fits`, `*_drz_sci.fits`) is one
    chip of EXTVER 1. `wcskey` is the letter or name of an alternate WCS that the chips get in place of the primary one.

    Raises
    ------
    Refusal
        The file is missing, not FITS, truncated, lacks a SCI or DQ extension, a WCS, EXPTIME or BUNIT ...;
        the refusal names the file, the keyword or extension and what to try.
    """
    path = Path(path)
    stamp = stamp_of(path) if path.exists() else (0, 0, 0)
    with open_fits(path) as hdus, quiet():
        primary = hdus[0].header.copy()
        science = _science(hdus, path, complete)
        instrument = str(primary.get("INSTRUME", "")).strip().upper()
        detector = str(primary.get("DETECTOR", primary.get("CAMERA", ""))).strip().upper()
        facts = instrument_of(instrument, detector)
        _check_chips(facts, primary, science, len(hdus), path)
        exptime = _exptime(primary, science[0].header, path, complete)
        flags = flag_file(path, hdus, facts)
        made = [_chip(hdus, hdu, path, facts, exptime, flags, wcskey) for hdu in science]
        if not is_packed(path):
            made = [replace(chip, place=_place(hdu, stamp)) for chip, hdu in zip(made, science, strict=True)]
    root, _, suffix = path.name.removesuffix(".gz").removesuffix(".fits").rpartition("_")
    exposure = Exposure(
        path=path,
        rootname=str(primary.get("ROOTNAME", root or suffix)).strip().lower(),
        suffix=suffix if root else "",
        instrument=instrument,
        detector=detector,
        filters=_filters(primary),
        exptime=exptime,
        expstart=_number(primary, "EXPSTART"),
        expend=_number(primary, "EXPEND"),
        primary=primary,
        chips=tuple(made),
        facts=facts,
    )
    return completed(exposure) if complete else exposure


def _chip(
    hdus: fits.HDUList,
    hdu: fits.ImageHDU,
    path: Path,
    facts: Instrument,
    exptime: float,
    flags: FlagFile,
    wcskey: str,
) -> Chip:
    header = hdu.header.copy()
    extver = int(hdu.ver)
    shape = image_shape(header)
    if len(shape) != 2 or min(shape) < 1:
        raise Refusal(
            f"The image has the size {_size(shape)}, not rows and columns.",
            file=path,
            subject=f"SCI,{extver}",
            advice=_AGAIN,
        )
    gain, noise = gain_and_noise(facts, [hdus[0].header, header])
    has_err = _has(_find(hdus, "ERR", extver), shape, path, f"ERR,{extver}")
    has_dq = _fits(flags.shapes.get(extver), shape, flags.path, f"{flags.name},{extver}")
    wcs = read_chosen_wcs(hdus, hdu, wcskey, path=path)
    return Chip(
        path=path,
        extver=extver,
        ccdchip=_chip_number(header, facts.chip_keyword, extver),
        shape=shape,
        wcs=wcs,
        bunit=_bunit(header),
        gain=math.nan if gain is None else gain,
        read_noise=math.nan if noise is None else noise,
        exptime=exptime,
        header=header,
        has_err=has_err,
        has_dq=has_dq,
        flags=None if flags.path == path else flags,
    )


def _place(hdu: fits.ImageHDU, stamp: Stamp) -> tuple[Place, Stamp] | None:
    place = place_of(hdu)
    return (place, stamp) if place.plain and place.bitpix == -32 and len(place.shape) == 2 else None


def _chip_number(header: fits.Header, keyword: str, extver: int) -> int:
    value = header.get(keyword)
    return int(value) if isinstance(value, int | float) else extver


def _science(hdus: fits.HDUList, path: Path, complete: bool) -> list[fits.ImageHDU]:
    plain = is_plain(hdus)
    found = [] if plain and complete else [hdu for hdu in science_of(hdus) if hdu.is_image]
    if not found:
        what = "The file has no SCI extension, so it is no exposure."
        if plain:
            what = "This is a plain FITS image: pixels in the primary array, no SCI extension."
        elif len(hdus) == 2 and isinstance(hdus[1], fits.TableHDU):
            what = "This is a waivered FITS file: the chips are planes of one array. The archive has it as *_c0m.fits."
        raise Refusal(
            what,
            file=path,
            subject="SCI",
            advice="Give calibrated exposures, *_flt.fits or *_flc.fits (WFPC2: *_c0m.fits).",
        )
    versions = [hdu.ver for hdu in found]
    if len(set(versions)) < len(versions):
        raise Refusal(
            "Two SCI extensions have the same EXTVER, so their DQ cannot be told apart.",
            file=path,
            subject="EXTVER",
            advice=_AGAIN,
        )
    return sorted(found, key=lambda hdu: int(hdu.ver))


def _check_chips(
    facts: Instrument, primary: fits.Header, science: Sequence[fits.ImageHDU], count: int, path: Path
) -> None:
    """A file cut between two extensions is valid FITS; a full frame must have all its chips."""
    lost = primary.get("NEXTEND", 0) - (count - 1)
    full = not primary.get("SUBARRAY", True) and image_shape(science[0].header) == facts.full_shape
    if full and len(science) < facts.chips and lost > 0:
        raise Refusal(
            f"Only {len(science)} of {facts.chips} chips and {count - 1} of {primary['NEXTEND']} extensions are "
            "there: the file is truncated.",
            file=path,
            subject="NEXTEND",
            advice=_AGAIN,
        )


def _exptime(primary: fits.Header, science: fits.Header, path: Path, complete: bool) -> float:
    value = _number(primary, "EXPTIME")
    if math.isnan(value):
        value = _number(science, "EXPTIME")
    if complete and not value > 0:
        raise Refusal(
            f"The exposure time is {value:g} s." if value <= 0 else "The exposure time is missing.",
            file=path,
            subject="EXPTIME",
            advice="Leave the exposure out, or set EXPTIME in the primary header.",
        )
    return value


def _bunit(header: fits.Header) -> str:
    """The unit as the engine writes it, "" for one that is missing or not known."""
    unit, _, per = str(header.get("BUNIT", "")).strip().upper().partition("/")
    known = _UNITS.get(unit.strip())
    if known and per.strip() in ("", "S", "SEC", "SECOND"):
        return known + ("/S" if per else "")
    return ""


def _has(hdu: fits.ImageHDU | None, shape: tuple[int, ...], path: Path, name: str) -> bool:
    return hdu is not None and _fits(image_shape(hdu.header), shape, path, name)


def _fits(found: tuple[int, ...] | None, shape: tuple[int, ...], path: Path, name: str) -> bool:
    """Whether a companion of the chip is there; one of another size is refused."""
    if found is None or found == shape:
        return found is not None
    raise Refusal(
        f"The size is {_size(found)}, that of SCI {_size(shape)} pixels.",
        file=path,
        subject=name,
        advice=_AGAIN,
    )


def _find(hdus: fits.HDUList, name: str, extver: int) -> fits.ImageHDU | None:
    return next((hdu for hdu in hdus if hdu.name == name and hdu.ver == extver and hdu.is_image), None)


def _size(shape: Sequence[int]) -> str:
    return " x ".join(str(n) for n in reversed(shape)) or "0"


def _number(header: fits.Header, key: str) -> float:
    value = header.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)


def _filters(primary: fits.Header) -> str:
    """The filters without the clear positions, "F606W" or "F606W;POL0V"."""
    names = [str(primary.get(key, "")).strip() for key in _FILTERS]
    used = [name for name in names if name and not name.upper().startswith(("CLEAR", "N/A"))]
    return ";".join(used) or next((name for name in names if name), "")
