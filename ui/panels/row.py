"""One parameter: label, name and unit painted, its editor, the mark of a changed value, the message below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QFontMetrics, QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from core.params import format_value
from ui import style
from ui.panels.editors import SwitchEditor, make_editor
from ui.panels.helptext import tooltip
from ui.panels.state import FormState

LEFT, RIGHT, GAP = 22, 10, 8
DOT = QRect(0, 0, 20, 30)
SHARE = 0.56


class Row(QWidget):
    """A row of a form. Text is painted, not made of labels: a form of 99 rows has to appear at once."""

    def __init__(self, state: FormState, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.state, self.name = state, name
        self.param = state.task.param(name)
        self._changed = False
        self._grey = self._message = ""
        self._wrong = False
        self.editor = make_editor(self.param, self)
        self.editor.edited.connect(self._edited)
        self.editor.left.connect(state.history.seal)
        self.editor.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._line = self.fontMetrics().height()
        self.refresh()

    def refresh(self) -> None:
        """Show the state as it is now; cheap when nothing changed."""
        state, name = self.state, self.name
        grey = state.grey_reason(name)
        changed, message, wrong = state.is_changed(name), state.message(name), state.is_wrong(name)
        self.editor.show_value(state.values[name], state.text_of_bad(name))
        self.editor.mark(wrong and not grey)
        self.editor.setEnabled(not grey)
        message = "" if grey else message
        if (changed, grey, message, wrong) != (self._changed, self._grey, self._message, self._wrong):
            self._changed, self._grey, self._message, self._wrong = changed, grey, message, wrong
            self.update()
        self._fit()

    def _edited(self, text: str) -> None:
        self.state.edit(self.name, text)

    def _fit(self) -> None:
        """Height for two lines of text, and for the message when there is one."""
        small = QFontMetrics(style.small(self.font()))
        self._base = max(self._line + small.height() + 8, self.editor.sizeHint().height() + 6)
        height = self._base
        if self._message:
            height += self._message_box(small).height() + 5
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)

    def _message_box(self, metrics: QFontMetrics) -> QRect:
        room = QRect(LEFT, 0, max(60, self.width() - LEFT - RIGHT), 1000)
        return metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), self._message)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        split = LEFT + int((self.width() - LEFT - RIGHT) * SHARE) + GAP
        height = self.editor.sizeHint().height()
        width = self.width() - RIGHT - split
        if isinstance(self.editor, SwitchEditor):
            width = min(width, self.editor.sizeHint().width() + 30)
        self.editor.setGeometry(split, (self._base - height) // 2, width, height)
        if self._message:
            self._fit()

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        theme, painter = style.current(), QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), QColor(theme.raised if not theme.is_dark else theme.field))
        if self._changed:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            painter.drawEllipse(QPointF(12, self._base / 2), 3.6, 3.6)
        width = int((self.width() - LEFT - RIGHT) * SHARE)
        self._paint_names(painter, theme, width)
        if self._message:
            small = style.small(self.font())
            painter.setFont(small)
            painter.setPen(QColor(theme.bad if self._wrong else theme.warn))
            box = self._message_box(QFontMetrics(small)).translated(0, self._base)
            painter.drawText(box, int(Qt.TextFlag.TextWordWrap), self._message)

    def _paint_names(self, painter: QPainter, theme: style.Theme, width: int) -> None:
        metrics = self.fontMetrics()
        small = style.small(self.font())
        second = QFontMetrics(small)
        top = (self._base - metrics.height() - second.height()) // 2
        painter.setPen(QColor(theme.faint if self._grey else theme.text))
        label = metrics.elidedText(self.param.label, Qt.TextElideMode.ElideRight, width)
        painter.drawText(LEFT, top + metrics.ascent(), label)
        painter.setFont(small)
        painter.setPen(QColor(theme.faint if self._grey else theme.muted))
        text = f"{self.name}  ·  {self.param.unit}" if self.param.unit else self.name
        text = second.elidedText(text, Qt.TextElideMode.ElideRight, width)
        painter.drawText(LEFT, top + metrics.height() + second.ascent(), text)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = tooltip(self.state, self.name)
            if self._changed and self._on_dot(event.pos().x()):
                text = f"Changed from {self._default_text()}. Click to go back to the default."
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _default_text(self) -> str:
        return format_value(self.param, self.param.default) or "empty"

    def _on_dot(self, x: float) -> bool:
        return x < LEFT

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        hand = self._changed and self._on_dot(event.position().x())
        self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if (
            event.button() == Qt.MouseButton.LeftButton
            and self._changed
            and self._on_dot(event.position().x())
        ):
            self.back_to_default()
        else:
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        menu = QMenu(self)
        action = QAction(f"Back to the default ({self._default_text()})", menu)
        action.setEnabled(self._changed)
        action.triggered.connect(self.back_to_default)
        menu.addAction(action)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def back_to_default(self) -> None:
        """Undo this one parameter; works for greyed ones too."""
        self.state.reset(self.name)
