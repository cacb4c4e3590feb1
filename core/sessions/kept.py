"""The classes whose values a session file may hold, and what must hold between them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from core.align.choices import Choice, Choices
from core.align.results import (
    Alignment,
    Applied,
    Catalog,
    Fit,
    ImageResult,
    Matches,
    Offset,
    PeakStatus,
    Rejected,
    Sources,
    Status,
    Suggestion,
    Written,
)
from core.data.chipwcs import ChipWCS, LookupTable
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.errors import Refusal
from core.sessions.marks import FileMark

_KINDS: tuple[type, ...] = (
    Alignment, Applied, Catalog, ChipFigures, ChipWCS, Choice, Choices, DrizzleResult, ExposureFigures, FileMark, Fit,
    ImageResult, LookupTable, Matches, Offset, PeakStatus, Rejected, Sources, Status, Suggestion, Written,
)  # fmt: skip
CLASSES: dict[str, type] = {kind.__name__: kind for kind in _KINDS}


def check_alignment(alignment: Alignment) -> None:
    """Refuse an alignment whose parts do not belong together: a view would fail on it later."""
    for wcs in (alignment.frame, *(w for image in alignment.images for w in image.new_wcs.values())):
        _need(wcs.crpix.shape == (2,) and wcs.crval.shape == (2,) and wcs.cd.shape == (2, 2), "a WCS")
    _check_columns(alignment.reference)
    for image in alignment.images:
        _check_image(image, image.reference or alignment.reference)
    names = [image.name for image in alignment.images]
    _need(len(names) == len(set(names)) and bool(names), "images")


def _check_image(image: ImageResult, reference: Sources) -> None:
    for each in (*image.catalogs, image.sources, image.reference, image.matches):
        _check_columns(each)
    for catalog in image.catalogs:
        _check_columns(catalog.rejected)
    if image.offset is not None:
        histogram = image.offset.histogram
        side = 2 * image.offset.radius + 1
        _need(histogram.shape in ((side, side), (0, 0)) or histogram.size == 0, "a histogram")
    if image.matches is None:
        _need(image.fit is None, "a fit without matches")
        return
    matches = image.matches
    _need(image.sources is not None, "matches without sources")
    count = len(image.sources) if image.sources is not None else 0
    _need(len(matches.reference) == len(matches.image), "matches")
    _need(_within(matches.reference, len(reference)) and _within(matches.image, count), "matches")
    if image.fit is not None:
        fit = image.fit
        _need(fit.matrix.shape == (2, 2) and fit.shift.shape == (2,), "a fit")
        _need(fit.geometry in ("shift", "rscale", "general"), "a fit")
        lines = (fit.used, fit.rx, fit.ry, *((fit.why,) if fit.why is not None else ()))
        _need(all(each.shape == (len(matches),) for each in lines), "residuals")


def _check_columns(table: Catalog | Sources | Matches | Rejected | None) -> None:
    """All arrays of a table are columns of the same length."""
    if table is not None:
        found = [getattr(table, each.name) for each in fields(table)]
        shapes = {each.shape for each in found if isinstance(each, np.ndarray)}
        _need(len(shapes) <= 1 and all(len(shape) == 1 for shape in shapes), "a table")


def _within(indices: np.ndarray, size: int) -> bool:
    return indices.size == 0 or bool(indices.min() >= 0 and indices.max() < size)


def _need(good: bool, what: str) -> None:
    if not good:
        raise Refusal(
            f"The session file is damaged: {what} in it cannot be.",
            advice="Align again, or open an older copy.",
        )
