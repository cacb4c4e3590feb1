"""From catalogs of chips to sources on the sky and in the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.align.results import Catalog, Matches, Sources
from core.data.chipwcs import ChipWCS

Floats = NDArray[np.float64]

# A star's position is never better than this: the daofind centroid depends on where in the pixel the star lies.
FLOOR = 0.015


def on_sky(catalogs: Sequence[Catalog], wcss: Sequence[ChipWCS], frame: ChipWCS, name: str = "") -> Sources:
    """All sources of an image: chip positions through each chip's full WCS to the sky, then to the frame.

    `catalogs` and `wcss` belong together, one of each per chip. Numbers run over the chips from 1.
    """
    sky = [wcs.pix_to_sky(c.x, c.y) for c, wcs in zip(catalogs, wcss, strict=True)]
    ra = np.concatenate([s[0] for s in sky]) if sky else np.empty(0)
    dec = np.concatenate([s[1] for s in sky]) if sky else np.empty(0)
    u, v = frame.sky_to_pix(ra, dec)
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
        error=_joined([position_errors(c) for c in catalogs]),
        origin=np.zeros(len(ra), np.int64),
        origins=(name,),
    )
    seen = np.isfinite(u) & np.isfinite(v)
    return made if seen.all() else chosen(made, seen)


def in_frame(sources: Sources, frame: ChipWCS) -> Sources:
    """The same sources in another frame."""
    u, v = frame.sky_to_pix(sources.ra, sources.dec)
    return replace(sources, u=u, v=v)


def position_errors(catalog: Catalog) -> Floats:
    """Expected error of the positions of one chip, in pixels: noise over height, and a floor.

    The height of a source is estimated from its peak above the faintest that could be found; only the ratio of
    the errors to each other matters to the fit.
    """
    if not len(catalog):
        return np.empty(0)
    noise = catalog.sigma if catalog.sigma > 0 else 1.0
    height = np.maximum(catalog.peak, noise)
    return np.asarray(np.hypot(FLOOR, 1.5 * np.sqrt(noise**2 + np.maximum(height, 0.0)) / height))


def weights(image: Sources, reference: Sources, matches: Matches) -> Floats | None:
    """Relative weights of matched pairs in the fit; None where the errors are not known."""
    return None


def chosen(sources: Sources, which: NDArray[np.generic]) -> Sources:
    """Some of the sources: `which` is an index array or a mask."""
    names = ("ra", "dec", "u", "v", "flux", "number", "extver", "x", "y", "error", "origin")
    columns = {name: getattr(sources, name) for name in names}
    return replace(sources, **{name: c[which] for name, c in columns.items() if c is not None})


def _joined(columns: list[Floats]) -> Floats:
    return np.concatenate(columns) if columns else np.empty(0)


def _no_ints() -> NDArray[np.int64]:
    return np.empty(0, np.int64)
