"""Headers of the products: those of the inputs blended by fitsblender's rules, the frame's WCS, what was done.

The blended table HDRTAB has one row a chip and one column for every keyword that the rules name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from astropy.io import fits

from core.data.cardtext import card_text
from core.data.chipwcs import ChipWCS
from core.data.exposure import Exposure
from core.data.fitsfile import quiet
from core.data.frame import frame_header
from core.errors import Refusal

_RESERVED = frozenset(
    (
        "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "PCOUNT", "GCOUNT", "EXTEND",
        "EXTNAME", "EXTVER", "EXTLEVEL", "BSCALE", "BZERO", "NEXTEND", "CHECKSUM", "DATASUM", "INHERIT",
        "NPIX1", "NPIX2", "PIXVALUE", "OBJECT", "MDRIZSKY",
    )
)  # fmt: skip
# every WCS and distortion keyword of the inputs, alternates included: a product has the frame's WCS only
_WCS = re.compile(
    r"(WCSAXES|WCSNAME|WCSTYPE|(CRPIX|CRVAL|CTYPE|CUNIT|CDELT|CROTA|CRDER|CSYER)\d|(CD|PC|PV)\d_\d+|LONPOLE|LATPOLE|"
    r"RADESYS|ORIENTAT|VAFACTOR|FITNAME|NMATCH|RMS_RA|RMS_DEC|HDRNAME|WCSKEY|MJDREF[IF]?)[A-Z]?$"
    r"|(A|B|AP|BP)_(\d_\d|ORDER|DMAX)$|(CPDIS|CPERR|CQDIS|DP|DQ|D2IMDIS|D2IMERR|D2IM)\d|D2IMEXT|D2IMERR|AXISCORR"
    r"|NPOLEXT|DGEOEXT|IDC(SCALE|THETA|XREF|YREF|V2REF|V3REF)$|OC[XY]1[01]$|TDD(ALPHA|BETA)|TDD_C|LT[VM]\d"
)


@dataclass(frozen=True, eq=False)
class Blended:
    """Primary and SCI header of a product, the table of all inputs' values (None without one), warnings."""

    primary: fits.Header
    science: fits.Header
    table: fits.BinTableHDU | None
    warnings: tuple[str, ...] = ()


def blend(
    exposures: Sequence[Exposure], rules_file: str = "", sky: Mapping[tuple[Path, int], float] | None = None
) -> Blended:
    """Blend the headers of all chips; whatever the rules cannot digest, those of the first exposure serve.

    `sky` by (path, EXTVER) is what MDRIZSKY says of each chip, in input units.
    """
    with quiet():
        pairs = [(_clean(e.primary), _clean(c.header)) for e in exposures for c in e.chips]
    keys = [(c.path, c.extver) for e in exposures for c in e.chips]
    for key, (_, science) in zip(keys, pairs, strict=True):
        if sky is not None:
            science["MDRIZSKY"] = sky[key]
    try:
        with quiet():
            return _blend(exposures, pairs, rules_file)
    except Exception as error:  # odd headers stop the rules in many ways, and a product must still come out
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        warning = (
            f"The headers could not be blended ({reason}); the product has those of {exposures[0].name} "
            "and no table HDRTAB."
        )
        return Blended(*pairs[0], None, (warning,))


def check_rules(name: str, exposure: Exposure) -> None:
    """Refuse a rules file that is not there or has no rules for the headers of an exposure; a blank name is none."""
    if not name:
        return
    from fitsblender.blendheaders import KeywordRules

    try:
        with quiet():
            rules = KeywordRules(exposure.instrument.lower(), telescope="hst", rules_file=name)
            rules.interpret_rules([_clean(exposure.primary), _clean(exposure.chips[0].header)])
        reason = "" if rules.rules or rules.delete_kws else "it names no keyword of the exposures"
    except OSError as error:
        reason = error.strerror or str(error)
    except Exception as error:  # whatever is written there is a person's, and stops the reader in many ways
        reason = f"{type(error).__name__}: {error}"
    if reason:
        raise Refusal(
            f"These are no rules for headers: {reason}.",
            file=name,
            subject="rules_file",
            advice="Give a file as fitsblender's *_header.rules are, or leave it blank.",
        )


