"""What a headerlet would change in the headers of an exposure, card by card, without touching the file."""

from __future__ import annotations

from pathlib import Path

from astropy.io import fits

from core.data.cards import CardChange, changed_cards
from core.data.fitsfile import open_fits
from core.data.headerlets import in_memory, make_primary
from core.data.science import science_of

__all__ = ["preview_headerlet"]


def preview_headerlet(path: str | Path, source: str | Path) -> tuple[CardChange, ...]:
    """The cards of primary (extver 0) and SCI headers of `path` that applying the headerlet file `source` would
    change, in the order of the headers. The WCSCORR table is not shown.

    Raises `Refusal` as `core.data.headerlets.apply_headerlet` would: another exposure's headerlet, no WCS in it, a file
    that cannot be read.
    """
    name = Path(path).name
    with open_fits(source) as opened:
        made = fits.HDUList([hdu.copy() for hdu in opened])
    with open_fits(path) as opened:
        hdus = in_memory(opened)
        headers = [("PRIMARY", 0, hdus[0]), *(("SCI", int(hdu.ver), hdu) for hdu in science_of(hdus))]
        before = [hdu.header.copy() for _, _, hdu in headers]
        make_primary(hdus, made, file=path)
        return tuple(
            change
            for (extname, extver, hdu), old in zip(headers, before, strict=True)
            for change in changed_cards(
                old,
                fits.Header.fromstring(hdu.header.tostring()),  # with the digits that a card holds
                file=name,
                extname=extname,
                extver=extver,
            )
        )
