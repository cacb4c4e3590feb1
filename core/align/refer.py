"""What images are matched against: an image's sources, a catalog, and how it grows."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.align.columns import REFERENCE, columns_of
from core.align.near import Near
from core.align.results import ImageResult, Sources
from core.align.sources import chosen, fit_positions, lone
from core.data.catalogs import read_catalog
from core.data.chipwcs import ChipWCS
from core.data.motions import Motions, moved
from core.data.placeerrors import PlaceErrors
from core.errors import Refusal
from core.params import ParamSet
from core.params.when import is_blank
from core.runs.memory import file_identity

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reference:
    """Reference sources; `path` is the image they come from (None for a catalog), `key` names them in memory.

    `motions` are the proper motions of the first sources, those of a catalog, `errors` those of their places; `note`
    what a person should know.
    """

    name: str
    path: Path | None
    sources: Sources
    key: Hashable
    motions: Motions | None = None
    note: str = ""
    errors: PlaceErrors | None = None


def from_image(path: Path, sources: Sources, key: Hashable) -> Reference:
    """The sources of an image as reference."""
    return Reference(path.name, path, sources, key)


def none() -> Reference:
    """No image can be the reference."""
    return Reference(
        "", None, _sources(np.empty(0), np.empty(0), np.empty(0), np.empty(0), np.empty(0), ""), None
    )


def from_catalog(values: ParamSet, frame: ChipWCS) -> Reference:
    """The sources of the catalog `refcat`, cut by flux or magnitude, with their proper motions.

    Positions are in degrees, or in pixels of `frame` counted from 1, for which `refimage` must give the frame.
    Raises `Refusal` when the catalog cannot be read or no source is left.
    """
    path = Path(values["refcat"])
    columns = columns_of(values, REFERENCE)
    if columns.units == "pixels" and is_blank(values["refimage"]):
        raise Refusal(
            "Positions in pixels need a reference image, whose frame they refer to.",
            subject="refxyunits",
            advice="refimage, or a catalog in degrees.",
        )
    read = read_catalog(path, columns, "refcat")
    if columns.units == "pixels":
        u, v = read.x - 1.0, read.y - 1.0
        ra, dec = frame.pix_to_sky(u, v)
    else:
        ra, dec = read.x, read.y
        u, v = frame.sky_to_pix(ra, dec)
    seen = np.isfinite(u) & np.isfinite(v)
    if not seen.any():
        raise Refusal(
            "No source of the reference catalog is near the images.",
            file=path,
            subject="refcat",
            advice="Check the columns and the units.",
        )
    sources = _sources(ra[seen], dec[seen], u[seen], v[seen], read.flux[seen], path.name)
    motions = None if read.motions is None else read.motions[seen]
    errors = None if read.errors is None else read.errors[seen]
    if errors is not None:
        sources = replace(sources, error=_in_pixels(errors.place, frame))
    place = (tuple(frame.crval), tuple(frame.crpix), tuple(np.ravel(frame.cd)))
    return Reference(
        path.name, None, sources, (file_identity(path), columns, place), motions, read.note, errors
    )


def at_year(reference: Reference, year: float, frame: ChipWCS) -> Reference:
    """The reference with its catalog's sources where they were in Julian `year`; itself without proper motions.

    What was added from images stays in place.
    """
    if reference.motions is None or not np.isfinite(year):
        return reference
    known = reference.sources
    n = len(reference.motions.ra)
    ra, dec = moved(known.ra[:n], known.dec[:n], reference.motions, year)
    u, v = frame.sky_to_pix(ra, dec)
    fine = fit_positions(known)[n:]
    error = known.error
    if error is not None and reference.errors is not None:
        grown = _in_pixels(reference.errors.after(year - reference.motions.epoch), frame)
        error = np.concatenate([grown, error[n:]])
    there = replace(
        known,
        ra=np.concatenate([ra, known.ra[n:]]),
        dec=np.concatenate([dec, known.dec[n:]]),
        u=np.concatenate([u, known.u[n:]]),
        v=np.concatenate([v, known.v[n:]]),
        fine_u=np.concatenate([u, fine[:, 0]]),
        fine_v=np.concatenate([v, fine[:, 1]]),
        error=error,
    )
    return replace(reference, sources=there, key=(reference.key, year))


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
    new = Near.of(np.column_stack([known.u, known.v])).nearest(uv, tolerance) < 0
    uv, rows = uv[new], np.nonzero(alone)[0][new]
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


def _in_pixels(mas: Floats, frame: ChipWCS) -> Floats:
    """Errors of places in pixels of the frame."""
    return mas / (1000.0 * frame.scale)


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
