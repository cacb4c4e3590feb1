"""From pixels to grey levels: cuts, stretch, and the reduced copies for looking at a whole frame.

Runs in a worker, never in the GUI thread. Level 0 means "no data" (NaN); 1..255 run from the low to the high cut.
Reduced copies take the mean of image levels, but the maximum of masks: by the mean a cosmic ray of one pixel would
vanish from a frame seen whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Bytes = NDArray[np.uint8]

CUTS = ("zscale", "99.9 %", "99.5 %", "99 %", "98 %", "95 %", "min-max", "fixed")
STRETCHES = ("linear", "sqrt", "log", "asinh")

LOG_RANGE = 1000.0
ASINH_SOFTENING = 0.02
BLOCK = 1 << 18
SAMPLE = 400_000


@dataclass(frozen=True)
class Look:
    """How an image is shown: name of the cuts (`CUTS`), of the stretch (`STRETCHES`), and the limits when fixed."""

    cuts: str = "zscale"
    stretch: str = "linear"
    low: float = 0.0
    high: float = 1.0

    def fixed(self, low: float, high: float) -> Look:
        """The same stretch between given limits."""
        return Look("fixed", self.stretch, low, high)


def limits(data: NDArray[np.generic], look: Look) -> tuple[float, float]:
    """The low and high cut of an image, in its unit; (0, 1) when it has no finite pixel, and never equal."""
    if look.cuts == "fixed":
        low, high = look.low, look.high
    elif look.cuts == "min-max":
        low, high = _extent(data)
    else:
        sample = _sample(data)
        if not sample.size:
            return 0.0, 1.0
        low, high = zscale(sample) if look.cuts == "zscale" else _percentile(sample, look.cuts)
    if not (np.isfinite(low) and np.isfinite(high)):
        return 0.0, 1.0
    return (low, high) if high > low else (low, low + max(abs(low) * 1e-6, 1e-6))


def _extent(data: NDArray[np.generic]) -> tuple[float, float]:
    low, high = float(np.fmin.reduce(data, axis=None)), float(np.fmax.reduce(data, axis=None))
    if np.isinf(low) or np.isinf(high):
        finite = data[np.isfinite(data)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return low, high


def _sample(data: NDArray[np.generic]) -> NDArray[np.float64]:
    """At most about `SAMPLE` finite pixels, evenly spread over the image."""
    step = max(1, int(np.sqrt(data.size / SAMPLE)))
    some = data[::step, ::step].astype(np.float64).ravel()
    some = some[np.isfinite(some)]
    if not some.size and step > 1:  # rare: the few finite pixels fell between the samples
        some = data[np.isfinite(data)][:SAMPLE].astype(np.float64)
    return some


def _percentile(sample: NDArray[np.float64], name: str) -> tuple[float, float]:
    tail = (100.0 - float(name.removesuffix(" %"))) / 2.0
    low, high = np.percentile(sample, [tail, 100.0 - tail])
    return float(low), float(high)


def zscale(
    sample: NDArray[np.float64],
    *,
    n: int = 1000,
    contrast: float = 0.25,
    reject: float = 0.5,
    krej: float = 2.5,
    rounds: int = 5,
) -> tuple[float, float]:
    """Cuts around the median from the slope of the sorted pixel values: IRAF's zscale (Tody 1986, display task).

    `sample` holds finite values, 1-D, of which `n` evenly spaced are used. A line is fitted to them in sorted
    order with rejection; where more than the share `reject` is thrown out, the whole range is returned.
    """
    stride = max(1, int(sample.size / n))
    values = np.sort(sample[::stride][:n])
    count = values.size
    least = max(5, int(count * reject))
    slope, kept = _flat_slope(values, krej, rounds, least)
    low, high = float(values[0]), float(values[-1])
    if kept < least or not np.isfinite(slope):
        return low, high
    middle, centre = float(np.median(values)), (count - 1) // 2
    slope /= contrast
    return max(low, middle - (centre - 1) * slope), min(high, middle + (count - centre) * slope)


def _flat_slope(values: NDArray[np.float64], krej: float, rounds: int, least: int) -> tuple[float, int]:
    """Slope of the line through sorted values after clipping at `krej` sigma, and how many values were kept."""
    count = values.size
    index = np.arange(count, dtype=np.float64)
    good = np.ones(count, dtype=bool)
    grow = np.ones(max(1, int(count * 0.01)))
    before, kept, slope = count + 1, count, 0.0
    for _ in range(rounds):
        if kept >= before or kept < least or kept < 2:
            break
        slope, base = np.polyfit(index[good], values[good], 1)
        flat = values - (slope * index + base)
        outlying = np.abs(flat) > krej * flat[good].std()
        good = np.convolve(outlying, grow, mode="same") < 0.5
        before, kept = kept, int(good.sum())
    return float(slope), kept


def curve(stretch: str, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The brightness 0..1 that a stretch gives to the share 0..1 of the way from the low to the high cut."""
    if stretch == "sqrt":
        return np.sqrt(share)
    if stretch == "log":
        return np.asarray(np.log1p(LOG_RANGE * share) / np.log1p(LOG_RANGE))
    if stretch == "asinh":
        return np.asarray(np.arcsinh(share / ASINH_SOFTENING) / np.arcsinh(1.0 / ASINH_SOFTENING))
    return share


