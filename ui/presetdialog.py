"""The presets: each explained, with what it would change, before it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QTableWidgetItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.params.compare import shown
from core.params.presets import GROUPS, Facts, Preset, after_all, presets, suggested
from ui import style
from ui.panels.state import FormState
from ui.readtable import read_table

PRESET = Qt.ItemDataRole.UserRole
HEADS = ("Parameter", "Now", "With the preset", "Task")


class PresetDialog(QDialog):
    """`taken(presets)` when the person takes one, or all that fit; stays open, so that one for the detector and one for
    the field can be taken one after the other."""

    taken = Signal(object)

    def __init__(self, states: Mapping[str, FormState], facts: Facts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Presets")
        self.states, self.facts = states, facts
        self._make()
        self._lay_out()
        self.tree.currentItemChanged.connect(self._show)
        self.take.clicked.connect(self._take)
        self.take_all.clicked.connect(self._take_all)
        self.buttons.rejected.connect(self.reject)
        for state in states.values():
            state.changed.connect(self._show)
        style.switch().changed.connect(self._fill_tree)
        self._fill_tree()

    def preset(self) -> Preset | None:
        """The one that is selected."""
        item = self.tree.currentItem()
        return item.data(0, PRESET) if item is not None else None

    def set_facts(self, facts: Facts) -> None:
        """Other exposures are loaded: other presets fit."""
        if facts != self.facts:
            self.facts = facts
            self._fill_tree()

    def choose(self, name: str) -> None:
        """Select a preset by its name."""
        for item in self._items():
            if item.data(0, PRESET).name == name:
                self.tree.setCurrentItem(item)

    # ---- making

    def _make(self) -> None:
        self.tree = QTreeWidget(self)
        self.tree.setHeaderHidden(True)
        self.tree.setAccessibleName("Presets")
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(12)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.data = QLabel(self)
        self.data.setWordWrap(True)
        self.table = read_table(HEADS, "What the preset would change", self, narrow=(0, 3))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.take = self.buttons.addButton("Take this preset", QDialogButtonBox.ButtonRole.ActionRole)
        self.take_all = self.buttons.addButton("Take all that fit", QDialogButtonBox.ButtonRole.ActionRole)

    def _lay_out(self) -> None:
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(self.table, 1)
        halves = QSplitter(Qt.Orientation.Horizontal, self)
        halves.addWidget(self.tree)
        halves.addWidget(right)
        halves.setSizes([270, 590])
        halves.setStretchFactor(1, 1)
        halves.setChildrenCollapsible(False)
        foot = QHBoxLayout()
        foot.addWidget(self.data, 1)
        foot.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(halves, 1)
        layout.addLayout(foot)
        self.resize(880, 580)

    def _items(self) -> list[QTreeWidgetItem]:
        heads = (self.tree.topLevelItem(place) for place in range(self.tree.topLevelItemCount()))
        return [head.child(place) for head in heads for place in range(head.childCount())]

    def _fill_tree(self) -> None:
        chosen = self.preset()
        theme = style.current()
        palette = self.tree.palette()
        palette.setColor(QPalette.ColorRole.Highlight, QColor(theme.selection))
        palette.setColor(QPalette.ColorRole.HighlightedText, QColor(theme.text))
        self.tree.setPalette(palette)
        self.tree.clear()
        for group in GROUPS:
            head = QTreeWidgetItem(self.tree, [group])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.setForeground(0, QColor(theme.muted))
            head.setSizeHint(0, QSize(0, self.fontMetrics().height() + 10))
            for preset in (one for one in presets() if one.group == group):
                fits = preset.fits(self.facts)
                item = QTreeWidgetItem(head, [f"\u2713 {preset.title}" if fits else preset.title])
                item.setData(0, PRESET, preset)
                item.setToolTip(0, "Meant for the exposures in the list" if fits else preset.title)
                font = item.font(0)
                font.setBold(fits)
                item.setFont(0, font)
                item.setSizeHint(0, QSize(0, self.fontMetrics().height() + 8))
        self.tree.expandAll()
        self.data.setText(_told(self.facts))
        items = self._items()
        first = next((item for item in items if item.data(0, PRESET).fits(self.facts)), items[0])
        self.tree.setCurrentItem(next((i for i in items if i.data(0, PRESET) == chosen), first))
        self._show()

    def _show(self, *_: object) -> None:
        """Explain the selected preset and what it would change now."""
        self._count_fitting()
        preset = self.preset()
        self.take.setEnabled(False)
        if preset is None:
            return
        self.words.setText(
            f"<b>{escape(preset.title)}</b><br>{escape(preset.why)}<br>"
            f'<span style="color:{style.current().muted}">{escape(preset.source)}</span>'
        )
        rows = [
            (name, state, preset.values[task][name])
            for task, state in self.states.items()
            if task in preset.values
            for name in preset.values[task]
        ]
        self.table.setRowCount(len(rows))
        count = 0
        for place, (name, state, value) in enumerate(rows):
            param = state.task.param(name)
            now, then = shown(param, state.values[name]), shown(param, value)
            same = now == then and name not in state.bad
            count += not same
            for column, text in enumerate((name, now, "the same" if same else then, state.task.name)):
                item = QTableWidgetItem(text)
                item.setToolTip(param.label if column == 0 else text)
                font = item.font()
                font.setBold(column == 2 and not same)
                item.setFont(font)
                if same or column == 3:
                    item.setForeground(QColor(style.current().muted))
                self.table.setItem(place, column, item)
        self.take.setEnabled(bool(count))
        self.take.setToolTip(
            "One step of undo takes it back" if count else "Everything is as the preset has it"
        )

    def _take(self) -> None:
        preset = self.preset()
        if preset is not None:
            self.taken.emit((preset,))
            self._show()

    def _take_all(self) -> None:
        self.taken.emit(suggested(self.facts))
        self._show()

    def _count_fitting(self) -> None:
        """Whether the presets that fit would change anything, taken one after the other in the order of the list."""
        fitting = suggested(self.facts)
        changes = any(after_all(fitting, state.values) != state.values for state in self.states.values())
        self.take_all.setEnabled(changes)
        names = ", ".join(one.title for one in fitting)
        told = f"{names}: one step of undo takes them back" if changes else "Everything is as they have it"
        self.take_all.setToolTip(told if fitting else "No preset is marked as fitting the exposures")


def _told(facts: Facts) -> str:
    """The exposures in words."""
    if not facts.count:
        return "No exposures are open, so none is marked as fitting."
    count = "1 exposure" if facts.count == 1 else f"{facts.count} exposures"
    pattern = {True: ", dithered", False: ", all at one pointing", None: ""}[facts.dithered]
    marked = " Presets with \u2713 are meant for them."
    return f"In the list: {count}, {facts.detector or 'several detectors'}{pattern}.{marked}"
