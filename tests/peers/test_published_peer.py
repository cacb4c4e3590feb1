"""drizzlepac 3.11 itself from the published catalogs: its matching and fit beside ours and beside what was published.

The published runs were made with versions of 2018 and 2019, whose histogram offsets were others. With today's, which
are off by ceil(r) - r (algorithms, fault 1: half a pixel at 5" and 0.08" a pixel), one pass of matching loses stars.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.align.fit import fit
from core.align.match import match
from core.align.offset import offset
from core.align.settings import FitParams, MatchParams
from tests.core.align.published_runs import (
    columns,
    crpix_of,
    frame_positions,
    linear_frame,
    rows,
    sources,
    told,
)

pytest.importorskip("drizzlepac")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

SEARCH = 5.0  # arcsec
TOLD = 0.02
# where drizzlepac 3.11 is more than TOLD away from its predecessor
AWAY = {"ick906kwq_flc", "ick906l5q_flc", "ick906leq_flc", "ick908pkq_flc"}


@contextlib.contextmanager
def silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def of_drizzlepac(image: np.ndarray, reference: np.ndarray, radius: float, crpix: np.ndarray) -> np.ndarray:
    """Its shift: offset from the histogram, one pass of matching, rscale with three rounds of clipping."""
    from drizzlepac import linearfit, tweakutils
    from stsci.stimage import xyxymatch

    with silent():
        x, y, *_ = tweakutils.build_xy_zeropoint(
            image,
            reference.copy(),
            searchrad=radius,
            histplot=False,
            figure_id=1,
            plotname=None,
            interactive=False,
        )
        found = xyxymatch(image, reference, origin=(x, y), tolerance=1.0, separation=0.5)
        xy, uv = (np.column_stack([found[f"{who}_x"], found[f"{who}_y"]]) for who in ("input", "ref"))
        numbers = np.arange(len(xy))
        made = linearfit.iter_fit_all(
            xy, uv, numbers, numbers, mode="rscale", nclip=3, sigma=3.0, minobj=15, center=crpix.copy()
        )
    return np.array(made["offset"], float)


def of_ours(image: np.ndarray, reference: np.ndarray, scale: float, crpix: np.ndarray) -> np.ndarray:
    search = MatchParams(searchrad=SEARCH)
    one, two = sources(image), sources(reference)
    made = match(one, two, offset(one, two, search, scale), search, FitParams("rscale", minobj=4), crpix)
    return fit(image[made.image] - crpix, reference[made.reference] - crpix, FitParams("rscale")).shift


def test_ours_is_nearer_to_the_published_solutions_than_drizzlepac_is_today(shared_data: Path) -> None:
    home = shared_data / "published_tweakreg" / "align_mosaics"
    roots = [row[0].removesuffix(".fits") for row in rows(home / "shift657_flc.txt")]
    crpix = crpix_of(home, roots[0], 8)
    matched = [row for root in roots for row in rows(home / f"{root}_catalog_fit.match")]
    sky = columns(home / "f160w_drz_sci_sky_catalog.coo")
    frame = linear_frame(
        sky[[int(row[12]) for row in matched]], np.array([row[8:10] for row in matched], float), crpix
    )
    reference = frame_positions(frame, sky)
    ours, theirs = {}, {}
    for root in roots:
        image = columns(home / f"{root}_refxy_catalog.coo")
        shift = told(home, "shift657_flc.txt", root).shift
        theirs[root] = abs(of_drizzlepac(image, reference, SEARCH / 0.08, crpix) - shift).max()
        ours[root] = abs(of_ours(image, reference, frame.scale, crpix) - shift).max()
    assert {root for root in roots if theirs[root] > TOLD} == AWAY
    assert {root for root in roots if ours[root] > TOLD} == {"ick906kwq_flc"}  # 0.0204: see the table
    assert ours["ick906kwq_flc"] < 0.5 * theirs["ick906kwq_flc"]
    assert sum(ours[root] < 1e-4 for root in roots) == 9
