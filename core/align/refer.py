"""What images are matched against: an image's sources, a catalog, and how it grows."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from core.align.results import ImageResult, Sources
from core.align.sources import chosen, fit_positions, lone
from core.data.chipwcs import ChipWCS
from core.errors import Refusal
from core.params import ParamSet
from core.runs.memory import file_identity

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reference:
    """Reference sources; `path` is the image they come from (None for a catalog), `key` names them in memory."""

    name: str
    path: Path | None
    sources: Sources
    key: Hashable


def from_image(path: Path, sources: Sources, key: Hashable) -> Reference:
    """The sources of an image as reference."""
    return Reference(path.name, path, sources, key)


def none() -> Reference:
    """No image can be the reference."""
    return Reference(
        "", None, _sources(np.empty(0), np.empty(0), np.empty(0), np.empty(0), np.empty(0), ""), None
    )


def from_catalog(values: ParamSet, frame: ChipWCS) -> Reference:
    """A catalog of RA, Dec in degrees in a text file (`refcat`), cut by flux or magnitude.

    Columns are 1-based numbers, or names from the last comment line before the data. Unlike in drizzlepac
    `refnbright` counts without flux limits too.

    Raises `Refusal` when the file, a column or a value cannot be read, or no source is left.
    """
    path = Path(values["refcat"])
    table, names = _read_table(path)
    ra = table[:, _column(values["refxcol"], "refxcol", names, table, path)]
    dec = table[:, _column(values["refycol"], "refycol", names, table, path)]
    limits = (values["rminflux"], values["rmaxflux"])
    needs_flux = values["refnbright"] is not None or any(v is not None for v in limits)
    if needs_flux and not values["rfluxcol"]:
        raise Refusal(
            "Flux limits need the column of the fluxes.",
            file=path,
            subject="rfluxcol",
            advice="a column number.",
        )
    flux = np.full(len(ra), np.nan)
    if values["rfluxcol"]:
        flux = table[:, _column(values["rfluxcol"], "rfluxcol", names, table, path)]
    keep = _selected(flux, values) if needs_flux else np.arange(len(ra))
    keep = keep[np.isfinite(ra[keep]) & np.isfinite(dec[keep]) & (np.abs(dec[keep]) <= 90.0)]
    ra, dec, flux = ra[keep], dec[keep], flux[keep]
    u, v = frame.sky_to_pix(ra, dec)
    seen = np.isfinite(u) & np.isfinite(v)
    if not seen.any():
        raise Refusal(
            "No source of the reference catalog is left or near the images.",
            file=path,
            subject="refcat",
            advice="Check the columns, the units and the flux limits.",
        )
    sources = _sources(ra[seen], dec[seen], u[seen], v[seen], flux[seen], path.name)
    reads = values.pick("refxcol", "refycol", "rfluxcol", "rminflux", "rmaxflux", "rfluxunits", "refnbright")
    place = (tuple(frame.crval), tuple(frame.crpix), tuple(np.ravel(frame.cd)))
    return Reference(path.name, None, sources, (file_identity(path), reads, place))


def expanded(reference: Reference, result: ImageResult, frame: ChipWCS, tolerance: float) -> Reference:
    """The reference with the sources of an aligned image that had no counterpart, moved by the inverse of its fit.

    drizzlepac moves them by the transposed matrix and appends fluxes and numbers of other sources (its expanded
    catalogs are wrong by the change of scale).
    """
    image, fit, matches = result.sources, result.fit, result.matches
    if image is None or fit is None or matches is None:
        return reference
    alone = np.ones(len(image), bool)
    alone[matches.image] = False
    centre = frame.crpix - 1.0
    xy = fit_positions(image)[alone] - centre
    uv = (xy - fit.shift) @ np.linalg.inv(fit.matrix) + centre
    known = reference.sources
    near, _ = cKDTree(np.column_stack([known.u, known.v])).query(uv, distance_upper_bound=tolerance)
    uv, rows = uv[~np.isfinite(near)], np.nonzero(alone)[0][~np.isfinite(near)]
    if not len(rows):
        return reference
    ra, dec = frame.pix_to_sky(uv[:, 0], uv[:, 1])
    added = replace(
        chosen(image, rows), ra=ra, dec=dec, u=uv[:, 0], v=uv[:, 1], fine_u=uv[:, 0], fine_v=uv[:, 1]
    )
    return replace(
        reference,
        sources=_joined(known, added, result.name),
        key=(reference.key, result.name, fit_key(result)),
    )


def fit_key(result: ImageResult) -> Hashable:
    """What an added part of a reference depends on: the fit's numbers."""
    assert result.fit is not None
    return tuple(np.ravel(result.fit.matrix)), tuple(result.fit.shift)


