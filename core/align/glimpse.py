"""Source finding in a part of a chip, while the whole chip is still to come: what the person looks at comes first."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from core.align.candidates import Prepared, convolved, kernel_key
from core.align.daokernel import make_kernel
from core.align.live import Selection, select
from core.align.settings import FindParams
from core.runs.memory import Memory
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers

__all__ = ["Box", "glimpse", "merged"]

MARGIN = (
    32  # pixels beyond the part: groups of pixels that reach into it are seen whole, if they are not larger
)


@dataclass(frozen=True)
class Box:
    """Half-open ranges of rows and columns of a chip, 0-based."""

    y0: int
    y1: int
    x0: int
    x1: int

    @classmethod
    def around(cls, x: float, y: float, wide: float, tall: float, shape: tuple[int, int], most: int) -> Box:
        """The part of a chip of `shape` (ny, nx) that lies within `wide` x `tall` pixels around (x, y); the middle of
        it when that is more than `most` pixels."""
        shrink = min(1.0, (most / max(wide * tall, 1.0)) ** 0.5)
        half = 0.5 * wide * shrink, 0.5 * tall * shrink
        x0, x1 = (int(np.clip(edge, 0, shape[1])) for edge in (x - half[0], x + half[0] + 1.0))
        y0, y1 = (int(np.clip(edge, 0, shape[0])) for edge in (y - half[1], y + half[1] + 1.0))
        return cls(y0, y1, x0, x1)

    @property
    def is_empty(self) -> bool:
        return self.y1 <= self.y0 or self.x1 <= self.x0

    def widened(self, by: int, shape: tuple[int, int]) -> Box:
        """With `by` pixels more on every side, as far as the chip reaches."""
        return Box(
            max(self.y0 - by, 0),
            min(self.y1 + by, shape[0]),
            max(self.x0 - by, 0),
            min(self.x1 + by, shape[1]),
        )

    def holds(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Which 0-based positions lie in it."""
        across = (x >= self.x0 - 0.5) & (x < self.x1 - 0.5)
        return np.asarray(across & (y >= self.y0 - 0.5) & (y < self.y1 - 0.5))


def glimpse(
    prepared: Prepared,
    params: FindParams,
    box: Box,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Selection:
    """What `select` will find in `box`, from its pixels alone; a new kernel is applied to them alone too.

    Threshold and noise are those of the whole chip. Positions are those of the chip. Only groups of pixels larger than
    `MARGIN` may come out otherwise. Raises `Refusal` for a noise of 0, ValueError when other flags are asked for.
    """
    shape = prepared.data.shape
    wide = box.widened(MARGIN + max(make_kernel(params).gauss.shape), shape)
    part = _part(prepared, params, wide, workers or Threads(), progress)
    found = select(part, params, workers, progress)
    found = replace(found, x=found.x + wide.x0, y=found.y + wide.y0)
    return _only(found, box.holds(found.x, found.y))


def merged(before: Selection | None, part: Selection, box: Box) -> Selection:
    """`part` inside of `box`, and what was known `before` outside of it."""
    if before is None:
        return part
    kept = _only(before, ~box.holds(before.x, before.y))
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(kept, name), getattr(part, name)]) for name in _COLUMNS
    }
    counts = {
        code: kept.counts.get(code, 0) + part.counts.get(code, 0) for code in {**kept.counts, **part.counts}
    }
    return replace(part, **columns, counts=counts)


_COLUMNS = tuple(
    one.name for one in fields(Selection) if one.name not in ("extver", "sigma", "threshold", "counts")
)


def _part(
    prepared: Prepared, params: FindParams, box: Box, workers: Workers, progress: Progress | None
) -> Prepared:
    """A chip cut out of a chip; kernels ask for arrays without gaps."""
    rows, columns = slice(box.y0, box.y1), slice(box.x0, box.x1)
    data = np.ascontiguousarray(prepared.data[rows, columns])
    usable = np.ascontiguousarray(prepared.usable[rows, columns])
    if kernel_key(params) == prepared.kernel_key and prepared.conv.size:
        conv, kernel = np.ascontiguousarray(prepared.conv[rows, columns]), prepared.kernel
    else:
        kernel = make_kernel(params)
        conv = convolved(data, kernel, workers, progress)
    return replace(
        prepared,
        data=data,
        usable=usable,
        conv=conv,
        kernel=kernel,
        kernel_key=kernel_key(params),
        memory=Memory(keep=1),
    )


def _only(found: Selection, which: np.ndarray) -> Selection:
    """Some of the candidates, counted anew."""
    columns: dict[str, Any] = {name: getattr(found, name)[which] for name in _COLUMNS}
    codes, numbers = np.unique(columns["reason"], return_counts=True)
    counts = {int(code): int(n) for code, n in zip(codes, numbers, strict=True)}
    return replace(found, **columns, counts=counts)
