"""Our kernels and blots beside the files of the `drizzle` package's own test data, each in full.

    python tests/bench/bench_reference.py drizzle-1.12 [--write]

The argument is the unpacked source distribution of version 1.12 (1.11 has the same files; later ones carry none).
`--write` makes what the tests take, in tests/peers/data: drizzle_1.12.npz, the non-zero pixels of the sparse images
(all of them), sums of the weights, three pieces of the whole images; and a piece of the exposure as a file of its own.

                              difference                                         weights: centroids, pixels:
                            largest       rms           sum ours         sum theirs   largest    median   largest
square_point                3.2e+00   4.5e-03            86.9113            86.9113   9.6e-02   5.7e-02   5.7e-02
square_point displaced      3.8e-06   3.3e-09            86.9113            86.9113   1.8e-07   1.7e-08   1.7e-08
square_grid                 4.4e+00   7.6e-02         22249.2850         22249.2850   9.6e-02   5.8e-02   5.8e-02
square_grid displaced       7.6e-06   4.0e-08         22249.2850         22249.2850   1.8e-07   1.4e-08   7.1e-08
turbo_grid                  1.1e-05   5.4e-08         22255.6158         22255.6157   2.4e-07   1.8e-08   7.7e-08
gaussian_grid               1.1e-05   5.9e-08         22251.1702         22251.1702   2.4e-07   2.1e-08   8.5e-08
lanczos_grid                1.8e+00   1.2e-02         22250.8941         22240.6225   4.1e-02   1.2e-02   6.1e-02
lanczos_grid plain, whole   1.8e+00   1.2e-02         22250.8945         22240.6225   4.1e-02   1.2e-02   6.1e-02
lanczos_grid plain, cut     4.5e-05   1.8e-07         22240.6230         22240.6225   1.2e-02   6.5e-08   2.1e-07
tophat_grid                 0.0e+00   0.0e+00         19475.7036         19475.7036   1.0e+00   0.0e+00   0.0e+00
point_grid                  0.0e+00   0.0e+00         19668.9150         19668.9150   0.0e+00   0.0e+00   0.0e+00
blot_point                  3.8e-06   3.5e-09            34.8083            34.8083             3.2e-08   3.2e-08
blot_default                1.3e-04   1.7e-07         22265.4408         22265.4420             3.8e-08   2.0e-06
blot_lan3 as sinc           6.2e+00   1.7e-01         22285.2945         22557.5099
blot_lan5 as sinc           4.4e+00   7.7e-02         22285.2945         23177.0723
square_image                2.3e-02   2.1e-04    1152283924.6437    1152283925.3660   1.8e-07
turbo_image                 2.3e-02   3.7e-04    1152408177.7212    1152408181.0236   2.4e-07
blot_image                  1.3e+04   1.7e+02    1325433569.6131    1325405915.9552   9.6e-02
blot_image displaced        3.6e+01   4.8e-02    1325405816.8998    1325405915.9552   1.8e-07

Pixels of the sparse images go up to 77, of the images of the exposure to 119 000 (blot 159 000); weights to 1, 2 of
tophat and point. The package's own tests ask for centroids within 1e-6 (median) and 1e-5 (2e-5 for gaussian), later
versions of the whole images for 1e-6 of the value. What is displaced, and what cut: tests/peers/drizzle_cases.py.
The one weight of tophat that differs is of a pixel 7e-9 pixels inside the circle.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from core.data.chipwcs import ChipWCS
from core.data.readwcs import read_wcs
from core.drizzle.drop import _lanczos_table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "peers"))

import drizzle_cases as cases


@dataclass(frozen=True)
class File:
    wcs: ChipWCS
    sci: np.ndarray
    wht: np.ndarray
    ctx: np.ndarray


class Folder:
    """The package's test data."""

    def __init__(self, path: Path) -> None:
        self.path = path / "drizzle" / "tests" / "data"
        with fits.open(self.path / "j8bt06nyq_flt.fits", memmap=False) as hdus:
            self.chip = read_wcs(hdus, hdus["SCI"])
            self.image = np.array(hdus["SCI"].data, np.float32)

    def read(self, name: str) -> File:
        with fits.open(self.path / f"reference_{name}.fits", memmap=False) as hdus:
            wcs = read_wcs(hdus, hdus[1])
            return File(wcs, *(np.array(hdus[k].data).squeeze() for k in (1, 2, 3)))


def numbers(wcs: ChipWCS) -> np.ndarray:
    return np.concatenate([wcs.crpix, wcs.crval, wcs.cd.ravel()])


@dataclass(frozen=True)
class Row:
    """What is told of a case."""

    name: str
    ours: np.ndarray
    theirs: np.ndarray
    weights: float | None = None
    places: np.ndarray | None = None
    half: int = 4

    def __str__(self) -> str:
        off = np.abs(self.ours.astype(float) - self.theirs)
        told = f"{self.name:25s} {off.max():9.1e} {np.sqrt((off**2).mean()):9.1e}"
        told += f" {self.ours.sum(dtype=float):18.4f} {self.theirs.sum(dtype=float):18.4f}"
        told += f" {self.weights:9.1e}" if self.weights is not None else 10 * " "
        if self.places is not None:
            away = cases.centroids_apart(self.ours, self.theirs, self.places, self.half)
            told += f" {np.median(away):9.1e} {away.max():9.1e}"
        return told


