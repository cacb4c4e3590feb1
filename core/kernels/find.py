"""Kernels of the source finder: convolution, labelling, measuring. All positions 0-based.

The method is DAOFIND (Stetson 1987, PASP 99, 191) as drizzlepac's tweakreg runs it: a lowered truncated Gaussian
estimates the height of a star at each pixel; what exceeds the threshold is labelled and measured on the
unconvolved pixels, the position by fits to the two marginal distributions.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

# What became of a candidate; `core.align.find.REASONS` names them.
KEPT, EDGE, PEAK_LOW, PEAK_HIGH, FLUX_LOW, FLUX_HIGH, SHARPNESS, ROUNDNESS, NO_FIT, DUPLICATE, BAD_PIXEL = (
    range(11)
)

# Columns of what `measure` fills.
X, Y, FLUX, PEAK, SHARP, ROUND1, ROUND2, BOX_SUM, HEIGHT = range(9)
N_COLUMNS = 9


@njit(nogil=True, cache=True)
def fill_bad(data: Image, rows: Ints, columns: Ints, good: Bools, reach: int, fallback: float) -> Image:
    """Values for the pixels (rows, columns): mean of the good pixels in the smallest box that holds any.

    Boxes have half sizes 1..`reach`; `fallback` where none is good. Returns (n,) float32.
    """
    ny, nx = data.shape
    filled = np.empty(rows.size, np.float32)
    for i in range(rows.size):
        value = fallback
        for half in range(1, reach + 1):
            n = 0
            total = 0.0
            for y in range(max(rows[i] - half, 0), min(rows[i] + half + 1, ny)):
                for x in range(max(columns[i] - half, 0), min(columns[i] + half + 1, nx)):
                    if good[y, x]:
                        n += 1
                        total += data[y, x]
            if n > 0:
                value = total / n
                break
        filled[i] = value
    return filled


@njit(nogil=True, cache=True)
def _mirrored(i: int, n: int) -> int:
    """Index with the border pixel repeated, (d c b a | a b c d | d c b a), for any distance."""
    period = 2 * n
    i = i % period
    return i if i < n else period - 1 - i


@njit(nogil=True, cache=True)
def _widened(data: Image, y: int, reach: int, line: Floats) -> None:
    """Row `y` of `data` in the middle of `line`, `reach` mirrored pixels on each side."""
    ny, nx = data.shape
    row = data[_mirrored(y, ny)]
    middle = line[reach : reach + nx]
    for x in range(nx):
        middle[x] = row[x]
    for x in range(reach):
        line[x] = row[_mirrored(x - reach, nx)]
        line[reach + nx + x] = row[_mirrored(nx + x, nx)]


@njit(nogil=True, cache=True)
def convolve_rows(data: Image, kernel: Floats, out: Image, start: int, stop: int) -> None:
    """Convolve rows start..stop of `data` with an odd-sized `kernel` into `out`; the border is mirrored.

    Zero elements of the kernel cost nothing; sums are float64, as scipy.ndimage.convolve takes them.
    """
    nx = data.shape[1]
    ky, kx = kernel.shape
    hy, hx = ky // 2, kx // 2
    # the widened rows that the present one needs: row r lies in lines[r % ky]
    lines = np.empty((ky, nx + 2 * hx), np.float64)
    for j in range(ky - 1):
        _widened(data, start + j - hy, hx, lines[(start + j - hy) % ky])
    total = np.empty(nx, np.float64)
    for y in range(start, stop):
        _widened(data, y + hy, hx, lines[(y + hy) % ky])
        total[:] = 0.0
        for j in range(ky):
            line = lines[(y + j - hy) % ky]
            for i in range(kx):
                factor = kernel[ky - 1 - j, kx - 1 - i]
                if factor != 0.0:
                    # a view, for an index that could be negative keeps the loop from using vectors
                    part = line[i : i + nx]
                    for x in range(nx):
                        total[x] += factor * part[x]
        row = out[y]
        for x in range(nx):
            row[x] = total[x]


@njit(nogil=True, cache=True)
def _count_runs(conv: Image, good: Bools, threshold: float) -> int:
    count = 0
    for y in range(conv.shape[0]):
        inside = False
        for x in range(conv.shape[1]):
            above = conv[y, x] > threshold and good[y, x]
            if above and not inside:
                count += 1
            inside = above
    return count


@njit(nogil=True, cache=True)
def _root(parent: Ints, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(nogil=True, cache=True)
def label_boxes(conv: Image, good: Bools, threshold: float) -> Ints:
    """Bounding boxes of the 8-connected groups of good pixels with conv > threshold.

    Returns (n, 4) int64: first row, last row + 1, first column, last column + 1; groups in the order of their
    first pixel. Works on runs of pixels joined by union-find, so it needs memory only for the runs.
    """
    n_runs = _count_runs(conv, good, threshold)
    runs = np.empty((n_runs, 3), np.int64)
    parent = np.arange(n_runs)
    n = 0
    before, here = 0, 0
    for y in range(conv.shape[0]):
        before, here = here, n
        inside = False
        for x in range(conv.shape[1]):
            above = conv[y, x] > threshold and good[y, x]
            if above and not inside:
                runs[n, 0], runs[n, 1] = y, x
                n += 1
            if above:
                runs[n - 1, 2] = x + 1
            inside = above
        p = before
        for k in range(here, n):
            while p < here and runs[p, 2] < runs[k, 1]:
                p += 1
            q = p
            while q < here and runs[q, 1] <= runs[k, 2]:
                a, b = _root(parent, q), _root(parent, k)
                parent[max(a, b)] = min(a, b)
                q += 1
    return _boxes(runs, parent)


@njit(nogil=True, cache=True)
def _boxes(runs: Ints, parent: Ints) -> Ints:
    """Bounding boxes of joined runs (row, first column, last column + 1)."""
    index = np.full(parent.size, -1, np.int64)
    count = 0
    for k in range(parent.size):
        if _root(parent, k) == k:
            index[k] = count
            count += 1
    boxes = np.empty((count, 4), np.int64)
    for k in range(parent.size):
        root = _root(parent, k)
        box = boxes[index[root]]
        if root == k:
            box[0], box[1], box[2], box[3] = runs[k, 0], runs[k, 0] + 1, runs[k, 1], runs[k, 2]
        else:
            box[1] = max(box[1], runs[k, 0] + 1)
            box[2] = min(box[2], runs[k, 1])
            box[3] = max(box[3], runs[k, 2])
    return boxes


@njit(nogil=True, cache=True)
def _centre(
    conv: Image, good: Bools, threshold: float, y0: int, y1: int, x0: int, x1: int
) -> tuple[int, int]:
    """Row and column nearest to the centroid of the pixels above threshold in the box."""
    total = 0.0
    sum_x = 0.0
    sum_y = 0.0
    for y in range(y0, y1):
        for x in range(x0, x1):
            if conv[y, x] > threshold and good[y, x]:
                value = float(conv[y, x])
                total += value
                sum_x += value * (x - x0)
                sum_y += value * (y - y0)
    if total == 0.0:  # only a threshold below zero can do this
        return (y0 + y1) // 2, (x0 + x1) // 2
    return int(sum_y / total + 0.5) + y0, int(sum_x / total + 0.5) + x0


@njit(nogil=True, cache=True)
def _sharp_round(box: Floats, dense: Floats, inside: Bools) -> tuple[float, float]:
    """Sharpness and the roundness of symmetry; NaN where not defined."""
    ny, nx = box.shape
    cy, cx = ny // 2, nx // 2
    n = 0
    total = 0.0
    two = 0.0
    four = 0.0
    for y in range(ny):
        for x in range(nx):
            if y == cy and x == cx:
                continue
            if inside[y, x]:
                n += 1
                total += box[y, x]
            negative = (y >= cy and x < cx) or (y <= cy and x > cx)
            two += -dense[y, x] if negative else dense[y, x]
            four += abs(dense[y, x])
    roundness = 0.0 if two == 0.0 else (2.0 * two / four if four > 0.0 else np.nan)
    if n == 0 or dense[cy, cx] <= 0.0:
        return np.nan, roundness
    return (box[cy, cx] - total / n) / dense[cy, cx], roundness


@njit(nogil=True, cache=True)
def _marginal(data: Floats, gauss: Floats, variance: float) -> tuple[float, float]:
    """Offset from the centre pixel and height of a Gaussian fitted to one marginal; (NaN, NaN) if it fails.

    `data`, `gauss` are (n,) marginals of the pixels and of the unit Gaussian, `variance` its sigma squared.
    Least squares with triangular weights as in IRAF's daofind (ap_xy_round).
    """
    n = data.size
    half = n // 2
    gd = gg = g = d = dx_d = p = g_dx = gdx2 = gdx_d = g2_dx = 0.0
    for k in range(n):
        w = half + 1.0 - abs(k - half)
        dx = float(half - k)
        p += w
        g += w * gauss[k]
        d += w * data[k]
        gg += w * gauss[k] ** 2
        gd += w * gauss[k] * data[k]
        dx_d += w * data[k] * dx
        g_dx += w * gauss[k] * dx
        gdx2 += w * (gauss[k] * dx) ** 2
        gdx_d += w * data[k] * gauss[k] * dx
        g2_dx += w * gauss[k] ** 2 * dx
    numerator = gd - g * d / p
    denominator = gg - g * g / p
    if numerator <= 0.0 or denominator <= 0.0:
        return np.nan, np.nan
    height = numerator / denominator
    sky = (d - height * g) / p
    offset = (g2_dx - (gdx_d - g_dx * (height * g + sky * p))) / (height * gdx2 / variance)
    if abs(offset) > n / 2.0 - 0.5:
        offset = dx_d / d if d != 0.0 else 0.0
        if abs(offset) > n / 2.0 - 0.5:
            offset = 0.0
    return offset, height


@njit(nogil=True, cache=True)
def _position(
    box: Floats, gauss: Floats, sky: float, variance_x: float, variance_y: float
) -> tuple[float, float, float]:
    """Offsets in x and y from the centre pixel and the roundness of the two heights; NaN if a fit fails."""
    ny, nx = box.shape
    data_x = np.zeros(nx)
    data_y = np.zeros(ny)
    gauss_x = np.zeros(nx)
    gauss_y = np.zeros(ny)
    for y in range(ny):
        wy = ny // 2 + 1.0 - abs(y - ny // 2)
        for x in range(nx):
            wx = nx // 2 + 1.0 - abs(x - nx // 2)
            data_x[x] += wy * (box[y, x] - sky)
            gauss_x[x] += wy * gauss[y, x]
            data_y[y] += wx * (box[y, x] - sky)
            gauss_y[y] += wx * gauss[y, x]
    dx, height_x = _marginal(data_x, gauss_x, variance_x)
    dy, height_y = _marginal(data_y, gauss_y, variance_y)
    return dx, dy, 2.0 * (height_x - height_y) / (height_x + height_y)


@njit(nogil=True, cache=True)
def _aperture(data: Image, x: float, y: float, radius: float, level: float) -> float:
    """Sum of pixels - `level` within `radius` of a position; pixels on the rim count by how deep they lie inside."""
    ny, nx = data.shape
    total = 0.0
    reach = int(radius + 1.5)
    cx, cy = int(np.rint(x)), int(np.rint(y))
    for j in range(max(cy - reach, 0), min(cy + reach + 1, ny)):
        for i in range(max(cx - reach, 0), min(cx + reach + 1, nx)):
            depth = radius + 0.5 - np.sqrt((i - x) ** 2 + (j - y) ** 2)
            if depth > 0.0:
                total += min(depth, 1.0) * (data[j, i] - level)
    return total


@njit(nogil=True, cache=True)
def _verdict(row: Floats, limits: Floats, select: bool) -> int:
    """The first limit that a measured candidate breaks."""
    reason = KEPT
    if row[PEAK] >= limits[1]:
        reason = PEAK_HIGH
    elif row[PEAK] <= limits[0]:
        reason = PEAK_LOW
    elif row[FLUX] <= limits[2]:
        reason = FLUX_LOW
    elif row[FLUX] >= limits[3]:
        reason = FLUX_HIGH
    elif select and not (row[SHARP] >= limits[4] and row[SHARP] <= limits[5]):
        reason = SHARPNESS
    elif select and not (row[ROUND1] >= limits[6] and row[ROUND1] <= limits[7]):
        reason = ROUNDNESS
    elif np.isnan(row[ROUND2]):
        reason = NO_FIT
    elif select and not (row[ROUND2] >= limits[6] and row[ROUND2] <= limits[7]):
        reason = ROUNDNESS
    return reason


@njit(nogil=True, cache=True)
def measure(
    data: Image,
    conv: Image,
    good: Bools,
    boxes: Ints,
    threshold: float,
    gauss: Floats,
    inside: Bools,
    sky: float,
    variance_x: float,
    variance_y: float,
    level: float,
    radius: float,
    table: Floats,
    reason: NDArray[np.int8],
    start: int,
    stop: int,
) -> None:
    """Measure candidates start..stop of `boxes` into `table` (n, N_COLUMNS); `reason` (n,) EDGE, BAD_PIXEL or KEPT.

    `gauss` is the unit Gaussian in the kernel's box, `inside` the kernel's mask; FLUX is the sum of pixels - `level`
    within `radius` of the position, BOX_SUM that of the pixels of the kernel's box, sky included, HEIGHT the
    convolved image in the middle. A candidate without a position gets its centre pixel and ROUND2 NaN. Unlike in
    drizzlepac a bad pixel among the nine in the middle rejects: the unflagged neighbours of a flagged hot pixel are
    above the threshold in the convolved image, so masking the detection alone leaves it a source.
    """
    ny, nx = data.shape
    hy, hx = gauss.shape[0] // 2, gauss.shape[1] // 2
    box = np.empty(gauss.shape)
    dense = np.empty(gauss.shape)
    for i in range(start, stop):
        row = table[i]
        row[:] = np.nan
        y0, y1 = boxes[i, 0] - hy, boxes[i, 1] + hy + 1
        x0, x1 = boxes[i, 2] - hx, boxes[i, 3] + hx + 1
        cy, cx = (boxes[i, 0] + boxes[i, 1] - 1) // 2, (boxes[i, 2] + boxes[i, 3] - 1) // 2
        row[X], row[Y] = cx, cy
        reason[i] = EDGE
        if y0 <= 0 or y1 >= ny or x0 <= 0 or x1 >= nx:
            continue
        cy, cx = _centre(conv, good, threshold, y0, y1, x0, x1)
        row[X], row[Y] = cx, cy
        if cy < hy or cy + hy >= ny or cx < hx or cx + hx >= nx:
            continue
        row[BOX_SUM], row[PEAK] = 0.0, -np.inf
        for y in range(2 * hy + 1):
            for x in range(2 * hx + 1):
                box[y, x] = data[cy - hy + y, cx - hx + x]
                dense[y, x] = conv[cy - hy + y, cx - hx + x]
                row[BOX_SUM] += box[y, x]
                row[PEAK] = max(row[PEAK], box[y, x])
        row[HEIGHT] = conv[cy, cx]
        row[SHARP], row[ROUND1] = _sharp_round(box, dense, inside)
        dx, dy, row[ROUND2] = _position(box, gauss, sky, variance_x, variance_y)
        if not np.isnan(row[ROUND2]):
            row[X], row[Y] = cx + dx, cy + dy
        row[FLUX] = _aperture(data, row[X], row[Y], radius, level)
        reason[i] = KEPT if good[cy - 1 : cy + 2, cx - 1 : cx + 2].all() else BAD_PIXEL


@njit(nogil=True, cache=True)
def judge(
    table: Floats, measured: NDArray[np.int8], limits: Floats, select: bool, reason: NDArray[np.int8]
) -> None:
    """What becomes of measured candidates under `limits` (8,): peak, flux (min, max), sharpness, roundness (low,
    high), infinite where not set; sharpness and roundness reject only with `select`. `measured` is the reason
    that `measure` gave; the result goes to `reason`."""
    for i in range(table.shape[0]):
        reason[i] = _verdict(table[i], limits, select) if measured[i] == KEPT else measured[i]
