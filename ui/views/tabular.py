"""The numbers behind a plot as CSV: one heading line with units, then one line a bin or a match."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.align.results import Alignment, ImageResult, Offset
from ui.views.matched import Residuals, State
from ui.views.reasons import word_of

if TYPE_CHECKING:
    from core.align.live import Selection

SOURCES = (
    "extver", "x_fits", "y_fits", "flux", "peak", "sharpness", "roundness_1", "roundness_2", "height", "became",
)  # fmt: skip
HISTOGRAM = ("x_px", "y_px", "x_mas", "y_mas", "pairs")
MATCHES = (
    "number",
    "reference_number",
    "extver",
    "x_fits",
    "y_fits",
    "x_frame_px",
    "y_frame_px",
    "dx_px",
    "dy_px",
    "dx_mas",
    "dy_mas",
    "magnitude",
    "state",
)


def histogram_csv(offset: Offset, mas: float) -> str:
    """One line a bin: its offset image minus reference in frame pixels and mas (`mas` for one pixel), its pairs."""
    side = np.arange(-offset.radius, offset.radius + 1)
    y, x = (each.ravel().tolist() for each in np.meshgrid(side, side, indexing="ij"))
    counts = offset.histogram.ravel().tolist()
    return _table(
        HISTOGRAM,
        ((a, b, f"{a * mas:.3f}", f"{b * mas:.3f}", count) for a, b, count in zip(x, y, counts, strict=True)),
    )


def matches_csv(image: ImageResult, alignment: Alignment) -> str:
    """One line a match. Chip positions count from 1 as FITS does; frame positions from the frame's CRPIX; residuals
    are image minus fit; `state` says used, clipped or excluded. Empty but for the heading without a fit."""
    shown = Residuals.of(image, alignment)
    if shown is None or image.matches is None or image.sources is None:
        return _table(MATCHES, ())
    mas = alignment.frame.scale * 1000.0
    stars, at = image.matches.image, image.matches.reference
    numbers = image.sources.number[stars].tolist(), alignment.reference.number[at].tolist()
    places = [
        values.tolist()
        for values in (image.sources.x[stars] + 1.0, image.sources.y[stars] + 1.0, shown.x, shown.y)
    ]
    moved = [values.tolist() for values in (shown.dx, shown.dy, shown.dx * mas, shown.dy * mas)]
    faint = shown.magnitude.tolist() if shown.magnitude is not None else [float("nan")] * len(shown)
    words = [State(state).word for state in shown.state.tolist()]
    rows = zip(*numbers, shown.extver.tolist(), *places, *moved, faint, words, strict=True)
    return _table(MATCHES, (_digits(row) for row in rows))


def sources_csv(found: Selection) -> str:
    """One line a candidate of the chip on show: its place (from 1, as FITS counts), what was measured in image units,
    and what became of it."""
    columns = [
        [f"{value:.4f}" if value == value else "" for value in values.tolist()]
        for values in (
            found.x + 1.0, found.y + 1.0, found.flux, found.peak, found.sharp, found.round1, found.round2, found.height
        )
    ]  # fmt: skip
    words = [word_of(code) for code in found.reason.tolist()]
    extver = [found.extver] * len(found)
    return _table(SOURCES, zip(extver, *columns, words, strict=True))


def _digits(row: Sequence[object]) -> list[object]:
    """Positions to 1/10000 pixel, residuals to 1/100000; nothing where there is no number."""
    made: list[object] = []
    for name, value in zip(MATCHES, row, strict=True):
        if isinstance(value, float):
            digits = 5 if name.startswith("d") else 4
            made.append("" if value != value else f"{value:.{digits}f}")
        else:
            made.append(value)
    return made


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
