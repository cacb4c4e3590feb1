"""Tweakback: a solution found on a drizzled image, carried back to the exposures that it was made of.

An alignment of the drizzled image moved its sky; the same move of the sky is given to every chip. drizzlepac takes
the derivative of that move numerically at each chip's CRPIX; here it is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from core.align.results import Applied, Written
from core.align.update import Floats, drizzled_correction, moved_on_sky, tangent_basis
from core.data.exposure import open_exposure
from core.data.fitsfile import BROKEN, open_fits
from core.data.readwcs import read_wcs
from core.data.wcsbook import check_wcsname, letters_of, write_wcs
from core.errors import Refusal
from core.runs.progress import Progress

# the name that astrodrizzle gives to the WCS of a product
_DRIZZLED = "DRZWCS"


@dataclass(frozen=True, eq=False)
class Tweak:
    """What happened to a drizzled image: names of its WCS before and after, the (3, 3) `move` of directions on the
    sky, the fit's rms (degrees) and matches as its header has them, `inputs` the names of the exposures in it."""

    path: Path
    original: str
    tweaked: str
    move: Floats
    rms_ra: float | None
    rms_dec: float | None
    nmatch: int | None
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Carried:
    """What a tweakback would do to an exposure: the names of its WCS `before` and `after`, and by how many `mas` the
    reference point of its first chip moves; or in `trouble` why it cannot be changed."""

    path: Path
    before: str = ""
    after: str = ""
    mas: float = 0.0
    trouble: str = ""


def preview_tweakback(drizzled: str | Path, files: Sequence[str | Path] = ()) -> tuple[Carried, ...]:
    """What `tweakback` would do to each exposure; nothing is written. Raises what that would raise at once."""
    tweaks = _Tweaks(Path(drizzled), "", "")
    return tuple(_foreseen(path, tweaks.of(path)) for path in _exposures(tweaks, files))


def tweakback(
    drizzled: str | Path,
    files: Sequence[str | Path] = (),
    *,
    original: str = "",
    tweaked: str = "",
    wcsname: str = "",
    progress: Progress | None = None,
) -> tuple[Applied, ...]:
    """Give the exposures of a drizzled image the correction that an alignment gave to it.

    `files` are the exposures, by default those that the image's D001DATA ... name, beside it. They must still have
    the WCS with which they were drizzled, or one that an earlier tweakback gave them. `original` and `tweaked` are
    WCSNAMEs or letters of the drizzled image: by default the alternate that has the name of the exposure's WCS, else
    the only one, else that called DRZWCS; and its primary WCS. `wcsname` is the new WCS's name in the exposures, by
    default that of `tweaked`. Each file is replaced whole and recorded in its history; one that cannot be written is
    reported and left as it was.

    Raises
    ------
    Refusal
        The drizzled image has no two WCSs, names no exposures, or cannot be read.
    """
    progress = progress or Progress()
    tweaks = _Tweaks(Path(drizzled), original, tweaked)
    paths = _exposures(tweaks, files)
    chosen = [tweaks.of(path) for path in paths]
    done = []
    with progress.step("Tweak back", len(paths)):
        for path, tweak in zip(paths, chosen, strict=True):
            progress.check()
            done.append(_guarded(path, tweak, wcsname or tweak.tweaked))
            progress.advance()
    for one in done:
        if one.status is Written.FAILED:
            progress.warn(one.reason)
    return tuple(done)


class _Tweaks:
    """The corrections in a drizzled image that was aligned once or several times; which one an exposure needs is told
    by the name of its present WCS."""

    def __init__(self, path: Path, original: str, tweaked: str) -> None:
        self.path, self._original, self._tweaked = path, original, tweaked
        self._read: dict[str, Tweak] = {}
        with open_fits(path) as hdus:
            header = _science(hdus).header
            self.inputs = _inputs(hdus[0].header)
            names = _names(header)
            after = _letter(path, names, tweaked) if tweaked else ""
        self._alternates = {names[k].upper() for k in names if k != after and names[k] != names[after]}

    def of(self, exposure: Path) -> Tweak:
        """Raises `Refusal` when it is not clear which WCS the drizzled image had."""
        original = self._original
        with suppress(Refusal):  # an exposure that cannot be read fails for itself
            present = str(open_exposure(exposure, complete=False).chips[0].header.get("WCSNAME", "")).strip()
            if not original and present.upper() in self._alternates:
                original = present
        if original not in self._read:
            self._read[original] = read_tweak(self.path, original=original, tweaked=self._tweaked)
        return self._read[original]


def _exposures(tweaks: _Tweaks, files: Sequence[str | Path]) -> list[Path]:
    """The exposures to change: those that are named, else those that the image names, beside it."""
    paths = [Path(file) for file in files] or [tweaks.path.parent / name for name in tweaks.inputs]
    if not paths:
        raise Refusal(
            "The image does not say which exposures it was made of.",
            file=tweaks.path,
            subject="D001DATA",
            advice="Name the exposures.",
        )
    return paths


