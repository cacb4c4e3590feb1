"""Text in too little room: of an exposure's name what it shares with the others goes first, so that two of them never
look alike; else the middle of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStyleOptionViewItem,
    QStylePainter,
    QToolTip,
)

from ui.views.shortnames import DOTS, Parts, shortened, shortened_one, split_near

Width = Callable[[str], int]


class Company:
    """The names of the exposures that are open, each known by what tells it from the others."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._parts: list[Parts] = []

    def know(self, names: Iterable[str]) -> bool:
        """These are open now; whether they are others than before."""
        kept = tuple(dict.fromkeys(names))
        if kept == self._names:
            return False
        self._names, self._parts = kept, split_near(kept) if kept else []
        return True

    def fitted(self, text: str, room: int, width: Width) -> str:
        """As much of a text as has `room` by the measure `width`."""
        if width(text) <= room:
            return text
        found = self._found_in(text)
        if found is not None:
            text = self._with_short_name(text, found, room, width)
        return text if width(text) <= room else without_middle(text, room, width)

    def _found_in(self, text: str) -> int | None:
        """Which name, or its beginning up to where it differs, stands in a text; the longest of them."""
        stems = [head + middle for head, middle, _ in self._parts]
        inside = [n for n, stem in enumerate(stems) if stem and stem in text]
        return max(inside, key=lambda n: len(stems[n]), default=None)

    def _with_short_name(self, text: str, which: int, room: int, width: Width) -> str:
        head, middle, tail = self._parts[which]
        before, _, after = text.partition(head + middle)
        there = next(
            n for n in range(len(tail), -1, -1) if after.startswith(tail[:n])
        )  # it may lack its suffix
        after = after[there:]
        left = room - width(before + after)
        least = width(f"{DOTS}{middle}{DOTS}")
        if left < least <= room:
            # the words around give way too
            after = without_middle(after, room - least, width)
            before = without_middle(before, room - least - width(after), width)
            left = least
        short = shortened_one((head, middle, tail[:there]), left, width)
        if width("".join(short)) > left and there == len(tail):
            short = shortened(self._names, left, width)[which]
        return before + "".join(short) + after


def without_middle(text: str, room: int, width: Width) -> str:
    """As many letters of both ends of a text as have `room`."""
    if width(text) <= room or room <= 0:
        return text if room > 0 else ""
    low, high = 0, len(text)
    while low < high:
        kept = (low + high + 1) // 2
        low, high = (kept, high) if width(_ends(text, kept)) <= room else (low, kept - 1)
    return _ends(text, low)


def _ends(text: str, kept: int) -> str:
    return text[: kept - kept // 2] + DOTS + text[len(text) - kept // 2 :]


_company = Company()


def company() -> Company:
    """The one of the window."""
    return _company


class MiddleCombo(QComboBox):
    """A box whose present text is shortened so that what tells it apart is seen: the visit, and at its end the chip."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            told = "\n".join(part for part in (self.currentText(), self.toolTip()) if part)
            QToolTip.showText(event.globalPos(), told, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        place = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = place.width() - 8
        width = self.fontMetrics().horizontalAdvance
        option.currentText = company().fitted(option.currentText, room, width)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class FittedDelegate(QStyledItemDelegate):
    """Draws items of lists and tables whose texts hold names of exposures."""

    def initStyleOption(  # noqa: N802
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        widget = option.widget
        if widget is None or not option.text or not option.rect.isValid():
            return
        look = widget.style()
        margin = look.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, widget) + 1
        place = look.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, widget)
        room = place.width() - 2 * margin - 2  # or the style would shorten it once more
        option.text = company().fitted(option.text, room, option.fontMetrics.horizontalAdvance)
