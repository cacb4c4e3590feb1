"""The detector: its faults, photon noise, the full well and the read noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.kernels.render import bleed_columns
from core.runs.progress import Progress
from core.runs.spread import Workers, row_blocks
from core.simulate.scene import Scene

Floats = NDArray[np.float64]
Flags = NDArray[np.int16]

FULL_WELL = 70000.0  # electrons
GAIN = 1.56  # e-/DN
READ_NOISE = 3.1  # electrons
BLOCK = 128  # rows that share one stream of random numbers

BAD_PIXEL, HOT, WARM, SATURATED = 4, 16, 64, 256

# Shares of all pixels
HOT_SHARE, WARM_SHARE, STRAY_SHARE, DARK_SHARE = 0.003, 0.006, 1.0e-5, 5.0e-6
# e-/s left after the dark was subtracted: hot, warm and unflagged hot pixels; over-subtracted ones
HOT_RATE, WARM_RATE, STRAY_RATE, DARK_RATE = 1.5, 0.05, (8.0, 60.0), (3.0, 30.0)
COLUMN_SPACING = 1400  # columns per bad column


@dataclass(frozen=True, eq=False)
class Defects:
    """Faults of one chip, the same in every exposure.

    `extra` (rows, columns) e-/s on top of sky and stars, `dq` the flags, `unflagged_hot` and `over_subtracted`
    flat indices that no flag tells of, `dead` flat indices of bad columns.
    """

    extra: NDArray[np.float32]
    dq: Flags
    unflagged_hot: NDArray[np.int64]
    over_subtracted: NDArray[np.int64]
    dead: NDArray[np.int64]


def draw_defects(scene: Scene, extver: int) -> Defects:
    """The faults of the chip, none if the scene asks for none."""
    columns, rows = scene.naxis
    size = rows * columns
    extra, dq = np.zeros(size, np.float32), np.zeros(size, np.int16)
    nothing = np.empty(0, np.int64)
    if not scene.defects:
        return Defects(extra.reshape(rows, columns), dq.reshape(rows, columns), nothing, nothing, nothing)
    random = scene.stream(2, extver)
    numbers = [round(size * share) for share in (HOT_SHARE, WARM_SHARE, STRAY_SHARE, DARK_SHARE)]
    chosen = random.choice(size, sum(numbers), replace=False)
    hot, warm, stray, dark = np.split(chosen, np.cumsum(numbers)[:-1])
    extra[hot] = random.exponential(HOT_RATE, len(hot))
    extra[warm] = random.exponential(WARM_RATE, len(warm))
    extra[stray] = random.uniform(*STRAY_RATE, len(stray))
    extra[dark] = -random.uniform(*DARK_RATE, len(dark))
    dq[hot], dq[warm] = HOT, WARM
    dead = _bad_columns(random, columns, rows)
    dq[dead] |= BAD_PIXEL
    return Defects(
        extra.reshape(rows, columns), dq.reshape(rows, columns), np.sort(stray), np.sort(dark), dead
    )


def _bad_columns(random: np.random.Generator, columns: int, rows: int) -> NDArray[np.int64]:
    count = max(1, columns // COLUMN_SPACING + 1)
    parts = []
    for column in random.choice(columns, count, replace=False):
        first = int(random.integers(0, rows // 2))
        parts.append(np.arange(first, rows) * columns + column)
    return np.sort(np.concatenate(parts)).astype(np.int64)


def expose(
    scene: Scene,
    key: tuple[int, int],
    light: Floats,
    cosmic_rays: Floats,
    defects: Defects,
    workers: Workers,
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.float32], Flags]:
    """SCI and ERR in electrons and DQ of one chip.

    `key` is (exposure, extver); `light` (rows, columns) electrons of sky and stars, changed in place;
    `cosmic_rays` electrons.
    """
    dead = defects.dead
    light.ravel()[dead] *= 0.3
    blocks = list(enumerate(row_blocks(light.shape[0], BLOCK)))

    def collect(item: tuple[int, tuple[int, int]]) -> None:
        number, (start, stop) = item
        part = light[start:stop]
        extra = defects.extra[start:stop] * scene.exptime
        np.maximum(extra, 0.0, out=extra)
        part += extra
        if scene.noise:
            part[:] = scene.stream(4, *key, number).poisson(part)
        part += cosmic_rays[start:stop]

    workers.map(collect, blocks, progress)
    bleed_columns(light, FULL_WELL, 0, light.shape[1])
    dq = defects.dq.copy()
    dq[light >= FULL_WELL * (1.0 - 1e-9)] |= SATURATED
    sci = np.empty(light.shape, np.float32)
    err = np.empty(light.shape, np.float32)

    def read_out(item: tuple[int, tuple[int, int]]) -> None:
        number, (start, stop) = item
        part = light[start:stop]
        err[start:stop] = np.sqrt(np.maximum(part, 0.0) + READ_NOISE**2)
        sci[start:stop] = part + np.minimum(defects.extra[start:stop], 0.0) * scene.exptime
        if scene.noise:
            noise = scene.stream(5, *key, number).standard_normal(part.shape, np.float32)
            sci[start:stop] += np.float32(READ_NOISE) * noise

    workers.map(read_out, blocks, progress)
    return sci, err, dq
