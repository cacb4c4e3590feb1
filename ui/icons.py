"""Icons: line drawings in resources/icons, drawn in the theme's colours at whatever size is asked for."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ui import style

SIZES = (16, 20, 24, 32, 48)


def icon(name: str, colour: str = "") -> QIcon:
    """The icon `name` in `colour`, or in the text colour of the theme; greyed when disabled."""
    theme = style.current()
    return _drawn(name, colour or theme.text, theme.faint)


def application_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    made = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(_pixmap(_source("drizzledesk"), size))
    return made


def pixmap(name: str, size: int, colour: str = "") -> QPixmap:
    """The icon as one pixmap of `size` pixels."""
    return _pixmap(_source(name).replace("#000", colour or style.current().text), size)


@lru_cache(maxsize=256)
def _drawn(name: str, colour: str, grey: str) -> QIcon:
    made, source = QIcon(), _source(name)
    for size in SIZES:
        made.addPixmap(_pixmap(source.replace("#000", colour), size))
        made.addPixmap(_pixmap(source.replace("#000", grey), size), QIcon.Mode.Disabled)
    return made


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return files("resources").joinpath("icons", f"{name}.svg").read_text("utf-8")


def _pixmap(source: str, size: int) -> QPixmap:
    made = QPixmap(QSize(size, size))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return made