def kernels(folder: Folder) -> Iterator[Row]:
    chip = folder.chip
    for name, (kernel, what) in cases.KERNELS.items():
        file, data = folder.read(name), cases.scene(what, 100.0)
        places = cases.bright_places(chip, file.wcs, what)
        made = {"": cases.drizzled(data, chip, file.wcs, kernel)}
        if kernel == "square":
            made[" displaced"] = cases.drizzled_displaced(data, chip, file.wcs)
        if kernel == "lanczos3":
            table = _lanczos_table(3).astype(float)
            made[" plain, whole"] = cases.lanczos_cut(data, chip, file.wcs, table, 0.0)
            made[" plain, cut"] = cases.lanczos_cut(data, chip, file.wcs, table, -1.0)
        for how, one in made.items():
            yield Row(name + how, one.sci, file.sci, float(np.abs(one.wht - file.wht).max()), places)


def blots(folder: Folder) -> Iterator[Row]:
    for name, (interp, what) in cases.BLOTS.items():
        file, data = folder.read(name), cases.scene(what, 40.0 if what == "point" else 100.0)
        ours = cases.blotted(data, folder.chip, file.wcs, interp)
        yield Row(name, ours, file.sci, None, cases.bright_places(folder.chip, file.wcs, what), 8)
    for name in cases.FOREIGN:
        file = folder.read(name)
        ours = cases.blotted(cases.scene("grid", 100.0), folder.chip, file.wcs, "sinc")
        yield Row(f"{name} as sinc", ours, file.sci, None, None)


def images(folder: Folder) -> Iterator[Row]:
    """Of the image itself; differences over its largest value, 119 000."""
    for name, kernel in cases.IMAGES.items():
        file = folder.read(name)
        made = cases.drizzled(folder.image, folder.chip, file.wcs, kernel)
        assert np.array_equal(made.ctx > 0, file.ctx > 0)
        yield Row(name, made.sci, file.sci, float(np.abs(made.wht - file.wht).max()))
    file, frame = folder.read("blot_image"), folder.read("square_grid").wcs
    for how, source in (
        ("", cases.drizzled(folder.image, folder.chip, frame, "square")),
        (" displaced", cases.drizzled_displaced(folder.image, folder.chip, frame)),
    ):
        ours = cases.blotted(source.sci, frame, file.wcs, "poly5")
        yield Row(f"blot_image{how}", ours, file.sci, float(np.abs(source.wht - file.wht).max()))


def compact(folder: Folder) -> dict[str, np.ndarray]:
    """What the tests take."""
    kept = {"chip": numbers(folder.chip)}
    for name in (*cases.KERNELS, *cases.BLOTS):
        file = folder.read(name)
        index = np.flatnonzero(file.sci).astype(np.int32)
        kept |= {f"{name}/wcs": numbers(file.wcs), f"{name}/step": np.diff(index, prepend=np.int32(0))}
        kept[f"{name}/value"] = file.sci.ravel()[index]
        if name in cases.KERNELS:
            kept |= {f"{name}/wht": file.wht.ravel()[index], f"{name}/blocks": cases.block_sums(file.wht)}
            kept[f"{name}/seen"] = np.array([(file.wht > 0).sum(), (file.ctx > 0).sum()])
    files = {name: folder.read(name) for name in (*cases.IMAGES, "blot_image")}
    for name, file in files.items():
        kept[f"{name}/wcs"] = numbers(file.wcs)
        kept[f"{name}/blocks"] = cases.block_sums(file.wht)
    for number, cut in enumerate(cases.CUTS):
        row, column, edge = cut
        here = np.s_[row : row + edge, column : column + edge]
        kept[f"cut{number}/image"] = folder.image[here]
        kept[f"cut{number}/blot"] = files["blot_image"].sci[here]
        for name in cases.IMAGES:
            reached = cases.reached_by(cut, folder.chip, files[name].wcs, 2.0) & (files[name].wht > 0)
            kept[f"cut{number}/{name}"] = files[name].sci[reached]
    return kept


def piece(folder: Folder) -> fits.HDUList:
    """212 x 212 pixels of the exposure with its errors and flags, the distortion in its header."""
    row, column, edge = 415, 295, 212
    with fits.open(folder.path / "input1.fits", memmap=False) as hdus:
        made = fits.HDUList([hdus[0].copy()])
        for hdu in (hdus[name] for name in ("SCI", "ERR", "DQ")):
            header = hdu.header.copy()
            header.remove("HISTORY", ignore_missing=True, remove_all=True)
            for key, first in (("CRPIX1", column), ("CRPIX2", row)):
                if key in header:
                    header[key] -= first
            pixels = hdu.data[row : row + edge, column : column + edge]
            made.append(fits.ImageHDU(np.ascontiguousarray(pixels), header, name=hdu.name))
    made[0].header.remove("HISTORY", ignore_missing=True, remove_all=True)
    made[0].header["NEXTEND"] = 3
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the unpacked source distribution")
    parser.add_argument("--write", action="store_true", help="write the compact file of the tests")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    folder = Folder(asked.folder)
    for rows in (kernels(folder), blots(folder), images(folder)):
        for row in rows:
            print(row)
    if asked.write:
        np.savez_compressed(cases.COMPACT, **compact(folder))
        piece(folder).writeto(cases.PIECE, overwrite=True)
        for path in (cases.COMPACT, cases.PIECE):
            print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