def _joined(known: Sources, added: Sources, name: str) -> Sources:
    both = {
        field: np.concatenate([getattr(known, field), getattr(added, field)])
        for field in ("ra", "dec", "u", "v", "flux", "number", "extver", "x", "y")
    }
    fine = np.concatenate([fit_positions(known), fit_positions(added)])
    error = [s.error if s.error is not None else np.ones(len(s)) for s in (known, added)]
    origin = known.origin if known.origin is not None else np.zeros(len(known), np.int64)
    return Sources(
        **both,
        error=np.concatenate(error),
        fine_u=fine[:, 0],
        fine_v=fine[:, 1],
        lone=np.concatenate([lone(known), lone(added)]),
        origin=np.concatenate([origin, np.full(len(added), len(known.origins), np.int64)]),
        origins=(*known.origins, name),
    )


def _sources(ra: Floats, dec: Floats, u: Floats, v: Floats, flux: Floats, name: str) -> Sources:
    """Catalog sources have no place on a chip: extver 0."""
    n = len(ra)
    return Sources(
        ra=ra % 360.0,
        dec=dec,
        u=u,
        v=v,
        flux=flux,
        number=np.arange(1, n + 1, dtype=np.int64),
        extver=np.zeros(n, np.int64),
        x=np.full(n, np.nan),
        y=np.full(n, np.nan),
        origin=np.zeros(n, np.int64),
        origins=(name,),
    )


def _selected(flux: Floats, values: ParamSet) -> NDArray[np.int64]:
    """Rows within the limits, the brightest `refnbright` of them; counts: large is bright, mag: small is."""
    sign = 1.0 if values["rfluxunits"] == "counts" else -1.0
    faint = -np.inf if values["rminflux"] is None else sign * values["rminflux"]
    bright = np.inf if values["rmaxflux"] is None else sign * values["rmaxflux"]
    rows = np.nonzero((sign * flux >= faint) & (sign * flux <= bright))[0]
    if values["refnbright"] is not None:
        rows = np.sort(rows[np.argsort(-sign * flux[rows], kind="stable")[: values["refnbright"]]])
    return rows.astype(np.int64)


def _read_table(path: Path) -> tuple[Floats, list[str]]:
    """A whitespace or comma separated table of numbers, and the names of the last comment line before it."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise Refusal(
            f"The reference catalog cannot be read ({error.strerror}).", file=path, subject="refcat"
        ) from error
    names: list[str] = []
    rows: list[list[float]] = []
    for number, line in enumerate(lines, 1):
        text = line.replace(",", " ").strip()
        if text.startswith("#"):
            names = names if rows else text.lstrip("#").split()
            continue
        if not text:
            continue
        rows.append([_as_number(word) for word in text.split("#")[0].split()])
        if len(rows[-1]) != len(rows[0]):
            raise Refusal(
                f"Line {number} has {len(rows[-1])} columns, the first {len(rows[0])}.",
                file=path,
                subject="refcat",
            )
    if not rows:
        raise Refusal("The reference catalog has no rows of text.", file=path, subject="refcat")
    return np.array(rows, float), names


def _as_number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")


def _column(text: str, parameter: str, names: list[str], table: Floats, path: Path) -> int:
    """0-based index of a column given by its 1-based number or its name."""
    if "," in text:
        raise Refusal(
            "Sexagesimal columns are not read.", subject=parameter, file=path, advice="a catalog in degrees."
        )
    lower = [name.lower() for name in names]
    if text.strip().isdigit():
        index = int(text) - 1
    elif text.strip().lower() in lower:
        index = lower.index(text.strip().lower())
    else:
        raise Refusal(
            f"The catalog has no column {text!r}.", file=path, subject=parameter, advice="a column number."
        )
    if not 0 <= index < table.shape[1] or not np.isfinite(table[:, index]).any():
        raise Refusal(
            f"Column {text} does not hold numbers.", file=path, subject=parameter, advice="another column."
        )
    return index
