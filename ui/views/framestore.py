"""The frames of the blink view: read and stretched by the worker one after the other, kept while memory lasts.

What a frame should look like is worked out afresh from all choices (`_wanted_look`); whichever frame does not yet
look so is asked for next. So no chain of events can leave a frame behind with an old stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.data.chipwcs import ChipWCS
from ui.views.prepared import (
    IMAGE,
    Load,
    Prepared,
    Run,
    default_look,
    load_and_prepare,
    number_of,
    numbered,
    prepare,
)
from ui.views.stretch import Look

MEMORY = 2_000_000_000


@dataclass(frozen=True, eq=False)
class BlinkFrame:
    """One frame to blink: `load()` gives its pixels and runs in the worker.

    `kind`: "image", "mask" (0 where pixels are bad), "weight" or "context". Frames of one `group`, for instance one
    chip of one exposure, lie on the same pixels, are blinked against each other and share their cuts.
    """

    name: str
    load: Load
    kind: str = IMAGE
    wcs: ChipWCS | None = None
    group: str = ""
    unit: str = ""


class FrameStore(QObject):
    """Keeps the prepared frames. Signals: `arrived(index)`, `refused(index)`; the reason is in `trouble`."""

    arrived = Signal(int)
    refused = Signal(int)

    def __init__(self, run: Run, memory: int = MEMORY, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._memory = memory
        self.frames: tuple[BlinkFrame, ...] = ()
        self.trouble: dict[int, str] = {}
        self.shared = True
        self.resting = True  # while blinking nobody reads values, so pixels need not be read again
        self._ready: dict[int, Prepared] = {}
        self._wanted: list[int] = []
        self._group_looks: dict[str, Look] = {}
        self._own_looks: dict[tuple[str, str], Look] = {}
        self._asked = 0
        self._waiting: int | None = None

    def set_frames(self, frames: Sequence[BlinkFrame]) -> None:
        """Take other frames; the looks that were chosen are kept, and what is ready of frames that are the same.

        A frame is the same when its `load` is: the chip of an exposure that stayed in the list, but not a file of
        a run, which may have been written anew.
        """
        before = {(old.load, old.kind, old.unit): made for old, made in self._with_frames()}
        self.frames = tuple(frames)
        kept = (before.get((new.load, new.kind, new.unit)) for new in self.frames)
        pairs = zip(self.frames, kept, strict=True)
        self._ready = {
            index: replace(made, name=new.name)
            for index, (new, made) in enumerate(pairs)
            if made is not None and made.wcs is new.wcs
        }
        self.trouble.clear()
        self._wanted = []
        self._waiting = None
        self._asked += 1

    def _with_frames(self) -> list[tuple[BlinkFrame, Prepared]]:
        return [(self.frames[index], made) for index, made in self._ready.items()]

    def get(self, index: int) -> Prepared | None:
        """The prepared frame, if it is there, be its look the newest or not."""
        return self._ready.get(index)

    def members(self, group: str) -> list[int]:
        """The frames of a group, in their order."""
        return [index for index, frame in enumerate(self.frames) if frame.group == group]

    def want(self, indices: Sequence[int]) -> None:
        """See to it that these frames get ready, in this order; others may be forgotten."""
        self._wanted = list(indices)
        self._next()

    def look_of(self, index: int) -> Look:
        """The look chosen for a frame: its own, or its group's while cuts are shared."""
        frame = self.frames[index]
        common = self._group_looks.get(frame.group, default_look(IMAGE))
        if frame.kind != IMAGE:
            return default_look(frame.kind)
        return common if self.shared else self._own_looks.get((frame.group, frame.name), common)

    def set_look(self, index: int, look: Look) -> None:
        """Choose a look for a frame, or for its whole group while cuts are shared."""
        if self.shared:
            self._group_looks[self.frames[index].group] = look
        else:
            self._own_looks[self.frames[index].group, self.frames[index].name] = look
        self._next()

    def looks(self) -> list[tuple[str, str, Look]]:
        """The looks that were chosen: group, name of the frame ("" for all of the group), look."""
        whole = [(group, "", look) for group, look in self._group_looks.items()]
        return whole + [(group, name, look) for (group, name), look in self._own_looks.items()]

    def set_looks(self, looks: Sequence[tuple[str, str, Look]]) -> None:
        """Choose looks as `looks` gave them, in place of those chosen so far; frames may come later."""
        self._group_looks = {group: look for group, name, look in looks if not name}
        self._own_looks = {(group, name): look for group, name, look in looks if name}
        self._next()

    def set_shared(self, shared: bool) -> None:
        """Whether the images of a group have the same cuts, those of its first image."""
        self.shared = shared
        self._next()

    def _base(self, index: int) -> int:
        """The first image of the frame's group that can be read: its cuts are the group's."""
        images = [i for i in self.members(self.frames[index].group) if self.frames[i].kind == IMAGE]
        readable = [i for i in images if i not in self.trouble]
        return readable[0] if readable else index

    def _wanted_look(self, index: int) -> Look | None:
        """How a frame should look now; None while that depends on a frame that is not ready."""
        look = self.look_of(index)
        if self.frames[index].kind != IMAGE or not self.shared:
            return look
        base = self._base(index)
        if base == index:
            return look
        first = self._ready.get(base)
        if first is None or first.look != look:
            return None
        return look.fixed(first.low, first.high)

    def _next(self) -> None:
        """Ask for the next frame that is missing, has an old look, or was stripped of its pixels while shown."""
        if self._waiting is not None:
            return
        for index in self._wanted:
            if index in self.trouble:
                continue
            look = self._wanted_look(index)
            if look is None:
                index = self._base(index)
                look = self.look_of(index)
            kept = self._ready.get(index)
            shown = index == self._wanted[0] and self.resting
            stripped = kept is not None and not kept.data.size and shown
            if kept is None or kept.look != look or stripped:
                self._ask(index, look, kept)
                return

    def _ask(self, index: int, look: Look, kept: Prepared | None) -> None:
        frame = self.frames[index]
        self._waiting = index
        self._asked += 1
        has_pixels = kept is not None and kept.data.size > 0
        work: Callable[..., Prepared] = prepare if has_pixels else load_and_prepare
        source: object = kept.data if kept is not None and has_pixels else frame.load
        self._run(
            numbered,
            self._asked,
            work,
            frame.name,
            source,
            look,
            frame.kind,
            frame.wcs,
            frame.unit,
            done=self._done,
            failed=self._failed,
        )

    def _done(self, answer: tuple[int, Prepared]) -> None:
        number, prepared = answer
        if number != self._asked or self._waiting is None:
            return
        index, self._waiting = self._waiting, None
        self._ready[index] = prepared
        self._tidy()
        self.arrived.emit(index)
        self._next()

    def _failed(self, error: BaseException) -> None:
        if number_of(error) not in (None, self._asked) or self._waiting is None:
            return
        index, self._waiting = self._waiting, None
        self.trouble[index] = str(error) or "It could not be read."
        self.refused.emit(index)
        self._next()

    def _tidy(self) -> None:
        """Over the memory limit: forget frames that nobody wants, then the pixels of those that are not shown."""
        spare = [index for index in self._ready if index not in self._wanted]
        while self._used() > self._memory and spare:
            del self._ready[spare.pop(0)]
        for index in reversed(self._wanted[1:]):
            kept = self._ready.get(index)
            if self._used() <= self._memory:
                return
            if kept is not None and kept.data.size:
                self._ready[index] = replace(kept, data=np.empty((0, 0), kept.data.dtype))

    def _used(self) -> int:
        return sum(frame.nbytes for frame in self._ready.values())
