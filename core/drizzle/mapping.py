"""Where the pixels of a chip fall on the frame: exact on a coarse grid, bilinear between.

The grid has its nodes at the FITS pixels 0, step, 2 step ... of the chip, in both axes, up to the first beyond the
last pixel, as drizzlepac's DefaultWCSMapping has. Drizzling and blotting both go from chip to frame (blotting
asks for every chip pixel where on the median it lies), so one map serves both and no inverse of the distortion
is ever needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.data.chipwcs import ChipWCS, Floats
from core.errors import Refusal
from core.kernels.grid import block_bounds
from core.kernels.profiles import map_rows
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, row_blocks

_BLOCK = 10  # chip pixels; the cut by which tiles find the pixels that reach them


@dataclass(frozen=True, eq=False)
class PixelMap:
    """A chip's pixels on the frame.

    Attributes
    ----------
    x, y : float64 (rows, columns) of nodes: 0-based frame positions of the nodes
    step : chip pixels between nodes
    shape : rows and columns of the chip
    """

    x: Floats
    y: Floats
    step: int
    shape: tuple[int, int]

    @property
    def block(self) -> int:
        """Edge of the blocks of `bounds`, a multiple of `step`."""
        return self.step * max(1, round(_BLOCK / self.step))

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest frame row of every block of pixels, corners included; NaN positions left out."""
        ny, nx = self.shape
        size = (ny // self.block + 1, nx // self.block + 1)
        low, high = np.empty(size), np.empty(size)
        block_bounds(self.y, float(self.step), self.block, ny, nx, low, high)
        return low, high

    @cached_property
    def room(self) -> int:
        """The most frame pixels that the window around a pixel of the chip can have, with a margin."""
        steps = [np.abs(np.diff(grid, axis=axis)) for grid in (self.x, self.y) for axis in (0, 1)]
        largest = max(float(np.nanmax(step, initial=0.0)) for step in steps) / self.step
        return (int(2 * largest) + 5) ** 2

    @cached_property
    def extents(self) -> tuple[float, float]:
        """Edge of the square around a whole pixel of the chip, in frame pixels: the largest of the chip; and how much
        of the largest a turn or skew makes."""
        steps = [np.abs(np.diff(grid, axis=axis)) for grid in (self.x, self.y) for axis in (0, 1)]
        x_along, x_up, y_along, y_up = (float(np.nanmax(step, initial=0.0)) / self.step for step in steps)
        # of the two ways to reach right, the lesser is due to the turn
        return max(x_along + x_up, y_along + y_up), max(min(x_along, x_up), min(y_along, y_up))

    @cached_property
    def turn(self) -> int:
        """How the chip is turned on the frame, see `core.kernels.drizzle`: bit 0 mirrored in frame x, bit 1 in y,
        bit 2 axes swapped; taken in the middle of the chip, for the layout of the corners only."""
        j, i = self.x.shape[0] // 2, self.x.shape[1] // 2
        right_by_x, right_by_y = self.x[j, i] - self.x[j, i - 1], self.x[j, i] - self.x[j - 1, i]
        up_by_x, up_by_y = self.y[j, i] - self.y[j, i - 1], self.y[j, i] - self.y[j - 1, i]
        swapped = abs(right_by_x) < abs(right_by_y)
        right, up = (right_by_y, up_by_x) if swapped else (right_by_x, up_by_y)
        return int(right < 0) | int(up < 0) << 1 | int(swapped) << 2

    @cached_property
    def leaning(self) -> int:
        """1 where the pixel in the middle of the chip is turned left, seen on the frame with the axes as `turn` has
        them, -1 where right, else 0. As `turn` it is for the layout of the corners only: pixels elsewhere that lie
        otherwise, as distortion may turn them, are drizzled right all the same."""
        j, i = self.x.shape[0] // 2, self.x.shape[1] // 2
        right_x, right_y = self.x[j, i] - self.x[j, i - 1], self.y[j, i] - self.y[j, i - 1]
        up_x, up_y = self.x[j, i] - self.x[j - 1, i], self.y[j, i] - self.y[j - 1, i]
        if self.turn & 4:
            right_x, right_y, up_x, up_y = up_x, up_y, right_x, right_y
        if self.turn & 1:
            right_x, right_y = -right_x, -right_y
        if self.turn & 2:
            up_x, up_y = -up_x, -up_y
        if right_y > 0 and up_x < 0:
            return 1
        return -1 if right_y < 0 and up_x > 0 else 0

    def positions(self, first: int = 0, stop: int | None = None) -> tuple[Floats, Floats]:
        """0-based frame x and y, float64 (rows, columns), of the pixel centres of chip rows [first, stop)."""
        stop = self.shape[0] if stop is None else stop
        x = np.empty((stop - first, self.shape[1]))
        y = np.empty_like(x)
        map_rows(self.x, self.y, float(self.step), first, stop, x, y)
        return x, y


def pixel_map(
    wcs: ChipWCS,
    frame: ChipWCS,
    stepsize: int = 10,
    *,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> PixelMap:
    """The map of the chip `wcs` onto `frame`, exact every `stepsize` pixels; 0 and 1: exact at every pixel.

    `progress` is only asked whether to stop. Raises `Refusal` for a negative step, `Cancelled`.
    """
    if stepsize < 0:
        raise Refusal(f"The step {stepsize} is below 0.", subject="stepsize", advice="Give 10, or 0.")
    step = max(1, stepsize)
    ny, nx = wcs.shape
    columns = np.arange(nx // step + 2) * step - 1.0
    rows = np.arange(ny // step + 2) * step - 1.0
    x, y = np.empty((rows.size, columns.size)), np.empty((rows.size, columns.size))

    def place(block: tuple[int, int]) -> None:
        if progress is not None:
            progress.check()
        here = slice(*block)
        sky = wcs.pix_to_sky(*np.meshgrid(columns, rows[here]))
        x[here], y[here] = frame.sky_to_pix(*sky)

    (workers or Threads()).map(place, row_blocks(rows.size, max(1, 100_000 // columns.size)))
    return PixelMap(x, y, step, (ny, nx))
