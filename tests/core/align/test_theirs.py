"""Drizzlepac's starts, pairs and clipping on made-up catalogs: with their faults, and never a success that is none.

Against drizzlepac itself they are held in tests/peers/test_pairing_peer.py.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from align_shots import Shot, Sky, tuned
from astropy.table import Table
from published_runs import carriers, sources
from test_hostile import off

from core.align.choices import Choice, Choices
from core.align.fit import fit
from core.align.results import Alignment, ImageResult, Status, Why
from core.align.session import AlignSettings, align
from core.align.settings import FitParams, MatchParams
from core.align.starts import Start, centre_of_mass, parabola_peak, start
from core.align.theirs import by_chance, one_pass
from core.data.chipwcs import ChipWCS
from core.runs.memory import Memory
from core.runs.progress import Progress
from tests.placings import similarity

WAYS = ("drizzlepac", "drizzlepac 3.0", "drizzlepac 2")
SCALE = 0.04
FRAME = ChipWCS(
    crpix=np.array([500.0, 500.0]),
    crval=np.array([150.0, 2.0]),
    cd=np.array([[-SCALE, 0.0], [0.0, SCALE]]) / 3600.0,
    naxis=(8, 8),
)


NONE = Choices()
MOVED = np.array([5.0, 3.0])  # the image's positions lie so far from the reference's


def field(n: int = 400, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.0, 1000.0, (n, 2))


def begin(xy: np.ndarray, uv: np.ndarray, matching: str, radius: float, **params: Any) -> Start:
    asked = MatchParams(searchrad=radius, searchunits="pixels", matching=matching, **params)
    return start(sources(xy), sources(uv), asked, SCALE)


@pytest.mark.parametrize(("radius", "off"), [(20.0, 0.0), (20.24, 0.76), (20.9, 0.1)])
def test_the_start_of_today_is_off_unless_the_radius_is_whole(radius: float, off: float) -> None:
    """Fault 1. The parabola through the bins around a peak of one bin lies in its middle."""
    uv = field()
    made = begin(uv + np.array([3.0, -7.0]), uv, "drizzlepac", radius)
    assert (made.x - 3.0, made.y + 7.0) == pytest.approx((off, off), abs=0.1)
    assert made.tolerance == 1.0


def test_the_start_of_drizzlepac_3_0_has_bins_that_are_not_a_pixel() -> None:
    uv = field()
    for shift in (0.0, 9.0):
        made = begin(uv + shift, uv, "drizzlepac 3.0", 20.24)
        width = 41.48 / 41.0
        index = np.floor((shift + 20.74) / width)
        assert (made.x, made.y) == pytest.approx((index - 20.24, index - 20.24), abs=0.1)


def test_the_start_of_drizzlepac_2_is_half_a_pixel_low_and_its_tolerance_fixed() -> None:
    uv = field()
    made = begin(uv + np.array([3.5, -7.5]), uv, "drizzlepac 2", 20.0, tolerance=0.3)
    assert (made.x, made.y) == pytest.approx((3.0, -8.0), abs=0.1)
    assert made.tolerance == 1.5


@pytest.mark.parametrize("matching", WAYS)
def test_without_histogram_or_pairs_it_begins_where_it_is_told(matching: str) -> None:
    uv = field(30)
    given = {"use2dhist": False, "xoffset": 4.0, "yoffset": -2.0, "tolerance": 0.3}
    assert begin(uv, uv, matching, 20.0, **given) == Start(4.0, -2.0, 0.3)
    away = begin(uv + 5000.0, uv, matching, 20.0)
    assert away == Start(0.0, 0.0, 1.0)


def test_a_parabola_leaves_its_box() -> None:
    """Fault 2: the maximum counts wherever in the histogram it lies."""
    counts = np.zeros((41, 41))
    counts[20:25, 20:25] = np.arange(10.0, 15.0) - 0.02 * np.arange(5)[:, None] ** 2
    counts[22, 22] = 15.0
    assert max(parabola_peak(counts)) > 26.0
    counts = np.zeros((41, 41))
    counts[7, 7], counts[7, 8] = 5.0, 5.0
    assert parabola_peak(counts) == (7.5, 7.0)
    counts[0, 3] = 9.0
    assert parabola_peak(counts) == (3.0, 0.0)
    assert parabola_peak(np.zeros((3, 3))) is None
    assert centre_of_mass(np.zeros((3, 3))) is None
    assert centre_of_mass(np.full((9, 9), 4.0) + np.eye(9)) is not None


def test_a_star_serves_two_entries_and_the_later_of_equals_is_taken() -> None:
    uv = np.array([[10.0, 10.0], [10.8, 10.0], [50.0, 50.0]])
    xy = np.array([[10.4, 10.0], [50.5, 50.0], [49.5, 50.0]])
    made = one_pass(sources(xy), sources(uv), Start(0.0, 0.0, 1.0), 0.5)
    assert made.reference.tolist() == [0, 1, 2]
    assert made.image.tolist() == [0, 0, 1]
    # just as far as the tolerance is a pair, just as near as the separation is one source
    near = np.array([[10.0, 10.0], [10.5, 10.0]])
    made = one_pass(sources(near + np.array([1.0, 0.0])), sources(near), Start(0.0, 0.0, 1.0), 0.5)
    assert (made.reference.tolist(), made.image.tolist()) == ([0], [0])
    nothing = one_pass(sources(np.empty((0, 2))), sources(uv), Start(0.0, 0.0, 1.0), 0.5)
    assert len(nothing) == 0
    assert by_chance(sources(np.empty((0, 2))), sources(uv), nothing, Start(0.0, 0.0, 1.0)) == 0.0


def test_each_axis_is_clipped_by_its_own_scatter_and_nothing_comes_back() -> None:
    rng = np.random.default_rng(2)
    uv = rng.uniform(-500.0, 500.0, (60, 2))
    xy = uv @ similarity(0.01, 1.0) + rng.normal(0.0, [0.01, 0.2], (60, 2))
    xy[0] += [0.2, 0.0]  # far out in x, short beside the scatter in y
    radial, axes = (fit(xy, uv, FitParams(clipping=way)) for way in ("radial", "per axis"))
    assert radial.used[0]
    assert not axes.used[0]
    assert axes.plain
    assert not radial.plain
    assert axes.covariance.shape == (4, 4)
    assert axes.why[0] == Why.CLIPPED
    # equal weights, whatever is expected of the pairs; what a person takes out has no part in it
    weighed = fit(xy, uv, FitParams(clipping="per axis"), rng.uniform(0.01, 1.0, 60))
    assert weighed.shift == pytest.approx(axes.shift, abs=0.0)
    out = np.arange(60) < 20
    without = fit(xy, uv, FitParams(clipping="per axis"), None, out)
    assert without.plain
    assert (without.why[:20] == Why.EXCLUDED).all()
    assert without.shift == pytest.approx(
        fit(xy[20:], uv[20:], FitParams(clipping="per axis")).shift, abs=0.0
    )


def test_clipping_per_axis_goes_below_minobj_but_not_to_two_pairs() -> None:
    rng = np.random.default_rng(4)
    uv = rng.uniform(-500.0, 500.0, (40, 2))
    xy = uv + rng.normal(0.0, 0.1, (40, 2))
    eaten = fit(xy, uv, FitParams("shift", 30, 0.9, 15, "per axis"))
    assert 2 < eaten.n_used < 15
    # fewer pairs than rounds
    assert fit(xy[:4], uv[:4], FitParams("shift", 5, 0.5, 15, "per axis")).n_used == 4
    assert fit(xy, uv, FitParams("shift", 3, None, 15, "per axis")).n_used == 40


def aligned(
    folder: Path,
    xy: np.ndarray,
    uv: np.ndarray,
    choices: Choices = NONE,
    progress: Progress | None = None,
    **asked: Any,
) -> Alignment:
    """Catalogs in the frame through the whole of `align`."""
    folder.mkdir(exist_ok=True)
    for name, places in (("a_flt_sky_catalog.coo", xy), ("ref", uv)):
        sky = Table(FRAME.pix_to_sky(places[:, 0], places[:, 1]), names=("ra", "dec"))
        sky.write(folder / name, format="ascii.no_header", overwrite=True)
    if not (folder / "frame.fits").exists():
        carriers(folder, folder, ["a_flt"], FRAME, "UVIS")
    values = {"catfile": str(folder / "list"), "xyunits": "degrees", "refcat": str(folder / "ref")}
    values |= {"refimage": str(folder / "frame.fits"), "xcol": "1", "ycol": "2", **asked}
    return align(
        [folder / "a_flt.fits"], tuned(AlignSettings.defaults(), **values), choices=choices, progress=progress
    )


def of_pairs(image: ImageResult, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the pairs about CRPIX, in the image and in the reference."""
    xy = np.column_stack([image.sources.u, image.sources.v])[image.matches.image]
    return xy - FRAME.crpix + 1.0, uv[image.matches.reference] - FRAME.crpix + 1.0


