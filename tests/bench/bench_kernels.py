"""Every kernel on one chip of 4096 x 2051, those that drizzlepac has beside its C code and the `drizzle` package's.

    python tests/bench/bench_kernels.py [--only square blot] [--turns 0 95 30] [--scales 1 0.5] [--rounds 3]

Both run in one thread, in turn, with the coordinate grid made beforehand; the least CPU seconds of several rounds
count, so that the ratio holds on a machine that does other things too.

What each stands against, on the machine it was written on (EPYC of 2025 at 4 GHz, 40 GB/s a core; ns a chip pixel):

square   13 upright, 17 turned by a quarter, 19 by 30 degrees; with pixfrac 0.5 12, 16, 14. Bytes: 8 read of the
         chip, 24 read and written of the frame, 0.8, and the scratch of a tile, filled and added, 0.5. Corners 1: two
         vectors of 8 for a line of them. Shares: upright 5 divisions and some 90 other operations, 3; turned one
         division and 200 operations, 4 (2 in windows of 2 x 2), a third of what 17 divisions took. Weights that
         arrive 1-2. The sums 2-4: 4 or 9 additions to memory of a pair of numbers, which cannot be made 16 at once,
         because the next drop adds to the same pixels. Rows of a turned chip enter and leave a tile of 256 frame
         rows: some 8 % of the drops are computed twice.
turbo    8-10, point 6-8: the same sums, and places instead of corners; a third of it waiting for the chip's pixels.
gaussian 24-26, lanczos3 34-36: 16 and 49 pairs added a drop, a cycle and a half each; 8 exponentials, 6, or 14 entries
         of the table, 5.
blot     poly5 8.5, linear 6: half of it places and weights; 36 products are 6 vectors of 8, 2.5, wherever they lie.
minmed   5 a frame pixel for 3 exposures: 24 bytes and 6 comparisons for the sorting, 1; medians, noise, two passes.
cosmic   1.4: the root and the division in double precision; joining and growing are bytes, 64 at once.
moments  0.3 for each clipping round: 4 bytes, 0.1, and sums in double precision; histogram and bit counts 1 each:
         additions to a table, one after the other.
map      0.8: a grid of every 10th pixel through tables, polynomials and the projection; 80 a node.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from drizzle.resample import Drizzle
from drizzlepac import cdriz

from core.data.chipwcs import ChipWCS
from core.data.imagestats import Clipping, image_statistics
from core.data.readwcs import read_wcs
from core.drizzle.blot import blot
from core.drizzle.cosmic import CosmicParams, Detector, find_cosmics
from core.drizzle.drop import Canvas, Drop, drop_chip, settle
from core.drizzle.mapping import PixelMap, pixel_map
from core.drizzle.settings import BlotParams
from core.kernels.stack import minmed
from core.params import TASKS
from core.runs.spread import Threads

NX, NY = 4096, 2051
Run = Callable[[], object]


def header(
    nx: int, ny: int, crpix: tuple[float, float], cd: np.ndarray, sip: dict[str, float]
) -> fits.Header:
    """A header with the given WCS around one point of the sky."""
    made = fits.Header([("NAXIS", 2), ("NAXIS1", nx), ("NAXIS2", ny)])
    kind = "-SIP" if sip else ""
    made["CTYPE1"], made["CTYPE2"] = f"RA---TAN{kind}", f"DEC--TAN{kind}"
    made["CRVAL1"], made["CRVAL2"] = 201.7, -47.5
    made["CRPIX1"], made["CRPIX2"] = crpix
    for i in range(2):
        for j in range(2):
            made[f"CD{i + 1}_{j + 1}"] = cd[i, j]
    made.update(sip)
    return made


def scene(turn: float, wanted: float = 1.0) -> tuple[fits.Header, fits.Header]:
    """Headers of a chip with the skew, scale and distortion of WFC3/UVIS, and of a frame turned by `turn` radians, with
    `wanted` times the chip's pixel scale."""
    scale = 0.0396 / 3600
    cd = scale * np.array([[-1.003, 0.005], [0.06, 0.98]])
    sip = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 8.5e-6, "A_1_1": -5.2e-7, "B_0_2": -7.2e-6, "B_1_1": 6.2e-6}
    c, s = np.cos(turn), np.sin(turn)
    frame = wanted * scale * np.array([[-c, s], [s, c]])
    size = (4500, 2700) if abs(s) < 0.02 else (5300, 5300)
    size = (int(size[0] / wanted), int(size[1] / wanted))
    return header(NX, NY, (2048, 1026), cd, sip), header(*size, (size[0] / 2, size[1] / 2), frame, {})


