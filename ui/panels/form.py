"""A scrolling form of one or more tasks, with search and filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from core.params import Param
from ui.panels.helptext import matches
from ui.panels.section import SectionBox
from ui.panels.state import FormState


@dataclass(frozen=True)
class Filter:
    """What to show: words of a search, only the basic parameters, only changed ones."""

    words: tuple[str, ...] = ()
    basic: bool = True
    changed: bool = False

    def keeps(self, state: FormState, param: Param) -> bool:
        """A changed or wrong parameter is never hidden by `basic`; a search looks at all of them."""
        if self.words:
            return matches(param, list(self.words))
        is_changed = state.is_changed(param.name)
        if self.changed:
            return is_changed
        return not self.basic or param.level == "basic" or is_changed or state.is_wrong(param.name)


class Form(QScrollArea):
    """The forms of `states` below one another. `filtered(count)` tells how many parameters are shown."""

    filtered = Signal(int)

    def __init__(self, states: Sequence[FormState], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.states = tuple(states)
        self.filter = Filter()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget(self)
        inside.setObjectName("form")
        self.viewport().setObjectName("form")
        self._layout = QVBoxLayout(inside)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.boxes = [box for state in self.states for box in self._boxes_of(state, inside)]
        self._nothing = QLabel("No parameter matches.", inside)
        self._nothing.setContentsMargins(22, 14, 10, 10)
        self._nothing.hide()
        self._layout.addWidget(self._nothing)
        self._layout.addStretch(1)
        self.setWidget(inside)
        for state in self.states:
            state.changed.connect(self._state_changed)
        self.set_filter(self.filter)

    def set_filter(self, wanted: Filter) -> None:
        """Show what `wanted` keeps; sections open for a search and for "only changed"."""
        self.filter = wanted
        force = bool(wanted.words) or wanted.changed
        for box in self.boxes:
            box.keep(wanted.keeps, force_open=force, open_by_default=wanted.basic or box is self.boxes[0])
        count = sum(
            wanted.keeps(state, param)
            for state in self.states
            for param in (*state.task.params, *state.task.extras)
        )
        self._nothing.setText("Nothing is changed." if wanted.changed else "No parameter matches.")
        self._nothing.setVisible(count == 0)
        self.filtered.emit(count)

    def reveal(self, state: FormState, name: str) -> None:
        """Scroll to a parameter and give its editor the focus, whatever the filter hides."""
        for box in self.boxes:
            known = (*box.section.params, *(param.name for param in state.task.extras))
            if box.state is state and name in known:
                box.show()
                widget = box.reveal(name)
                QTimer.singleShot(0, self, partial(self._scroll_to, widget))
                return

    def _scroll_to(self, widget: QWidget) -> None:
        top = widget.mapTo(self.widget(), QPoint(0, 0)).y()
        self.ensureVisible(0, top + widget.height() // 2, 0, self.viewport().height() // 3)
        editor = getattr(widget, "editor", None) or getattr(widget, "switch", None)
        if editor is not None:
            editor.setFocus()

    def _boxes_of(self, state: FormState, inside: QWidget) -> list[SectionBox]:
        boxes = []
        for section in state.task.sections:
            alone = len(state.task.sections) == 1
            title = state.task.title if alone else section.label or "General"
            box = SectionBox(state, section, title, inside)
            self._layout.addWidget(box)
            boxes.append(box)
        return boxes

    def _state_changed(self, names: object) -> None:
        for box in self.boxes:
            box.refresh()
