"""A scrolling form of one or more tasks, with search and filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from core.params import Param
from ui.panels.helptext import matches
from ui.panels.section import Heading, SectionBox
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
    """The forms of `states` below one another. `filtered(count)` tells how many parameters are shown;
    `looked(state, name)` that the person turned to a parameter; `help_wanted()` that F1 was pressed."""

    filtered = Signal(int)
    looked = Signal(object, str)
    help_wanted = Signal()

    def __init__(self, states: Sequence[FormState], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.states = tuple(states)
        self.filter = Filter()
        self._ordering = QTimer(self)
        self._ordering.setSingleShot(True)
        self._ordering.setInterval(0)
        self._ordering.timeout.connect(self._order)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it
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
            box.keep(wanted.keeps, force_open=force, open_by_default=True)
        count = sum(
            wanted.keeps(state, param)
            for state in self.states
            for param in (*state.task.params, *state.task.extras)
        )
        self._nothing.setText("Nothing is changed." if wanted.changed else "No parameter matches.")
        self._nothing.setVisible(count == 0)
        self.filtered.emit(count)

    def lacks(self) -> bool:
        """Whether values have changed so that the filter would show more than it does: a changed or wrong parameter
        that is not basic. What is shown stays until the filter is set again."""
        if self.filter.words:
            return False
        return any(box.lacks(self.filter.keeps) for box in self.boxes)

    def reveal(self, state: FormState, name: str) -> None:
        """Scroll to a parameter and give its editor the focus, whatever the filter hides."""
        for box in self.boxes:
            if box.state is state and (name in box.section.params or name in box.names):
                box.show()
                widget = box.reveal(name)
                QTimer.singleShot(0, self, partial(self._scroll_to, widget, state, name))
                return

    def walk(self, field: QWidget, how: str) -> None:
        """Move the keyboard from `field`: "next", "previous", "first", "last", "page down", "page up"; "help" asks for
        the help page. At the ends it stays where it is."""
        if how == "help":
            self.help_wanted.emit()
            return
        fields = self.fields()
        if field not in fields:
            return
        place = fields.index(field)
        target = {
            "next": min(place + 1, len(fields) - 1),
            "previous": max(place - 1, 0),
            "first": 0,
            "last": len(fields) - 1,
        }.get(how)
        if target is None:
            target = self._page_from(fields, place, down=how == "page down")
        reason = Qt.FocusReason.TabFocusReason if target >= place else Qt.FocusReason.BacktabFocusReason
        fields[target].setFocus(reason)

    def open_all(self, on: bool) -> None:
        """Open or close every section."""
        for box in self.boxes:
            if box.is_open != on:
                box.heading.pressed.emit()

    def fields(self) -> list[QWidget]:
        """What the keyboard can reach now, from top to bottom."""
        inside = self.widget()
        return [
            field
            for box in self.boxes
            if box.isVisibleTo(inside)
            for field in box.fields()
            if field.isVisibleTo(inside) and field.isEnabled()
        ]

    def enter(self) -> None:
        """Give the keyboard to the first field below a heading, or to the first switch when there is none."""
        fields = self.fields()
        below = [field for field in fields if not isinstance(field, Heading) and not _in_heading(field)]
        first = next(iter(below or [field for field in fields if not isinstance(field, Heading)]), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def _page_from(self, fields: list[QWidget], place: int, *, down: bool) -> int:
        """The field a page further, or the last one before the end."""
        page = int(self.viewport().height() * 0.9) * (1 if down else -1)
        wanted = self._top_of(fields[place]) + page
        tops = [self._top_of(field) for field in fields]
        if down:
            return next((k for k, top in enumerate(tops) if top >= wanted), len(fields) - 1)
        return next((k for k in range(len(fields) - 1, -1, -1) if tops[k] <= wanted), 0)

    def _top_of(self, field: QWidget) -> int:
        return field.mapTo(self.widget(), QPoint(0, 0)).y()

    def _order(self) -> None:
        """Tab goes from top to bottom, whenever the rows were made."""
        chain = [field for box in self.boxes for field in box.fields()]
        for one, other in pairwise(chain):
            QWidget.setTabOrder(one, other)

    def _looked(self, state: FormState, name: str) -> None:
        if name:
            self.looked.emit(state, name)
        self.keep_in_view()

    def keep_in_view(self) -> None:
        """Scroll so that the field which has the keyboard is seen."""
        field = self.focusWidget()
        if field is not None and self.widget().isAncestorOf(field):
            self.ensureWidgetVisible(field, 0, 24)

    def _scroll_to(self, widget: QWidget, state: FormState, name: str) -> None:
        top = widget.mapTo(self.widget(), QPoint(0, 0)).y()
        self.ensureVisible(0, top + widget.height() // 2, 0, self.viewport().height() // 3)
        editor = getattr(widget, "editor", None) or getattr(widget, "switch", None)
        if editor is not None and editor.isEnabled():
            editor.fields()[0].setFocus(Qt.FocusReason.OtherFocusReason)
        self.looked.emit(state, name)

    def _boxes_of(self, state: FormState, inside: QWidget) -> list[SectionBox]:
        boxes = []
        for section in state.task.sections:
            alone = len(state.task.sections) == 1
            title = state.task.title if alone else section.label or "General"
            box = SectionBox(state, section, title, inside)
            box.looked.connect(partial(self._looked, state))
            box.moved.connect(self._moved)
            box.heading.all_wanted.connect(self.open_all)
            self._layout.addWidget(box)
            boxes.append(box)
        return boxes

    def _moved(self) -> None:
        self._ordering.start()

    def _state_changed(self, names: object) -> None:
        for box in self.boxes:
            box.refresh()


def _in_heading(field: QWidget) -> bool:
    return isinstance(field.parentWidget(), Heading)
