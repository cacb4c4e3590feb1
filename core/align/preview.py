"""What Apply would write, card by card, without touching a file."""

from __future__ import annotations

from dataclasses import replace

from astropy.io import fits

from core.align.apply import new_header
from core.align.results import Alignment, ImageResult, Status
from core.align.settings import AlignSettings
from core.data.cards import CardChange, changed_cards
from core.data.fitsfile import open_fits
from core.data.headerlets import in_memory
from core.data.science import science_of
from core.errors import Refusal
from core.runs.progress import Progress

__all__ = ["CardChange", "preview"]


def preview(
    alignment: Alignment, settings: AlignSettings, progress: Progress | None = None
) -> tuple[CardChange, ...]:
    """The cards of primary (extver 0) and SCI headers that Apply would change, in the order of images and headers.

    Images that are not ALIGNED change nothing. Headers are changed in memory by what Apply itself uses, so the
    cards are those that it would write. An attached headerlet and the WCSCORR table are not shown.

    Raises
    ------
    Refusal
        A file cannot take the new WCS (its name is in use ...) or cannot be read: Apply would refuse it too.
    Cancelled
        `progress` was cancelled.
    """
    progress = progress or Progress()
    changes: list[CardChange] = []
    with progress.step("Preview headers", len(alignment.images)):
        for image in alignment.images:
            if image.status is Status.ALIGNED and image.fit is not None:
                changes += _of_image(image, alignment, settings)
            progress.advance()
    return tuple(changes)


def preview_each(
    alignment: Alignment, settings: AlignSettings, progress: Progress | None = None
) -> dict[str, tuple[CardChange, ...] | Refusal]:
    """`preview` by file name, with the refusal in the place of the cards of a file that Apply would refuse."""
    progress = progress or Progress()
    found: dict[str, tuple[CardChange, ...] | Refusal] = {}
    with progress.step("Preview headers", len(alignment.images)):
        for image in alignment.images:
            try:
                found[image.name] = preview(replace(alignment, images=(image,)), settings)
            except Refusal as refusal:
                found[image.name] = refusal
            progress.advance()
    return found


def _of_image(image: ImageResult, alignment: Alignment, settings: AlignSettings) -> list[CardChange]:
    with open_fits(image.path) as opened:
        hdus = in_memory(opened)
        headers = [("PRIMARY", 0, hdus[0])]
        headers += [("SCI", int(hdu.ver), hdu) for hdu in science_of(hdus)]
        before = [hdu.header.copy() for _, _, hdu in headers]
        new_header(hdus, image, alignment, settings)
        return [
            change
            for (extname, extver, hdu), old in zip(headers, before, strict=True)
            for change in changed_cards(
                old, _as_written(hdu.header), file=image.name, extname=extname, extver=extver
            )
        ]


def _as_written(header: fits.Header) -> fits.Header:
    """With the digits that a card holds."""
    return fits.Header.fromstring(header.tostring())
