"""Source finding while a person moves the parameters: convolve once, then every threshold and limit at once.

`prepare` reads and convolves a chip; `select` gives for any parameters of the same kernel exactly the sources and
the rejected candidates that `core.align.find.find` gives, only without the finer positions that the fit uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.align.candidates import Prepared, candidates, convolved, kernel_key, prepare_in, repaired
from core.align.daokernel import make_kernel
from core.align.find import REASONS, electrons_per_unit, measured_pixels, unflagged
from core.align.settings import FindParams
from core.data.exposure import Chip
from core.kernels import find as kernels
from core.runs.memory import Memory
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers

__all__ = [
    "Prepared",
    "Selection",
    "is_quick",
    "needs_convolution",
    "needs_pixels",
    "prepare",
    "renewed",
    "select",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Selection:
    """All candidates of a chip, arrays of the same length, in the order in which they were detected.

    `x`, `y` 0-based chip pixels; `reason` int8, 0 for a source, else a key of `core.align.find.REASONS`; `counts` the
    number of candidates by reason, 0 among them; `sigma`, `threshold` in image units; `height` of the convolved
    image; the other columns as in `Catalog`, NaN for candidates too near to the edge to be measured.
    """

    extver: int
    x: Floats
    y: Floats
    reason: NDArray[np.int8]
    flux: Floats
    peak: Floats
    sharp: Floats
    round1: Floats
    round2: Floats
    height: Floats
    sigma: float
    threshold: float
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which candidates are sources."""
        return self.reason == kernels.KEPT

    @property
    def words(self) -> dict[str, int]:
        """The number of rejected candidates by the reason in words, the most frequent first."""
        lost = sorted(((n, code) for code, n in self.counts.items() if code), reverse=True)
        return {REASONS[code]: n for n, code in lost}

    def __len__(self) -> int:
        return len(self.x)


def prepare(
    chip: Chip,
    params: FindParams,
    *,
    good: NDArray[np.bool_] | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """A chip's pixels read and convolved; `good` marks where sources may lie, with `dqbits` what the flags leave.

    Raises `Refusal` when the pixels or flags cannot be read.
    """
    return prepare_in(
        measured_pixels(chip),
        params,
        good=unflagged(chip, params, good),
        extver=chip.extver,
        electrons=electrons_per_unit(chip),
        workers=workers,
        progress=progress,
    )


def needs_pixels(prepared: Prepared, params: FindParams) -> bool:
    """Whether `params` ask for other flags than the chip was prepared with: `prepare` it again."""
    return prepared.dqbits != params.dqbits


def needs_convolution(prepared: Prepared, params: FindParams) -> bool:
    """Whether `params` have another kernel: `select` refuses, `renewed` convolves again."""
    return prepared.kernel_key != kernel_key(params)


def is_quick(before: FindParams | None, params: FindParams) -> bool:
    """Whether the candidates are those of `before`, which `select` has just judged: only limits are others."""
    if before is None:
        return False
    limits = {name: getattr(params, name) for name in _LIMITS}
    return replace(before, **limits) == params


_LIMITS = (
    "peakmin", "peakmax", "fluxmin", "fluxmax", "use_sharp_round", "sharplo", "sharphi", "roundlo", "roundhi",
)  # fmt: skip


def renewed(
    prepared: Prepared,
    params: FindParams,
    *,
    chip: Chip | None = None,
    good: NDArray[np.bool_] | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """What is ready for `params`: the same, convolved again for another kernel, with other flags of `chip`."""
    made = prepared
    if needs_convolution(made, params):
        kernel = make_kernel(params)
        conv = convolved(made.data, kernel, workers or Threads(), progress)
        made = replace(made, kernel=kernel, kernel_key=kernel_key(params), conv=conv, memory=Memory(keep=1))
    if needs_pixels(made, params) and chip is not None:
        _, usable = repaired(measured_pixels(chip), unflagged(chip, params, good))
        made = replace(made, usable=usable, dqbits=params.dqbits, memory=Memory(keep=1))
    return made


def select(
    prepared: Prepared, params: FindParams, workers: Workers | None = None, progress: Progress | None = None
) -> Selection:
    """The sources and the rejected candidates under `params`.

    Raises `Refusal` for a noise of 0, ValueError when the chip was prepared for another kernel or other flags.
    """
    if needs_convolution(prepared, params) or needs_pixels(prepared, params):
        raise ValueError("the chip was prepared for another kernel or other flags: call renewed or prepare")
    sky = prepared.sky(params)
    table, reason = candidates(prepared, params, workers, progress)
    codes, numbers = np.unique(reason, return_counts=True)
    return Selection(
        extver=prepared.extver,
        x=_column(table, kernels.X),
        y=_column(table, kernels.Y),
        reason=reason,
        flux=_column(table, kernels.FLUX),
        peak=_column(table, kernels.PEAK),
        sharp=_column(table, kernels.SHARP),
        round1=_column(table, kernels.ROUND1),
        round2=_column(table, kernels.ROUND2),
        height=_column(table, kernels.HEIGHT),
        sigma=sky.sigma,
        threshold=sky.threshold,
        counts={int(code): int(n) for code, n in zip(codes, numbers, strict=True)},
    )


def _column(table: Floats, which: int) -> Floats:
    return np.ascontiguousarray(table[:, which])
