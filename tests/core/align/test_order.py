"""The order by overlap: areas on the sphere, the first pair, what comes next, and that only aligned images feed it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, Sky, tuned

from core.align.order import Overlaps, Queue, outlines
from core.align.refer import Reference, expanded
from core.align.results import Fit, ImageResult, Matches, Sources, Status
from core.align.session import AlignSettings, align
from core.data.chipwcs import ChipWCS

Shoot = Callable[..., list[Path]]
SCALE = 0.1


def frame(ra: float = 0.0, dec: float = 89.99) -> ChipWCS:
    """Pixels of 0.1" at the pole by default, where RA goes all around within the frame."""
    cd = SCALE / 3600.0 * np.array([[-1.0, 0.0], [0.0, 1.0]])
    return ChipWCS(crpix=np.array([500.0, 500.0]), crval=np.array([ra, dec]), cd=cd, naxis=(1000, 1000))


def box(x: float, y: float, width: float = 1000.0, height: float = 1000.0, turn: float = 0.0) -> np.ndarray:
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * [width, height]
    return corners @ np.array([[c, s], [-s, c]]) + [x, y]


def test_areas_are_good_to_a_percent() -> None:
    shapes = [(box(0, 0),), (box(500, 300),), (box(0, 0, turn=45.0),), (box(-300, 0, 300), box(300, 0, 300))]
    overlaps = Overlaps.of(shapes, frame())
    cells = overlaps.cells
    arcsec2 = SCALE**2
    octagon = 1e6 * (2 * np.sqrt(2) - 2)
    for i, j, area in ((0, 0, 1e6), (0, 1, 350e3), (0, 2, octagon), (0, 3, 600e3), (1, 3, 600 * 700.0 / 2)):
        want = area if (i, j) != (1, 3) else 300 * 700.0
        assert overlaps.overlap(cells[i], cells[j]) == pytest.approx(want * arcsec2, rel=0.01)
    assert overlaps.overlap(cells[1], Overlaps.of([(box(5e4, 0),)], frame()).cells[0]) == 0.0


def test_areas_are_on_the_sphere() -> None:
    """A square from 30 to 31 degrees away from the tangent point looks 1.5 times as large in the plane."""
    wide = ChipWCS(crpix=np.ones(2), crval=np.array([10.0, 0.0]), cd=np.diag([-0.01, 0.01]), naxis=(1, 1))
    ra, dec = 40.0 + np.array([0.0, 1.0, 1.0, 0.0]), np.array([-0.5, -0.5, 0.5, 0.5])
    polygon = np.column_stack(wide.sky_to_pix(ra, dec))[::-1]
    overlaps = Overlaps.of([(polygon,)], wide)
    want = 3600.0**2 * np.degrees(2 * np.sin(np.radians(0.5)))
    assert overlaps.overlap(overlaps.cells[0], overlaps.cells[0]) == pytest.approx(want, rel=0.01)


def test_the_first_pair_and_the_growing_reference() -> None:
    """A row of five, the second and third closest; the third has more overlap in all."""
    places = [0.0, 900.0, 1300.0, 2000.0, 2900.0]
    overlaps = Overlaps.of([(box(x, 0),) for x in places], frame())
    assert overlaps.first_reference() == 2
    overlaps.begin((box(1300.0, 0),))
    waiting, order = [0, 1, 3, 4], []
    while waiting:
        best = overlaps.best(waiting)
        order.append(best)
        waiting.remove(best)
        overlaps.grow(best)
    assert order == [1, 3, 0, 4]
    assert Overlaps.of([(box(x, 0),) for x in (500.0, 0.0)], frame()).first_reference() == 0


def test_outlines_are_hulls_of_sources_or_chips() -> None:
    wcs = frame(10.0, 20.0)
    rng = np.random.default_rng(1)
    u, v = rng.uniform(100, 300, (2, 500))
    few = np.array([500.0, 600.0])
    sources = made_sources(np.concatenate([u, few]), np.concatenate([v, few]), wcs)
    extver = np.concatenate([np.full(500, 1), np.full(2, 2)])
    object.__setattr__(sources, "extver", extver)
    one, two = outlines(sources, {1: wcs, 2: wcs}, wcs)
    assert one.min() > 99
    assert one.max() < 301
    assert np.ptp(one) > 190
    assert two.min() == pytest.approx(0.0, abs=1e-6)  # too few: the chip
    assert two.max() == pytest.approx(999.0, abs=1e-6)


def made_sources(u: np.ndarray, v: np.ndarray, wcs: ChipWCS, name: str = "a") -> Sources:
    ra, dec = wcs.pix_to_sky(u, v)
    n = len(u)
    return Sources(
        ra=ra,
        dec=dec,
        u=u,
        v=v,
        flux=np.arange(1.0, n + 1),
        number=np.arange(1, n + 1),
        extver=np.ones(n, np.int64),
        x=u.copy(),
        y=v.copy(),
        origin=np.zeros(n, np.int64),
        origins=(name,),
    )