def ours_of(made: fits.Header) -> ChipWCS:
    hdu = fits.PrimaryHDU(header=made)
    return replace(read_wcs(fits.HDUList([hdu]), hdu), naxis=(made["NAXIS1"], made["NAXIS2"]))


def compare(name: str, ours: Run, peer: Run, rounds: int, who: str = "drizzlepac") -> None:
    ours()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        ours()
        middle = time.process_time()
        peer()
        times.append((middle - start, time.process_time() - middle))
    mine, theirs = (min(column) / (NX * NY) * 1e9 for column in zip(*times, strict=True))
    print(
        f"{name:24s} {mine:7.1f} ns/px   {who:10s} {theirs:7.1f} ns/px   ratio {theirs / mine:5.2f}",
        flush=True,
    )


def alone(name: str, ours: Run, rounds: int, pixels: int = NX * NY) -> None:
    """A kernel that no peer has by itself."""
    ours()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        ours()
        times.append(time.process_time() - start)
    print(f"{name:24s} {min(times) / pixels * 1e9:7.1f} ns/px", flush=True)


def drizzle_pair(where: PixelMap, mapping: object, drop: Drop, shape: tuple[int, int]) -> tuple[Run, Run]:
    rng = np.random.default_rng(7)
    data = rng.normal(20.0, 5.0, (NY, NX)).astype(np.float32)
    weight = np.where(rng.random(data.shape) < 0.01, 0.0, 40.0).astype(np.float32)
    mine, theirs = ([np.zeros(shape, k) for k in (np.float32, np.float32, np.int32)] for _ in range(2))
    work = data.copy()

    def ours() -> None:
        mine[1][:] = 0
        drop_chip(data, weight, where, drop, Canvas(*mine, 1), workers=Threads(1))
        settle(Canvas(*mine), 0.0, workers=Threads(1))

    def peer() -> None:
        theirs[1][:] = 0
        cdriz.tdriz(
            work, weight, *theirs, 1, 0, 1, 1, NY, drop.ratio, 1.0, 1.0, "center", drop.pixfrac, drop.kernel,
            "cps", 1.0, 1.0, "INDEF", 0, 0, 1, mapping,
        )  # fmt: skip

    return ours, peer


def blot_pair(frame: ChipWCS, chip: ChipWCS, mapping: object, interp: str) -> tuple[Run, Run]:
    image = np.random.default_rng(8).normal(0, 1, frame.shape).astype(np.float32)
    theirs = np.zeros(chip.shape, np.float32)

    def ours() -> object:
        return blot(image, frame, chip, BlotParams(interp), exptime=1.0, workers=Threads(1))

    def peer() -> None:
        cdriz.tblot(
            image, theirs, 1, frame.naxis[0], 1, frame.naxis[1], 1.0, 1.0, 1.0, 1.0, "center", interp, 1.0, 0.0, 1.0, 1,
            mapping,
        )  # fmt: skip

    return ours, peer


def package_pair(where: PixelMap, drop: Drop, shape: tuple[int, int]) -> tuple[Run, Run]:
    """The same against the `drizzle` package, which wants the place of every pixel; made beforehand."""
    ours, _ = drizzle_pair(where, None, drop, shape)
    data, weight = np.full((NY, NX), 20.0, np.float32), np.full((NY, NX), 40.0, np.float32)
    places = np.dstack(where.positions())

    def peer() -> None:
        made = Drizzle(kernel=drop.kernel, out_shape=shape)
        made.add_image(
            data,
            exptime=40.0,
            pixmap=places,
            weight_map=weight,
            pixfrac=drop.pixfrac,
            pixel_scale_ratio=drop.ratio,
        )

    return ours, peer


