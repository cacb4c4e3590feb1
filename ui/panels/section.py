"""A collapsible group of rows with its switch in the heading."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QToolTip, QVBoxLayout, QWidget

from core.params import Kind, Param, Section
from ui import icons, style
from ui.panels.editors import SwitchEditor
from ui.panels.helptext import tooltip
from ui.panels.row import Row
from ui.panels.state import FormState

Keep = Callable[[FormState, Param], bool]


class Heading(QWidget):
    """The bar above the rows: opens and closes them, carries the section's switch."""

    pressed = Signal()

    def __init__(self, state: FormState, section: Section, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.state, self.section, self.title = state, section, title
        self.is_open = False
        self.switch: SwitchEditor | None = None
        self.setFixedHeight(self.fontMetrics().height() + 14)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(title)
        if switch_of(state, section):
            self.switch = SwitchEditor(state.task.param(section.switch or ""), self)
            self.switch.edited.connect(self._switched)
            self.switch.left.connect(state.history.seal)
        self.refresh()

    def refresh(self) -> None:
        if self.switch is not None and self.section.switch:
            self.switch.show_value(self.state.values[self.section.switch], None)
            self.switch.setEnabled(not self.state.grey_reason(self.section.switch))
        self.update()

    def changed_count(self) -> int:
        """As many as the panel's own count: the switch, and what we added, are among them."""
        names = {*self.section.params, *ordered_names(self.state, self.section)}
        return sum(self.state.is_changed(name) for name in names)

    def _switched(self, text: str) -> None:
        if self.section.switch:
            self.state.edit(self.section.switch, text)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        if self.switch is not None:
            size = self.switch.sizeHint()
            self.switch.setGeometry(
                self.width() - 52, (self.height() - size.height()) // 2, 46, size.height()
            )

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        theme, painter = style.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.raised))
        middle = self.height() / 2
        arrow = icons.pixmap("down" if self.is_open else "right", 14, theme.muted)
        painter.drawPixmap(QPointF(4, middle - 7), arrow)
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        room = self.width() - LEFT_ROOM - (58 if self.switch else 8)
        count = self.changed_count()
        text = painter.fontMetrics().elidedText(
            self.title, Qt.TextElideMode.ElideRight, room - 24 * bool(count)
        )
        painter.drawText(QRectF(LEFT_ROOM, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        if count:
            start = LEFT_ROOM + painter.fontMetrics().horizontalAdvance(text) + 8
            painter.setPen(QColor(theme.accent))
            painter.setFont(style.small(self.font()))
            painter.drawText(QRectF(start, 0, 40, self.height()), Qt.AlignmentFlag.AlignVCenter, f"● {count}")
        if self.hasFocus():
            painter.setPen(QColor(theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            switch = switch_of(self.state, self.section)
            text = tooltip(self.state, switch) if switch else self.section.title or self.title
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


LEFT_ROOM = 22


class SectionBox(QWidget):
    """Heading and rows; a row is made when it is first shown."""

    def __init__(self, state: FormState, section: Section, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.state, self.section = state, section
        self.rows: dict[str, Row] = {}
        self._names = ordered_names(state, section)
        self._kept: list[str] = []
        self._forced: bool | None = None
        self.user_open: bool | None = None
        self.heading = Heading(state, section, title, self)
        self.heading.pressed.connect(self._toggle)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 1)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.heading)

    def keep(self, test: Keep, *, force_open: bool, open_by_default: bool) -> None:
        """Show the rows that pass `test`, hide the section when none does."""
        params = self.state.task
        self._kept = [name for name in self._names if test(self.state, params.param(name))]
        switch = switch_of(self.state, self.section)
        with_switch = bool(switch) and test(self.state, params.param(switch or ""))
        self.setVisible(bool(self._kept) or with_switch)
        self._forced = True if force_open else None
        self._default = open_by_default
        self._show_rows()

    @property
    def is_open(self) -> bool:
        if self._forced:
            return True
        return self._default if self.user_open is None else self.user_open

    def refresh(self) -> None:
        self.heading.refresh()
        for row in self.rows.values():
            row.refresh()

    def reveal(self, name: str) -> QWidget:
        """Open the section if need be and give the widget of `name`, made if it was not there."""
        if name == switch_of(self.state, self.section):
            return self.heading
        if name not in self._kept:
            self._kept.append(name)
        if not self.is_open:
            self.user_open = True
        self._show_rows()
        return self.rows[name]

    def _toggle(self) -> None:
        self.user_open = not self.is_open
        self._forced = None
        self._show_rows()

    def _show_rows(self) -> None:
        shown = set(self._kept) if self.is_open else set()
        self.heading.is_open = self.is_open
        self.heading.update()
        for place, name in enumerate(self._names):
            row = self.rows.get(name)
            if row is None and name in shown:
                row = self.rows[name] = Row(self.state, name, self)
                before = sum(other in self.rows for other in self._names[:place])
                self._layout.insertWidget(1 + before, row)
            if row is not None:
                row.setVisible(name in shown)


def switch_of(state: FormState, section: Section) -> str | None:
    """The yes/no parameter of the heading; a section switched by a text (a file name) keeps it as a row."""
    name = section.switch
    return name if name and state.task.param(name).kind is Kind.BOOL else None


def ordered_names(state: FormState, section: Section) -> list[str]:
    """The section's parameters without its switch; ours stand at the end of the first section."""
    switch = switch_of(state, section)
    names = [name for name in section.params if name != switch]
    if state.task.sections and section is state.task.sections[0]:
        names += [param.name for param in state.task.extras]
    return names
