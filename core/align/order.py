"""The order by overlap: which image is the reference and which comes next while the reference catalog grows.

Footprints are compared on the sphere: outlines are polygons in the frame's tangent plane, where great circles are
straight; they are covered with cells, each counted with its solid angle. Areas are good to about a percent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.align.results import Sources
from core.data.chipwcs import ChipWCS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CELLS = 20_000  # in the smallest footprint: a border of 600 cells, of which chance misplaces some twenty
_ROW = np.int64(1) << 32


def outlines(sources: Sources, wcss: dict[int, ChipWCS], frame: ChipWCS) -> tuple[Floats, ...]:
    """Convex outlines (n, 2), 0-based frame pixels: around the sources of each chip, or the chip if they are too few.

    `wcss` by EXTVER; sources without a chip (EXTVER 0: a catalog's) have one outline together.
    """
    made = []
    for extver in sorted({*wcss, *np.unique(sources.extver).tolist()}):
        mine = sources.extver == extver
        hull = _hull(np.column_stack([sources.u[mine], sources.v[mine]]))
        if hull is None and extver in wcss:
            hull = _hull(np.column_stack(frame.sky_to_pix(*wcss[extver].footprint())))
        if hull is not None:
            made.append(hull)
    return tuple(made)


@dataclass(eq=False)
class Overlaps:
    """Footprints of images as sets of cells, and that of the reference as it grows.

    `cells` are sorted cell numbers of each image, `weights` their solid angles in arcsec squared.
    """

    step: float
    frame: ChipWCS
    cells: list[Ints]
    seen: Ints

    @classmethod
    def of(cls, footprints: Sequence[tuple[Floats, ...]], frame: ChipWCS) -> Overlaps:
        """For images with these outlines; the reference is empty at first."""
        areas = [sum(_area(polygon) for polygon in polygons) for polygons in footprints]
        step = float(np.sqrt(min([area for area in areas if area > 0], default=1.0) / CELLS))
        return cls(step, frame, [_covered(polygons, step) for polygons in footprints], np.empty(0, np.int64))

    def overlap(self, first: Ints, second: Ints) -> float:
        """Solid angle, arcsec squared, that two sets of cells have in common."""
        x, y = self._centres(np.intersect1d(first, second, assume_unique=True))
        scale = np.radians(self.frame.scale / 3600.0)
        away2 = ((x - self.frame.crpix[0] + 1.0) ** 2 + (y - self.frame.crpix[1] + 1.0) ** 2) * scale**2
        return float(np.sum((1.0 + away2) ** -1.5)) * (self.step * self.frame.scale) ** 2

    def first_reference(self) -> int:
        """The image to begin with: of the pair with the largest overlap the one that overlaps more with all others.

        Of two images the first.
        """
        n = len(self.cells)
        if n < 3:
            return 0
        table = np.zeros((n, n))
        for i in range(n):
            for j in range(i):
                table[i, j] = table[j, i] = self.overlap(self.cells[i], self.cells[j])
        one, two = sorted(divmod(int(np.argmax(table)), n))
        return two if table[two].sum() > table[one].sum() else one

    def begin(self, polygons: tuple[Floats, ...]) -> None:
        """The reference is what lies in these outlines, as far as images are there."""
        universe = np.unique(np.concatenate([*self.cells, np.empty(0, np.int64)]))
        x, y = self._centres(universe)
        inside = np.zeros(len(universe), bool)
        for polygon in polygons:
            inside |= _inside(polygon, x, y)
        self.seen = universe[inside]

    def grow(self, image: int) -> None:
        """The reference now reaches over the image too."""
        self.seen = np.union1d(self.seen, self.cells[image])

    def best(self, images: Sequence[int]) -> int:
        """Of `images` the one that overlaps most with the reference; of equals the first."""
        return max(images, key=lambda image: (self.overlap(self.cells[image], self.seen), -image))

    def _centres(self, cells: Ints) -> tuple[Floats, Floats]:
        rows = (cells + _ROW // 2) // _ROW
        return np.asarray((cells - rows * _ROW) * self.step), np.asarray(rows * self.step)


class Queue:
    """Images, by number, that wait for their turn: in the given order, or by overlap with the growing reference.

    An image that failed waits until the reference has grown: in the given order until all others had their turn.
    """

    def __init__(self, count: int, overlaps: Overlaps | None = None) -> None:
        self._waiting = list(range(count))
        self._failed: list[int] = []
        self._overlaps = overlaps
        self._has_grown = False

    def first_reference(self) -> int:
        """The image to be the reference."""
        return 0 if self._overlaps is None else self._overlaps.first_reference()

    def begin(self, polygons: tuple[Floats, ...]) -> None:
        """Where the reference has sources at first."""
        if self._overlaps is not None:
            self._overlaps.begin(polygons)

    def __bool__(self) -> bool:
        if not self._waiting and self._has_grown:
            self._again()
        return bool(self._waiting)

    def next(self) -> int:
        """The image whose turn it is; it leaves the queue."""
        image = self._waiting[0] if self._overlaps is None else self._overlaps.best(self._waiting)
        self._waiting.remove(image)
        return image

    def failed(self, image: int) -> None:
        """The image could not be aligned to the reference as it is."""
        self._failed.append(image)

    def grown(self, image: int) -> None:
        """The reference has grown by this image."""
        self._has_grown = True
        if self._overlaps is not None:
            self._overlaps.grow(image)
            self._again()

    def _again(self) -> None:
        self._waiting += self._failed
        self._failed = []
        self._has_grown = False


def _covered(polygons: tuple[Floats, ...], step: float) -> Ints:
    """Numbers, ascending, of the cells of side `step` whose centres lie in one of the polygons."""
    found = [np.empty(0, np.int64)]
    for polygon in polygons:
        low, high = np.ceil(polygon.min(axis=0) / step), np.floor(polygon.max(axis=0) / step)
        rows, columns = np.mgrid[int(low[1]) : int(high[1]) + 1, int(low[0]) : int(high[0]) + 1]
        inside = _inside(polygon, columns * step, rows * step)
        found.append((rows.astype(np.int64) * _ROW + columns)[inside])
    return np.unique(np.concatenate(found))


def _inside(polygon: Floats, x: Floats, y: Floats) -> Bools:
    """Whether points lie in a convex polygon whose corners go counter-clockwise."""
    inside = np.ones(np.shape(x), bool)
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        inside &= (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0.0
    return inside


def _hull(points: Floats) -> Floats | None:
    """Corners of the convex hull, counter-clockwise; None when the points make no area."""
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < 3:
        return None
    from scipy.spatial import ConvexHull, QhullError  # for few runs, and it takes long to be imported

    try:
        hull = ConvexHull(points)
    except QhullError:
        return None
    return np.asarray(points[hull.vertices], float)


def _area(polygon: Floats) -> float:
    x, y = polygon.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
