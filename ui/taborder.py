"""Tab and Shift+Tab through the window in the order in which things stand, not that in which they were made."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLayout,
    QLineEdit,
    QMainWindow,
    QMenuBar,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QStatusBar,
    QTabWidget,
    QTextEdit,
    QWidget,
)

WHOLE = (QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QTextEdit, QMenuBar)
TAB = Qt.FocusPolicy.TabFocus
ALL = Qt.TabFocusBehavior.TabFocusAllControls


def go(window: QWidget, forwards: bool) -> bool:
    """Give the keyboard to what stands next, or before; False where the platform's own way is to be gone."""
    if QGuiApplication.styleHints().tabFocusBehavior() != ALL:
        return False
    found = list(ordered(window))
    now = QApplication.focusWidget()
    while now is not None and now not in found:
        now = now.parentWidget()
    if now is None:
        return False
    target = found[(found.index(now) + (1 if forwards else -1)) % len(found)]
    window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)  # or styles would not draw the focus
    reasons = Qt.FocusReason
    target.setFocus(reasons.TabFocusReason if forwards else reasons.BacktabFocusReason)
    return True


def ordered(widget: QWidget) -> Iterator[QWidget]:
    """What takes the keyboard by Tab now, a widget itself first: by layouts, from left to right and from above."""
    if not widget.isVisible() or not widget.isEnabled():
        return
    if widget.focusPolicy() & TAB and widget.focusProxy() is None:
        yield widget
    if not isinstance(widget, WHOLE):
        for part in _parts(widget):
            yield from ordered(part)


def _parts(widget: QWidget) -> list[QWidget]:
    """The widgets right inside another, in the order in which a person sees them."""
    if isinstance(widget, QSplitter):
        return [widget.widget(place) for place in range(widget.count())]
    if isinstance(widget, QTabWidget):
        return [part for part in (widget.tabBar(), widget.cornerWidget(), widget.currentWidget()) if part]
    if isinstance(widget, QStackedWidget):
        return [widget.currentWidget()] if widget.currentWidget() else []
    if isinstance(widget, QScrollArea):
        return [widget.widget()] if widget.widget() else []
    parts = _in_layout(widget.layout()) if not isinstance(widget, QMainWindow) else []
    others = [
        child
        for child in widget.children()
        if isinstance(child, QWidget) and not child.isWindow() and child not in parts
    ]
    # what a main window shows has no layout that could be asked: bars above, the line at the foot last
    others.sort(key=lambda child: (isinstance(child, QStatusBar), child.y(), child.x()))
    return [*parts, *others]


def _in_layout(layout: QLayout | None) -> list[QWidget]:
    found: list[QWidget] = []
    for place in range(layout.count() if layout is not None else 0):
        item = layout.itemAt(place)  # type: ignore[union-attr]
        widget = item.widget()
        found += [widget] if widget is not None else _in_layout(item.layout())
    return found
