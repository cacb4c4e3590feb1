"""A collapsible group of rows with its switch in the heading."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QMenu, QToolTip, QVBoxLayout, QWidget

from core.params import Kind, Param, Section
from ui import icons, style
from ui.panels.fields import SwitchEditor
from ui.panels.helptext import tooltip
from ui.panels.keys import takes_key, wants_override
from ui.panels.row import GAP, LEFT, WIDE, WIDE_LABEL, Row
from ui.panels.state import FormState

Keep = Callable[[FormState, Param], bool]


class Heading(QWidget):
    """The bar above the rows: opens and closes them, carries the section's switch. `looked(name)` of the switch;
    `all_wanted(open)` when all sections shall be opened or closed."""

    pressed = Signal()
    looked = Signal(str)
    all_wanted = Signal(bool)

    def __init__(self, state: FormState, section: Section, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.state, self.section, self.title = state, section, title
        self.is_open = False
        self._names = {*section.params, *ordered_names(state, section)}
        self._seen: tuple[int, str] | None = None
        self.switch: SwitchEditor | None = None
        self.setFixedHeight(self.fontMetrics().height() + 14)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(f"Section {title}")
        if switch_of(state, section):
            self.switch = SwitchEditor(state.task.param(section.switch or ""), self)
            self.switch.edited.connect(self._switched)
            self.switch.left.connect(state.history.seal)
            self.switch.entered.connect(self._entered)
        self.refresh()

    def refresh(self) -> None:
        """Show the state as it is now; painted only when something changed."""
        name = self.section.switch
        if self.switch is not None and name:
            self.switch.show_value(self.state.values[name], None)
            self.switch.setEnabled(not self.state.grey_reason(name))
            self.switch.setAccessibleDescription(self.state.grey_reason(name) or self.state.message(name))
        seen = (self.changed_count(), self.worst())
        if seen != self._seen:
            self._seen = seen
            self.update()

    def worst(self) -> str:
        """The worst that there is to say of a parameter of the section: "error", "warning" or ""."""
        found = {problem.severity for problem in self.state.problems() if problem.name in self._names}
        return "error" if "error" in found else "warning" if found else ""

    def fields(self) -> list[QWidget]:
        """What takes the keyboard: the heading itself, and its switch."""
        return [self, self.switch] if self.switch is not None else [self]

    def _entered(self) -> None:
        self.looked.emit(self.section.switch or "")

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.looked.emit(self.section.switch or "")

    def changed_count(self) -> int:
        """As many as the panel's own count: the switch, and what we added, are among them."""
        return sum(self.state.is_changed(name) for name in self._names)

    def _switched(self, text: str) -> None:
        if self.section.switch:
            self.state.edit(self.section.switch, text)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        if self.switch is not None:
            size = self.switch.sizeHint()
            wide = self.width() >= WIDE
            left = LEFT + WIDE_LABEL + GAP if wide else self.width() - 52
            self.switch.setGeometry(left, (self.height() - size.height()) // 2, 46, size.height())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill(menu)
        menu.popup(event.globalPos())

    def fill(self, menu: QMenu) -> None:
        """What can be done with the section, and with all of them."""
        count = self.changed_count()
        back = menu.addAction(f"Section back to its defaults ({count} changed)")
        back.setEnabled(count > 0)
        back.triggered.connect(self.back_to_defaults)
        menu.addSeparator()
        for text, wanted in (("Open all sections", True), ("Close all sections", False)):
            menu.addAction(text).setData(wanted)
        menu.triggered.connect(self._menu_chosen)

    def back_to_defaults(self) -> None:
        """Undo the whole section, in one step that can be undone."""
        self.state.reset(*sorted(self._names))

    def _menu_chosen(self, action: QAction) -> None:
        if action.data() is not None:
            self.all_wanted.emit(bool(action.data()))

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
        if self.width() >= WIDE:
            room = WIDE_LABEL
        count, worst = self._seen or (0, "")
        text = painter.fontMetrics().elidedText(
            self.title, Qt.TextElideMode.ElideRight, room - 24 * bool(count)
        )
        painter.drawText(QRectF(LEFT_ROOM, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        if count:
            start = LEFT_ROOM + painter.fontMetrics().horizontalAdvance(text) + 8
            painter.setPen(QColor(theme.accent))
            painter.setFont(style.small(self.font()))
            painter.drawText(QRectF(start, 0, 40, self.height()), Qt.AlignmentFlag.AlignVCenter, f"● {count}")
        if worst:
            painter.fillRect(
                QRectF(0, 0, 3, self.height()), QColor(theme.bad if worst == "error" else theme.warn)
            )
        if self.hasFocus():
            painter.setPen(QColor(theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key, wanted = event.key(), {"y": True, "n": False}.get(event.text().lower())
        opens = {Qt.Key.Key_Right: True, Qt.Key.Key_Left: False}.get(Qt.Key(key))
        if key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pressed.emit()
        elif opens is not None:
            if opens != self.is_open:
                self.pressed.emit()
        elif wanted is not None and self.switch is not None and self.switch.isEnabled():
            if wanted != self.switch.isChecked():
                self.switch.click()
        elif not takes_key(self, event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            switch = switch_of(self.state, self.section)
            text = tooltip(self.state, switch) if switch else self.section.title or self.title
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return wants_override(event) or super().event(event)


LEFT_ROOM = 22


class SectionBox(QWidget):
    """Heading and rows; a row is made when it is first shown.

    `looked(name)` when the person turns to a parameter; `moved()` when other rows are shown than before.
    """

    looked = Signal(str)
    moved = Signal()

    def __init__(self, state: FormState, section: Section, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.state, self.section = state, section
        self.rows: dict[str, Row] = {}
        self.names = ordered_names(state, section)
        self._kept: list[str] = []
        self._forced: bool | None = None
        self.user_open: bool | None = None
        self.heading = Heading(state, section, title, self)
        self.heading.pressed.connect(self._toggle)
        self.heading.looked.connect(self.looked)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 1)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.heading)

    def keep(self, test: Keep, *, force_open: bool, open_by_default: bool) -> None:
        """Show the rows that pass `test`, hide the section when none does."""
        params = self.state.task
        self._kept = [name for name in self.names if test(self.state, params.param(name))]
        switch = switch_of(self.state, self.section)
        with_switch = bool(switch) and test(self.state, params.param(switch or ""))
        self.setVisible(bool(self._kept) or with_switch)
        self._forced = True if force_open else None
        self._default = open_by_default
        self._show_rows()

    def lacks(self, test: Keep) -> bool:
        """Whether a row that passes `test` now is not among those that were kept."""
        task = self.state.task
        return any(name not in self._kept and test(self.state, task.param(name)) for name in self.names)

    @property
    def is_open(self) -> bool:
        if self._forced:
            return True
        return self._default if self.user_open is None else self.user_open

    def refresh(self) -> None:
        self.heading.refresh()
        for row in self.rows.values():
            row.refresh()

    def restyle(self) -> None:
        """Colours and icons of another theme."""
        self.heading.update()
        for row in self.rows.values():
            row.restyle()

    def fields(self) -> list[QWidget]:
        """All that takes the keyboard, from top to bottom, whether it is shown or not."""
        rows = (self.rows[name] for name in self.names if name in self.rows)
        return [*self.heading.fields(), *(field for row in rows for field in row.editor.fields())]

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
        for place, name in enumerate(self.names):
            row = self.rows.get(name)
            if row is None and name in shown:
                row = self.rows[name] = Row(self.state, name, self)
                row.looked.connect(self.looked)
                before = sum(other in self.rows for other in self.names[:place])
                self._layout.insertWidget(1 + before, row)
            if row is not None:
                row.setVisible(name in shown)
        self.moved.emit()


def switch_of(state: FormState, section: Section) -> str | None:
    """The yes/no parameter of the heading; a section switched by a text (a file name) keeps it as a row."""
    name = section.switch
    return name if name and state.task.param(name).kind is Kind.BOOL else None


def ordered_names(state: FormState, section: Section) -> list[str]:
    """The section's parameters without its switch; ours stand at the end of the section that they name."""
    switch = switch_of(state, section)
    names = [name for name in section.params if name != switch]
    return names + [param.name for param in state.task.extras if param.section == section.title]
