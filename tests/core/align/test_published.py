"""A published alignment to Gaia with a magnitude cut; every image of the published runs is in its table."""

from __future__ import annotations

from pathlib import Path

import pytest
from align_shots import tuned
from published_runs import carriers, columns, crpix_of, linear_frame, told

from core.align.session import AlignSettings, align

ROOTS = ("ibwb01xrq_flc", "ibwb01xxq_flc", "ibwb01xqq_flc")


def test_a_magnitude_cut_of_gaia_keeps_the_solution(shared_data: Path, tmp_path: Path) -> None:
    home = shared_data / "published_tweakreg" / "align_to_catalogs"
    sky, xy = (columns(home / f"{ROOTS[2]}_{kind}_catalog.coo") for kind in ("sky", "refxy"))
    frame = linear_frame(sky, xy, crpix_of(home, ROOTS[2], 8))
    asked = tuned(
        AlignSettings.defaults(),
        catfile=str(tmp_path / "list"),
        xyunits="degrees",
        refimage=str(tmp_path / "frame.fits"),
        fitgeometry="general",
        refcat=str(home / "gaia.cat"),
        rfluxcol="phot_g_mean_mag",
        rmaxflux=15.0,
        rminflux=19.0,
        refnbright=800,
    )
    alignment = align(carriers(tmp_path, home, ROOTS, frame, "UVIS"), asked)
    assert len(alignment.reference) == 800
    assert alignment.reference.flux.min() >= 15.0
    assert alignment.reference.flux.max() <= 19.0
    for image, root in zip(alignment.images, ROOTS, strict=True):
        # brighter stars move on the sky otherwise than the faint ones of the cluster: 0.04 px
        assert image.fit.shift == pytest.approx(told(home, "Gaia_shifts.txt", root).shift, abs=0.1)