def others(wanted: Callable[[str], bool], rounds: int) -> None:
    """Median, cosmic rays, statistics."""
    rng = np.random.default_rng(9)
    one, n = Threads(1), 3
    if wanted("minmed"):
        stack = rng.normal(1, 0.1, (n, 54, 4879)).astype(np.float32)
        weights = np.where(rng.random(stack.shape) < 0.2, 0, 40).astype(np.float32)
        out, each = np.empty(stack.shape[1:], np.float32), np.ones(n)
        alone("minmed of 3", lambda: minmed(stack, weights, 20 * each, each, each, 4.0, 3.0, 1, False, 0, out),
              rounds, out.size)  # fmt: skip
    blotted = rng.gamma(0.1, 30.0, (NY, NX)).astype(np.float32)
    data = (blotted + rng.normal(0, 4, blotted.shape)).astype(np.float32)
    if wanted("cosmic"):
        params = CosmicParams.of(TASKS["astrodrizzle"].defaults())
        alone(
            "cosmic rays",
            lambda: find_cosmics(data, blotted, params, Detector(1, 4, 3.1, 1), workers=one),
            rounds,
        )
    if wanted("statistics"):
        clipping = Clipping(rounds=5, lower_sigma=4.0, upper_sigma=4.0)
        alone("clipped median", lambda: image_statistics(data, clipping, median=True, workers=one), rounds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", default=[], help="beginnings of names")
    parser.add_argument("--turns", type=float, nargs="+", default=[0.0, 95.0, 30.0], help="degrees")
    parser.add_argument("--scales", type=float, nargs="+", default=[1.0], help="of the frame, in the chip's")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()

    def wanted(name: str) -> bool:
        return not given.only or name.startswith(tuple(given.only))

    for turn, scale in itertools.product(given.turns, given.scales):
        print(f"frame turned by {turn:g} degrees, pixels of {scale:g}, load {os.getloadavg()[0]:.1f}")
        chip_header, frame_header = scene(np.radians(turn), scale)
        chip, frame = ours_of(chip_header), ours_of(frame_header)
        where = pixel_map(chip, frame)
        peer_chip, peer_frame = WCS(chip_header), WCS(frame_header)
        mapping = cdriz.DefaultWCSMapping(peer_chip, peer_frame, NX, NY, 10)
        if wanted("map"):
            compare("map, step 10", lambda c=chip, f=frame: pixel_map(c, f, workers=Threads(1)),
                    lambda c=peer_chip, f=peer_frame: cdriz.DefaultWCSMapping(c, f, NX, NY, 10),
                    given.rounds)  # fmt: skip
        for kernel, pixfrac in KERNELS:
            if wanted(kernel):
                drop = Drop(kernel, pixfrac, scale)
                compare(f"{kernel} {pixfrac}", *drizzle_pair(where, mapping, drop, frame.shape), given.rounds)
                if kernel in IN_PACKAGE:
                    pair = package_pair(where, drop, frame.shape)
                    compare(f"{kernel} {pixfrac}", *pair, given.rounds, "drizzle")
        for interp in ("poly5", "poly3", "linear", "nearest"):
            if wanted("blot"):
                compare(f"blot {interp}", *blot_pair(frame, chip, mapping, interp), given.rounds)
    others(wanted, given.rounds)


KERNELS = (
    ("square", 1.0), ("square", 0.8), ("square", 0.5), ("turbo", 1.0), ("point", 1.0),
    ("gaussian", 1.0), ("lanczos3", 1.0)
)  # fmt: skip

IN_PACKAGE = ("square", "turbo", "point", "gaussian")


if __name__ == "__main__":
    sys.exit(main())
