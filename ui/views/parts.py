"""Small widgets that the views share: a title that elides, saving as a picture, a page for "nothing to show"."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from core.errors import Refusal
from ui import style
from ui.views.colors import plot_colours
from ui.views.fitted import company
from ui.views.furniture import draw_message


class ElidedLabel(QLabel):
    """One line of text, shortened when there is no room; the whole text is its tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802
        super().setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(40, self.fontMetrics().height() + 4)

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.minimumSizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        words = company().fitted(self.text(), self.width(), self.fontMetrics().horizontalAdvance)
        painter.drawText(self.rect(), self.alignment() | Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()


class RichLines(QLabel):
    """Rich text in as many lines as its width needs, and no higher: Qt's own least height is that of a narrow label."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(40, self.heightForWidth(max(40, self.width())))

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class EmptyPage(QWidget):
    """Says why there is nothing to see, and what to do about it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        style.switch().changed.connect(self.update)

    def say(self, text: str) -> None:
        self.text = text
        self.setAccessibleName(text)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), plot_colours().field)
        draw_message(painter, self.rect(), self.text, over=False)
        painter.end()


class Stacked(QStackedWidget):
    """A picture, or the empty page in its place; the picture is made once and hidden, never deleted."""

    def __init__(self, picture: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = EmptyPage()
        self.addWidget(picture)
        self.addWidget(self.empty)

    def show_picture(self) -> None:
        self.setCurrentIndex(0)

    def show_message(self, message: str) -> None:
        self.empty.say(message)
        self.setCurrentIndex(1)

    @property
    def message(self) -> str:
        """The text of the empty page while it shows, else ""."""
        return self.empty.text if self.currentIndex() == 1 else ""


def action_button(action: QAction, *, words: bool = True) -> QToolButton:
    """A button for an action among the controls of a view: its icon with its words, or the one that there is."""
    styles = Qt.ToolButtonStyle
    button = QToolButton()
    button.setObjectName("filter")
    button.setDefaultAction(action)
    if not words:
        button.setToolButtonStyle(styles.ToolButtonIconOnly)
    elif action.icon().isNull():
        button.setToolButtonStyle(styles.ToolButtonTextOnly)
    else:
        button.setToolButtonStyle(styles.ToolButtonTextBesideIcon)
    button.setAccessibleName(action.text())
    return button


def column(*widgets: QWidget, spacing: int = 4) -> QVBoxLayout:
    """A vertical layout without margins."""
    layout = QVBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def save_widget(widget: QWidget, path: str | Path, scale: float = 2.0) -> None:
    """Write what a widget shows as PNG, `scale` times as fine as the screen.

    Raises `Refusal` when the file cannot be written.
    """
    path = Path(path)
    picture = QPixmap((widget.size().toSizeF() * scale).toSize())
    picture.setDevicePixelRatio(scale)
    picture.fill(widget.palette().color(widget.backgroundRole()))
    widget.render(picture, QPoint())
    if not picture.save(str(path), "PNG"):
        raise Refusal(
            "The picture could not be written.", file=path, advice="Choose a folder in which you may write."
        )
