"""What finding rests on: the repaired and convolved pixels of a chip, and the candidates above a threshold.

The convolution is what takes long; with it at hand every other parameter is answered in some hundredths of a
second. `core.align.find` and `core.align.live` go through the same functions, so they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.align.daokernel import Kernel, make_kernel
from core.align.near import Near
from core.align.noise import Sky, SkyStatistics
from core.align.settings import FindParams
from core.kernels import find as kernels
from core.runs.buffers import Buffers
from core.runs.memory import Memory
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]

FILL_REACH = 4
CONVOLVED_AT_ONCE = 1_500_000  # pixels
MEASURED_AT_ONCE = 5_000  # candidates


@dataclass(frozen=True, eq=False)
class Prepared:
    """A chip made ready for one convolution kernel; nothing in it changes.

    `data` (ny, nx) float32 without NaN, `usable` where a source may be detected, `conv` the convolved image (empty
    when the chip is smaller than the kernel), `kernel_key` the parameters of the kernel, `electrons` per image unit.
    """

    extver: int
    data: Image
    usable: Bools
    conv: Image
    kernel: Kernel
    kernel_key: tuple[float, ...]
    statistics: SkyStatistics
    electrons: float
    dqbits: str = ""
    memory: Memory = field(default_factory=lambda: Memory(keep=1))

    def sky(self, params: FindParams) -> Sky:
        """Noise, threshold in image units and level of the sky. Raises `Refusal` for a noise of 0."""
        return self.statistics.sky(params, self.electrons)

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return self.data.nbytes + self.usable.nbytes + self.conv.nbytes


def kernel_key(params: FindParams) -> tuple[float, ...]:
    """The parameters that need a new convolution."""
    return params.conv_width, params.ratio, params.theta, params.nsigma


def prepare_in(
    pixels: Image,
    params: FindParams,
    *,
    good: Bools | None = None,
    extver: int = 1,
    electrons: float = 1.0,
    workers: Workers | None = None,
    progress: Progress | None = None,
    room: Buffers | None = None,
) -> Prepared:
    """An image (ny, nx) float32 made ready; see `core.align.find.find_in` for `good` and `electrons`.

    What is as large as the image is taken from `room`, if there is one.
    """
    kernel = make_kernel(params)
    data, usable = repaired(pixels, good, room)
    statistics = SkyStatistics(pixels)
    statistics.noise(params.noise)  # now, not when the first threshold is tried
    return Prepared(
        extver=extver,
        data=data,
        usable=usable,
        conv=convolved(data, kernel, workers or Threads(), progress, room),
        kernel=kernel,
        kernel_key=kernel_key(params),
        statistics=statistics,
        electrons=electrons,
        dqbits=params.dqbits,
    )


def convolved(
    data: Image,
    kernel: Kernel,
    workers: Workers,
    progress: Progress | None = None,
    room: Buffers | None = None,
) -> Image:
    """The convolved image; empty when the image is smaller than the kernel."""
    if min(data.shape) < max(kernel.gauss.shape):
        return np.empty((0, 0), np.float32)
    conv: Image = (room or Buffers()).take(data.shape, np.float32)
    over_rows(
        lambda start, stop: kernels.convolve_rows(data, kernel.weights, conv, start, stop),
        data.shape[0],
        max(1, CONVOLVED_AT_ONCE // data.shape[1]),
        workers,
        progress,
    )
    return conv


def candidates(
    prepared: Prepared, params: FindParams, workers: Workers | None = None, progress: Progress | None = None
) -> tuple[Floats, Codes]:
    """All candidates above the threshold, (n, `kernels.N_COLUMNS`), and why each is no source (0: it is one).

    What was measured at the last threshold is kept: moving a limit only judges anew. Raises `Refusal` for a noise
    of 0.
    """
    sky = prepared.sky(params)
    if not prepared.conv.size or not np.isfinite(sky.sigma):
        return np.empty((0, kernels.N_COLUMNS)), np.empty(0, np.int8)
    table, measured = prepared.memory.recall(
        "measured",
        (sky.threshold, sky.sigma),
        lambda: _measured(prepared, sky, workers or Threads(), progress),
    )
    reason = np.empty(len(table), np.int8)
    kernels.judge(table, measured, params.limits(), params.use_sharp_round, reason)
    drop_duplicates(table, reason, params.conv_width * params.nsigma / 2.0)
    return table, reason


def _measured(
    prepared: Prepared, sky: Sky, workers: Workers, progress: Progress | None
) -> tuple[Floats, Codes]:
    """The candidates with all that is measured of them; what lies at the edge or on bad pixels is marked."""
    kernel = prepared.kernel
    boxes = kernels.label_boxes(prepared.conv, prepared.usable, sky.threshold)
    table = np.empty((len(boxes), kernels.N_COLUMNS))
    reason = np.empty(len(boxes), np.int8)
    radius = prepared.kernel_key[0]

    def block(start: int, stop: int) -> None:
        kernels.measure(
            prepared.data, prepared.conv, prepared.usable, boxes, sky.threshold, kernel.gauss, kernel.inside,
            sky.sigma**2, kernel.variance_x, kernel.variance_y, sky.level, radius, table, reason, start, stop,
        )  # fmt: skip

    over_rows(block, len(boxes), MEASURED_AT_ONCE, workers, progress)
    return table, reason


def repaired(pixels: Image, good: Bools | None, room: Buffers | None = None) -> tuple[Image, Bools]:
    """The image without NaN or infinities, and where a source may be detected."""
    data = np.ascontiguousarray(pixels, np.float32)
    finite: Bools = np.isfinite(data, out=(room or Buffers()).take(data.shape, np.bool_))
    if not finite.all() and finite.any():
        data = data.copy()
        fallback = float(np.median(data[finite]))
        near = widened(finite, FILL_REACH)
        data[~near] = fallback  # far from all data, outside the exposure in a drizzled frame
        rows, columns = np.nonzero(near & ~finite)
        data[rows, columns] = kernels.fill_bad(data, rows, columns, finite, FILL_REACH, fallback)
    usable = finite if good is None else np.logical_and(finite, good, out=finite)
    return data, usable


def widened(marks: Bools, reach: int) -> Bools:
    """Marks (ny, nx) and all pixels within `reach` rows and columns of one."""
    rows = marks.copy()
    for k in range(1, reach + 1):
        rows[k:] |= marks[:-k]
        rows[:-k] |= marks[k:]
    made = rows.copy()
    for k in range(1, reach + 1):
        made[:, k:] |= rows[:, :-k]
        made[:, :-k] |= rows[:, k:]
    return made


def drop_duplicates(table: Floats, reason: Codes, separation: float) -> None:
    """Of kept sources closer than `separation` the fainter is marked; of equals the one with lower y."""
    kept = np.nonzero(reason == kernels.KEPT)[0]
    if len(kept) < 2:
        return
    pairs = Near.of(table[kept, :2]).pairs(separation * (1.0 - 1e-12))
    if not len(pairs):
        return
    rank = np.empty(len(kept), np.int64)
    rank[np.lexsort((-table[kept, kernels.Y], -table[kept, kernels.BOX_SUM]))] = np.arange(len(kept))
    worse = np.where(rank[pairs[:, 0]] > rank[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    better = pairs.sum(axis=1) - worse
    gone = np.zeros(len(kept), bool)
    for k in np.lexsort((rank[worse], rank[better])):  # brightest first: what is dropped drops nothing itself
        if not gone[better[k]]:
            gone[worse[k]] = True
    reason[kept[gone]] = kernels.DUPLICATE
