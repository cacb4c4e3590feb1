"""The files that tweakreg leaves: catalogs, match and fit lists, the catalog list, shift file and its frame, log.

Names, columns and number formats are drizzlepac's, whose readers take them as they are: positions FITS 1-based,
source numbers from 0. In `*_catalog_fit.match` columns 1 to 4 are the positions that were fitted, relative to the
frame's CRPIX; 5 and 6 are not relative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.align.results import Alignment, Catalog, ImageResult, Sources, Status
from core.align.saving import read_files, root, writes_catalogs
from core.align.settings import AlignSettings
from core.align.sources import fit_positions
from core.data.frame import frame_header
from core.data.outfiles import product_path
from core.data.safe import write_fits, write_text
from core.errors import Refusal
from core.runs.spread import Threads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def write_outputs(alignment: Alignment, settings: AlignSettings, folder: str | Path) -> tuple[Path, ...]:
    """Write what `writecat`, `clean`, `shiftfile` and `expand_refcat` ask for into `folder`; returns the files.

    Each file is replaced whole. Raises the first `Refusal` when a file cannot be written or would replace one that
    the alignment read; the others are written all the same.
    """
    written, failed = write_each(alignment, settings, folder)
    if failed:
        raise failed[0]
    return written


def write_each(
    alignment: Alignment, settings: AlignSettings, folder: str | Path, keep: Iterable[Path] = ()
) -> tuple[tuple[Path, ...], tuple[Refusal, ...]]:
    """`write_outputs` that goes on: the files that were written, and why others could not be.

    `keep` are further files that must not be replaced.
    """
    read = [*read_files([image.path for image in alignment.images], settings), *keep]

    def one(named: tuple[str, tuple[str, str | fits.HDUList]]) -> Path | Refusal:
        name, (subject, content) = named
        try:
            path = product_path(folder, name, read, subject)
            if isinstance(content, str):
                write_text(content, path)
            else:
                write_fits(content, path)
        except Refusal as refusal:
            return refusal
        return path

    # a dozen small files, each of which waits for the disk
    done = Threads(4).map(one, _contents(alignment, settings).items())
    written = tuple(each for each in done if isinstance(each, Path))
    return written, tuple(each for each in done if isinstance(each, Refusal))


def _contents(alignment: Alignment, settings: AlignSettings) -> dict[str, tuple[str, str | fits.HDUList]]:
    """By name of the file: the parameter that asks for it, and what is to be in it."""
    values = settings.tweakreg
    texts: dict[str, str] = {}
    if writes_catalogs(values):
        sharp = bool(settings.imagefind["use_sharp_round"])
        for image in alignment.images:
            texts.update(_catalogs(image, sharp))
            texts.update(_matches(image, alignment))
        texts.update(_catalog_list(alignment))
        if values["expand_refcat"] and alignment.reference_name:
            texts.update(_expanded(alignment, alignment.reference))
    made: dict[str, tuple[str, str | fits.HDUList]] = {k: ("writecat", text) for k, text in texts.items()}
    if values["shiftfile"]:
        made[values["outshifts"]] = ("outshifts", shift_file(alignment, values["outwcs"]))
        made[values["outwcs"]] = ("outwcs", frame_file(alignment))
    return made


def stem(image: ImageResult) -> str:
    """The root of the names of an image's files."""
    return root(image.path)


def _catalogs(image: ImageResult, sharp: bool) -> Iterator[tuple[str, str]]:
    first = 0
    for catalog in image.catalogs:
        yield (
            f"{stem(image)}_sci{catalog.extver}_xy_catalog.coo",
            _chip_catalog(image.name, catalog, first, sharp),
        )
        first += len(catalog)
    sources = image.sources
    if sources is not None:
        lines = _rows("%0.12f  %0.12f", sources.ra, sources.dec)
        head = [f"#Sky positions for: {image.name}", "#RA        Dec", "#(deg)     (deg)"]
        yield f"{stem(image)}_sky_catalog.coo", _text(head + lines)
        lines = _rows("%0.6f  %0.6f", sources.u + 1, sources.v + 1)
        head = [f"#Pixel positions for: {image.name}", "#X           Y", "#(pix)       (pix)"]
        yield f"{stem(image)}_refxy_catalog.coo", _text(head + lines)


def _chip_catalog(name: str, catalog: Catalog, first: int, sharp: bool) -> str:
    extra = "      Sharp     Round1     Round2" if sharp else ""
    lines = [
        f"# Sources found in {name}[sci,{catalog.extver}]",
        "# Columns:",
        f"#    X      Y         Flux       ID{extra}",
        "#   (pixels)   (pixels)",
    ]
    columns = [catalog.x + 1, catalog.y + 1, catalog.flux, np.arange(first, first + len(catalog))]
    columns += [catalog.sharp, catalog.round1, catalog.round2] if sharp else []
    lines += _rows("%g  %g  %g  %d  " + "%g  %g  %g  " * sharp, *columns)
    return _text(lines)


