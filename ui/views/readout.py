"""The line under an image that tells what is under the cursor."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from ui import style
from ui.views.parts import ElidedLabel
from ui.views.prepared import CONTEXT, MASK, Prepared


class Readout(ElidedLabel):
    """x, y (FITS, 1-based), value, RA and Dec. A position is evaluated alone, which is cheap. RA and Dec stay whole
    where there is little room: degrees go first, then the unit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setFont(style.mono(self.font().pointSizeF()))
        self.setToolTip("Pixel position as FITS counts (the first pixel is 1, 1), value, RA and Dec")
        self._forms: list[str] = []
        self.hint = "Point at a pixel to read its place, value, RA and Dec."

    def show_at(self, frame: Prepared | None, x: float, y: float) -> None:
        """Tell what `frame` holds at a FITS pixel position; nothing when the cursor is elsewhere (NaN)."""
        self._forms = [] if frame is None or math.isnan(x) else forms_at(frame, x, y)
        self.setText(self._forms[0] if self._forms else "")

    def shown(self) -> str:
        """The text, or the longest form of it for which there is room."""
        if not self.text() or not self._forms:
            return self.text()
        wide = self.fontMetrics().horizontalAdvance
        return next((words for words in self._forms if wide(words) <= self.width()), self._forms[-1])

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter, words = QPainter(self), self.shown()
        painter.setPen(self.palette().color(self.foregroundRole()))
        if not words and self.isEnabled():
            words = self.hint
            painter.setPen(QColor(style.current().muted))
            painter.setFont(style.small(QApplication.font(), 0.95))
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideLeft, self.width())
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()


def words_at(frame: Prepared, x: float, y: float) -> str:
    """The read-out of a FITS pixel position (1-based, fractions allowed)."""
    return forms_at(frame, x, y)[0]


def forms_at(frame: Prepared, x: float, y: float) -> list[str]:
    """The read-out of a FITS pixel position, then shorter ones: without degrees, without the unit, closed up."""
    value = value_words(frame, x, y)
    place, bare = f"x {x:9.2f}  y {y:9.2f}", value.removesuffix(f" {frame.unit}")
    if frame.wcs is None:
        return [f"{place}   {value}", f"x {x:.2f}  y {y:.2f}  {bare}"]
    ra, dec = frame.wcs.pix_to_sky(np.array([x - 1.0]), np.array([y - 1.0]))
    whole = sky_words(float(ra[0]), float(dec[0]))
    sky = whole.partition("   (")[0]
    return [
        f"{place}   {value}   {whole}",
        f"{place}   {value}   {sky}",
        f"{place}   {bare}   {sky}",
        f"x {x:.2f} y {y:.2f}  {bare}  {sky}",
        f"{bare} {sky}",
    ]


def value_words(frame: Prepared, x: float, y: float) -> str:
    """The value of the pixel at a FITS position, in words of the kind of frame."""
    column, row = math.floor(x - 0.5), math.floor(y - 0.5)
    ny, nx = frame.shape
    if not (0 <= column < nx and 0 <= row < ny):
        return "outside"
    if not frame.data.size:
        return "(value not kept, to save memory)"
    if frame.kind == CONTEXT:
        bits = context_bits(frame.data[..., row, column])
        return f"{len(bits)} chip{'s' * (len(bits) != 1)}"
    value = frame.data[row, column]
    if frame.kind == MASK:
        return "good" if value else "flagged"
    if not np.isfinite(value):
        return "no data"
    return f"{float(value):.6g} {frame.unit}".rstrip()


def context_bits(value: object) -> list[int]:
    """The 0-based chip numbers whose bits are set in a context value (a number, or one number for each plane)."""
    planes = np.atleast_1d(np.asarray(value)).astype(np.int64) & 0xFFFFFFFF
    return [
        32 * plane + bit for plane, word in enumerate(planes.tolist()) for bit in range(32) if word >> bit & 1
    ]


def sky_words(ra: float, dec: float) -> str:
    """RA and Dec (degrees) sexagesimal and in degrees; "no sky position" for NaN."""
    if not (math.isfinite(ra) and math.isfinite(dec)):
        return "no sky position"
    tenths_of_ms = round(ra / 15.0 * 3600.0 * 1e4) % (24 * 3600 * 10000)
    hours, rest = divmod(tenths_of_ms, 3600 * 10000)
    minutes, seconds = divmod(rest, 60 * 10000)
    mas = round(abs(dec) * 3600.0 * 1e3)
    degrees, rest = divmod(mas, 3600 * 1000)
    arcmin, arcsec = divmod(rest, 60 * 1000)
    sign = "\u2212" if dec < 0 else "+"
    return (
        f"RA {hours:02d}:{minutes:02d}:{seconds / 1e4:07.4f}  Dec {sign}{degrees:02d}:{arcmin:02d}:"
        f"{arcsec / 1e3:06.3f}   ({ra:.6f}, {sign}{abs(dec):.6f})"
    )
