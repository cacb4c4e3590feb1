"""Stars flagged as cosmic rays: seen, told apart from cosmic rays, and stopped before they are lost."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from core.drizzle.cosmic import Detector
from core.drizzle.guard import Cores, common_step, find_cores, repeats, share_of
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS
from core.runs.spread import Threads
from core.simulate import Scene, simulate
from tests.drizzle_scene import chip_wcs, frame_wcs, shifted

CHIP = Detector(to_electrons=1.0, sky=5.0, read_noise=3.0)


def _image(stars, shape=(120, 150), width=0.8, seed=1):
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    image = np.full(shape, 5.0)
    for sx, sy, height in stars:
        image += height * np.exp(-((x - sx) ** 2 + (y - sy) ** 2) / (2 * width**2))
    return rng.normal(image, np.sqrt(image + 9.0)).astype(np.float32)


def _stars(number=30, seed=2):
    rng = np.random.default_rng(seed)
    places = np.stack(np.meshgrid(np.arange(10, 140, 15), np.arange(10, 110, 15)), -1).reshape(-1, 2)
    chosen = rng.permutation(places)[:number] + rng.uniform(-0.5, 0.5, (number, 2))
    return [(x, y, 3000.0) for x, y in chosen]


def test_each_star_counts_once_and_sharp_things_do_not() -> None:
    stars = _stars()
    data = _image(stars)
    data[3, 5:140:7] += 5000.0  # hot pixels
    data[115, 20:60] += 5000.0  # a grazing cosmic ray
    clean = np.ones(data.shape, np.uint8)
    for x, y, _ in stars[:12]:
        clean[round(y), round(x)] = 0
    cores = find_cores(data, np.ones(data.shape, bool), clean, CHIP)
    assert (cores.count, cores.flagged) == (30, 12)
    where = {(round(x), round(y)) for x, y, _ in stars[:12]}
    assert set(zip(cores.x.astype(int), cores.y.astype(int), strict=True)) == where


def test_unusable_pixels_give_no_star_and_threads_change_nothing() -> None:
    data, clean = _image(_stars()), np.zeros((120, 150), np.uint8)
    usable = np.ones(data.shape, bool)
    usable[:, :75] = False
    one, two = (find_cores(data, usable, clean, CHIP, Threads(count)) for count in (1, 2))
    assert 5 < one.count < 25
    assert one.x.min() > 75
    assert one.x.tolist() == two.x.tolist()


def test_a_pattern_that_comes_again_is_found_among_cosmic_rays() -> None:
    rng = np.random.default_rng(3)
    first = rng.uniform(0, 500, (40, 2))
    noise = rng.uniform(0, 500, (400, 2))
    again = np.concatenate([first + np.array([6.0, -8.0]), noise])
    distance, stars = common_step(first, again, 0.04)
    assert distance == pytest.approx(0.4, abs=0.01)
    assert stars >= 38
    assert common_step(first, noise, 0.04) is None


def test_in_a_sparse_field_four_stars_agree_by_no_chance() -> None:
    rng = np.random.default_rng(6)
    first = rng.uniform(0, 1000, (12, 2))
    again = np.concatenate([first[:4] + np.array([-5.0, 3.0]), rng.uniform(0, 1000, (9, 2))])
    assert common_step(first, again, 0.04) == (pytest.approx(0.233, abs=0.01), 4)
    assert common_step(first, again[1:], 0.04) is None
    for count in (10, 40, 400):
        for _ in range(20):
            one, two = rng.uniform(0, 1000, (2, count, 2))
            assert common_step(one, two, 0.04) is None
            assert common_step(one, two, 0.04, 10.0) is None


def test_an_exposure_far_off_is_found_and_two_tracks_are_not() -> None:
    rng = np.random.default_rng(8)
    first = rng.uniform(0, 1000, (40, 2))
    far = np.concatenate([first[:25] + np.array([150.0, 20.0]), rng.uniform(0, 1000, (20, 2))])
    assert common_step(first, far, 0.04) is None
    assert common_step(first, far, 0.04, 10.0, 12) == (pytest.approx(6.05, abs=0.02), 26)  # one by chance
    track = np.arange(8)[:, None] * np.array([4.0, 1.0])  # eight flagged cores of one cosmic ray
    one, two = (np.concatenate([rng.uniform(0, 1000, (30, 2)), track + at]) for at in (300.0, 315.0))
    assert common_step(one, two, 0.04) is None


def _exposures(steps, flagged=True):
    """One chip each, its stars where the sky has them, the header off by `steps` pixels."""
    base = chip_wcs(angle=0.4)
    rng = np.random.default_rng(4)
    x, y = rng.uniform(10, 140, 40), rng.uniform(10, 110, 40)
    cores = Cores(40, 40 if flagged else 3, x, y)
    return {f"e{k}": [(shifted(base, *step), cores)] for k, step in enumerate(steps)}


def test_the_exposure_that_lies_elsewhere_is_named() -> None:
    found = repeats(_exposures([(0, 0), (0.1, 0), (12.0, 5.0), (0, 0.1)]), frame_wcs(), near=0.03)
    apart = [each for each in found if each.distance > 0.03]
    assert [each.name for each in apart] == ["e2"]
    assert apart[0].distance == pytest.approx(13.0 * 0.0396, abs=0.03)


def test_few_flagged_stars_are_no_sign() -> None:
    assert repeats(_exposures([(0, 0), (12.0, 5.0)], flagged=False), frame_wcs(), near=0.03) == ()
    assert share_of([]) == (0, 0.0)


def _sparse(step, kept=True):
    """Two exposures of eight stars, of which three are flagged in both, three in one, and of cosmic rays."""
    base = chip_wcs(shape=(1000, 1000))
    rng = np.random.default_rng(7)
    stars = rng.uniform(50, 950, (8, 2))
    made = {}
    for name, wcs, some in (("a", base, [0, 1, 2, 3, 4]), ("b", shifted(base, *step), [0, 1, 2, 5])):
        rays = rng.uniform(0, 1000, (12, 2))
        x, y = np.concatenate([stars[some], rays]).T
        others = np.delete(stars, some, axis=0) if kept else np.empty((0, 2))
        made[name] = [(wcs, Cores(20, len(x), x, y, others))]
    return made


def test_stars_that_are_not_flagged_help_in_a_sparse_field() -> None:
    frame = frame_wcs(shape=(1200, 1200))
    found = repeats(_sparse((14.0, 5.0)), frame, near=0.03)
    assert {each.name: each.distance for each in found} == {"b": pytest.approx(0.59, abs=0.03)}
    assert found[0].stars == 8
    assert repeats(_sparse((14.0, 5.0), kept=False), frame, near=0.03) == ()
    assert repeats(_sparse((0.0, 0.0)), frame, near=0.03) == ()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return list(simulate(Scene(seed=5), tmp_path_factory.mktemp("scene")).files)


def _run(scene, folder, **changed):
    files = []
    for path in scene:
        (folder / path.name).write_bytes(path.read_bytes())
        files.append(folder / path.name)
    params = TASKS["astrodrizzle"].defaults().replaced(driz_sep_bits="64,32", final_bits="64,32", **changed)
    return files, lambda: astrodrizzle(files, params, folder=folder)


def test_unaligned_exposures_stop_the_run_before_anything_is_lost(scene, tmp_path) -> None:
    # drizzlepac makes an image with holes in place of stars, and marks the stars in the exposures
    files, run = _run(scene, tmp_path)
    before = [hashlib.sha256(path.read_bytes()).digest() for path in files]
    with pytest.raises(Refusal, match="not aligned") as refused:
        run()
    assert refused.value.subject == "guard"
    assert "stars agree" in str(refused.value)
    assert [hashlib.sha256(path.read_bytes()).digest() for path in files] == before
    assert not list(tmp_path.glob("*_drz.fits"))


def test_one_may_go_on_all_the_same(scene, tmp_path) -> None:
    _, run = _run(scene, tmp_path, guard="warn")
    result = run()
    assert result.science is not None
    assert any("not aligned" in warning for warning in result.warnings)


@pytest.mark.parametrize("seed", [3, 4])
def test_a_sparse_field_is_stopped_too_and_cosmic_rays_alone_are_not(tmp_path, seed) -> None:
    # 8 to 16 stars of each exposure are flagged, of 11 to 22
    off = list(simulate(Scene(seed=seed, density=0.02), tmp_path).files)
    with pytest.raises(Refusal, match="not aligned"):
        _run(off, _made(tmp_path / "off"))[1]()
    aligned = Scene(seed=seed, density=0.02, exptime=500.0, max_shift=0.002, roll_error=0.0, scale_error=0.0)
    rays = list(
        simulate(aligned, _made(tmp_path / "rays")).files
    )  # 40 % of what looks like a star is a cosmic ray
    result = _run(rays, _made(tmp_path / "run"), driz_cr_corr=False, driz_combine=False)[1]()
    assert not [warning for warning in result.warnings if "stars" in warning]


def test_so_much_flagged_that_nothing_is_left_stops_the_run(tmp_path) -> None:
    aligned = Scene(seed=5, max_shift=0.002, roll_error=0.0, scale_error=0.0)
    files = list(simulate(aligned, tmp_path).files)
    skies = zip(files, (60.0, 3.0, 3.0), strict=True)
    (tmp_path / "sky.txt").write_text("".join(f"{path.name} {sky}\n" for path, sky in skies))
    _, run = _run(files, _made(tmp_path / "run"), skyfile=str(tmp_path / "sky.txt"))
    with pytest.raises(Refusal, match="more than cosmic rays can be") as refused:
        run()
    assert refused.value.subject == "guard"
    assert "sky" in refused.value.advice


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