def value_at(brightness: float, low: float, high: float, stretch: str) -> float:
    """The pixel value shown at a brightness 0..1: the inverse of the stretch, for the colour bar."""
    share = brightness
    if stretch == "sqrt":
        share = brightness**2
    elif stretch == "log":
        share = float(np.expm1(brightness * np.log1p(LOG_RANGE)) / LOG_RANGE)
    elif stretch == "asinh":
        share = float(np.sinh(brightness * np.arcsinh(1.0 / ASINH_SOFTENING)) * ASINH_SOFTENING)
    return low + share * (high - low)


def to_bytes(data: NDArray[np.generic], low: float, high: float, stretch: str = "linear") -> Bytes:
    """Grey levels of an image, uint8 of the same shape: 0 for NaN, 1..255 between the cuts."""
    out = np.empty(data.shape, dtype=np.uint8)
    rows = max(1, BLOCK // max(1, data.shape[1]))
    steps = 254 if stretch == "linear" else 65534
    lookup = None
    if stretch != "linear":
        shares = np.clip((np.arange(65536) - 1) / steps, 0.0, 1.0)
        lookup = np.rint(curve(stretch, shares) * 254.0 + 1.0).astype(np.uint8)
        lookup[0] = 0
    factor = steps / (high - low)
    for start in range(0, data.shape[0], rows):
        block = data[start : start + rows].astype(np.float32)
        block -= np.float32(low)
        block *= np.float32(factor)
        block += np.float32(1.5)  # truncation below then rounds
        np.maximum(block, np.float32(1.0), out=block)  # keeps NaN ...
        np.fmax(block, np.float32(0.0), out=block)  # ... which becomes 0 here
        np.minimum(block, np.float32(steps + 1), out=block)
        if lookup is None:
            out[start : start + rows] = block
        else:
            np.take(lookup, block.astype(np.uint16), out=out[start : start + rows])
    return out


def mask_bytes(mask: NDArray[np.generic]) -> Bytes:
    """Levels of a mask in which 0 marks bad pixels (crmask and static mask files): bad 255, good 1."""
    return np.where(mask == 0, np.uint8(255), np.uint8(1))


def halved(levels: Bytes, by_maximum: bool) -> Bytes:
    """Half the size: of every 2 x 2 block the maximum, or the mean of those that have data; odd edges doubled."""
    ny, nx = levels.shape
    if ny % 2 or nx % 2:
        levels = np.pad(levels, ((0, ny % 2), (0, nx % 2)), mode="edge")
    rows = np.maximum(levels[0::2], levels[1::2]) if by_maximum else None
    if rows is not None:
        return np.maximum(rows[:, 0::2], rows[:, 1::2])
    total = np.add(levels[0::2], levels[1::2], dtype=np.uint16)
    total = total[:, 0::2] + total[:, 1::2]
    if levels.min(initial=1) > 0:
        return ((total + 2) >> 2).astype(np.uint8)
    there = (levels[0::2] > 0).view(np.uint8) + (levels[1::2] > 0).view(np.uint8)
    there = there[:, 0::2] + there[:, 1::2]
    np.maximum(there, 1, out=there)
    return (total // there).astype(np.uint8)


def pyramid(levels: Bytes, by_maximum: bool, smallest: int = 256) -> tuple[Bytes, ...]:
    """The frame and its reduced copies, each half the one before, down to about `smallest` pixels a side."""
    copies = [np.ascontiguousarray(levels)]
    while max(copies[-1].shape) > smallest:
        copies.append(halved(copies[-1], by_maximum))
    return tuple(copies)
