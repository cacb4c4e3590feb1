"""Copies made ahead: while it is still worked out what is to be in a header, its pixels are on their way already.

Writing 170 MB takes as long as aligning them, and waits for the disk while the processor computes. What a change will
do to the size of the headers is known before its values are. So a change with any values is written to a hidden file
beside the exposure, the pixels in their places; when the true change comes, only its headers and tables are written
over the others, and the file takes the place of the exposure as any other new file does (`core.data.safe`). If the
change turns out otherwise, or never comes, the hidden file goes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from core.data.onepass import Altered, Change, alter, refuse_if_changed, same_places, write_small_parts
from core.data.safe import prefix_of

MOST = 4  # files made ahead at a time: they all lie on the disk at once


class Ahead:
    """New files with any headers, made by a thread of their own from the moment on that this is entered.

    Nothing that goes wrong is told: then the file is made when its change comes, and what is wrong shows there.
    """

    def __init__(self, changes: Mapping[Path, Change]) -> None:
        """`changes` by the real path of the file; the first `MOST` of them are made."""
        self._changes = dict(list(changes.items())[:MOST])
        self._made: dict[Path, tuple[Path, Altered]] = {}
        self._done = {path: threading.Event() for path in self._changes}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._make_all, name="ahead", daemon=True)

    def __enter__(self) -> Ahead:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Make no more, and remove what was not taken; what stwcs prints is caught until then, and all else with it."""
        self._stopped.set()
        self._thread.join()
        for part, _ in self._made.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def finished(self, altered: Altered, part: Path) -> Altered | None:
        """Make `part` the file that `altered.write` would make, with the sums of all data; None where that must be done
        as ever. Raises OSError when it cannot be written, `Refusal` when another program changed the file meanwhile.
        """
        event = self._done.get(altered.path)
        if event is None:
            return None
        event.wait()
        made = self._made.pop(altered.path, None)
        if made is None:
            return None
        ahead, known = made
        if known.stamp != altered.stamp or not same_places(known.after, altered.after):
            ahead.unlink(missing_ok=True)
            return None
        os.replace(ahead, part)
        write_small_parts(part, known.after, altered.after)
        refuse_if_changed(altered.path, altered.stamp)  # the wait may have been long
        sums = {
            one.offset: one.data_sum for one in (*known.before.parts, *known.after.parts) if one.table is None
        }
        before, after = (
            replace(
                s,
                parts=tuple(
                    one if one.data_sum else replace(one, data_sum=sums[one.offset]) for one in s.parts
                ),
            )
            for s in (altered.before, altered.after)
        )
        return replace(altered, before=before, after=after)

    def _make_all(self) -> None:
        try:
            for path, change in self._changes.items():
                # whatever is wrong with a file, Apply meets it again and tells it
                with contextlib.suppress(Exception):
                    if not self._stopped.is_set():
                        self._make(path, change)
                self._done[path].set()
        finally:
            for event in self._done.values():  # nobody may wait for a thread that has ended
                event.set()

    def _make(self, path: Path, change: Change) -> None:
        size = path.stat().st_size
        if not os.access(path, os.W_OK) or shutil.disk_usage(path.parent).free < 4 * size:
            return
        altered = alter(path, change)
        if altered is None:
            return
        handle, name = tempfile.mkstemp(prefix=prefix_of(path), suffix=".part", dir=path.parent)
        part = Path(name)
        try:
            os.close(handle)
            written = altered.write(part, sums=True)
            with part.open("rb+") as stream:
                os.fsync(stream.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._made[path] = (part, written)
