"""Step 4: the separate images combined to one clean model of the sky (DrizzlePac Handbook, section 7.1, step 4).

minmed, the default, takes the median of the good values without the highest, and the minimum where the median is
significantly above it: with three or four images a pixel hit twice by cosmic rays would otherwise survive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.drizzle.pairs import two_numbers
from core.errors import Refusal
from core.kernels import stack as kernel
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows

Image = NDArray[np.float32]
Rows = Callable[[int, int], Image]
_KINDS = ("minmed", "iminmed", "median", "imedian", "mean", "imean", "sum")
_LEAST_WEIGHT = 1e-8


@dataclass(frozen=True)
class MedianParams:
    """Step 4, parameters combine_* and median_newmasks; thresholds in e-/s."""

    kind: str
    newmasks: bool
    maskpt: float
    nsigma: tuple[float, float]
    nlow: int
    nhigh: int
    lthresh: float
    hthresh: float
    grow: int
    bufsize: float

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> MedianParams:
        """From the astrodrizzle parameters; raises Refusal."""
        kind = str(params["combine_type"])
        if kind not in _KINDS:
            raise Refusal(
                f"'{kind}' is not known.",
                subject="combine_type",
                advice=f"Choose one of {', '.join(_KINDS)}.",
            )
        for name in ("combine_nlow", "combine_nhigh", "combine_grow"):
            if params[name] < 0:
                raise Refusal(f"The value {params[name]} is below 0.", subject=name, advice="Give 0 or more.")
        low, high = params["combine_lthresh"], params["combine_hthresh"]
        return cls(
            kind,
            bool(params["median_newmasks"]),
            float(params["combine_maskpt"]),
            two_numbers(params["combine_nsigma"], "combine_nsigma"),
            int(params["combine_nlow"]),
            int(params["combine_nhigh"]),
            -np.inf if low is None else float(low),
            np.inf if high is None else float(high),
            int(params["combine_grow"]),
            float(params["combine_bufsize"] or 1.0),
        )

    def check(self, images: int) -> None:
        """Raise Refusal when combine_nlow and combine_nhigh leave nothing of so many images."""
        plain = not self.kind.endswith("minmed") and self.kind != "sum"
        if plain and self.nlow + self.nhigh >= images:
            raise Refusal(
                f"Rejecting {self.nlow} + {self.nhigh} values leaves nothing of {images} images.",
                subject="combine_nlow, combine_nhigh",
                advice="Lower them.",
            )


@dataclass(frozen=True, eq=False)
class Layer:
    """One separate image as the median sees it.

    `sci` (per second) and `wht` give rows [start, stop) as float32; `mean_weight` is the mean of the positive
    weights; `exptime` seconds; `sky` electrons, the lowest of the exposure's chips; `noise2` e-^2, the mean squared
    read noise of its chips.
    """

    name: str
    sci: Rows
    wht: Rows
    mean_weight: float
    exptime: float
    sky: float
    noise2: float


def mean_weight(weights: Image, workers: Workers | None = None) -> float:
    """Mean of the weights above 1e-8, 0 when there is none; float32 (rows, columns)."""
    flat = np.ascontiguousarray(weights).reshape(-1)
    parts = [flat[k : k + (1 << 20)] for k in range(0, flat.size, 1 << 20)]
    sums = (workers or Threads(1)).map(lambda part: kernel.positive_mean(part, _LEAST_WEIGHT), parts)
    count = sum(n for n, _ in sums)
    # in float32, as the field has it: the limit made of it decides over single pixels
    return float(np.float32(sum(s for _, s in sums) / count)) if count else 0.0


def make_median(
    layers: Sequence[Layer],
    shape: tuple[int, int],
    params: MedianParams,
    *,
    rows: tuple[int, int] | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
    buffers: Buffers | None = None,
) -> Image:
    """Combine `layers` to one float32 image of `shape`, e-/s, by blocks of rows; with `rows` only [start, stop) of it.

    With newmasks a value is bad where its weight is below maskpt times the mean weight of its image; without,
    none is. Pixels bad in all images are 0. The image is taken from `buffers`. `progress` is advanced
    `median_units(shape, params)` times.

    Raises
    ------
    Refusal
        combine_nlow and combine_nhigh leave nothing of so few images.
    """
    params.check(len(layers))
    minmed = params.kind.endswith("minmed")
    store = buffers or Buffers()
    first, last = rows or (0, shape[0])
    out: Image = store.take((last - first, shape[1]), np.float32)
    limits = np.array([params.maskpt * e.mean_weight if params.newmasks else -np.inf for e in layers])
    fill_block = _minmed_block if minmed else _plain_block
    grow = params.grow if minmed else 0

    def stacked(images: Sequence[Rows], start: int, stop: int) -> NDArray[np.float32]:
        stack: NDArray[np.float32] = store.take((len(images), stop - start, shape[1]), np.float32)
        for number, rows in enumerate(images):
            if progress is not None:
                progress.check()  # many images take their time to read
            stack[number] = rows(start, stop)
        return stack

    def work(start: int, stop: int) -> None:
        low, high = max(0, start - grow), min(shape[0], stop + grow)
        sci = stacked([layer.sci for layer in layers], low, high)
        wht = sci if params.kind == "sum" else stacked([layer.wht for layer in layers], low, high)
        fill_block(layers, (sci, wht), limits, params, start - low, out[start - first : stop - first])
        store.give(sci, wht)

    team = _and_readers(workers or Threads(1))
    over_rows(work, last - first, block_rows(shape, params), team, progress, first=first)
    return out


def _and_readers(workers: Workers) -> Workers:
    """Twice as many threads as compute: the others wait for the disk meanwhile."""
    return Threads(2 * workers.count) if isinstance(workers, Threads) and workers.count > 1 else workers


def median_units(shape: tuple[int, int], params: MedianParams) -> int:
    """How often `make_median` advances the progress."""
    return -(-shape[0] // block_rows(shape, params))


def block_rows(shape: tuple[int, int], params: MedianParams) -> int:
    """Rows of a block: what combine_bufsize MiB of one image hold."""
    return max(1, int(params.bufsize * 2**20 / (4 * shape[1])))


Stacks = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Images and weights, (images, rows, columns)."""


def _minmed_block(
    layers: Sequence[Layer],
    stacks: Stacks,
    limits: NDArray[np.float64],
    params: MedianParams,
    first: int,
    out: Image,
) -> None:
    """Row `first` of the stacks is row 0 of `out`; those around are neighbours."""
    kernel.minmed(
        *stacks,
        limits,
        np.array([e.sky / e.exptime for e in layers]),
        np.array([e.noise2 for e in layers]),
        *params.nsigma,
        params.grow,
        params.kind == "iminmed",
        first,
        out,
    )


def _plain_block(
    layers: Sequence[Layer],
    stacks: Stacks,
    limits: NDArray[np.float64],
    params: MedianParams,
    first: int,
    out: Image,
) -> None:
    if params.kind == "sum":
        kernel.plain_sum(stacks[0], out)
        return
    kernel.trimmed(
        *stacks,
        limits,
        params.lthresh,
        params.hthresh,
        params.nlow,
        params.nhigh,
        params.kind.endswith("mean"),
        params.kind.startswith("i"),
        out,
    )
