"""The shift file says what Apply does: read back, its numbers put the stars where the new headers put them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, tuned

from core.align.session import AlignSettings, align, apply, write_outputs
from core.data.exposure import open_exposure
from core.data.frame import read_frame


def test_the_numbers_are_those_of_the_headers(
    shoot: Callable[..., list[Path]], settings: AlignSettings, tmp_path: Path
) -> None:
    """Fault 12: nothing in drizzlepac 3.11 reads its shift file; the one function meant for it crashes."""
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), roll_error=0.02, seed=1))
    asked = tuned(settings, shiftfile=True, outshifts="s.txt", outwcs="s_wcs.fits")
    alignment = align(files, asked)
    write_outputs(alignment, asked, tmp_path)
    before = open_exposure(files[1], complete=False).chips[0].wcs
    apply(alignment, asked)
    after = open_exposure(files[1], complete=False).chips[0].wcs

    lines = [
        line.split() for line in (tmp_path / "s.txt").read_text().splitlines() if not line.startswith("#")
    ]
    dx, dy, rot, scale = map(float, {line[0]: line[1:5] for line in lines}["b_flt.fits"])
    frame = read_frame(f"{tmp_path / 's_wcs.fits'}[wcs]")
    c, s = scale * np.cos(np.radians(rot)), scale * np.sin(np.radians(rot))
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(0, 400, 9), np.linspace(0, 300, 7)))
    old = np.column_stack(frame.sky_to_pix(*before.pix_to_sky(x, y))) - (frame.crpix - 1)
    new = np.column_stack(frame.sky_to_pix(*after.pix_to_sky(x, y))) - (frame.crpix - 1)
    # image = reference * M + shift, row vectors about CRPIX
    told = (old - [dx, dy]) @ np.linalg.inv(np.array([[c, -s], [s, c]]))
    assert np.abs(new - old).max() > 2.0  # there is something to tell
    # six decimals of the angle in the file are 1e-8 radians
    assert told == pytest.approx(new, abs=2e-3)