@pytest.mark.parametrize("matrix", [[[1.01, 0.0], [0.0, 0.99]], [[1.0, 0.02], [0.01, 1.0]]])
def test_added_sources_lie_where_the_fit_puts_them(matrix: list[list[float]]) -> None:
    """Fault 10: drizzlepac uses the transposed matrix, and the fluxes and numbers of other sources."""
    wcs = frame(10.0, 20.0)
    rng = np.random.default_rng(2)
    u, v = rng.uniform(0, 1000, (2, 60))
    m, t = np.array(matrix), np.array([3.0, -2.0])
    centre = wcs.crpix - 1.0
    xy = (np.column_stack([u, v]) - centre) @ m + t + centre
    image = made_sources(*np.ascontiguousarray(xy.T), wcs, "b")
    known = made_sources(u[:40], v[:40], wcs)
    zeros = np.zeros(40)
    fit = Fit("general", m, t, 0.0, 1.0, (1.0, 1.0), 0.0, 0.0, 0.0, np.ones(40, bool), zeros, zeros)
    result = ImageResult(
        path=Path("b"),
        status=Status.ALIGNED,
        sources=image,
        matches=Matches(np.arange(40), np.arange(40)),
        fit=fit,
    )
    grown = expanded(Reference("a", None, known, "key"), result, wcs, 1.0).sources
    assert len(grown) == 60
    assert grown.u[40:] == pytest.approx(u[40:], abs=1e-9)
    assert grown.v[40:] == pytest.approx(v[40:], abs=1e-9)
    assert grown.flux[40:].tolist() == image.flux[40:].tolist()
    assert grown.number[40:].tolist() == image.number[40:].tolist()
    ra, dec = wcs.pix_to_sky(u[40:], v[40:])
    assert grown.ra[40:] == pytest.approx(ra, abs=1e-10)
    assert grown.dec[40:] == pytest.approx(dec, abs=1e-10)


def test_the_queue_tries_failed_images_again_when_the_reference_has_grown() -> None:
    queue, seen = Queue(3), []
    while queue:
        image = queue.next()
        seen.append(image)
        if image == 2 or (image == 1 and 2 in seen):
            queue.grown(image)
        else:
            queue.failed(image)
    assert seen == [0, 1, 2, 0, 1, 0]


def strip(shoot: Shoot) -> list[Path]:
    """Along a strip, given from its ends to its middle; d is another field at the place of c."""
    sky = Sky.random(2600, half=40.0)
    shots = [
        Shot("a", east=-18.0, error=(0.1, -0.2)),
        Shot("e", east=18.0, error=(0.3, 0.1), seed=1),
        Shot("b", east=-10.0, error=(-0.2, 0.3), seed=2),
        Shot("c", east=0.0, error=(0.2, 0.2), seed=3),
        Shot("m", east=6.0, error=(-0.3, -0.1), seed=4),
    ]
    files = shoot(*shots, sky=sky)
    return [*files, *shoot(Shot("d", east=1.0, seed=5), sky=Sky.random(2600, seed=9, half=40.0))]


def test_the_order_by_overlap_chooses_the_reference_and_reaches_all(
    shoot: Shoot, settings: AlignSettings
) -> None:
    files = strip(shoot)
    grows = tuned(settings, expand_refcat=True)
    given = align(files, grows)
    assert given.reference_name == "a_flt.fits"
    alignment = align(files, tuned(grows, enforce_user_order=False))
    assert alignment.reference_name in ("c_flt.fits", "d_flt.fits")
    assert [image.name for image in alignment.images] == [file.name for file in files]
    assert align(files, tuned(settings, enforce_user_order=False)).reference_name == "a_flt.fits"


def test_only_aligned_images_feed_the_catalog(shoot: Shoot, settings: AlignSettings) -> None:
    """One that failed never joins (peers let it, and the images after it are aligned to the wrong places)."""
    files = strip(shoot)
    for order in (True, False):
        first = [files[3], *[file for file in files if file != files[3]]]
        asked = tuned(settings, expand_refcat=True, enforce_user_order=order)
        if not order:
            asked = tuned(asked, refimage=str(files[3]))
            asked = AlignSettings(
                asked.tweakreg, asked.imagefind, asked.refimagefind.replaced(threshold=20.0)
            )
        alignment = align(first, asked)
        by_name = {image.name[0]: image for image in alignment.images}
        assert by_name["d"].status is Status.FAILED
        assert [by_name[name].status for name in "abem"] == [Status.ALIGNED] * 4
        assert "d_flt.fits" not in alignment.reference.origins
        reference = -0.0 + 0.2  # the error of the reference's own header, east
        for name, east in (("a", -18.0), ("e", 18.0), ("b", -10.0), ("m", 6.0)):
            got = (by_name[name].new_wcs[1].crval[0] - 150.0) * np.cos(np.radians(20.0)) * 3600.0
            assert got == pytest.approx(east + reference, abs=0.004)
