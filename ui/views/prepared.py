"""Frames made ready for the screen: what the worker hands to the canvas, and the functions that make it.

A prepared frame is finished when it arrives: nobody writes to its arrays again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.errors import Refusal
from ui.views.stretch import Bytes, Look, limits, mask_bytes, pyramid, to_bytes

IMAGE, MASK, WEIGHT, CONTEXT = "image", "mask", "weight", "context"


class Run(Protocol):
    """How a view asks for work outside the GUI thread: `done(value)` or `failed(error)` follow in the GUI thread."""

    def __call__(
        self,
        work: Callable[..., Any],
        *args: Any,
        done: Callable[[Any], object],
        failed: Callable[[BaseException], object],
    ) -> object: ...


@dataclass(frozen=True, eq=False)
class Plane:
    """Pixels that were read together with their WCS and unit."""

    data: NDArray[Any]
    wcs: ChipWCS | None = None
    unit: str = ""


Load = Callable[[], NDArray[Any] | Plane]


@dataclass(frozen=True, eq=False)
class Local:
    """The sky around the middle of a frame: `jacobian` (2, 2), arcsec east and north (rows) per pixel in x and y."""

    jacobian: NDArray[np.float64]

    @property
    def scale(self) -> float:
        """Arcsec per pixel."""
        return float(np.sqrt(abs(np.linalg.det(self.jacobian))))

    @property
    def north(self) -> NDArray[np.float64]:
        """Unit vector (x, y) in the frame that points north."""
        return self._unit(np.array([0.0, 1.0]))

    @property
    def east(self) -> NDArray[np.float64]:
        """Unit vector (x, y) in the frame that points east."""
        return self._unit(np.array([1.0, 0.0]))

    def _unit(self, direction: NDArray[np.float64]) -> NDArray[np.float64]:
        vector = np.linalg.solve(self.jacobian, direction)
        return np.asarray(vector / np.hypot(*vector))


@dataclass(frozen=True, eq=False)
class Prepared:
    """One frame ready to be drawn.

    `data` the pixels, (ny, nx), or (planes, ny, nx) of a context image; `levels` the uint8 frame and its reduced
    copies; `low`, `high` the cuts in the unit of the pixels; `look` what was asked for; `kind` one of image, mask,
    weight, context; `flagged` the share of a mask's pixels that are bad.
    """

    name: str
    kind: str
    data: NDArray[Any]
    levels: tuple[Bytes, ...]
    low: float
    high: float
    look: Look
    wcs: ChipWCS | None = None
    local: Local | None = None
    unit: str = ""
    flagged: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        return self.levels[0].shape[0], self.levels[0].shape[1]

    @property
    def nbytes(self) -> int:
        return int(self.data.nbytes + sum(level.nbytes for level in self.levels))


def prepare(
    name: str,
    data: NDArray[Any],
    look: Look | None = None,
    kind: str = IMAGE,
    wcs: ChipWCS | None = None,
    unit: str = "",
) -> Prepared:
    """Cut, stretch and reduce a frame. Runs in the worker.

    `data` is 2-D, or 3-D for a context image; a mask holds 0 where pixels are bad. Raises `Refusal` when it has
    another shape or no pixels.
    """
    data = np.asarray(data)
    if data.ndim != (3 if kind == CONTEXT and data.ndim == 3 else 2) or not data.size:
        raise Refusal(f"{name} is not an image: its shape is {data.shape}.", subject=name)
    look = look or default_look(kind)
    if kind == MASK:
        low, high, levels = 0.0, 1.0, mask_bytes(data)
    elif kind == CONTEXT:
        low, high, levels = _context_levels(data)
    else:
        low, high = limits(data, look)
        levels = to_bytes(data, low, high, look.stretch)
    return Prepared(
        name,
        kind,
        data,
        pyramid(levels, kind == MASK),
        low,
        high,
        look,
        wcs,
        local_sky(wcs, levels.shape),
        unit,
        float(np.mean(data == 0)) if kind == MASK else 0.0,
    )


def default_look(kind: str) -> Look:
    """How a frame is first shown: weights from their least to their greatest value, images so that 99.5 % of
    the pixels lie between the cuts, faint and bright things together."""
    return Look("min-max") if kind in (WEIGHT, CONTEXT, MASK) else Look("99.5 %", "asinh")


def contributions(context: NDArray[Any]) -> NDArray[np.uint8]:
    """How many chips contributed to each pixel of a context image (2-D, or planes of 32 chips each)."""
    planes = context if context.ndim == 3 else context[None]
    counts = np.zeros(planes.shape[1:], dtype=np.uint8)
    for plane in planes:
        counts += np.bitwise_count(np.ascontiguousarray(plane).astype(np.int32).view(np.uint32))
    return counts


def _context_levels(context: NDArray[Any]) -> tuple[float, float, Bytes]:
    counts = contributions(context)
    most = max(1, int(counts.max()))
    table = np.zeros(256, dtype=np.uint8)
    table[1:] = np.clip(np.rint(np.arange(1, 256) * 254.0 / most) + 1, 1, 255)
    return 0.0, float(most), table[counts]


def local_sky(wcs: ChipWCS | None, shape: tuple[int, ...]) -> Local | None:
    """The orientation and scale at the middle of a frame, by differences over 20 pixels; None without a WCS."""
    if wcs is None:
        return None
    x, y, half = (shape[1] - 1) / 2.0, (shape[0] - 1) / 2.0, 10.0
    ra, dec = wcs.pix_to_sky(np.array([x, x - half, x + half, x, x]), np.array([y, y, y, y - half, y + half]))
    wcs.sky_to_pix(
        ra[:1], dec[:1]
    )  # compiles that kernel here rather than in the GUI thread, where it is asked for
    east = (ra - ra[0] + 540.0) % 360.0 - 180.0
    east = east * np.cos(np.radians(dec[0])) * 3600.0
    north = (dec - dec[0]) * 3600.0
    jacobian = np.array([[east[2] - east[1], east[4] - east[3]], [north[2] - north[1], north[4] - north[3]]])
    jacobian /= 2.0 * half
    if not np.all(np.isfinite(jacobian)) or abs(np.linalg.det(jacobian)) == 0.0:
        return None
    return Local(jacobian)


def load_and_prepare(
    name: str, load: Load, look: Look | None, kind: str, wcs: ChipWCS | None, unit: str = ""
) -> Prepared:
    """Read and prepare a frame; the WCS and unit of a `Plane` go before those given. Runs in the worker; raises
    what `load` raises."""
    read = load()
    if isinstance(read, Plane):
        return prepare(name, read.data, look, kind, read.wcs or wcs, read.unit or unit)
    return prepare(name, read, look, kind, wcs, unit)


def numbered(number: int, work: Callable[..., Any], *args: object) -> tuple[int, Any]:
    """The answer with the number of its question; an error carries it too (`number_of`), so that an answer that
    was overtaken by a newer question can be told."""
    try:
        return number, work(*args)
    except Exception as error:
        error.question = number  # type: ignore[attr-defined]
        raise


def number_of(error: BaseException) -> int | None:
    """The number of the question that ended with this error, if it is known."""
    return getattr(error, "question", None)
