"""The list of exposures: name and facts, what became of each, bad files with the reason."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ui import style
from ui.views.fitted import company

if TYPE_CHECKING:
    from core.data.exposure import Exposure

ENTRY = Qt.ItemDataRole.UserRole
SUFFIXES = (".fits", ".fit", ".fits.gz", ".fit.gz", ".fts")


@dataclass(frozen=True)
class Entry:
    """One line: a file, what it holds once it was read, what is wrong with it, what became of it.

    `badge` is REFERENCE, ALIGNED, DOUBTFUL, APPLIED, FAILED, SKIPPED, NOT WRITTEN or "";
    `why` its reason, shown as tooltip.
    """

    path: Path
    exposure: Exposure | None = None
    error: str = ""
    badge: str = ""
    why: str = ""

    @property
    def facts(self) -> str:
        """Instrument, filter, exposure time and number of chips in one line."""
        if self.error:
            return self.error
        exposure = self.exposure
        if exposure is None:
            return "Reading…"
        count = len(exposure.chips)
        parts = [
            "/".join(part for part in (exposure.instrument, exposure.detector) if part),
            exposure.filters,
            f"{exposure.exptime:g} s" if math.isfinite(exposure.exptime) else "",
            "1 chip" if count == 1 else f"{count} chips",
        ]
        if self.lacks:
            parts.insert(0, "aligns only")
        return "  ·  ".join(part for part in parts if part)

    @property
    def lacks(self) -> str:
        """What Drizzle needs and the exposure does not have, in words; "" if it has all of it."""
        exposure = self.exposure
        if exposure is None:
            return ""
        chips = exposure.chips
        checks = {
            "an exposure time": exposure.exptime > 0,
            "data quality (DQ)": all(chip.has_dq for chip in chips),
            "a unit (BUNIT)": all(chip.bunit for chip in chips),
            "a gain": all(math.isfinite(chip.gain) for chip in chips),
            "a read noise": all(math.isfinite(chip.read_noise) for chip in chips),
        }
        return ", ".join(what for what, there in checks.items() if not there)

    @property
    def tooltip(self) -> str:
        """The whole path, the facts, the reason."""
        parts = [str(self.path), self.facts]
        if self.lacks:
            parts.append(
                f"Can be aligned. Drizzle needs what is missing: {self.lacks}. Gain, read noise and exposure time "
                "may be given as parameters (Drizzle, instrument)."
            )
        if self.badge:
            parts.append(f"{self.badge}. {self.why}" if self.why else self.badge)
        return "\n".join(parts)


def is_fits_name(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


class ExposureList(QListWidget):
    """Exposures in the order of work. Files may be dropped on it, lines dragged to another place.

    Signals: `dropped(paths)` for files from outside; `chosen(path)` (or None) when another line is current;
    `reordered()` and `removed()` after the person changed the list.
    """

    dropped = Signal(object)
    chosen = Signal(object)
    reordered = Signal()
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(EntryDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setAccessibleName("Exposures")
        self.currentItemChanged.connect(self._current_changed)

    def entries(self) -> list[Entry]:
        """All lines from top to bottom."""
        return [self.item(row).data(ENTRY) for row in range(self.count())]

    def good(self) -> list[Entry]:
        """The lines whose file was read."""
        return [entry for entry in self.entries() if entry.exposure is not None]

    def current(self) -> Entry | None:
        item = self.currentItem()
        return item.data(ENTRY) if item is not None else None

    def add(self, paths: Iterable[Path]) -> list[Path]:
        """Append files that are not there yet; gives those that were added."""
        known = {entry.path for entry in self.entries()}
        added = []
        for path in paths:
            if path in known:
                continue
            known.add(path)
            added.append(path)
            item = QListWidgetItem()
            self._put(item, Entry(path))
            self.addItem(item)
        if added and self.currentItem() is None:
            self.setCurrentRow(0)
        return added

    def update_entry(self, path: Path, **fields: object) -> None:
        """Change fields of the line of `path`; nothing happens if it was removed meanwhile."""
        for row in range(self.count()):
            entry = self.item(row).data(ENTRY)
            if entry.path == path:
                self._put(self.item(row), replace(entry, **fields))

    def clear_badges(self) -> None:
        for entry in self.entries():
            self.update_entry(entry.path, badge="", why="")

    def choose(self, path: Path) -> None:
        """Make the line of `path` current."""
        for row in range(self.count()):
            if self.item(row).data(ENTRY).path == path and row != self.currentRow():
                self.setCurrentRow(row)

    def remove_selected(self) -> None:
        """Take the selected lines out of the list; the files stay where they are."""
        items = self.selectedItems()
        for item in items:
            self.takeItem(self.row(item))
        if items:
            self.removed.emit()

    def move_current(self, step: int) -> None:
        """Move the current line up (-1) or down (+1)."""
        row = self.currentRow()
        target = row + step
        if row < 0 or not 0 <= target < self.count():
            return
        item = self.takeItem(row)
        self.insertItem(target, item)
        self.setCurrentRow(target)
        self.reordered.emit()

    def _put(self, item: QListWidgetItem, entry: Entry) -> None:
        item.setData(ENTRY, entry)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.path.name}, {entry.facts}, {entry.badge}")
        item.setToolTip(entry.tooltip)

    def _current_changed(self) -> None:
        entry = self.current()
        self.chosen.emit(entry.path if entry else None)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Delete:
            self.remove_selected()
        elif alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.move_current(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
        else:
            super().dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)
        elif event.source() is self:
            self._move_dropped(event)

    def _move_dropped(self, event: QDropEvent) -> None:
        """Move the selected lines ourselves: Qt's own way serialises items, which an Exposure is not made for."""
        target = self.indexAt(event.position().toPoint()).row()
        below = self.dropIndicatorPosition() == QAbstractItemView.DropIndicatorPosition.BelowItem
        target = self.count() if target < 0 else target + int(below)
        rows = sorted(self.row(item) for item in self.selectedItems())
        items = [self.takeItem(row) for row in reversed(rows)][::-1]
        target -= sum(row < target for row in rows)
        for place, item in enumerate(items):
            self.insertItem(target + place, item)
            item.setSelected(True)
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        self.reordered.emit()

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        super().paintEvent(event)
        if self.count():
            return
        painter = QPainter(self.viewport())
        painter.setPen(QColor(style.current().muted))
        box = self.viewport().rect().adjusted(16, 8, -16, -8)
        text = "Drop flt or flc files here,\nor press Open (Ctrl+O)."
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), text)


