"""The canvas: draws one prepared frame, with zoom, pan, marks, compass and scale bar.

Coordinates of the view are FITS pixels: the centre of the first pixel is (1, 1), y runs upwards. The canvas only
looks up and draws; every array comes finished from the worker. It paints by itself, without a graphics scene:
swapping a frame then costs one repaint.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui import style
from ui.views.colors import images_of, overlay_table, plot_colours, table
from ui.views.furniture import draw_compass, draw_message, draw_name, draw_scale_bar, flag_words
from ui.views.looking import ViewState, draw_part, level_of
from ui.views.marks import Marks, draw_marks
from ui.views.prepared import MASK, Prepared

ZOOM_STEP = 1.25
ZOOM_MOST = 64.0
MARGIN = 0.97

__all__ = ["Canvas", "ViewState"]


class Canvas(QWidget):
    """Shows one frame. Signals: `view_changed(ViewState)` by the person's hand, `cursor_moved(x, y)` in FITS
    pixels (NaN when it leaves), `clicked(x, y)`; `tab_pressed(1 or -1)` while `tab_steps`, where Escape leaves the
    canvas for the next widget."""

    view_changed = Signal(object)
    cursor_moved = Signal(float, float)
    clicked = Signal(float, float)
    tab_pressed = Signal(int)

    def __init__(self, name: str = "Image", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame: Prepared | None = None
        self._images: tuple[QImage, ...] = ()
        self._mask: tuple[QImage, ...] = ()
        self._mask_frame: Prepared | None = None
        self._beside: tuple[QImage, ...] = ()
        self._beside_frame: Prepared | None = None
        self._beside_label = ""
        self._names: list[
            tuple[QRectF, str]
        ] = []  # where they stand, for the tooltips with the whole of them
        self._dragging_split = False
        self.tab_steps = False
        self._split = 0.5
        self._marks: tuple[Marks, ...] = ()
        self._message = ""
        self._label = ""
        self._map, self._inverted = "Grey", False
        self._state = ViewState(0.5, 0.5, 1.0)
        self._fitted = True
        self._awaited: ViewState | None = None
        self._grip: QPointF | None = None
        self._pressed: QPointF | None = None
        self._cursor: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(100, 80)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(name)
        style.switch().changed.connect(self._restyle)

    # What is shown

    @property
    def frame(self) -> Prepared | None:
        """The frame on show."""
        return self._frame

    @property
    def state(self) -> ViewState:
        """Where the canvas looks."""
        return self._state

    @property
    def is_fitted(self) -> bool:
        """Whether the whole frame is kept in view when the canvas changes its size."""
        return self._fitted

    def show_frame(self, frame: Prepared, label: str = "") -> None:
        """Show a frame; the view stays where it is when the frame has the shape of the one before."""
        same = self._frame is not None and self._frame.shape == frame.shape
        awaited, self._awaited = self._awaited, None
        if self._frame is None or frame.levels is not self._frame.levels:
            self._images = images_of(frame.levels, self._table(frame))
        self._frame, self._label, self._message = frame, label, ""
        if awaited is not None:
            self.set_state(awaited)
        elif not same:
            self.fit()
        self._describe()
        self._point_again()
        self.update()

    def flagged(self) -> str:
        """The share of pixels that the mask on show flags, in words; "" without a mask."""
        mask = self._frame if self._frame is not None and self._frame.kind == MASK else self._mask_frame
        return flag_words(mask, self._level(2) > 0)

    def clear(self, message: str) -> None:
        """Show no frame but a text that says why and what to do."""
        self._frame, self._images, self._message, self._label = None, (), message, ""
        self._mask, self._mask_frame, self._marks = (), None, ()
        self._beside, self._beside_frame = (), None
        self._fitted = True
        self._describe()
        self.update()

    def say(self, message: str) -> None:
        """Lay a short text over the frame, such as "Reading ..."; "" takes it away."""
        if message != self._message:
            self._message = message
            self.update()

    def set_colours(self, name: str, inverted: bool) -> None:
        """Choose one of `COLOUR_MAPS`; costs no stretching."""
        self._map, self._inverted = name, inverted
        self._restyle()

    def set_marks(self, *marks: Marks) -> None:
        """Overlays, replacing those before."""
        self._marks = marks
        self.update()

    def set_mask(self, mask: Prepared | None) -> None:
        """Lay the bad pixels of a prepared mask over the frame in colour; None takes it away."""
        if mask is self._mask_frame:
            return
        self._mask_frame = mask
        self._mask = images_of(mask.levels, overlay_table(QColor("#FF3B30"))) if mask is not None else ()
        self.update()

    def set_beside(self, frame: Prepared | None, label: str = "") -> None:
        """Show another frame right of a line that can be dragged; None takes it away."""
        self._beside_frame, self._beside_label, self._split = frame, label, 0.5
        self._beside = images_of(frame.levels, self._table(frame)) if frame is not None else ()
        self.update()

    # Where it looks

    def fit(self) -> None:
        """The whole frame in view, also when the size of the canvas changes."""
        self._fitted = True
        if self._frame is None:
            return
        ny, nx = self._frame.shape
        zoom = MARGIN * min(self.width() / nx, self.height() / ny)
        self._move(ViewState((nx + 1) / 2.0, (ny + 1) / 2.0, max(zoom, 1e-4)))

    def one_to_one(self) -> None:
        """One screen pixel for each pixel of the frame."""
        self.set_state(ViewState(self._state.x, self._state.y, 1.0 / self.devicePixelRatioF()), by_hand=True)

    def set_state(self, state: ViewState, by_hand: bool = False) -> None:
        """Look elsewhere; `by_hand` tells the listeners of `view_changed`."""
        self._fitted, self._awaited = False, None
        self._move(state)
        if by_hand:
            self.view_changed.emit(self._state)

    def come_back(self, state: ViewState | None) -> None:
        """Look there when the next frame comes, and at the present one at once; None: the whole frame."""
        if state is None:
            self.fit()
        elif self._frame is not None:
            self.set_state(state)
        self._awaited = state

    @property
    def is_coming_back(self) -> bool:
        """Whether the frame on its way has its place to be looked at already."""
        return self._awaited is not None

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Zoom, keeping the frame's pixel under `about` (widget coordinates; the middle by default) in place."""
        if self._frame is None:
            return
        about = about or QPointF(self.width() / 2.0, self.height() / 2.0)
        x, y = self.to_pixels(about)
        least = min(0.02, self._state.zoom)
        zoom = float(np.clip(self._state.zoom * factor, least, ZOOM_MOST))
        moved_x = x - (about.x() - self.width() / 2.0) / zoom
        moved_y = y + (about.y() - self.height() / 2.0) / zoom
        self.set_state(ViewState(moved_x, moved_y, zoom), by_hand=True)

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the view by screen pixels (right, up)."""
        at = self._state
        self.set_state(ViewState(at.x + dx / at.zoom, at.y + dy / at.zoom, at.zoom), by_hand=True)

    def to_pixels(self, point: QPointF) -> tuple[float, float]:
        """FITS pixel position (1-based) of a point of the widget."""
        return self._state.pixels(point, self.size().toSizeF())

    def seen(self) -> tuple[float, float, float, float]:
        """The middle of what is in view (FITS pixels), and its width and height in pixels of the frame."""
        at = self._state
        return at.x, at.y, self.width() / at.zoom, self.height() / at.zoom

    def to_widget(self, x: float, y: float) -> QPointF:
        """The point of the widget at a FITS pixel position."""
        return self._state.point(x, y, self.size().toSizeF())

    def _move(self, state: ViewState) -> None:
        self._state = state
        self._point_again()
        self.update()

    def _point_again(self) -> None:
        """The mouse rests, but something else lies under it now."""
        if self._cursor is not None and self._grip is None:
            self.cursor_moved.emit(*self.to_pixels(self._cursor))

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        colours = plot_colours()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colours.sky)
        self._names.clear()
        if self._frame is not None:
            self._paint_frame(painter)
            draw_marks(painter, self._marks, self.to_widget, QRectF(self.rect()), self._state.zoom)
            if self._frame.local is not None:
                draw_compass(painter, self.rect(), self._frame.local)
                draw_scale_bar(painter, self.rect(), self._frame.local.scale, self._state.zoom)
            left = self.rect().adjusted(
                0, 0, -int(self.width() * (1 - self._split)) if self._beside else 0, 0
            )
            box = draw_name(painter, left, self._label, self.flagged() if self._label else "")
            self._names.append((box, self._label))
        if self._message:
            draw_message(painter, self.rect(), self._message, over=self._frame is not None)
        if self.hasFocus():
            painter.setPen(QPen(colours.accent, 2.0))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_frame(self, painter: QPainter) -> None:
        assert self._frame is not None
        shape = self._frame.shape
        self._draw(painter, self._images, shape, QRectF(self.rect()))
        if self._beside:
            line = self.width() * self._split
            right = QRectF(line, 0, self.width() - line, self.height())
            painter.fillRect(right, plot_colours().sky)
            assert self._beside_frame is not None
            self._draw(painter, self._beside, self._beside_frame.shape, right)
            self._names.append((draw_name(painter, right.toRect(), self._beside_label), self._beside_label))
            painter.setPen(QPen(plot_colours().accent, 1.5))
            painter.drawLine(QPointF(line, 0), QPointF(line, self.height()))
        if self._mask:
            self._draw(painter, self._mask, shape, QRectF(self.rect()))

    def _draw(
        self, painter: QPainter, images: tuple[QImage, ...], shape: tuple[int, int], clip: QRectF
    ) -> None:
        """The part of a frame that is in view."""
        step = self._level(len(images))
        draw_part(painter, images, step, shape, self._state, self.size().toSizeF(), clip)

    def _level(self, count: int) -> int:
        return level_of(count, self._state.zoom * self.devicePixelRatioF())

    def _table(self, frame: Prepared) -> list[int]:
        name = "Grey" if frame.kind == MASK else self._map
        return table(name, self._inverted, plot_colours().sky)

    def _restyle(self) -> None:
        for frame, images in ((self._frame, self._images), (self._beside_frame, self._beside)):
            if frame is not None:
                colours = self._table(frame)
                for image in images:
                    image.setColorTable(colours)
        self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(self._label or self._message)

    # Mouse and keys

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        turns = event.angleDelta().y() / 120.0
        if turns:
            self.zoom_by(ZOOM_STEP**turns, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._dragging_split = self._near_split(event.position())
            self._grip = self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        here = self._cursor = event.position()
        if self._dragging_split:
            self._split = float(np.clip(here.x() / self.width(), 0.02, 0.98))
            self._pressed = None
            self.update()
            return
        near = self._near_split(here)
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.CrossCursor)
        if self._grip is not None and self._frame is not None and self._has_moved(here):
            self.pan_by(self._grip.x() - here.x(), here.y() - self._grip.y())
            self._grip, self._pressed = here, None
        self.cursor_moved.emit(*self.to_pixels(here))

    def _has_moved(self, here: QPointF) -> bool:
        return self._pressed is None or (here - self._pressed).manhattanLength() > 3

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._pressed is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*self.to_pixels(event.position()))
        self.let_go()

    def let_go(self) -> None:
        """The mouse moves nothing any more."""
        self._grip = self._pressed = None
        self._dragging_split = False

    def _near_split(self, here: QPointF) -> bool:
        return bool(self._beside) and abs(here.x() - self._split * self.width()) < 6

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.zoom_by(2.0, event.position())

    def leaveEvent(self, event: object) -> None:  # noqa: N802
        self._cursor = None
        self.cursor_moved.emit(float("nan"), float("nan"))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and self.tab_steps:
            assert isinstance(event, QKeyEvent)
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self.tab_pressed.emit(1 if event.key() == Qt.Key.Key_Tab else -1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                return self.focusNextChild()
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = QPointF(event.pos())
            told = next((label for box, label in self._names if box.contains(at)), self.toolTip())
            QToolTip.showText(event.globalPos(), told, self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = event.key()
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(ZOOM_STEP)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom_by(1.0 / ZOOM_STEP)
        elif key in (Qt.Key.Key_F, Qt.Key.Key_Home):
            self.fit()
            self.view_changed.emit(self._state)
        elif key == Qt.Key.Key_O:
            self.one_to_one()
        elif key in steps:
            far = 0.1 if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.01
            right, up = steps[Qt.Key(key)]
            self.pan_by(right * self.width() * far, up * self.height() * far)
            self.cursor_moved.emit(self._state.x, self._state.y)
        else:
            super().keyPressEvent(event)
