"""A parameter as a slider beside its field: the same value as in the form, moved by hand while one looks."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolTip, QWidget

from ui import style
from ui.panels.editors import make_editor
from ui.panels.helptext import tooltip
from ui.panels.state import FormState

STEPS = 400
NAME_WIDTH, FIELD_WIDTH = 76, 74


@dataclass(frozen=True)
class Scale:
    """Which values a slider runs over. `none` is the end that means "no limit": "low", "high" or "" for neither."""

    low: float
    high: float
    logarithmic: bool = False
    none: str = ""

    def value(self, step: int) -> float | None:
        """The value at a step of the slider."""
        if self.none and step == (0 if self.none == "low" else STEPS):
            return None
        share = step / STEPS
        if not self.logarithmic:
            return self.low + share * (self.high - self.low)
        return exp(log(self.low) + share * (log(self.high) - log(self.low)))

    def step(self, value: float | None) -> int:
        """The step nearest to a value; its end when there is none."""
        if value is None:
            return STEPS if self.none == "high" else 0
        if self.logarithmic:
            low, high, at = log(self.low), log(self.high), log(max(value, self.low))
        else:
            low, high, at = self.low, self.high, value
        return round(STEPS * min(max((at - low) / (high - low), 0.0), 1.0))


class Dial(QWidget):
    """Name, slider and field of one parameter of a form. What is moved is edited there, so it can be undone there."""

    def __init__(self, state: FormState, name: str, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state, self.name, self.scale = state, name, scale
        self.param = state.task.param(name)
        self.label = QLabel(name)
        self.label.setFixedWidth(style.scaled(NAME_WIDTH))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 20)
        self.slider.setAccessibleName(self.param.label)
        self.editor = make_editor(self.param, self)
        self.editor.setFixedWidth(style.scaled(FIELD_WIDTH))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.label, self.slider, self.editor):
            row.addWidget(widget)
        self.slider.valueChanged.connect(self._moved)
        self.slider.sliderReleased.connect(state.history.seal)
        self.editor.edited.connect(self._edited)
        self.editor.left.connect(state.history.seal)
        state.changed.connect(self.refresh)
        self.refresh()

    def set_scale(self, scale: Scale) -> None:
        """Run over other values; the value stays."""
        self.scale = scale
        self.refresh()

    def refresh(self) -> None:
        """Show the value that the form has now."""
        state, name = self.state, self.name
        grey = bool(state.grey_reason(name))
        self.editor.show_value(state.values[name], state.text_of_bad(name))
        self.editor.mark(state.is_wrong(name) and not grey)
        for widget in (self.editor, self.slider, self.label):
            widget.setEnabled(not grey)
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.scale.step(state.values[name]))

    def _moved(self, step: int) -> None:
        value = self.scale.value(step)
        self.state.edit(self.name, "" if value is None else f"{value:.3g}")

    def _edited(self, text: str) -> None:
        self.state.edit(self.name, text)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), tooltip(self.state, self.name), self)
            return True
        return super().event(event)