def read_tweak(drizzled: str | Path, *, original: str = "", tweaked: str = "") -> Tweak:
    """What an alignment did to a drizzled image, from its header; raises `Refusal` when that cannot be told."""
    path = Path(drizzled)
    with open_fits(path) as hdus:
        hdu = _science(hdus)
        header = hdu.header
        names = _names(header)
        after = _letter(path, names, tweaked) if tweaked else ""
        before = _letter(path, names, original) if original else _original(path, names, after)
        if before == after:
            raise Refusal(
                f"Original and tweaked WCS are the same, {names[after]!r}.",
                file=path,
                advice="Name two WCSs.",
            )
        old, new = (read_wcs(hdus, hdu, path=path, key=letter) for letter in (before, after))
        if not (old.is_linear and new.is_linear):
            raise Refusal(
                "The image has distortions, so it is an exposure and not drizzled.",
                file=path,
                advice="Give the drizzled image (drz, drc) that was aligned.",
            )
        return Tweak(
            path=path,
            original=names[before],
            tweaked=names[after],
            move=drizzled_correction(old, new),
            rms_ra=_number(header, f"RMS_RA{after}"),
            rms_dec=_number(header, f"RMS_DEC{after}"),
            nmatch=_matches(header, after),
            inputs=_inputs(hdus[0].header),
        )


def _science(hdus: fits.HDUList) -> Any:
    return next((one for one in hdus if one.name == "SCI"), hdus[0])


def _names(header: fits.Header) -> dict[str, str]:
    """The WCSNAMEs by letter, the primary's first."""
    return {letter: str(header.get(f"WCSNAME{letter}", "")).strip() for letter in ("", *letters_of(header))}


def _foreseen(path: Path, tweak: Tweak) -> Carried:
    try:
        chip = open_exposure(path, complete=False).chips[0]
        check_wcsname(path, tweak.tweaked, False)
    except Refusal as refusal:
        return Carried(path, trouble=str(refusal))
    except BROKEN as error:
        return Carried(path, trouble=f"{path.name}: {type(error).__name__}: {error}")
    outwards = tangent_basis(*chip.wcs.crval)[:, 2]
    mas = float(np.degrees(np.linalg.norm(tweak.move @ outwards - outwards)) * 3.6e6)
    return Carried(path, str(chip.header.get("WCSNAME", "")).strip(), tweak.tweaked, mas)


def _guarded(path: Path, tweak: Tweak, name: str) -> Applied:
    try:
        exposure = open_exposure(path, complete=False)
        check_wcsname(path, name, False)
        write_wcs(
            path,
            {chip.extver: moved_on_sky(chip.wcs, tweak.move) for chip in exposure.chips},
            wcsname=name,
            rms_ra=tweak.rms_ra,
            rms_dec=tweak.rms_dec,
            nmatch=tweak.nmatch,
            action=f"Tweakback from {tweak.path.name}",
            detail=f"{tweak.original} to {tweak.tweaked}",
        )
    except Refusal as refusal:
        return Applied(path, Written.FAILED, str(refusal))
    except BROKEN as error:
        return Applied(path, Written.FAILED, f"{path.name}: {type(error).__name__}: {error}")
    return Applied(path, Written.WRITTEN)


def _letter(path: Path, names: dict[str, str], which: str) -> str:
    """The letter of a WCS named by its letter or WCSNAME, "" for the primary."""
    which = which.strip().upper()
    if which in names:
        return which
    for letter, name in names.items():
        if name.upper() == which:
            return letter
    listed = ", ".join(f"{letter or 'primary'} ({name})" for letter, name in names.items())
    raise Refusal(f"There is no WCS {which!r}; there are {listed}.", file=path, advice="Choose one of these.")


def _original(path: Path, names: dict[str, str], after: str) -> str:
    """The WCS before the alignment, when there is no doubt about it."""
    others = [letter for letter in names if letter != after]
    drizzled = [letter for letter in others if names[letter].upper() == _DRIZZLED]
    if len(others) != 1 and len(drizzled) != 1:
        listed = ", ".join(f"{letter or 'primary'} ({names[letter]})" for letter in others)
        raise Refusal(
            f"It is not clear which WCS the image had before it was aligned: {listed}."
            if others
            else "The image has only one WCS: it was not aligned.",
            file=path,
            subject="WCSNAME",
            advice="Name the original WCS." if others else "Align the drizzled image first, with updatehdr.",
        )
    return others[0] if len(others) == 1 else drizzled[0]


def _inputs(header: fits.Header) -> tuple[str, ...]:
    """The exposures named by D001DATA ..., "ibc301qrq_flt.fits[sci,1]", each once; only names, never a path."""
    found = [
        str(card.value) for card in header.cards if card.keyword[:1] == "D" and card.keyword[4:] == "DATA"
    ]
    names = (Path(value.partition("[")[0].strip()).name for value in found)
    return tuple(dict.fromkeys(name for name in names if name))


def _number(header: fits.Header, key: str) -> float | None:
    value = header.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _matches(header: fits.Header, letter: str) -> int | None:
    value = header.get(f"NMATCH{letter}")
    return int(value) if isinstance(value, int) else None
