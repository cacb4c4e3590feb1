"""The list of frames beside the blink view, and the controls under it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui import style
from ui.views.fitted import MiddleCombo
from ui.views.framestore import BlinkFrame
from ui.views.prepared import IMAGE, MASK
from ui.views.shortnames import NAME, NameDelegate
from ui.views.wrap import Wrap, together


class FrameList(QWidget):
    """Groups and the frames of one of them. Signals: `group_chosen(str)`, `frame_chosen(index)`; the ticks say
    which frames take part in blinking."""

    group_chosen = Signal(str)
    frame_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.groups = MiddleCombo()
        self.groups.setAccessibleName("Group of frames")
        self.groups.setToolTip("The frames of a group lie on the same pixels (Page Up, Page Down)")
        self.groups.setMinimumContentsLength(12)
        self.groups.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.list = QListWidget()
        self.list.setAccessibleName("Frames; ticked ones are blinked")
        self.list.setObjectName("frames")
        self.list.setItemDelegate(NameDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.groups)
        layout.addWidget(self.list, 1)
        self.setMinimumWidth(130)
        self._ticks: dict[str, bool] = {}
        self.groups.textActivated.connect(self.group_chosen)
        self.list.currentItemChanged.connect(self._chosen)
        self.list.itemChanged.connect(self._ticked)

    def set_groups(self, groups: list[str], current: str) -> None:
        self.groups.clear()
        self.groups.addItems(groups)
        for row, group in enumerate(groups):
            self.groups.setItemData(row, group, Qt.ItemDataRole.ToolTipRole)
        self.groups.setCurrentText(current)
        self.groups.setVisible(len(groups) > 1)

    def set_members(self, members: list[tuple[int, BlinkFrame]]) -> None:
        """List the frames of the group on show, numbered from 1."""
        self.list.blockSignals(True)
        self.list.clear()
        for place, (index, frame) in enumerate(members, start=1):
            item = QListWidgetItem(f"{place}  {frame.name}")
            item.setData(Qt.ItemDataRole.UserRole, index)
            item.setData(NAME, frame.name)
            item.setToolTip(f"{frame.name}\n{frame.kind}")
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            ticked = self._ticks.get(frame.name, frame.kind in (IMAGE, MASK))
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.blockSignals(False)

    @property
    def ticks(self) -> dict[str, bool]:
        """What the person ticked, or took the tick from, by the names of frames."""
        return dict(self._ticks)

    def set_ticks(self, ticks: dict[str, bool]) -> None:
        """Tick these frames and not those, whether they are listed now or later."""
        self._ticks = dict(ticks)
        for row in range(self.list.count()):
            item = self.list.item(row)
            on = self._ticks.get(item.data(NAME))
            if on is not None:
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def ticked(self) -> list[int]:
        """The frames that take part in blinking; all when none is ticked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        chosen = [item for item in items if item.checkState() == Qt.CheckState.Checked] or items
        return [item.data(Qt.ItemDataRole.UserRole) for item in chosen]

    def at(self, row: int) -> int | None:
        """The frame in a row of the list (0-based), if there is one."""
        item = self.list.item(row)
        return None if item is None else int(item.data(Qt.ItemDataRole.UserRole))

    def mark_current(self, index: int) -> None:
        self.list.blockSignals(True)
        for row in range(self.list.count()):
            if self.at(row) == index:
                self.list.setCurrentRow(row)
        self.list.blockSignals(False)

    def mark_trouble(self, index: int, reason: str) -> None:
        """Show that a frame could not be read."""
        for row in range(self.list.count()):
            if self.at(row) == index:
                item = self.list.item(row)
                item.setForeground(QBrush(QColor(style.current().bad)))
                item.setToolTip(reason)
                name = item.data(NAME)
                item.setText(f"{row + 1}  {name} (not readable)")

    def _chosen(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.frame_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _ticked(self, item: QListWidgetItem) -> None:
        name = item.data(NAME)
        self._ticks[name] = item.checkState() == Qt.CheckState.Checked


class BlinkControls(QWidget):
    """Back, play, forwards, interval, and the switches of the blink view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.back = _button("\u25c0", "Back", "The frame before (Shift+B)")
        self.play = _button("Blink", "Blink", "Start or stop blinking (space)")
        self.play.setCheckable(True)
        self.forwards = _button("\u25b6", "Forwards", "The next frame (B)")
        self.interval = QSpinBox()
        self.interval.setRange(50, 5000)
        self.interval.setSingleStep(50)
        self.interval.setValue(500)
        self.interval.setSuffix(" ms")
        self.interval.setAccessibleName("Blink interval")
        self.interval.setToolTip("How long each frame is shown")
        self.shared = _switch("Same cuts", "All images of a group between the cuts of its first one", True)
        self.overlay = _switch(
            "Mask in red",
            "Lay the flagged pixels of the mask over every frame (M); of a drizzled chip the mask that\n"
            "driz_cr_snr, driz_cr_scale and driz_cr_grow in the form would give",
            False,
        )
        self.split = _switch(
            "Split", "Keep this frame right of a line and step on at its left; drag the line (S)", False
        )
        self.sky = _switch("Match the sky", "Keep the same sky in view when the group changes", True)
        self.more = QToolButton()
        self.more.setObjectName("filter")
        self.more.setText("More")
        self.more.setAccessibleName("More switches")
        self.more.setToolTip("The switches for which there is no room")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.more)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.more.setMenu(self.menu)
        row = Wrap(self)
        row.addWidget(together("", self.back, self.play, self.forwards))
        row.addWidget(together("every", self.interval))
        self.switches = (self.shared, self.overlay, self.split, self.sky)
        for widget in (*self.switches, self.more):
            row.addWidget(widget)
        row.spare((self.sky, self.shared, self.split, self.overlay), self.more)

    def _fill_menu(self) -> None:
        """The switches that are left out of the row."""
        self.menu.clear()
        for box in self.switches:
            if box.isHidden():
                action = self.menu.addAction(box.text())
                action.setToolTip(box.toolTip())
                action.setCheckable(True)
                action.setChecked(box.isChecked())
                action.toggled.connect(box.setChecked)


def _button(text: str, name: str, help_text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(name)
    button.setToolTip(help_text)
    button.setFixedWidth(button.fontMetrics().horizontalAdvance(text) + 30)
    return button


def _switch(text: str, help_text: str, on: bool) -> QCheckBox:
    box = QCheckBox(text)
    box.setToolTip(help_text)
    box.setChecked(on)
    return box
