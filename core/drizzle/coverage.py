"""How the exposures cover a product: how many see each pixel, holes between them, how much the weights vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_REACH = 3  # pixels: a hole has data this near on all four sides
_BOX = 8  # pixels: side of the boxes over which cosmic rays and bad pixels do not count as missing exposures


@dataclass(frozen=True)
class Coverage:
    """`seen[k]` is the part of the covered pixels that k + 1 exposures contributed to; `holes` pixels without weight
    that lie within the data, over the covered ones; `variation` rms over median of the weights where the usual
    number of exposures overlap, holes included (None without weights there)."""

    seen: tuple[float, ...]
    holes: float
    variation: float | None


def measure_coverage(
    weight: NDArray[np.float32], context: NDArray[Any] | None, exposure_of: Sequence[int]
) -> Coverage:
    """Coverage of a product.

    `weight` (rows, columns); `context` int32 (rows, columns) or (planes, rows, columns), None when none was written;
    `exposure_of` the number of the exposure (0, 1, ...) behind each bit.
    """
    inside = np.isfinite(weight) & (weight > 0)
    holes = _holes(inside)
    covered = int(inside.sum())
    if not covered:
        return Coverage((), 0.0, None)
    counts = _exposures(context, exposure_of) if context is not None else inside.astype(np.uint16)
    numbers = np.bincount(counts[inside], minlength=2)[1:]
    seen = tuple(float(number) / covered for number in numbers) if context is not None else ()
    return Coverage(seen, float(holes.sum()) / covered, _variation(weight, counts))


def _exposures(context: NDArray[Any], exposure_of: Sequence[int]) -> NDArray[np.uint16]:
    """How many exposures contributed to each pixel; two chips of one exposure count once."""
    planes = context if context.ndim == 3 else context[np.newaxis]
    bits: dict[int, list[int]] = {}
    for bit, exposure in enumerate(exposure_of):
        bits.setdefault(exposure, []).append(bit)
    counts = np.zeros(planes.shape[1:], np.uint16)
    for own in bits.values():
        hit = np.zeros(counts.shape, np.bool_)
        for plane in {bit // 32 for bit in own if bit // 32 < len(planes)}:
            mask = sum(1 << bit % 32 for bit in own if bit // 32 == plane)
            hit |= (planes[plane].astype(np.int32).view(np.uint32) & np.uint32(mask)) != 0
        counts += hit
    return counts


def _holes(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels without data that have some within three pixels to the left and right, above and below."""
    found = ~inside
    for axis in (0, 1):
        for step in (-1, 1):
            near = np.zeros_like(inside)
            for shift in range(1, _REACH + 1):
                to, by = [slice(None)] * 2, [slice(None)] * 2
                to[axis] = slice(shift, None) if step > 0 else slice(None, -shift)
                by[axis] = slice(None, -shift) if step > 0 else slice(shift, None)
                near[tuple(to)] |= inside[tuple(by)]
            found &= near
    return found


def _variation(weight: NDArray[np.float32], counts: NDArray[np.uint16]) -> float | None:
    """rms / median of the weights where most pixels have the same number of exposures around them.

    Whole boxes of pixels are taken whose neighbours all around have the same greatest number: at the edges of the
    exposures it is another one by the pointings alone. Cosmic rays and bad pixels do not change it.
    """
    from scipy import ndimage  # here, for the command that does not ask must not wait for it

    most = _boxes(counts).max(axis=(1, 3))
    numbers = np.bincount(most.ravel())
    if not numbers[1:].any():
        return None
    usual = 1 + int(np.argmax(numbers[1:]))
    same = ndimage.minimum_filter(most == usual, 3, mode="constant", cval=0)
    values = np.nan_to_num(_boxes(weight).transpose(0, 2, 1, 3)[same].astype(np.float64))
    middle = float(np.median(values)) if values.size else 0.0
    return float(values.std()) / middle if middle > 0 else None


def _boxes(image: NDArray[Any]) -> NDArray[Any]:
    """The image as (rows of boxes, _BOX, columns of boxes, _BOX); what is left over at the ends is dropped."""
    rows, columns = (length // _BOX for length in image.shape)
    return image[: rows * _BOX, : columns * _BOX].reshape(rows, _BOX, columns, _BOX)
