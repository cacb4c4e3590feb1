"""The cases of the `drizzle` package's own test data (version 1.12), and what our steps make of them.

One chip of ACS/HRC (1024 x 1024, a plane without distortion) and a frame of 1163 x 1137 pixels. "point" is one pixel
in row 500, column 200; "grid" one in every 64 in both axes, from 32 on; "image" the exposure itself. All weights 1,
whole drops, values per second, no scaling of weights. Scale ratios are lengths of the pixels' x axes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.data.chipwcs import ChipWCS
from core.drizzle.blot import blot
from core.drizzle.chip import ChipInput, scale_ratio
from core.drizzle.combine import combine
from core.drizzle.drop import Canvas, Drop, drop_chip, settle
from core.drizzle.mapping import PixelMap, pixel_map
from core.drizzle.settings import BlotParams, CombineParams, WeightScale

COMPACT = Path(__file__).parent / "data" / "drizzle_1.12.npz"
PIECE = COMPACT.with_name("j8bt06nyq_piece.fits.gz")
SHAPE, FRAME_SHAPE = (1024, 1024), (1137, 1163)
BLOCK = 32  # frame pixels on an edge of the blocks in which weights are summed
KERNELS = {  # drizzled: the kernel and what fell
    "square_point": ("square", "point"),
    "square_grid": ("square", "grid"),
    "turbo_grid": ("turbo", "grid"),
    "gaussian_grid": ("gaussian", "grid"),
    "lanczos_grid": ("lanczos3", "grid"),
    "tophat_grid": ("tophat", "grid"),
    "point_grid": ("point", "grid"),
}
BLOTS = {"blot_point": ("poly5", "point"), "blot_default": ("poly5", "grid")}
FOREIGN = ("blot_lan3", "blot_lan5")  # interpolants that astrodrizzle does not offer
IMAGES = {"square_image": "square", "turbo_image": "turbo"}
# corners and the middle of the chip: first row, first column, edge
CUTS = ((0, 0, 112), (912, 912, 112), (448, 380, 112))


def scene(name: str, value: float) -> np.ndarray:
    """The chip with its bright pixels."""
    made = np.zeros(SHAPE, np.float32)
    made[(500, 200) if name == "point" else (slice(32, None, 64), slice(32, None, 64))] = value
    return made


def plane(numbers: np.ndarray, shape: tuple[int, int]) -> ChipWCS:
    """A WCS without distortion from CRPIX, CRVAL and CD, eight numbers."""
    crpix, crval, cd = np.split(np.asarray(numbers, float), [2, 4])
    return ChipWCS(crpix, crval, cd.reshape(2, 2), shape[::-1])


def cut_out(wcs: ChipWCS, cut: tuple[int, int, int]) -> ChipWCS:
    """The WCS of a square piece of the chip."""
    row, column, edge = cut
    return replace(wcs, crpix=wcs.crpix - np.array([column, row], float), naxis=(edge, edge))


@dataclass(frozen=True)
class Drizzled:
    """0 where nothing fell."""

    sci: np.ndarray
    wht: np.ndarray
    ctx: np.ndarray


def drizzled(data: np.ndarray, wcs: ChipWCS, frame: ChipWCS, kernel: str) -> Drizzled:
    """By the last step, as an exposure goes through it."""
    chip = ChipInput(wcs, data, np.ones(data.shape, np.float32), 1.0, True)
    made = combine(iter([chip]), frame, CombineParams(kernel, 1.0, WeightScale(), 0.0, 10))
    return Drizzled(made.sci, made.wht, made.ctx[0])


def displaced(wcs: ChipWCS, frame: ChipWCS, rows: int, columns: int) -> PixelMap:
    """The map of which the square kernel of version 1.12 takes the corners of drops.

    It wants a corner's place between four centres and reads two of them, twice: the x of a corner is that of the row
    below it, the y that of the column left of it, half a pixel away. On the first row (column) there is none below,
    on the last it takes the last but one: there it is half a pixel and one and a half. `rows` and `columns` say how
    the first and the last are: 0 neither is an edge of the whole chip, 1 the first, 2 the last, 3 both."""
    made = pixel_map(wcs, frame, 1)
    along_y, along_x = np.gradient(made.x, axis=0), np.gradient(made.y, axis=1)

    def pull(length: int, edges: int) -> np.ndarray:
        # corners are the mean of the nodes around: what a node outside must be for the corner to be where it is
        pulled = np.full(length, -0.5)
        pulled[0] = 1.5 if edges & 1 else -0.5
        pulled[-1] = -2.5 if edges & 2 else -0.5
        return pulled

    x = made.x + pull(len(made.x), rows)[:, None] * along_y
    y = made.y + pull(made.y.shape[1], columns) * along_x
    return PixelMap(np.ascontiguousarray(x), np.ascontiguousarray(y), made.step, made.shape)


def drizzled_displaced(
    data: np.ndarray, wcs: ChipWCS, frame: ChipWCS, rows: int = 3, columns: int = 3
) -> Drizzled:
    """By our square kernel, with the corners where version 1.12 has them."""
    planes = [np.zeros(frame.shape, kind) for kind in (np.float32, np.float32, np.int32)]
    canvas = Canvas(*planes, 1)
    drop = Drop("square", 1.0, scale_ratio(frame, wcs))
    drop_chip(data, np.ones(data.shape, np.float32), displaced(wcs, frame, rows, columns), drop, canvas)
    settle(canvas, 0.0)
    return Drizzled(*planes)


def blotted(image: np.ndarray, source: ChipWCS, target: ChipWCS, interp: str) -> np.ndarray:
    """By the step that blots; one second."""
    return blot(image, source, target, BlotParams(interp), exptime=1.0, sky=0.0).sci


def lanczos_cut(data: np.ndarray, wcs: ChipWCS, frame: ChipWCS, table: np.ndarray, shift: float) -> Drizzled:
    """Lanczos3 in plain numpy. `shift` moves the box of frame pixels that a drop may reach: 0 is right, -1 what
    version 1.12 does (its 0-based box still has the 1 of the 1-based one), so that the far sides are cut off."""
    ratio = scale_ratio(frame, wcs)
    x, y = pixel_map(wcs, frame, 1).positions()
    reach, steps = 3.0 / ratio, ratio / float(np.float32(0.01))
    sums = np.zeros((2, frame.shape[0] * frame.shape[1]))
    lows, highs = ([np.rint(at + shift + side * reach) for at in (x, y)] for side in (-1.0, 1.0))
    for j in range(int((highs[1] - lows[1]).max()) + 1):
        row = lows[1] + j
        weight_y = table[np.rint(np.abs(y - row) * steps).astype(int) + 1] * (row <= highs[1])
        for i in range(int((highs[0] - lows[0]).max()) + 1):
            column = lows[0] + i
            weight = weight_y * table[np.rint(np.abs(x - column) * steps).astype(int) + 1]
            on = (column <= highs[0]) & (weight != 0) & (row >= 0) & (column >= 0)
            on &= (row < frame.shape[0]) & (column < frame.shape[1])
            where = (row[on] * frame.shape[1] + column[on]).astype(int)
            for total, each in zip(sums, (weight[on] * data[on] * ratio**2, weight[on]), strict=True):
                total += np.bincount(where, each, total.size)
    some = sums[1] != 0
    sci = np.where(some, sums[0] / np.where(some, sums[1], 1.0), 0.0)
    return Drizzled(*(image.reshape(frame.shape) for image in (sci, sums[1], some.astype(np.int32))))


def block_sums(image: np.ndarray) -> np.ndarray:
    """Sums over squares of BLOCK pixels, float64; what is beyond the image counts as 0."""
    rows, columns = (-(-n // BLOCK) for n in image.shape)
    whole = np.zeros((rows * BLOCK, columns * BLOCK))
    whole[: image.shape[0], : image.shape[1]] = image
    return whole.reshape(rows, BLOCK, columns, BLOCK).sum(axis=(1, 3))


def centroids_apart(one: np.ndarray, two: np.ndarray, places: np.ndarray, half: int) -> np.ndarray:
    """How far flux-weighted positions in two images are apart, in boxes of 2 `half` + 1 pixels around `places` ((n, 2)
    of row, column) that hold flux."""
    away = []
    for row, column in np.rint(places).astype(int):
        here = np.s_[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1]
        rows, columns = np.indices(one[here].shape)
        total = [box.sum(dtype=float) for box in (one[here], two[here])]
        if 0.0 not in total:
            found = [
                [(r * box[here]).sum(dtype=float) / n for r in (rows, columns)]
                for box, n in zip((one, two), total, strict=True)
            ]
            away.append(np.hypot(*np.subtract(*found)))
    return np.array(away)


def bright_places(wcs: ChipWCS, frame: ChipWCS, name: str) -> np.ndarray:
    """Where the bright pixels of a scene lie on the frame (or frame pixels on the chip), row and column."""
    rows, columns = np.nonzero(scene(name, 1.0))
    x, y = frame.sky_to_pix(*wcs.pix_to_sky(columns.astype(float), rows.astype(float)))
    return np.column_stack([y, x])


def reached_by(cut: tuple[int, int, int], wcs: ChipWCS, frame: ChipWCS, margin: float) -> np.ndarray:
    """Frame pixels whose neighbourhood of `margin` chip pixels lies in the piece, or beyond the chip's own edges."""
    row, column, edge = cut
    rows, columns = np.indices(frame.shape, float)
    x, y = wcs.sky_to_pix(*frame.pix_to_sky(columns, rows))
    inside = np.ones(frame.shape, bool)
    for at, first, whole in ((x, column, SHAPE[1]), (y, row, SHAPE[0])):
        low = -np.inf if first == 0 else first + margin
        high = np.inf if first + edge == whole else first + edge - 1 - margin
        inside &= (at > low) & (at < high)
    return inside