def _matches(image: ImageResult, alignment: Alignment) -> Iterator[tuple[str, str]]:
    if image.status is not Status.ALIGNED or image.sources is None or image.matches is None:
        return
    reference = alignment.reference if image.reference is None else image.reference
    yield f"{stem(image)}_xy_catalog.match", _match_list(image, image.sources, reference, alignment)
    yield f"{stem(image)}_catalog_fit.match", _fit_list(image, image.sources, reference, alignment)


def _match_list(image: ImageResult, mine: Sources, reference: Sources, alignment: Alignment) -> str:
    assert image.matches is not None
    names = ["Ref_X", "Ref_Y", "Input_X", "Input_Y", "Ref_X0", "Ref_Y0", "Input_X0", "Input_Y0"]
    names += ["Ref_ID", "Input_ID", "Ref_Source"]
    lines = [f"#Reference: {alignment.reference_name}", f"#Input: {image.name}", "#" + "        ".join(names)]
    r, i = image.matches.reference, image.matches.image
    numbers = [
        *(reference.u[r], reference.v[r], mine.u[i], mine.v[i]),
        *(reference.x[r], reference.y[r], mine.x[i], mine.y[i]),
    ]
    ids = [reference.number[r] - 1, mine.number[i] - 1]
    lines += _rows(
        "%0.6f    " * 8 + "%d    %d    %s", *(value + 1 for value in numbers), *ids, _origins(reference, r)
    )
    return _text(lines)


def _fit_list(image: ImageResult, mine: Sources, reference: Sources, alignment: Alignment) -> str:
    assert image.matches is not None
    assert image.fit is not None
    fit, frame = image.fit, alignment.frame
    centre = frame.crpix - 1.0
    used = np.nonzero(fit.used)[0]
    r, i = image.matches.reference[used], image.matches.image[used]
    uv, xy = (fit_positions(s, fit.plain)[k] - centre for s, k in ((reference, r), (mine, i)))
    fitted = (xy - fit.shift) @ np.linalg.inv(fit.matrix) + centre
    ra, dec = frame.pix_to_sky(fitted[:, 0], fitted[:, 1])
    chips = np.column_stack([reference.x[r], reference.y[r], mine.x[i], mine.y[i]]) + 1
    table = np.column_stack([uv, xy, fitted + 1, fit.rx[used], fit.ry[used], chips])
    ids = [reference.number[r] - 1, mine.number[i] - 1, mine.extver[i]]
    form = "%15.6f" * table.shape[1] + "%8d%8d%8d%20.12f%20.12f   %s"
    return _text(_fit_header(image) + _rows(form, *table.T, *ids, ra, dec, _origins(reference, r)))


def _mean_angle(first: float, second: float) -> float:
    """The mean of two angles, degrees 0 ... 360, on the circle: of 359 and 1 it is 0."""
    return float((first + 0.5 * ((second - first + 180.0) % 360.0 - 180.0)) % 360.0)


def _fit_header(image: ImageResult) -> list[str]:
    fit = image.fit
    assert fit is not None
    rot_x = np.degrees(np.arctan2(-fit.matrix[0, 1], fit.matrix[0, 0])) % 360.0
    rot_y = np.degrees(np.arctan2(fit.matrix[1, 0], fit.matrix[1, 1])) % 360.0
    mean = _mean_angle(rot_x, rot_y) if fit.geometry == "general" else fit.rot
    if fit.geometry != "general":
        rot_x = rot_y = fit.rot
    columns = [
        *("X (reference)", "Y (reference)", "X (input)", "Y (input)", "X (fit)", "Y (fit)"),
        *("X (residual)", "Y (residual)", "Original X (reference)", "Original Y (reference)"),
        *("Original X (input)", "Original Y (input)", "Ref ID", "Input ID", "Input EXTVER ID"),
        *("RA (fit)", "Dec (fit)", "Ref source"),
    ]
    return [
        f"# Input image: {image.name}",
        "# Coordinate mapping parameters:",
        f"#    X and Y rms: {fit.rms_x:.3f}  {fit.rms_y:.3f}",
        f"#    X and Y shift: {fit.shift[0]:.4f}  {fit.shift[1]:.4f}",
        f"#    X and Y scale: {fit.scale_xy[0]:.10g}  {fit.scale_xy[1]:.10g}",
        f"#    X and Y rotation: {rot_x:.10g}  {rot_y:.10g}",
        f"#    <rotation> and skew: {mean:.10g}  {fit.skew:.10g}",
        "#",
        "# Columns (1 to 4 relative to CRPIX of the frame):",
        *(f"#     Column {k}: {name}" for k, name in enumerate(columns, 1)),
        "#",
    ]


