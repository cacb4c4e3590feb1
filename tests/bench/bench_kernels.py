"""Drizzle and blot against drizzlepac's C code on one chip of 4096 x 2051: python tests/bench/bench_kernels.py

Both run in one thread, in turn, with the coordinate grid made beforehand; the least CPU seconds of several rounds
count, so that the ratio holds on a machine that does other things too.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from drizzlepac import cdriz

from core.data.chipwcs import ChipWCS
from core.data.readwcs import read_wcs
from core.drizzle.blot import blot
from core.drizzle.drop import Canvas, Drop, drop_chip, settle
from core.drizzle.mapping import PixelMap, pixel_map
from core.drizzle.settings import BlotParams
from core.runs.spread import Threads

NX, NY, ROUNDS = 4096, 2051, 5
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


def scene(turn: float) -> tuple[fits.Header, fits.Header]:
    """Headers of a chip with the skew, scale and distortion of WFC3/UVIS, and of a frame turned by `turn` radians."""
    scale = 0.0396 / 3600
    cd = scale * np.array([[-1.003, 0.005], [0.06, 0.98]])
    sip = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 8.5e-6, "A_1_1": -5.2e-7, "B_0_2": -7.2e-6, "B_1_1": 6.2e-6}
    c, s = np.cos(turn), np.sin(turn)
    frame = scale * np.array([[-c, s], [s, c]])
    size = (4500, 2700) if abs(s) < 0.1 else (5300, 5300)
    return header(NX, NY, (2048, 1026), cd, sip), header(*size, (size[0] / 2, size[1] / 2), frame, {})


def ours_of(made: fits.Header) -> ChipWCS:
    hdu = fits.PrimaryHDU(header=made)
    return replace(read_wcs(fits.HDUList([hdu]), hdu), naxis=(made["NAXIS1"], made["NAXIS2"]))


def compare(name: str, ours: Run, peer: Run) -> None:
    ours()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        ours()
        middle = time.process_time()
        peer()
        times.append((middle - start, time.process_time() - middle))
    mine, theirs = (min(column) / (NX * NY) * 1e9 for column in zip(*times, strict=True))
    print(
        f"{name:24s} {mine:7.1f} ns/px   drizzlepac {theirs:7.1f} ns/px   ratio {theirs / mine:5.2f}",
        flush=True,
    )


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


def main() -> None:
    for title, turn in (("frame along the chip", 0.0), ("frame turned by 30 degrees", 0.52)):
        print(title, "load", os.getloadavg()[0] if hasattr(os, "getloadavg") else "?")
        chip_header, frame_header = scene(turn)
        chip, frame = ours_of(chip_header), ours_of(frame_header)
        where = pixel_map(chip, frame)
        peer_chip, peer_frame = WCS(chip_header), WCS(frame_header)
        mapping = cdriz.DefaultWCSMapping(peer_chip, peer_frame, NX, NY, 10)
        compare("map, step 10", lambda c=chip, f=frame: pixel_map(c, f, workers=Threads(1)),
                lambda c=peer_chip, f=peer_frame: cdriz.DefaultWCSMapping(c, f, NX, NY, 10))  # fmt: skip
        for kernel, pixfrac in (("square", 1.0), ("square", 0.8), ("turbo", 1.0), ("point", 1.0), ("gaussian", 1.0),
                                ("lanczos3", 1.0)):  # fmt: skip
            drop = Drop(kernel, pixfrac)
            compare(f"{kernel} {pixfrac}", *drizzle_pair(where, mapping, drop, frame.shape))
        for interp in ("poly5", "poly3", "linear", "nearest"):
            compare(f"blot {interp}", *blot_pair(frame, chip, mapping, interp))


if __name__ == "__main__":
    sys.exit(main())
