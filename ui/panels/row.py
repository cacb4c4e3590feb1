"""One parameter: label, name and unit painted, its editor, the mark of a changed value, the message below."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QGuiApplication,
    QHelpEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QLineEdit, QMenu, QToolTip, QWidget

from core.params import format_value
from core.params.checks.single import range_text
from ui import style
from ui.panels.editors import make_editor
from ui.panels.fields import SwitchEditor
from ui.panels.flags import names_of
from ui.panels.helptext import brief, tooltip
from ui.panels.listed import ListedEditor
from ui.panels.state import FormState

LEFT, RIGHT, GAP = 22, 10, 8
SHARE = 0.54
WIDE, WIDE_LABEL, WIDE_FIELD = 760, 290, 230


class Row(QWidget):
    """A row of a form. Text is painted, not made of labels: a form of 99 rows has to appear at once.

    `looked(name)` when the person turns to the parameter: its field got the keyboard, or its label was clicked.
    """

    looked = Signal(str)

    def __init__(self, state: FormState, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.state, self.name = state, name
        self.param = state.task.param(name)
        self._changed = False
        self._grey = self._message = self._second = ""
        self._wrong = False
        self.editor = make_editor(self.param, self, lambda: state.data)
        self.editor.edited.connect(self._edited)
        self.editor.left.connect(state.history.seal)
        self.editor.entered.connect(self._entered)
        for field in self.editor.fields():
            if isinstance(field, QLineEdit):
                field.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
                field.customContextMenuRequested.connect(self._field_menu)
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
        if self.editor.isEnabled() == bool(grey):
            self.editor.setEnabled(not grey)
        message = "" if grey else message
        seen = (changed, grey, message, wrong, self._second_line())
        if seen != (self._changed, self._grey, self._message, self._wrong, self._second):
            self._changed, self._grey, self._message, self._wrong, self._second = seen
            self.editor.setAccessibleDescription(grey or message)
            self.update()
        self._fit()

    def restyle(self) -> None:
        """Colours and icons of another theme."""
        if isinstance(self.editor, ListedEditor):
            self.editor.draw()
        self.editor.mark(False)
        self.refresh()
        self.update()

    def _second_line(self) -> str:
        """Name, unit, range; of flags their names."""
        param = self.param
        told = (
            names_of(param, self.state.values[self.name] or "", self.state.facts) if self._has_flags else ""
        )
        if param.theirs:
            return f"{self.name}  ·  for drizzlepac only"
        allowed = range_text(param) if self._is_wide() else ""
        if self._is_wide() and self.state.is_changed(self.name):
            allowed = f"default {self._default_text()}"
        return "  ·  ".join(part for part in (self.name, told or param.unit, allowed) if part)

    @property
    def _has_flags(self) -> bool:
        return self.param.semantic == "dq-bits"

    def _edited(self, text: str) -> None:
        self.state.edit(self.name, text)

    def _entered(self) -> None:
        self.looked.emit(self.name)

    # ---- places

    def _is_wide(self) -> bool:
        return self.width() >= WIDE

    def _label_width(self) -> int:
        return WIDE_LABEL if self._is_wide() else int((self.width() - LEFT - RIGHT) * SHARE)

    def _fit(self) -> None:
        """Height for two lines of text, for the words beside a wide field, and for the message when there is one."""
        small = QFontMetrics(style.small(self.font()))
        self._base = max(self._line + small.height() + 8, self.editor.sizeHint().height() + 6)
        if self._is_wide():
            room = QRect(0, 0, int(self._brief_room().width()), 1000)
            told = small.boundingRect(room, int(Qt.TextFlag.TextWordWrap), self._grey or brief(self.param))
            self._base = max(self._base, told.height() + 6)
        height = self._base
        if self._message:
            height += self._message_box(small).height() + 5
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)

    def _message_box(self, metrics: QFontMetrics) -> QRect:
        room = QRect(LEFT, 0, max(60, self.width() - LEFT - RIGHT), 1000)
        return metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), self._message)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        if self._message or self._is_wide() or event.oldSize().width() >= WIDE:
            self._fit()
        split = LEFT + self._label_width() + GAP
        height = self.editor.sizeHint().height()
        width = WIDE_FIELD if self._is_wide() else self.width() - RIGHT - split
        if isinstance(self.editor, SwitchEditor):
            width = min(width, self.editor.sizeHint().width() + 30)
        self.editor.setGeometry(split, (self._base - height) // 2, width, height)
        self._second = self._second_line()

    # ---- painting

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        theme, painter = style.current(), QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), QColor(theme.raised if not theme.is_dark else theme.field))
        if self._message:
            painter.fillRect(QRect(0, 0, 3, self.height()), QColor(theme.bad if self._wrong else theme.warn))
        if self._changed:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            painter.drawEllipse(QPointF(12, self._base / 2), 3.6, 3.6)
        self._paint_names(painter, theme, self._label_width())
        small = style.small(self.font())
        if self._is_wide():
            self._paint_brief(painter, theme, small)
        if self._message:
            painter.setFont(small)
            painter.setPen(QColor(theme.bad if self._wrong else theme.warn))
            box = self._message_box(QFontMetrics(small)).translated(0, self._base)
            painter.drawText(box, int(Qt.TextFlag.TextWordWrap), self._message)

    def _paint_names(self, painter: QPainter, theme: style.Theme, width: int) -> None:
        metrics = self.fontMetrics()
        small = style.small(self.font())
        second = QFontMetrics(small)
        top = (self._base - metrics.height() - second.height()) // 2
        painter.setFont(self.font())
        faint, muted = theme.faint, theme.muted
        painter.setPen(QColor(faint if self._grey else muted if self.param.theirs else theme.text))
        label = metrics.elidedText(self.param.label, Qt.TextElideMode.ElideRight, width)
        painter.drawText(LEFT, top + metrics.ascent(), label)
        painter.setFont(small)
        painter.setPen(QColor(theme.faint if self._grey else theme.muted))
        text = second.elidedText(self._second, Qt.TextElideMode.ElideRight, width)
        painter.drawText(LEFT, top + metrics.height() + second.ascent(), text)

    def _paint_brief(self, painter: QPainter, theme: style.Theme, small) -> None:  # type: ignore[no-untyped-def]
        """In a wide form what the parameter does, or why it does nothing, stands beside the field."""
        room = self._brief_room()
        painter.setFont(small)
        painter.setPen(QColor(theme.faint if self._grey else theme.muted))
        flags = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(room, flags, self._grey or brief(self.param))

    def _brief_room(self) -> QRectF:
        left = LEFT + WIDE_LABEL + GAP + WIDE_FIELD + 18
        return QRectF(left, 2, max(0, self.width() - left - RIGHT), self._base - 4)

    # ---- mouse and menu

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
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        elif self._changed and self._on_dot(event.position().x()):
            self.back_to_default()
        else:
            self.looked.emit(self.name)
            if not self._grey:
                self.editor.fields()[0].setFocus(Qt.FocusReason.MouseFocusReason)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        self._menu(QMenu(self)).popup(event.globalPos())

    def _field_menu(self, pos) -> None:  # type: ignore[no-untyped-def]
        """The usual menu of a text field, with what concerns the parameter below."""
        field = self.sender()
        assert isinstance(field, QLineEdit)
        menu = field.createStandardContextMenu()
        menu.addSeparator()
        self._menu(menu).popup(field.mapToGlobal(pos))

    def _menu(self, menu: QMenu) -> QMenu:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        default = QAction(f"Back to the default ({self._default_text()})", menu)
        default.setEnabled(self._changed)
        default.triggered.connect(self.back_to_default)
        menu.addAction(default)
        if self.param.kind.allows_none or self.param.kind.value == "text":
            clear = QAction("Clear", menu)
            clear.setEnabled(not self._grey and self.state.values[self.name] not in (None, ""))
            clear.triggered.connect(self._clear)
            menu.addAction(clear)
        if isinstance(self.editor, ListedEditor):
            opener = QAction(f"{self.editor.what}…", menu)
            opener.setEnabled(not self._grey)
            opener.triggered.connect(self.editor.open)
            menu.addAction(opener)
        copy = QAction(f"Copy {self.name}=…", menu)
        copy.triggered.connect(self._copy)
        menu.addAction(copy)
        explain = QAction("Explain", menu)
        explain.triggered.connect(self._entered)
        menu.addAction(explain)
        return menu

    def _copy(self) -> None:
        """The assignment as the command line takes it after -p."""
        value = format_value(self.param, self.state.values[self.name])
        QGuiApplication.clipboard().setText(f"{self.name}={value}")

    def _clear(self) -> None:
        self.state.edit(self.name, "")
        self.state.history.seal()

    def back_to_default(self) -> None:
        """Undo this one parameter; works for greyed ones too."""
        self.state.reset(self.name)
