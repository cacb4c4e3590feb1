"""Small pictures of a run's products for its page: science image and weight map side by side. No Qt is needed."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.drizzle.results import DrizzleResult
from core.errors import Refusal
from ui.views.planes import read_plane
from ui.views.stretch import Bytes, Look, limits, to_bytes

SIDE = 540  # pixels of a picture at most
SCIENCE = Look("99.5 %", "asinh")
NO_DATA = (196, 206, 214)
ROWS = 16  # of a picture at a time
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def product_pictures(result: DrizzleResult) -> list[str]:
    """Heading and figures of the page; nothing without a final image. A product that cannot be read is said so."""
    if result.science is None:
        return []
    offered = [(_science, result.science, "SCI")]
    if result.weight is not None:
        offered.append((_weight, result.weight, "WHT"))
    figures = []
    for make, path, name in offered:
        try:
            data = read_plane(path, name)
            small, factor = shrunk(data)
            figures.append(make(small, path, f"{data.shape[1]} x {data.shape[0]} pixels", factor))
        except (Refusal, OSError, ValueError, MemoryError) as error:
            figures.append(f'<p class="warn">{escape(f"No picture of {path.name}: {error}")}</p>')
    return ["<h2>Final image</h2>", f'<div class="beside">{"".join(figures)}</div>']


def _science(small: NDArray[np.float32], path: Path, size: str, factor: int) -> str:
    low, high = limits(small, SCIENCE)
    told = f"{path.name}, {size}{_reduced(factor)}; asinh from {low:.4g} (black) to {high:.4g} (white)."
    return _figure("Science image", told, to_bytes(small, low, high, SCIENCE.stretch))


def _weight(small: NDArray[np.float32], path: Path, size: str, factor: int) -> str:
    high = limits(small, Look("min-max"))[1]
    told = f"{path.name}: weights from 0 (black) to {high:.4g} (white)."
    return _figure("Weight map", told, to_bytes(small, 0.0, high))


def _reduced(factor: int) -> str:
    return f", means of {factor} x {factor}" if factor > 1 else ""


def _figure(name: str, told: str, levels: Bytes) -> str:
    """A picture with its caption; the first row of the image is the lowest of the picture."""
    code = b64encode(png(levels[::-1])).decode()
    return (
        f'<figure><img alt="{escape(name, quote=True)}" src="data:image/png;base64,{code}">'
        f'<figcaption class="quiet">{escape(f"{name}: {told}")}</figcaption></figure>'
    )


def shrunk(data: NDArray[np.generic], side: int = SIDE) -> tuple[NDArray[np.float32], int]:
    """Means of square blocks, no larger than `side` on a side, and the width of a block in pixels.

    `data` is 2-D; pixels that are not finite do not count, a block without any other is NaN. What is left of the
    last block at the upper and the right border makes no block of its own and is left out.
    """
    if data.ndim != 2 or not data.size:
        raise ValueError("it is no image of two dimensions.")
    factor = -(-max(data.shape) // side)
    ny, nx = (max(1, length // factor) for length in data.shape)
    made = np.empty((ny, nx), dtype=np.float32)
    for first in range(0, ny, ROWS):
        rows = data[first * factor : (first + ROWS) * factor, : nx * factor].astype(np.float64)
        rows = rows[: min(ROWS, ny - first) * factor]
        high, wide = min(factor, len(rows)), min(factor, rows.shape[1])
        blocks = rows[: len(rows) // high * high].reshape(-1, high, nx, wide)
        there = np.isfinite(blocks)
        count = there.sum(axis=(1, 3))
        total = np.where(there, blocks, 0.0).sum(axis=(1, 3))
        made[first : first + ROWS] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return made, factor


def png(levels: Bytes) -> bytes:
    """An image of grey levels as PNG (ISO/IEC 15948), 8 bits by a palette: 0 is no data, 1 black, 255 white."""
    ny, nx = levels.shape
    grey = np.clip(np.rint((np.arange(256) - 1) * 255 / 254), 0, 255).astype(np.uint8)
    palette = np.repeat(grey[:, None], 3, axis=1)
    palette[0] = NO_DATA
    lines = np.zeros((ny, nx + 1), dtype=np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = levels
    head = struct.pack(">IIBBBBB", nx, ny, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
