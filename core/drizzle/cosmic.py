"""Step 6: cosmic rays, by comparing each chip with its blotted median (DrizzlePac Handbook, section 7.1, step 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.drizzle.pairs import two_numbers
from core.drizzle.rim import Rim
from core.errors import Refusal
from core.kernels import cosmic as kernel
from core.kernels import stream as kernel_stream
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows, row_blocks

Image = NDArray[np.float32]
Mask = NDArray[np.uint8]
_ROWS = 128


@dataclass(frozen=True)
class CosmicParams:
    """Step 6: signal-to-noise and derivative factor of the two passes, growth in pixels.

    `grow` 1 (and 0) adds nothing, 3 flags the 3 x 3 box around each detection; `ctegrow` adds so many pixels
    along the readout trail, on detectors that have one.
    """

    snr: tuple[float, float]
    scale: tuple[float, float]
    grow: int
    ctegrow: int

    @property
    def limits(self) -> kernel.Limits:
        """The limits of the two passes, as the kernels take them."""
        return (*self.snr, *self.scale)

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> CosmicParams:
        """From the astrodrizzle parameters; raises Refusal."""
        for name in ("driz_cr_grow", "driz_cr_ctegrow"):
            if params[name] < 0:
                raise Refusal(f"The value {params[name]} is below 0.", subject=name, advice="Give 0 or more.")
        return cls(
            two_numbers(params["driz_cr_snr"], "driz_cr_snr"),
            two_numbers(params["driz_cr_scale"], "driz_cr_scale"),
            int(params["driz_cr_grow"]),
            int(params["driz_cr_ctegrow"]),
        )


@dataclass(frozen=True)
class Detector:
    """What the comparison must know of a chip.

    `to_electrons` turns its input units into electrons; `sky` electrons in a pixel, 0 without;
    `read_noise` electrons; `cte_dir` 1 when charge trails run to lower rows, -1 to higher rows, 0 without.
    """

    to_electrons: float
    sky: float
    read_noise: float
    cte_dir: int = 0

    @property
    def light(self) -> kernel.Light:
        """How its pixels become electrons, and their noise, as the kernels take it."""
        return float(self.to_electrons), float(self.sky), float(self.read_noise) ** 2


@dataclass(frozen=True, eq=False)
class CosmicMask:
    """uint8 masks (rows, columns), 1 good, 0 cosmic ray: `good` with what was grown, `core` without."""

    good: Mask
    core: Mask


def find_cosmics(
    data: Image,
    blot: Image,
    params: CosmicParams,
    detector: Detector,
    *,
    rim: Rim | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
    buffers: Buffers | None = None,
) -> CosmicMask:
    """The cosmic ray mask of a chip.

    `data` and `blot` are float32 (rows, columns) in the chip's input units, the blot with its sky; `rim` what is
    known of the median one pixel beyond the borders (`core.drizzle.rim`). A pixel is flagged when it differs from the
    blot by more than scale2 * derivative + snr2 * noise and a pixel within one pixel of it by more than scale1 *
    derivative + snr1 * noise. The derivative of a border pixel needs the rim: a star whose middle lies beyond the
    border is steepest there, and its flank would be taken for a cosmic ray.
    `progress` is advanced `cosmic_units(shape)` times. The masks are taken from `buffers`.
    """
    rows = data.shape[0]
    team = workers or Threads(1)
    store = buffers or Buffers()
    state, flagged, good = (store.take(data.shape, np.uint8) for _ in range(3))

    def compare(start: int, stop: int) -> None:
        kernel.compare(data, blot, detector.light, 1.0, params.limits, start, stop, state)

    over_rows(compare, rows, _ROWS, team, progress)
    if rim is not None and rim.size:
        kernel.judge_border(data, blot, rim, detector.light, params.limits, state)
    over_rows(lambda start, stop: kernel.join(state, start, stop, flagged), rows, _ROWS, team)

    def grow(start: int, stop: int) -> None:
        kernel.grow(flagged, params.grow, params.ctegrow, -detector.cte_dir, start, stop, good)
        np.subtract(1, flagged[start:stop], out=state[start:stop])

    over_rows(grow, rows, _ROWS, team)
    store.give(flagged)
    return CosmicMask(good, state)


def cosmic_units(shape: tuple[int, int]) -> int:
    """How often `find_cosmics` advances the progress."""
    return -(-shape[0] // _ROWS)


def fractions(
    mask: CosmicMask, usable: NDArray[np.bool_], workers: Workers | None = None
) -> tuple[int, float, float]:
    """Number of flagged pixels among the `usable` ones, their fraction of these, the same fraction before growing."""
    seen = usable.view(np.uint8)

    def count(rows: tuple[int, int]) -> tuple[int, int, int]:
        here = slice(*rows)
        return kernel_stream.count_rows(seen[here], mask.good[here], mask.core[here])

    counts = (workers or Threads(1)).map(count, row_blocks(seen.shape[0], 4 * _ROWS))
    total, flagged, core = (int(sum(one)) for one in zip(*counts, strict=True))
    return flagged, flagged / total if total else 0.0, core / total if total else 0.0


def suspicious(fraction: float, exptime: float) -> bool:
    """Whether more pixels are flagged, before growing, than cosmic rays can account for.

    In orbit 1.5 to 3 % of the pixels are hit in 1000 s (ACS and WFC3 instrument handbooks), the readout counts as
    some 45 s. Twice that and half a percent for neighbours of bad pixels are let pass. More usually means
    that an exposure is not aligned: then stars are taken for cosmic rays.
    """
    return fraction > _most(exptime)


def ruinous(fraction: float, exptime: float) -> bool:
    """Whether so many pixels are flagged, before growing, that the final image would be lost whatever the reason:
    twice what is let pass, and 15 % of the pixels (passing through the Anomaly gives less in an exposure)."""
    return fraction > max(0.15, 2.0 * _most(exptime))


def _most(exptime: float) -> float:
    return 0.005 + 6e-5 * (exptime + 45.0)
