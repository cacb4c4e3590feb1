"""Two small tables under the views: what alignment found for each image, what the cosmic ray step flagged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ui import style
from ui.exposures import badge_colour
from ui.outcomes import badge_of, remark_on
from ui.views.fitted import FittedDelegate

if TYPE_CHECKING:
    from core.align.results import Alignment, Fit, ImageResult
    from core.drizzle.results import DrizzleResult

PATH = Qt.ItemDataRole.UserRole
FIRST_FIGURE = 5
NARROWEST, WIDEST = 150, 320


class FigureTable(QTableWidget):
    """A read-only table of figures; Ctrl+C copies the selected rows as tab-separated text.

    `chosen(path)` when the person selects the row of a file.
    """

    chosen = Signal(object)
    title = "Figures"

    def __init__(self, columns: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(0, len(columns), parent)
        self.setAccessibleName(self.title)
        for place, (title, tip) in enumerate(columns.items()):
            item = QTableWidgetItem(title)
            item.setToolTip(tip)
            self.setHorizontalHeaderItem(place, item)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)  # Tab leaves the table
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setItemDelegateForColumn(0, FittedDelegate(self))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setMinimumSectionSize(44)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.itemSelectionChanged.connect(self._selected)
        self.fit_columns()

    def fill(self, row: int, path: Path, texts: list[str]) -> None:
        """Write one row; everything but the first and the last column is set as figures."""
        for place, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setData(PATH, path)
            if 0 < place < len(texts) - 1:
                item.setFont(style.mono(self.font().pointSizeF() * 0.95))
            if len(text) > 30:
                item.setToolTip(text)
            self.setItem(row, place, item)

    def fit_columns(self) -> None:
        """Widths after the texts; a cell that spans several columns widens none of them. Figures are whole, names are
        shortened where that saves a scroll bar."""
        widths = [self._wanted(place) for place in range(self.columnCount())]
        if not any(self._text(row, len(widths) - 1) for row in range(self.rowCount())):
            # nothing to read there: it takes what is left
            widths[-1] = self.horizontalHeader().minimumSectionSize()
        widths[0] = min(widths[0], max(NARROWEST, self.viewport().width() - sum(widths[1:])))
        for place, width in enumerate(widths):
            self.setColumnWidth(place, width)

    def _wanted(self, place: int) -> int:
        """The width of what is in a column."""
        width = self.horizontalHeader().sectionSizeHint(place)
        for row in range(self.rowCount()):
            item = self.item(row, place)
            if item is not None and self.columnSpan(row, place) == 1:
                width = max(width, QFontMetrics(item.font()).horizontalAdvance(item.text()) + 18)
        return width if place == 0 else min(width, WIDEST)

    def choose(self, path: Path | None) -> None:
        """Select the first row of `path` without telling anybody."""
        self.blockSignals(True)
        self.clearSelection()
        for row in range(self.rowCount()):
            if self.item(row, 0).data(PATH) == path:
                self.selectRow(row)
                break
        self.blockSignals(False)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.text_of_selection())
        else:
            super().keyPressEvent(event)

    def text_of_selection(self) -> str:
        """The selected rows with the headings, tab-separated."""
        heads = [self.horizontalHeaderItem(place).text() for place in range(self.columnCount())]
        rows = sorted({index.row() for index in self.selectedIndexes()})
        lines = [self.text_of_row(row) for row in rows]
        return "\n".join("\t".join(line) for line in [heads, *lines])

    def text_of_row(self, row: int) -> list[str]:
        """The texts of a row, from left to right."""
        return [self._text(row, place) for place in range(self.columnCount())]

    def _text(self, row: int, place: int) -> str:
        item = self.item(row, place)
        return item.text() if item is not None else ""

    def _selected(self) -> None:
        items = self.selectedItems()
        if items:
            current = self.item(self.currentRow(), 0)
            self.chosen.emit((current if current in items else items[0]).data(PATH))


class AlignTable(FigureTable):
    """One row for each image of an alignment."""

    title = "Alignment"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            {
                "image": "File",
                "status": "REFERENCE, ALIGNED, FAILED or SKIPPED; APPLIED when the header has the new WCS; "
                "doubtful when something speaks against the alignment",
                "sources": "Sources found",
                "matches": "Sources matched with the reference",
                "used": "Matches kept by the clipping of the fit",
                "xsh [px]": "Shift in x, pixels of the reference frame",
                "ysh [px]": "Shift in y, pixels of the reference frame",
                "rot [°]": "Rotation in degrees",
                "scale": "Scale factor",
                "rms x": "Scatter of the residuals in x of the matches used, frame pixels",
                "rms y": "Scatter of the residuals in y of the matches used, frame pixels",
                "remark": "Why, and what to try",
            },
            parent,
        )

    def show_alignment(self, alignment: Alignment | None, applied: frozenset[Path] = frozenset()) -> None:
        """Fill the table; the headers of `applied` have their new WCS."""
        images = alignment.images if alignment else ()
        self.clearSpans()
        self.setRowCount(len(images))
        for row, image in enumerate(images):
            done = image.path in applied
            self.fill(row, image.path, align_figures(image, done))
            self.item(row, 1).setForeground(QColor(badge_colour("APPLIED" if done else badge_of(image))))
            self.item(row, 2).setToolTip(source_figures(image))
            if image.fit is None:
                self._spread_remark(row)
            else:
                for place, words in enumerate(error_figures(image.fit)):
                    self.item(row, FIRST_FIGURE + place).setToolTip(words)
        self.fit_columns()

    def _spread_remark(self, row: int) -> None:
        """Without a fit the remark takes the place of its figures: it is what matters, and must be read at once."""
        last = self.columnCount() - 1
        remark = self.item(row, last).text()
        if remark:
            item = self.takeItem(row, last)
            first = max(
                place for place in range(2, FIRST_FIGURE + 1) if place == 2 or self._text(row, place - 1)
            )
            item.setToolTip("\n".join(part for part in (remark, self.item(row, first).toolTip()) if part))
            self.setItem(row, first, item)
            self.setSpan(row, first, 1, last - first + 1)


class CosmicTable(FigureTable):
    """One row for each chip of a drizzle run, and one for each exposure that was left out."""

    title = "Cosmic rays"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            {
                "exposure": "File",
                "chip": "EXTVER of the chip",
                "sky": "Sky subtracted, in the unit of the exposure",
                "cosmic ray pixels": "Flagged by the cosmic ray step among those good until then (DQ, final_bits).\n"
                "The mask file (crmask) holds more: also what is flagged on pixels that were bad already.",
                "fraction [%]": "Of the good pixels; a jump against the other exposures hints at bad alignment",
                "remark": "What the run has to say about the exposure",
            },
            parent,
        )

    def show_result(self, result: DrizzleResult | None) -> None:
        exposures = result.exposures if result else ()
        lines = [(exposure, chip) for exposure in exposures for chip in exposure.chips or (None,)]
        self.setRowCount(len(lines))
        for row, (exposure, chip) in enumerate(lines):
            figures, extver = ["", "left out", "", ""], None
            if chip is not None:
                extver = chip.extver
                figures = [str(extver), f"{chip.sky:.4g}", f"{chip.n_cr}", f"{100.0 * chip.cr_fraction:.3f}"]
            remark = remark_on(result, exposure, extver) if result else ""
            self.fill(row, exposure.path, [exposure.name, *figures, remark])
            self.item(row, self.columnCount() - 1).setToolTip(remark)
        self.fit_columns()


def source_figures(image: ImageResult) -> str:
    """Noise and threshold of each chip in the unit of the image, and what was found with them."""
    return "\n".join(
        f"SCI,{catalog.extver}: {len(catalog)} sources; noise {catalog.sigma:.4g}, threshold {catalog.threshold:.4g} "
        "in units of the image"
        for catalog in image.catalogs
    )


def align_figures(image: ImageResult, applied: bool = False) -> list[str]:
    """The texts of an image's row; what is not known stays empty. `applied`: the header has the new WCS."""
    sources = sum(len(catalog) for catalog in image.catalogs)
    if not sources and image.sources is not None:
        sources = len(image.sources)
    fit = image.fit
    figures = [""] * 6
    if fit is not None:
        figures = [
            signed(fit.shift[0], 4),
            signed(fit.shift[1], 4),
            signed(fit.turn, 5),
            f"{fit.scale:.6f}",
            f"{fit.rms_x:.4f}",
            f"{fit.rms_y:.4f}",
        ]
    matched = str(len(image.matches)) if image.matches is not None else ""
    used = str(fit.n_used) if fit is not None else ""
    remark = remark_of(image)
    word = "APPLIED" if applied else str(image.status)
    status = f"{word}, doubtful" if badge_of(image) == "DOUBTFUL" else word
    return [image.name, status, str(sources) if sources else "", matched, used, *figures, remark]


def error_figures(fit: Fit) -> list[str]:
    """Standard errors of the shift in x and y, the rotation and the scale, and the robust scatter, for tooltips."""
    errors, robust = fit.errors, fit.robust_rms
    known = ((errors.x, "px"), (errors.y, "px"), (errors.rot, "°"), (errors.scale, ""))
    told = [
        f"± {value:.2g} {unit} (standard error)".replace("  ", " ") if value == value else ""
        for value, unit in known
    ]
    return [*told, *(f"robust {value:.4f} px (median absolute deviation)" for value in robust)]


def signed(value: float, digits: int) -> str:
    """A number with its sign; one that rounds to nothing has none."""
    text = f"{value:+.{digits}f}"
    return text if float(text) else text[1:]


def remark_of(image: ImageResult) -> str:
    """Why an image has its status, how it was made if not the ordinary way, and what to try."""
    advice = f"Try: {image.advice}" if image.advice else ""
    return " ".join(part for part in (image.reason, *image.doubts, image.manner, advice) if part)
