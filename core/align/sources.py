"""From catalogs of chips to sources on the sky and in the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.align.results import COLUMNS, Catalog, Matches, Sources
from core.data.chipwcs import ChipWCS

Floats = NDArray[np.float64]

MOST = 20_000  # found sources of an image that are matched: more make no better fit, only a slower one


def on_sky(catalogs: Sequence[Catalog], wcss: Sequence[ChipWCS], frame: ChipWCS, name: str = "") -> Sources:
    """All sources of an image: chip positions through each chip's full WCS to the sky, then to the frame.

    `catalogs` and `wcss` belong together, one of each per chip. Numbers run over the chips from 1.
    """
    sky = [_sky(c, wcs) for c, wcs in zip(catalogs, wcss, strict=True)]
    ra = np.concatenate([s[0] for s in sky]) if sky else np.empty(0)
    dec = np.concatenate([s[1] for s in sky]) if sky else np.empty(0)
    u, v = frame.sky_to_pix(ra, dec)
    fine = [frame.sky_to_pix(*_sky(c, wcs, fine=True)) for c, wcs in zip(catalogs, wcss, strict=True)]
    made = Sources(
        ra=ra,
        dec=dec,
        u=u,
        v=v,
        flux=_joined([c.flux for c in catalogs]),
        number=np.arange(1, len(ra) + 1, dtype=np.int64),
        extver=np.concatenate([np.full(len(c), c.extver, np.int64) for c in catalogs]) if sky else _no_ints(),
        x=_joined([c.x for c in catalogs]),
        y=_joined([c.y for c in catalogs]),
        error=_joined([c.error if c.error is not None else np.ones(len(c)) for c in catalogs]),
        fine_u=_joined([f[0] for f in fine]),
        fine_v=_joined([f[1] for f in fine]),
        lone=np.concatenate([_lone(c) for c in catalogs]) if sky else np.empty(0, bool),
        origin=np.zeros(len(ra), np.int64),
        origins=(name,),
    )
    seen = np.isfinite(u) & np.isfinite(v)
    return made if seen.all() else chosen(made, seen)


def _sky(catalog: Catalog, wcs: ChipWCS, *, fine: bool = False) -> tuple[Floats, Floats]:
    """RA, Dec of a chip's sources: as given, or through the chip's WCS."""
    if catalog.ra is not None and catalog.dec is not None:
        return catalog.ra, catalog.dec
    if fine and catalog.fine_x is not None and catalog.fine_y is not None:
        return wcs.pix_to_sky(catalog.fine_x, catalog.fine_y)
    return wcs.pix_to_sky(catalog.x, catalog.y)


def fit_positions(sources: Sources, plain: bool = False) -> Floats:
    """(n, 2) 0-based frame pixels that the fit uses: the finer positions where there are any, unless it is `plain`."""
    if plain or sources.fine_u is None or sources.fine_v is None:
        return np.column_stack([sources.u, sources.v])
    return np.column_stack([sources.fine_u, sources.fine_v])


def pair_variances(image: Sources, reference: Sources, matches: Matches) -> Floats | None:
    """Expected variances (px squared, per axis) of the residuals of matched pairs; None if not known."""
    if image.error is None:
        return None
    variance = image.error[matches.image] ** 2
    if reference.error is not None:
        variance = variance + reference.error[matches.reference] ** 2
    return np.asarray(variance)


def chosen(sources: Sources, which: NDArray[np.generic]) -> Sources:
    """Some of the sources: `which` is an index array or a mask."""
    columns = {name: getattr(sources, name) for name in COLUMNS}
    return replace(sources, **{name: c[which] for name, c in columns.items() if c is not None})


def useful(sources: Sources, nbright: int | None, parameter: str = "nbright") -> tuple[Sources, str]:
    """Of the sources found in an image those that are matched, and what a person should know of it ("" for nothing).

    They are the `nbright` brightest of each chip where the person gave a number (that of `parameter`), else all,
    up to `MOST` of the whole image. A threshold near the noise finds hundreds of thousands: nearly all are noise,
    or stars so faint that their positions weigh nothing in the fit.
    """
    if nbright is not None:
        per_chip = [np.nonzero(sources.extver == extver)[0] for extver in np.unique(sources.extver)]
        rows = [_brightest(sources.flux, one, nbright) for one in per_chip]
        return chosen(sources, np.sort(np.concatenate(rows))) if rows else sources, ""
    if len(sources) <= MOST:
        return sources, ""
    note = f"The brightest {MOST} of {len(sources)} sources are used: raise threshold, or set {parameter}."
    return chosen(sources, np.sort(_brightest(sources.flux, np.arange(len(sources)), MOST))), note


def _brightest(flux: Floats, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Of `rows` the `count` with most flux; of equals the first."""
    return np.asarray(rows[np.argsort(-flux[rows], kind="stable")[:count]])


def lone(sources: Sources) -> NDArray[np.bool_]:
    """What is as sharp as a single pixel: hot pixels and some cosmic rays."""
    return np.zeros(len(sources), bool) if sources.lone is None else sources.lone


def _lone(catalog: Catalog) -> NDArray[np.bool_]:
    return np.zeros(len(catalog), bool) if catalog.lone is None else catalog.lone


def _joined(columns: list[Floats]) -> Floats:
    return np.concatenate(columns) if columns else np.empty(0)


def _no_ints() -> NDArray[np.int64]:
    return np.empty(0, np.int64)
