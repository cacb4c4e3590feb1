"""Pieces of the steps that stand alone: the separate image of one exposure, one tile of the median.

They go through `core.runs.spread.Workers.each`, so that another process may do them: each reads files, writes files of
its own, and gives back what is small, or rows of an image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data.exposure import Exposure
from core.data.units import to_electrons
from core.drizzle import names
from core.drizzle.chip import ChipInput
from core.drizzle.headers import single_header
from core.drizzle.median import Layer, block_rows, make_median, mean_weight
from core.drizzle.separate import separate
from core.runs.buffers import Buffers
from core.runs.spread import tiles

if TYPE_CHECKING:
    from core.drizzle.run import Run

Tile = tuple[int, int]
"""A half-open range of rows of the output."""


def make_single(run: Run, number: int) -> float:
    """Step 3: write the separate image of an exposure; its mean weight."""
    exposure, space = run.exposures[number], run.space
    single = separate(
        _separate_inputs(run, exposure),
        run.sep_frame,
        _need(run.plan.separate),
        workers=run.workers,
        progress=run.progress,
        buffers=space.buffers,
    )
    mean = mean_weight(single.wht, run.workers)
    for part, image in (("sci", single.sci), ("wht", single.wht)):
        name = names.single(exposure, part)
        header = partial(single_header, exposure, run.sep_frame, name, part.upper())
        space.put(name, image, header, compress=bool(run.params["driz_sep_compress"]))
    return mean


def _separate_inputs(run: Run, exposure: Exposure) -> Iterator[ChipInput]:
    for chip in exposure.chips:
        good = run.usable(exposure, chip, run.plan.sep_bits)
        if not good.any():
            run.warn(f"{exposure.name}[SCI,{chip.extver}]: no good pixel is left for driz_sep_bits.")
        yield from run.lent(exposure, chip, good)


def make_median_image(run: Run, means: Mapping[str, float]) -> NDArray[np.float32]:
    """Step 4: the median of the separate images, whose mean weights are `means`, by tiles."""
    shape = run.sep_frame.shape
    cut = tiles(shape[0], block_rows(shape, _need(run.plan.median)), 4 * shape[1], run.workers)
    parts = run.workers.each(median_rows, run, [(rows, means) for rows in cut], run.progress)
    return joined(parts, cut, shape, run.space.buffers)


def median_rows(run: Run, tile: tuple[Tile, Mapping[str, float]]) -> NDArray[np.float32]:
    """Rows of the median."""
    rows, means = tile
    return make_median(
        [_layer(run, exposure, means[exposure.stem]) for exposure in run.exposures],
        run.sep_frame.shape,
        _need(run.plan.median),
        rows=rows,
        workers=run.workers,
        progress=run.progress,
        buffers=run.space.buffers,
    )


def _layer(run: Run, exposure: Exposure, mean: float) -> Layer:
    return Layer(
        exposure.name,
        run.space.rows(names.single(exposure, "sci")),
        run.space.rows(names.single(exposure, "wht")),
        mean,
        exposure.exptime,
        min(run.sky.of(chip).noise * to_electrons(chip) for chip in exposure.chips),
        float(np.mean([chip.read_noise**2 for chip in exposure.chips])),
    )


def joined(
    parts: Iterable[NDArray[Any]], cut: Sequence[Tile], shape: tuple[int, ...], buffers: Buffers
) -> NDArray[Any]:
    """The image (..., rows, columns) of which `parts` are the tiles; a single tile is the image itself."""
    image: NDArray[Any] | None = None
    for part, (start, stop) in zip(parts, cut, strict=True):
        if len(cut) == 1:
            return part
        if image is None:
            image = buffers.take(shape, part.dtype)
        image[..., start:stop, :] = part
    if image is None:
        raise AssertionError("an image without rows")
    return image


def _need(value: Any) -> Any:
    """The parameters of a step that runs."""
    if value is None:
        raise AssertionError("a step that is off was run")
    return value