def grid(edge: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    line = np.arange(-edge, edge + 0.01, step)
    east, north = (w.ravel() for w in np.meshgrid(line, line))
    return east, north


def only(alignment: Alignment) -> ImageResult:
    (image,) = alignment.images
    return image


@pytest.mark.parametrize("matching", WAYS)
def test_a_wrong_solution_made_so_is_no_success(matching: str, tmp_path: Path) -> None:
    """Stars that are listed twice, 1.2 px apart: pairs with either, or with both, and the verdict says it."""
    uv = field(300)
    twice = np.concatenate([uv, uv[:240] + np.array([0.0, 1.2])])
    image = only(aligned(tmp_path, uv + MOVED, twice, matching=matching, searchrad=0.81))
    assert image.status is Status.FAILED or image.quality == "doubtful"
    usual = only(aligned(tmp_path, uv + MOVED, uv, searchrad=0.81))
    assert usual.is_good
    assert not usual.manner


@pytest.mark.parametrize("matching", WAYS)
def test_fields_that_have_nothing_in_common_fail(matching: str, tmp_path: Path) -> None:
    image = only(aligned(tmp_path, field(300, 8), field(300, 9), matching=matching, minobj=4))
    assert image.status is Status.FAILED
    assert image.reason
    assert image.suggestions[0].changes == {"matching": "one-to-one"}
    tolerances = [one for one in image.suggestions if "tolerance" in one.changes]
    assert not (matching == "drizzlepac 2" and tolerances)  # it has its own


def test_where_the_ordinary_way_ends_elsewhere_is_told(tmp_path: Path) -> None:
    """Two entries of each star; given a start near the wrong one, drizzlepac's way ends there."""
    uv = field(200)
    both = np.concatenate([uv, uv + np.array([0.0, 2.0])])
    asked = {"matching": "drizzlepac", "use2dhist": False, "xoffset": 5.0, "yoffset": 1.6, "tolerance": 0.8}
    image = only(aligned(tmp_path, uv + MOVED, both, **asked))
    assert image.quality == "doubtful"
    image = only(aligned(tmp_path, uv + MOVED, uv, **{**asked, "yoffset": 2.6}))
    assert image.is_good
    assert image.fit.shift == pytest.approx([5.0, 3.0], abs=1e-3)


SCENES = {
    "turned by 0.2 degrees": (
        Sky.random(400, half=9.0),
        Shot("b", error=(0.2, -0.3), roll_error=0.2, seed=1),
    ),
    "turned by half": (Sky.random(200, half=9.0), Shot("b", roll_error=180.0, seed=1)),
    "beyond searchrad": (Sky.random(300, half=10.0), Shot("b", error=(2.9, -0.7), seed=1)),
    "a grid": (Sky(*grid(7.0, 0.8), np.full(324, 3e4)), Shot("b", error=(0.45, -0.4), seed=1)),
    "no overlap": (Sky.random(900, half=50.0), Shot("b", east=25.0, seed=1)),
    "crowded": (Sky.random(3000, half=9.0), Shot("b", error=(0.3, 0.1), seed=1)),
    "plain": (Sky.random(150), Shot("b", error=(0.31, -0.22), roll_error=0.01, seed=1)),
}


@pytest.mark.parametrize("scene", SCENES)
def test_what_misleads_is_no_success_either(
    scene: str, shoot: Callable[..., list[Path]], settings: AlignSettings
) -> None:
    """Good is only what lies within half a pixel of the truth: drizzlepac's own positions are no better."""
    sky, shot = SCENES[scene]
    files, memory = shoot(Shot("a"), shot, sky=sky), Memory()
    good = 0
    for matching in WAYS:
        asked = tuned(settings, matching=matching, clipping="per axis", tolerance=3.0)
        image = align(files, asked, memory=memory).images[1]
        assert not image.is_good or off(image) < 20.0  # mas, of 40 a pixel
        good += image.is_good
    assert good == 3 or scene != "plain"


def test_a_refit_keeps_the_way_that_was_chosen(tmp_path: Path) -> None:
    """A star taken out, and another peak: pairs and clipping stay as asked for."""
    rng = np.random.default_rng(5)
    uv = field(120)
    xy = uv + MOVED + rng.normal(0.0, [0.01, 0.2], (120, 2))
    asked = {"matching": "drizzlepac 2", "clipping": "per axis"}
    first = only(aligned(tmp_path, xy, uv, **asked))
    star = int(first.sources.number[first.matches.image[0]])
    choice = Choice(excluded=frozenset({star}))
    again = only(aligned(tmp_path, xy, uv, Choices().having("a_flt.fits", choice), **asked))
    assert again.fit.why[0] == Why.EXCLUDED
    assert again.fit.plain
    assert again.manner == first.manner
    kept = again.fit.why != Why.EXCLUDED
    left = fit(*(p[kept] for p in of_pairs(again, uv)), FitParams(clipping="per axis"))
    assert again.fit.shift == pytest.approx(left.shift, abs=1e-6)
    chosen = only(aligned(tmp_path, xy, uv, Choices().replaced("a_flt.fits", offset=(5.2, 2.8)), **asked))
    assert (chosen.offset.x, chosen.offset.y) == (5.2, 2.8)
    assert chosen.method == "by hand"


def test_the_ordinary_way_waits_for_none_of_it() -> None:
    """Nobody who does not ask for drizzlepac's way has its modules read."""
    for path in (Path(__file__).parents[3] / "core").rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ImportFrom) and path.stem not in ("starts", "theirs"):
                assert node.module not in ("core.align.starts", "core.align.theirs"), path


def test_a_run_says_once_how_it_is_made(tmp_path: Path) -> None:
    told: list[str] = []
    progress = Progress(lambda report: told.append(report.note))
    uv = field(100)
    aligned(tmp_path, uv + MOVED, uv, progress=progress, matching="drizzlepac 3.0", clipping="per axis")
    assert sum("matching = drizzlepac 3.0" in note and "not one to one" in note for note in told) == 1
    assert sum("clipping = per axis" in note for note in told) == 1
    told.clear()
    aligned(tmp_path, uv + MOVED, uv, progress=progress)
    assert not any(note for note in told if "matching" in note or "clipping" in note)