def _catalog_list(alignment: Alignment) -> Iterator[tuple[str, str]]:
    lines = []
    for image in alignment.images:
        if image.catalogs:
            names = [f"{stem(image)}_sci{catalog.extver}_xy_catalog.coo" for catalog in image.catalogs]
            lines.append(f"{image.name}    " + "  ".join(names))
    if lines:
        yield f"{stem(alignment.images[0])}_xy_catfile.list", _text(lines)


def _expanded(alignment: Alignment, grown: Sources) -> Iterator[tuple[str, str]]:
    name = alignment.reference_name
    lines = [
        f"#Sky positions of the reference catalog as it grew, from: {name}",
        "#RA        Dec        Flux        ID        Origin",
        "#(deg)     (deg)       (counts)",
    ]
    every = np.arange(len(grown))
    columns = (grown.ra, grown.dec, grown.flux, grown.number - 1, _origins(grown, every))
    lines += _rows("%0.7f  %0.7f  %0.5g  %d  %s", *columns)
    yield f"cumulative_sky_refcat_{name.removesuffix('.gz').removesuffix('.fits')}.coo", _text(lines)


def shift_file(alignment: Alignment, outwcs: str) -> str:
    """The shift file: dx dy rot scale xrms yrms per image in frame pixels and degrees; nan for what failed."""
    lines = [
        "# frame: output",
        f"# refimage: {outwcs}[wcs]",
        "# form: delta",
        "# units: pixels",
    ]
    for image in alignment.images:
        values = [float("nan")] * 6
        if image.status is Status.REFERENCE:
            values = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
        elif image.status is Status.ALIGNED and image.fit is not None:
            fit = image.fit
            values = [float(fit.shift[0]), float(fit.shift[1]), fit.rot, fit.scale, fit.rms_x, fit.rms_y]
        dx, dy, rot, scale, rms_x, rms_y = (f"{value:0.6f}" for value in values)
        lines.append(f"{image.name}    {dx}  {dy}    {rot}     {scale}   {rms_x}  {rms_y}")
    return _text(lines)


def frame_file(alignment: Alignment) -> fits.HDUList:
    """The frame that the shifts refer to: an empty primary and an extension WCS without pixels."""
    frame = alignment.frame
    header = frame_header(frame)
    header["NPIX1"] = (frame.naxis[0], "columns of the frame")
    header["NPIX2"] = (frame.naxis[1], "rows of the frame")
    header["PIXVALUE"] = (0.0, "value of the pixels that are not there")
    extension = fits.ImageHDU(header=header, name="WCS")
    extension.ver = 1
    return fits.HDUList([fits.PrimaryHDU(), extension])


def summary(alignment: Alignment) -> str:
    """A few lines per run for the log file."""
    lines = [f"Reference: {alignment.reference_name or 'none'}"]
    for image in alignment.images:
        line = f"{image.name}: {image.status.value}"
        if image.fit is not None and image.status is Status.ALIGNED:
            fit = image.fit
            line += (
                f", {fit.n_used} of {len(fit.used)} matches, shift {fit.shift[0]:.4f} {fit.shift[1]:.4f}, "
                f"rot {fit.turn:z.6f}, scale {fit.scale:.7f}, rms {fit.rms_x:.4f} {fit.rms_y:.4f}"
            )
            if image.quality == "doubtful":
                line += f", doubtful: {' '.join(image.doubts)}"
        elif image.reason:
            line += f", {image.reason} Try: {image.advice}"
        line += "".join(f" ({said})" for said in (image.note, image.manner) if said)
        lines.append(line)
    return _text(lines)


def _origins(reference: Sources, rows: Ints) -> list[str]:
    """Where reference sources come from: "name[extver]", or the catalog's name."""
    if not len(rows):
        return []
    known = reference.origin is not None and bool(reference.origins)
    origin = reference.origin[rows] if reference.origin is not None else np.zeros(len(rows), np.int64)
    pairs = zip(origin.tolist(), reference.extver[rows].tolist(), strict=True)
    names = [reference.origins[k] if known else "" for k in range(len(reference.origins))] or [""]
    return [f"{names[k]}[{extver}]" if extver > 0 else names[k] for k, extver in pairs]


def _rows(form: str, *columns: NDArray[Any] | list[str]) -> list[str]:
    """A line a row; Python's own numbers are written several times as fast as numpy's."""
    plain = (column if isinstance(column, list) else column.tolist() for column in columns)
    return [form % row for row in zip(*plain, strict=True)]


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