def dropped_paths(data: QMimeData) -> list[Path]:
    """Local files of a drop; of a folder, the FITS files in it."""
    paths: list[Path] = []
    for url in data.urls():
        if not url.isLocalFile():
            continue
        path = Path(url.toLocalFile())
        if path.is_dir():
            paths.extend(sorted(child for child in path.iterdir() if is_fits_name(child)))
        else:
            paths.append(path)
    return paths


class EntryDelegate(QStyledItemDelegate):
    """Paints a line: the file's name with its badge, the facts below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        return QSize(120, option.fontMetrics.height() * 2 + 12)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(ENTRY)
        theme = style.current()
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(theme.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(theme.raised))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(theme.accent))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))
        box = option.rect.adjusted(12, 5, -10, -5)
        badge = entry.badge or ("UNREADABLE" if entry.error else "")
        used = self._paint_badge(painter, option, box, badge) if badge else 0
        metrics = option.fontMetrics
        painter.setFont(option.font)
        painter.setPen(QColor(theme.text))
        name = company().fitted(entry.path.name, box.width() - used, metrics.horizontalAdvance)
        painter.drawText(box.left(), box.top() + metrics.ascent(), name)
        painter.setFont(style.small(option.font, 0.92))
        painter.setPen(QColor(theme.bad if entry.error else theme.muted))
        facts = painter.fontMetrics().elidedText(entry.facts, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box.left(), box.bottom() - painter.fontMetrics().descent(), facts)
        painter.restore()

    def _paint_badge(self, painter: QPainter, option: QStyleOptionViewItem, box: QRect, text: str) -> int:
        """Draw the badge at the right of the first line; gives the width that it takes."""
        painter.setFont(style.small(option.font, 0.82))
        metrics = painter.fontMetrics()
        width = metrics.horizontalAdvance(text) + 12
        place = QRect(box.right() - width, box.top(), width, metrics.height() + 2)
        colour = QColor(badge_colour(text))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        faint = QColor(colour)
        faint.setAlphaF(0.14)
        painter.setPen(colour)
        painter.setBrush(faint)
        painter.drawRoundedRect(place, 4, 4)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)
        return width + 8


def badge_colour(text: str) -> str:
    """The colour of a status in the present theme."""
    theme = style.current()
    colours = {
        "REFERENCE": theme.accent,
        "ALIGNED": theme.good,
        "APPLIED": theme.good,
        "FAILED": theme.bad,
        "UNREADABLE": theme.bad,
        "NOT WRITTEN": theme.bad,
        "SKIPPED": theme.warn,
        "DOUBTFUL": theme.warn,
    }
    return colours.get(text, theme.muted)
