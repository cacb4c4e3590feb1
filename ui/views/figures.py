"""Figures of a drizzle run in a compact table: cosmic rays, coverage, weights, stars; what does not fit."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from ui import style
from ui.views.wrap import Wrap

if TYPE_CHECKING:
    from core.drizzle.diagnostics import CosmicRate, Diagnostics

MOST = 5  # figures
FLAGS = (
    Qt.TextInteractionFlag.TextSelectableByMouse
    | Qt.TextInteractionFlag.LinksAccessibleByMouse
    | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
)
_SHOWN = 2  # remarks; the images need the room


class FigureStrip(QWidget):
    """Figures with their names above, side by side as far as there is room; below, remarks with links:
    `chosen(parameter)`. Hidden without figures."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Diagnostics | None = None
        self.cells, self.remarks = [QLabel() for _ in range(MOST)], QLabel()
        for label in (*self.cells, self.remarks):
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setTextInteractionFlags(FLAGS)
        self.remarks.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.remarks.setWordWrap(True)
        row = Wrap(gap=18)
        for label in self.cells:
            row.addWidget(label)
        self.remarks.linkActivated.connect(self.chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.remarks)
        self.setAccessibleName("Figures of the run")
        style.switch().changed.connect(self._write)
        self.show_figures(None)

    def show_figures(self, found: Diagnostics | None) -> None:
        """Show the figures of a run; None: none."""
        self._shown = found
        self._write()

    def _write(self) -> None:
        found = self._shown
        cells = cells_of(found) if found is not None else []
        theme = style.current()
        for place, label in enumerate(self.cells):
            label.setVisible(place < len(cells))
            if place < len(cells):
                name, text = cells[place]
                label.setText(f'<span style="color:{theme.muted}">{name}</span><br><b>{text}</b>')
        remarks = found.remarks if found is not None else ()
        lines = [
            f'<span style="color:{theme.warn}">\u26a0</span> {escape(each.text)} '
            f'<a href="{each.parameter}" style="color:{theme.accent}">{each.parameter}</a>'
            for each in remarks[:_SHOWN]
        ]
        rest = len(remarks) - _SHOWN
        self.remarks.setText("<br>".join(lines) + (f"&nbsp; and {rest} more" if rest > 0 else ""))
        self.remarks.setVisible(bool(lines))
        self.setToolTip(rates_table(found.cosmic) if found is not None else "")
        self.setVisible(bool(cells))


def cells_of(found: Diagnostics) -> list[tuple[str, str]]:
    """Name and text of each figure that is known."""
    cells: list[tuple[str, str]] = []
    if found.cosmic:
        cells.append(("Cosmic rays", _span(found.cosmic)))
    if found.coverage is not None:
        seen = found.coverage.seen
        if seen:
            cells.append(("Seen by exposures", _seen(seen)))
        cells.append(("Holes", f"{100 * found.coverage.holes:.2f} %"))
        if found.coverage.variation is not None:
            cells.append(("Weights, rms/median", f"{found.coverage.variation:.2f}"))
    if found.inputs is not None and found.drizzled is not None:
        text = f"{found.drizzled.fwhm:.3f}\u2033, inputs {found.inputs.fwhm:.3f}\u2033"
        cells.append((f"FWHM of {found.drizzled.stars} stars", text))
    return cells


def _span(rates: tuple[CosmicRate, ...]) -> str:
    """Lowest to highest of the exposures, with what is expected."""
    flagged = [100 * rate.flagged for rate in rates]
    text = f"{min(flagged):.2f}\u2013{max(flagged):.2f} %" if len(flagged) > 1 else f"{flagged[0]:.2f} %"
    known = [rate.expected for rate in rates if rate.expected is not None]
    if not known:
        return text
    low, high = min(one[0] for one in known), max(one[1] for one in known)
    return f"{text}, expected {100 * low:.2f}\u2013{100 * high:.2f} %" if high else f"{text}, expected none"


def _seen(seen: tuple[float, ...]) -> str:
    """ "1: 20 %, 2: 30 %, 3: 50 %"; of many exposures those that see most of the frame."""
    parts = [(number, part) for number, part in enumerate(seen, 1) if part >= 0.005]
    most = sorted(sorted(parts, key=lambda each: -each[1])[:4])
    return "\u2002".join(f"{number}: {100 * part:.0f} %" for number, part in most)


def rates_table(rates: tuple[CosmicRate, ...]) -> str:
    """The exposures one by one, for a tip; "" without any."""
    if not rates:
        return ""
    rows = []
    for rate in rates[:24]:
        expected = (
            "" if rate.expected is None else "\u2013".join(f"{100 * part:.2f}" for part in rate.expected)
        )
        cells = (rate.name, f"{100 * rate.flagged:.3f}", f"{100 * rate.grown:.3f}", expected, rate.outlier)
        rows.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
    heads = "".join(
        f"<th align='left'>{head}</th>"
        for head in ("exposure", "flagged [%]", "with growing", "expected", "outlier")
    )
    body = "".join(f"<tr>{row}</tr>" for row in (heads, *rows))
    return f"<table cellspacing='6'>{body}</table>"
