"""The seven steps of Drizzle in one line: how each stands, and a menu to run it alone or from it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from ui import style

if TYPE_CHECKING:
    from core.drizzle.status import StepState

SHORT = ("Mask", "Sky", "Single", "Median", "Blot", "Rays", "Final")
LONG = (
    "Static mask", "Sky subtraction", "Separate drizzle", "Median image", "Blot", "Cosmic ray masks", "Final drizzle",
)  # fmt: skip
SIGN = 11.0


class StepButton(QToolButton):
    """One step: its number, a sign for how it stands, its name; a click or the space bar opens its menu."""

    def __init__(self, place: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.place = place
        self.stand, self.why = "", ""
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMenu(QMenu(self))
        self.show_state("", "")

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(40, 2 * self.fontMetrics().height() + 8)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(34, self.sizeHint().height())

    def show_state(self, stand: str, why: str) -> None:
        """How the step stands ("" for not known) and why, in words."""
        self.stand, self.why = stand, why
        told = f"Step {self.place + 1}, {LONG[self.place]}: {stand or 'not known'}"
        self.setAccessibleName(told)
        self.setAccessibleDescription(why)
        self.setToolTip(f"{told}\n{why}" if why else told)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme, painter = style.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        if self.underMouse() and self.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(box, 3, 3)
        small = style.small(self.font())
        painter.setFont(small)
        metrics = painter.fontMetrics()
        number = str(self.place + 1)
        width = metrics.horizontalAdvance(number) + 4 + SIGN
        left, line = (self.width() - width) / 2, metrics.height()
        faint = not self.isEnabled() or self.stand in ("", "off")
        painter.setPen(QColor(theme.faint if faint else theme.muted))
        painter.drawText(QPointF(left, 3 + metrics.ascent()), number)
        middle = QPointF(left + width - SIGN / 2, 3 + line / 2)
        draw_sign(painter, middle, self.stand if self.isEnabled() else "", theme)
        painter.setPen(QColor(theme.faint if faint else theme.text))
        name = metrics.elidedText(SHORT[self.place], Qt.TextElideMode.ElideRight, self.width() - 2)
        painter.drawText(QRectF(0, 3 + line, self.width(), line + 2), int(Qt.AlignmentFlag.AlignCenter), name)
        if self.hasFocus():
            painter.setPen(QColor(theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 3, 3)


def draw_sign(painter: QPainter, at: QPointF, stand: str, theme: style.Theme) -> None:
    """A tick on a disc for done, a half filled ring for to be done again, a cross for files gone, a ring for not done,
    a dash for off: shapes tell them apart, not colours alone."""
    r = SIGN / 2 - 0.5
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if stand == "done":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.good))
        painter.drawEllipse(at, r, r)
        tick = QPainterPath(at + QPointF(-0.5 * r, 0.05 * r))
        tick.lineTo(at + QPointF(-0.1 * r, 0.45 * r))
        tick.lineTo(at + QPointF(0.55 * r, -0.4 * r))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.panel), 1.5))
        painter.drawPath(tick)
    elif stand == "to be done again":
        painter.setPen(QPen(QColor(theme.warn), 1.4))
        painter.drawEllipse(at, r - 0.4, r - 0.4)
        painter.setBrush(QColor(theme.warn))
        painter.drawPie(QRectF(at.x() - r + 1, at.y() - r + 1, 2 * r - 2, 2 * r - 2), 90 * 16, 180 * 16)
    elif stand == "files gone":
        painter.setPen(QPen(QColor(theme.bad), 1.8))
        for sign in (1, -1):
            painter.drawLine(at + QPointF(-0.6 * r, -0.6 * r * sign), at + QPointF(0.6 * r, 0.6 * r * sign))
    elif stand == "not done":
        painter.setPen(QPen(QColor(theme.muted), 1.2))
        painter.drawEllipse(at, r - 0.6, r - 0.6)
    elif stand == "off":
        painter.setPen(QPen(QColor(theme.faint), 1.4))
        painter.drawLine(at + QPointF(-0.6 * r, 0), at + QPointF(0.6 * r, 0))


class StepStrip(QWidget):
    """The line of steps. `reason` tells why nothing can be run now ("" when it can). `wanted(how, place)`: run "this"
    step or "from" it on; `looked(place)`: show its parameters."""

    wanted = Signal(str, int)
    looked = Signal(int)

    def __init__(self, reason: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reason = reason
        self.setAccessibleName("The seven steps")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 2)
        row.setSpacing(0)
        self.buttons = [StepButton(place, self) for place in range(len(SHORT))]
        for button in self.buttons:
            row.addWidget(button)
            button.menu().aboutToShow.connect(partial(self._fill, button))
        style.switch().changed.connect(self.update)

    def show_states(self, states: Sequence[StepState], why: str = "") -> None:
        """How all of them stand; none: it is not known, and `why`."""
        for button in self.buttons:
            state = states[button.place] if states else None
            button.show_state(str(state.stand) if state else "", state.why if state else why)

    def _fill(self, button: StepButton) -> None:
        menu = button.menu()
        menu.clear()
        menu.setToolTipsVisible(True)
        head = menu.addAction(f"{button.place + 1}  {LONG[button.place]}: {button.stand or 'not known'}")
        head.setEnabled(False)
        if button.why:
            told = menu.fontMetrics().elidedText(button.why, Qt.TextElideMode.ElideRight, 420)
            menu.addAction(told).setEnabled(False)
        menu.addSeparator()
        off = "The step is switched off." if button.stand == "off" else self._reason()
        for text, how in (("Run this step alone", "this"), ("Run from this step on", "from")):
            action = menu.addAction(text)
            action.setEnabled(not off)
            action.setToolTip(off or _TIPS[how])
            action.triggered.connect(partial(self._chosen, how, button.place))
        menu.addSeparator()
        menu.addAction("Show its parameters").triggered.connect(partial(self._show, button.place))

    def _chosen(self, how: str, place: int, _checked: bool = False) -> None:
        self.wanted.emit(how, place)

    def _show(self, place: int, _checked: bool = False) -> None:
        self.looked.emit(place)


_TIPS = {
    "this": "On what the steps before left in the folder of the products, whichever program made it",
    "from": "This step and those after it that are switched on, on what the steps before left",
}