def _blend(
    exposures: Sequence[Exposure], pairs: Sequence[tuple[fits.Header, fits.Header]], rules_file: str
) -> Blended:
    # imported here: fitsblender drags stsci.tools along, which loads Tk where it is installed
    import fitsblender
    from fitsblender.blendheaders import KeywordRules, cat_headers

    rules = None
    seen: set[str] = set()
    for (primary, science), exposure in zip(pairs, [e for e in exposures for _ in e.chips], strict=True):
        if exposure.instrument in seen:
            continue
        seen.add(exposure.instrument)
        one = KeywordRules(
            exposure.instrument.lower(),
            telescope="hst",
            rules_file=rules_file or str(_rules_of(exposure.instrument, Path(fitsblender.__file__).parent)),
        )
        one.interpret_rules([primary, science])
        if rules is None:
            rules = one
        else:
            rules.merge(one)
    if rules is None:
        raise ValueError("no exposures")
    primaries = {str(e.path): _clean(e.primary) for e in exposures}
    primary, _ = rules.apply(list(primaries.values()))
    science, _ = rules.apply([s for _, s in pairs])
    _, table = rules.apply([cat_headers(p, s) for p, s in pairs])
    primary["RULESVER"] = (rules.rules_version, "version of the header rules")
    primary["RULEFILE"] = (card_text(Path(rules.rules_file).name), "header rules used to blend the inputs")
    primary["BLENDVER"] = (str(fitsblender.__version__), "version of fitsblender")
    hdu = fits.BinTableHDU.from_columns(table, name="HDRTAB") if table is not None and len(table) else None
    return Blended(primary, science, hdu)


def _rules_of(instrument: str, folder: Path) -> Path:
    """The instrument's rules that come with fitsblender; it would itself look into the current folder first."""
    own = folder / f"{instrument.lower()}_header.rules"
    return own if own.is_file() else folder / "hst_header.rules"


def _clean(header: fits.Header) -> fits.Header:
    """A copy without what describes the array rather than the exposure."""
    copy = header.copy()
    for key in ("PCOUNT", "GCOUNT", "BSCALE", "BZERO", "CHECKSUM", "DATASUM"):
        copy.remove(key, ignore_missing=True, remove_all=True)
    return copy


def without_wcs(header: fits.Header) -> fits.Header:
    """A copy without any WCS or distortion keyword and without what an array writes itself."""
    # a header made of cards would share them, and changing it would change the exposure's header
    copies = header.copy().cards
    return fits.Header([c for c in copies if not _WCS.match(c.keyword) and c.keyword not in _RESERVED])


def with_frame(header: fits.Header, frame: ChipWCS) -> fits.Header:
    """The header with the WCS of `frame` in place of whatever it had."""
    out = without_wcs(header)
    out.extend(frame_header(frame).cards, update=True)
    return out


def merged(primary: fits.Header, science: fits.Header) -> fits.Header:
    """One header for a file of one array: the primary's cards, then those of the science header it lacks."""
    out = without_wcs(primary)
    known = set(out)
    out.extend(
        [
            c
            for c in without_wcs(science).cards
            if c.keyword not in known and c.keyword not in ("COMMENT", "HISTORY", "")
        ],
        update=False,
    )
    return out


def single_header(exposure: Exposure, frame: ChipWCS, name: str, kind: str) -> fits.Header:
    """Header of a separate image or its weight (`kind` "SCI" or "WHT"), or of the median ("SCI")."""
    header = with_frame(merged(exposure.primary, exposure.chips[0].header), frame)
    header["FILENAME"] = (card_text(name), "name of file")
    header["FILETYPE"] = (kind, "type of data in array")
    header["EXPTIME"] = (exposure.exptime, "exposure duration (seconds)")
    header["BUNIT"] = rate_unit(exposure) if kind == "SCI" else "UNITLESS"
    header["NDRIZIM"] = (len(exposure.chips), "Drizzle, No. images drizzled onto output")
    return header


def chip_header(exposure: Exposure, extver: int, name: str) -> fits.Header:
    """Header of a blotted image: what it shows, and the linear part of the chip's WCS."""
    chip = next(chip for chip in exposure.chips if chip.extver == extver)
    header = frame_header(chip.wcs.linear())
    header["FILENAME"] = (card_text(name), "name of file")
    header["ROOTNAME"] = (card_text(exposure.rootname), "exposure that the median was blotted to")
    header["CCDCHIP"] = chip.ccdchip
    header["EXPTIME"] = (chip.exptime, "exposure duration (seconds)")
    header["BUNIT"] = (chip.bunit, "units of the exposure, sky included")
    return header


def rate_unit(exposure: Exposure) -> str:
    """What the separate images are in: the engine works in electrons per second."""
    return "ELECTRONS/S"
