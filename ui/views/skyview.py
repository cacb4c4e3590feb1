"""Keeping the same sky in view when a frame gives way to one on other pixels."""

from __future__ import annotations

import math

import numpy as np

from core.data.chipwcs import ChipWCS
from ui.views.canvas import Canvas, ViewState
from ui.views.prepared import Prepared


def same_sky(canvas: Canvas, frame: Prepared) -> ViewState | None:
    """Where to look in `frame` to see what the canvas shows now; None when the view should stay as it is."""
    shown = canvas.frame
    if shown is None or canvas.is_fitted or shown.wcs is None or frame.wcs is None:
        return None
    return None if same_wcs(shown.wcs, frame.wcs) else seen_in(frame, shown, canvas.state)


def seen_in(frame: Prepared, shown: Prepared, at: ViewState) -> ViewState | None:
    """Where to look in `frame` to see the sky that `at` shows of `shown`; None when it is not near.

    One position is evaluated, and the scales at the middle of both frames: rotation and distortion are not undone.
    """
    if shown.wcs is None or frame.wcs is None or shown.local is None or frame.local is None:
        return None
    ra, dec = shown.wcs.pix_to_sky(np.array([at.x - 1.0]), np.array([at.y - 1.0]))
    x, y = (float(value[0]) + 1.0 for value in frame.wcs.sky_to_pix(ra, dec))
    ny, nx = frame.shape
    if not (math.isfinite(x) and math.isfinite(y) and -nx < x < 2 * nx and -ny < y < 2 * ny):
        return None
    return ViewState(x, y, at.zoom * frame.local.scale / shown.local.scale)


def same_wcs(one: ChipWCS, other: ChipWCS) -> bool:
    """Whether two frames put the same sky on the same pixels, as far as CRPIX, CRVAL and CD say."""
    if one is other:
        return True
    pairs = ((one.crpix, other.crpix), (one.crval, other.crval), (one.cd, other.cd))
    return one.naxis == other.naxis and all(np.array_equal(a, b) for a, b in pairs)
