"""Blinking: frames in the same place, one after the other; what jumps is not aligned, what vanishes is no star.

All frames share one view. Swapping shows an array that is ready (1-6 ms); nothing is computed here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from ui import style
from ui.views.blinkbar import BlinkControls, FrameList
from ui.views.canvas import Canvas, ViewState
from ui.views.colourbar import ColourBar
from ui.views.framestore import BlinkFrame, FrameStore
from ui.views.lookbar import LookBar
from ui.views.parts import ElidedLabel, Stacked, save_widget
from ui.views.prepared import IMAGE, MASK, Prepared, Run, default_look
from ui.views.readout import Readout
from ui.views.skyview import same_sky
from ui.views.stretch import Look

__all__ = ["BlinkFrame", "BlinkView"]

NO_FRAMES = (
    "Nothing to blink yet.\n\nAdd exposures, or run AstroDrizzle: the exposures, their cosmic ray masks, "
    "cleaned and blotted images appear here."
)


class BlinkView(QWidget):
    """Keys: B and Shift+B (or Tab and Shift+Tab on the image) step, space starts and stops, 1..9 go to a frame,
    Page Up and Page Down change the group, M lays the mask over, S splits. `frame_changed(name)` follows a step."""

    frame_changed = Signal(str)

    def __init__(self, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.store = FrameStore(run, parent=self)
        self.list = FrameList()
        self.canvas = Canvas("Blinked frames")
        self.canvas.tab_steps = True
        self.bar = LookBar(default_look(IMAGE))
        self.scale = ColourBar()
        self.readout, self.reason = Readout(), ElidedLabel()
        self.reason.hide()
        self.controls = BlinkControls()
        self.timer = QTimer(self)
        self._current: int | None = None
        self._group = ""
        self._preview: tuple[str, Prepared] | None = None
        self._lay_out()
        self._wire()
        self._add_keys()
        self.setAccessibleName("Blink")
        self.clear(NO_FRAMES)

    # What others call

    @property
    def current(self) -> BlinkFrame | None:
        """The frame that was chosen; it is on the canvas as soon as it is ready."""
        return None if self._current is None else self.store.frames[self._current]

    def show_frames(self, frames: Sequence[BlinkFrame]) -> None:
        """Blink other frames; the frame of the same group and name as before stays chosen, and the view stays."""
        if not frames:
            self.clear(NO_FRAMES)
            return
        before = self.current
        self.stop()
        self.store.set_frames(frames)
        self._current = None
        self.canvas.set_mask(None)
        self.controls.split.setChecked(False)
        groups = list(dict.fromkeys(frame.group for frame in frames))
        self._group = before.group if before is not None and before.group in groups else groups[0]
        self.list.set_groups(groups, self._group)
        self.stack.show_picture()
        self._enable(True)
        self._show_group(before.name if before is not None else "")

    def clear(self, message: str) -> None:
        """Show no frames, but why."""
        self.stop()
        self.store.set_frames(())
        self._current, self._group = None, ""
        self.list.set_groups([], "")
        self.list.set_members([])
        self.canvas.clear("")
        self.stack.show_message(message)
        self.scale.set_frame(None)
        self.readout.setText("")
        self._enable(False)

    def go_to(self, index: int) -> None:
        """Show the frame at a place in the sequence given to `show_frames`."""
        self._current = index
        frame = self.store.frames[index]
        if frame.group != self._group:
            self._group = frame.group
            self.list.groups.setCurrentText(frame.group)
            self.list.set_members(self._members())
            self._mark_troubles()
        self.list.mark_current(index)
        self._show_current()
        rest = [other for other in self.store.members(frame.group) if other != index]
        self.store.want([index, *rest])
        self.frame_changed.emit(frame.name)

    def come_back(self, group: str, name: str, state: ViewState | None) -> bool:
        """Show a frame again where it was looked at (None: all of it); whether it is among the frames."""
        for index, frame in enumerate(self.store.frames):
            if (frame.group, frame.name) == (group, name):
                self.canvas.come_back(state)
                self.go_to(index)
                return True
        return False

    def go_to_place(self, place: int) -> None:
        """Show the frame with a number of the list (from 1), if there is one."""
        index = self.list.at(place - 1)
        if index is not None:
            self.go_to(index)

    def step(self, by: int) -> None:
        """Go forwards (1) or back (-1) among the ticked frames of the group."""
        ticked = self.list.ticked()
        if not ticked or self._current is None:
            return
        if self._current in ticked:
            self.go_to(ticked[(ticked.index(self._current) + by) % len(ticked)])
            return
        later = [index for index in ticked if (index - self._current) * by > 0]
        self.go_to((later or ticked)[0 if by > 0 else -1])

    def step_group(self, by: int) -> None:
        """Go to the frame of the same place in the next (1) or the last (-1) group."""
        count = self.list.groups.count()
        if count > 1:
            row = (self.list.groups.currentIndex() + by) % count
            self._choose_group(self.list.groups.itemText(row))

    def set_preview(self, group: str, mask: Prepared | None) -> None:
        """Lay this mask over the frames of `group` in place of that of the run; None: that of the run again."""
        self._preview = None if mask is None else (group, mask)
        self.reason.setVisible(mask is not None)
        self._lay_mask()

    def start(self) -> None:
        """Blink the ticked frames by themselves."""
        self.controls.play.setChecked(True)

    def stop(self) -> None:
        self.controls.play.setChecked(False)

    @property
    def is_playing(self) -> bool:
        return self.timer.isActive()

    def save_png(self, path: str | Path) -> None:
        """Write the canvas as it is seen. Raises `Refusal` when that is impossible."""
        save_widget(self.canvas, path)

    # Building

    def _lay_out(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.bar, self.canvas, self.scale, self.readout, self.reason, self.controls):
            column.addWidget(widget)
        column.setStretchFactor(self.canvas, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.list)
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([style.scaled(175), 900])
        splitter.setChildrenCollapsible(False)
        splitter.setContentsMargins(8, 6, 8, 6)
        self.stack = Stacked(splitter)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _wire(self) -> None:
        self.store.arrived.connect(self._arrived)
        self.store.refused.connect(self._refused)
        self.list.group_chosen.connect(self._choose_group)
        self.list.frame_chosen.connect(self.go_to)
        self.bar.look_changed.connect(self._set_look)
        self.bar.colours_changed.connect(self._set_colours)
        self.bar.fit_asked.connect(self.canvas.fit)
        self.bar.one_to_one_asked.connect(self.canvas.one_to_one)
        self.canvas.cursor_moved.connect(self._read)
        self.canvas.tab_pressed.connect(self.step)
        self.controls.back.clicked.connect(self._back)
        self.controls.forwards.clicked.connect(self._forwards)
        self.controls.play.toggled.connect(self._play)
        self.controls.interval.valueChanged.connect(self.timer.setInterval)
        self.controls.shared.toggled.connect(self._share)
        self.controls.overlay.toggled.connect(self._lay_mask)
        self.controls.split.toggled.connect(self._split)
        self.timer.setInterval(self.controls.interval.value())
        self.timer.timeout.connect(self._tick)

    def _add_keys(self) -> None:
        keys = (
            ("B", self._forwards),
            ("Shift+B", self._back),
            ("PgDown", self._next_group),
            ("PgUp", self._last_group),
            ("M", self.controls.overlay.toggle),
            ("S", self.controls.split.toggle),
        )
        for text, slot in keys:
            shortcut = QShortcut(QKeySequence(text), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        place = event.key() - int(Qt.Key.Key_0)
        if event.key() == Qt.Key.Key_Space:
            self.controls.play.toggle()
        elif 1 <= place <= 9:
            self.go_to_place(place)
        else:
            super().keyPressEvent(event)

    # Stepping

    def _forwards(self) -> None:
        self.step(1)

    def _back(self) -> None:
        self.step(-1)

    def _next_group(self) -> None:
        self.step_group(1)

    def _last_group(self) -> None:
        self.step_group(-1)

    def _play(self, on: bool) -> None:
        self.controls.play.setText("Stop" if on else "Blink")
        self.store.resting = not on
        if on:
            self.timer.start()
        else:
            self.timer.stop()

    def _tick(self) -> None:
        """The next ticked frame that is ready: blinking does not wait for a slow file."""
        ticked = self.list.ticked()
        if self._current is None or len(ticked) < 2:
            return
        place = ticked.index(self._current) if self._current in ticked else -1
        for far in range(1, len(ticked) + 1):
            index = ticked[(place + far) % len(ticked)]
            if self.store.get(index) is not None:
                self.go_to(index)
                return

    def _choose_group(self, group: str) -> None:
        row = self.list.list.currentRow()
        self._group = group
        self.list.groups.setCurrentText(group)
        self.controls.split.setChecked(False)
        self._show_group(row=row)

    def _show_group(self, name: str = "", row: int = 0) -> None:
        members = self._members()
        self.list.set_members(members)
        self._mark_troubles()
        named = [index for index, frame in members if frame.name == name]
        row = min(max(row, 0), len(members) - 1)
        self.go_to(named[0] if named else members[row][0])

    def _members(self) -> list[tuple[int, BlinkFrame]]:
        return [(index, self.store.frames[index]) for index in self.store.members(self._group)]

    def _mark_troubles(self) -> None:
        for index, reason in self.store.trouble.items():
            self.list.mark_trouble(index, reason)

    # Showing

    def _show_current(self) -> None:
        index = self._current
        if index is None:
            return
        prepared, name = self.store.get(index), self.store.frames[index].name
        if prepared is None:
            wrong = self.store.trouble.get(index)
            self.canvas.say(f"{name}\n\n{wrong}" if wrong else f"Reading {name} ...")
            return
        free = self.controls.sky.isChecked() and not self.canvas.is_coming_back
        state = same_sky(self.canvas, prepared) if free else None
        self.canvas.show_frame(prepared, self._label(index))
        if state is not None:
            self.canvas.set_state(state)
        self.bar.set_look(self.store.look_of(index))
        self.bar.show_limits(prepared.low, prepared.high)
        self.bar.set_stretchable(prepared.kind == IMAGE)
        self.scale.set_frame(prepared)
        self._lay_mask()

    def _label(self, index: int) -> str:
        frame = self.store.frames[index]
        place = self.store.members(frame.group).index(index) + 1
        chip = frame.group[frame.group.find("[") :] if "[" in frame.group else ""
        return f"{place}  {frame.name}  {chip}".rstrip()

    def _arrived(self, index: int) -> None:
        if index == self._current:
            self._show_current()
        else:
            self._lay_mask()

    def _refused(self, index: int) -> None:
        self.list.mark_trouble(index, self.store.trouble[index])
        if index == self._current:
            self._show_current()

    def _set_look(self, look: Look) -> None:
        if self._current is not None:
            self.store.set_look(self._current, look)

    def _set_colours(self, name: str, inverted: bool) -> None:
        self.canvas.set_colours(name, inverted)
        self.scale.set_colours(name, inverted)

    def _share(self, on: bool) -> None:
        self.store.set_shared(on)

    def _lay_mask(self, _on: bool = False) -> None:
        """Lay the first ready mask of the group over the frame, if it fits and is asked for."""
        frame, chosen = self.canvas.frame, None
        if self.controls.overlay.isChecked() and frame is not None and frame.kind != MASK:
            masks: Iterator[Prepared | None] = (
                self.store.get(index) for index, made in self._members() if made.kind == MASK
            )
            if self._preview is not None and self._preview[0] == self._group:
                masks = itertools.chain((self._preview[1],), masks)
            chosen = next((mask for mask in masks if mask is not None and mask.shape == frame.shape), None)
        self.canvas.set_mask(chosen)

    def _split(self, on: bool) -> None:
        if on and self.canvas.frame is not None and self._current is not None:
            self.canvas.set_beside(self.canvas.frame, self._label(self._current))
        else:
            self.canvas.set_beside(None)

    def _read(self, x: float, y: float) -> None:
        self.readout.show_at(self.canvas.frame, x, y)

    def _enable(self, on: bool) -> None:
        for widget in (self.bar, self.controls, self.list):
            widget.setEnabled(on)
