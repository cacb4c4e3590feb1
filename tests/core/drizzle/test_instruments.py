"""All instruments through the whole run: flux in the right unit, cosmic rays, flags where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from core.data.exposure import open_exposure
from core.data.instruments import instrument_of
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS
from tests.hst_exposures import CAMERAS, TARGET, Camera, write_set

pytestmark = pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
DEFAULTS = (
    TASKS["astrodrizzle"]
    .defaults()
    .replaced(output="x", preserve=False, driz_sep_bits="16", final_bits="16", proc_unit="electrons")
)


def run(files: list[Path], **values: Any) -> DrizzleResult:
    return astrodrizzle(files, DEFAULTS.replaced(**values), folder=files[0].parent)


def bright_star(camera: Camera) -> tuple[float, float, float]:
    """Offsets (arcsec) and electrons of a star that is alone on the first chip."""
    east, north = camera.chips[0].offset
    return east, north, 2.0e5


@pytest.fixture
def starred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Path]]:
    """Exposures with one star in the middle of the first chip in place of the crowd."""

    def make(name: str) -> list[Path]:
        import tests.hst_exposures as maker

        camera = CAMERAS[name]
        original = maker._pixels
        star = np.array([bright_star(camera)])
        monkeypatch.setattr(maker, "_pixels", lambda cam, head, _stars, rng: original(cam, head, star, rng))
        return write_set(camera, tmp_path / name)

    return make


@pytest.mark.parametrize("name", sorted(CAMERAS))
def test_the_flux_of_a_star_is_in_electrons_per_second(
    starred: Callable[[str], list[Path]], name: str
) -> None:
    camera = CAMERAS[name]
    result = run(starred(name))
    assert result.science is not None
    header, image = fits.getheader(result.science), fits.getdata(result.science)
    assert header["BUNIT"] == "ELECTRONS/S"
    east, north, electrons = bright_star(camera)
    ra = TARGET[0] + east / 3600.0 / np.cos(np.radians(TARGET[1]))
    x, y = (float(v) for v in WCS(header).all_world2pix(ra, TARGET[1] + north / 3600.0, 0))
    rows, columns = np.indices(image.shape)
    near = np.hypot(columns - x, rows - y) <= 9
    flux = np.nansum(image[near])
    # the pixels of these detectors are a little smaller than the frame's (skewed CD); WFPC2's gain is a chip's own
    area = abs(np.linalg.det(WCS(header).wcs.cd)) * 3600**2 / (camera.chips[0].scale ** 2 * 0.99)
    gain = 7.12 / camera.gain if name == "wfpc2" else 1.0
    assert flux * area == pytest.approx(electrons / camera.exptime * gain, rel=0.03)


@pytest.mark.parametrize("name", sorted(CAMERAS))
def test_sky_and_cosmic_rays(tmp_path: Path, name: str) -> None:
    camera = CAMERAS[name]
    result = run(write_set(camera, tmp_path))
    unit = camera.gain * (camera.exptime if camera.rate else 1.0)
    for exposure in result.exposures:
        for chip in exposure.chips:
            # the lowest of the chips in brightness: pixels of WFPC2's PC see a fifth of the sky of the others
            assert 0.15 * 25.0 < chip.sky * unit < 1.1 * 25.0
            assert 0.5 * (8 if camera.counts_photons else 60) < chip.n_cr < 900


def test_the_flags_of_wfpc2_go_to_the_file_beside(tmp_path: Path) -> None:
    files = write_set(CAMERAS["wfpc2"], tmp_path)
    beside = [path.with_name(path.name.replace("c0m", "c1m")) for path in files]
    before = {path: path.read_bytes() for path in [*files, *beside]}
    result = run(files, preserve=True, driz_cr_corr=True)
    assert [path.name for path in result.products] == [f"x_drw_{part}.fits" for part in ("sci", "wht", "ctx")]
    for path in beside:
        with fits.open(path) as hdus:
            assert [(hdu.name, hdu.ver) for hdu in hdus[1:]] == [("SCI", k) for k in (1, 2, 3, 4)]
            assert all((hdu.data & 4096).any() for hdu in hdus[1:])
    assert fits.getval(files[0], "MDRIZSKY", ("SCI", 4)) > 0
    clean = result.exposures[0].crclean
    assert clean is not None
    with fits.open(clean) as hdus:  # all in one file
        assert (hdus["DQ", 4].data & 4096).any()
    # copies are kept of both, and both are put back
    for path in before:
        assert (path.parent / "OrIg_files" / path.name).read_bytes() == before[path]
    run(files, restore=True, driz_cr=False, crbit=0, resetbits="", skysub=False)
    assert [path.read_bytes() for path in beside] == [before[path] for path in beside]


def test_wfpc2_without_its_flags_is_refused_by_name(tmp_path: Path) -> None:
    (path,) = write_set(CAMERAS["wfpc2"], tmp_path, count=1)
    path.with_name(path.name.replace("c0m", "c1m")).unlink()
    with pytest.raises(Refusal) as refused:
        run([path])
    assert refused.value.subject == "DQ,1"
    assert "utest00xr_c1m.fits" in refused.value.advice
    assert open_exposure(path, complete=False).chips[3].ccdchip == 4  # aligning needs no flags


def test_each_chip_of_wfpc2_has_its_gain(tmp_path: Path) -> None:
    (path,) = write_set(CAMERAS["wfpc2"], tmp_path, count=1)
    assert [chip.gain for chip in open_exposure(path).chips] == [7.12, 7.12, 6.90, 7.10]
    fits.setval(path, "ATODGAIN", value=15.0)
    assert [(c.gain, c.read_noise) for c in open_exposure(path).chips][::3] == [(13.99, 7.02), (13.95, 8.32)]
    fits.setval(path, "ATODGAIN", value=9.0)
    with pytest.raises(Refusal):
        open_exposure(path)


def test_a_product_in_counts_of_several_gains_is_told(tmp_path: Path) -> None:
    files = write_set(CAMERAS["wfpc2"], tmp_path, count=1)
    electrons = fits.getdata(run(files).science)
    result = run(files, proc_unit="native", output="counts")
    assert any("6.9, 7.1, 7.12 e-/DN" in text and "divided by 7.1" in text for text in result.warnings)
    assert fits.getval(result.science, "BUNIT") == "COUNTS/S"
    assert np.allclose(fits.getdata(result.science) * np.float32(7.1), electrons, rtol=1e-5, equal_nan=True)


def imset_file(folder: Path) -> tuple[Path, list[Path]]:
    """Two STIS exposures as the image sets of one file, and as files of their own."""
    apart = write_set(CAMERAS["stis_ccd"], folder / "apart", count=3)
    (folder / "one").mkdir()
    joined = folder / "one" / "otestjoin0_flt.fits"
    hdus = fits.HDUList([fits.PrimaryHDU(header=fits.getheader(apart[0]))])
    for number, path in enumerate(apart, 1):
        with fits.open(path, memmap=False) as source:
            for name in ("SCI", "ERR", "DQ"):
                hdu = source[name].copy()
                hdu.ver = number
                hdus.append(hdu)
    hdus.writeto(joined)
    return joined, apart


def test_image_sets_of_stis_are_exposures(tmp_path: Path) -> None:
    joined, apart = imset_file(tmp_path)
    one, three = run([joined]), run(apart)
    for mine, theirs in ((one.science, three.science), (one.weight, three.weight)):
        assert np.array_equal(fits.getdata(mine), fits.getdata(theirs), equal_nan=True)
    assert fits.getval(one.science, "NCOMBINE") == 3
    assert fits.getval(one.science, "TEXPTIME") == 300.0
    assert sorted(path.name for path in joined.parent.glob("*_single_sci.fits")) == [
        f"otestjoin0_{k}_single_sci.fits" for k in (1, 2, 3)
    ]
    for number, path in enumerate(apart, 1):
        with fits.open(joined) as mine, fits.open(path) as theirs:
            assert np.array_equal(mine["DQ", number].data, theirs["DQ", 1].data)
            assert mine["SCI", number].header["MDRIZSKY"] == theirs["SCI", 1].header["MDRIZSKY"]


def test_what_is_kept_of_image_sets_is_the_file_before_any_was_changed(tmp_path: Path) -> None:
    joined, _apart = imset_file(tmp_path)
    before = joined.read_bytes()
    run([joined], overwrite=True, output="kept")
    assert joined.read_bytes() != before
    assert (joined.parent / "OrIg_files" / joined.name).read_bytes() == before


def test_one_image_set_can_be_chosen_and_times_overridden(tmp_path: Path) -> None:
    joined, _apart = imset_file(tmp_path)
    one = run([joined], group="sci,2", output="second")
    assert [chip.extver for exposure in one.exposures for chip in exposure.chips] == [2]
    assert fits.getval(one.science, "NDRIZIM") == 1
    longer = run([joined], exptime="200", output="longer")
    assert fits.getval(longer.science, "TEXPTIME") == 600.0


def test_a_sky_for_each_image_set(tmp_path: Path) -> None:
    joined, _ = imset_file(tmp_path)
    listed = tmp_path / "sky.txt"
    for text, skies in (("1 2 3", [1.0, 2.0, 3.0]), ("4", [4.0, 4.0, 4.0])):
        listed.write_text(f"{joined.name} {text}\n")
        result = run(
            [joined], skyfile=str(listed), driz_separate=False, median=False, blot=False, driz_cr=False
        )
        assert [one.chips[0].sky for one in result.exposures] == skies
    listed.write_text(f"{joined.name} 1 2\n")
    with pytest.raises(Refusal):
        run([joined], skyfile=str(listed))


def test_an_unknown_detector_is_drizzled_with_a_word_about_it(tmp_path: Path) -> None:
    camera = replace(CAMERAS["uvis"], primary={"INSTRUME": "GIGACAM", "FILTER": "R"}, bunit="")
    files = write_set(camera, tmp_path)
    for path in files:
        with fits.open(path, mode="update") as hdus:
            for name in ("DQ", "ERR"):
                for extver in (1, 2):
                    del hdus[name, extver]
    result = run(files)
    assert result.science is not None
    told = [text for text in result.warnings if "nothing is known of GIGACAM" in text]
    assert len(told) == 3
    assert "no read noise" in told[0]
    assert np.isfinite(fits.getdata(result.science)).mean() > 0.3
    assert not any(one.reason for one in result.exposures)  # no DQ to write flags to is no failure


def test_the_trails_of_hrc_follow_the_amplifier() -> None:
    hrc = instrument_of("ACS", "HRC")
    assert [hrc.cte_dir(1, amp) for amp in "ABCD"] == [1, 1, -1, -1]
    assert [instrument_of("ACS", name).has_cte for name in ("WFC", "HRC", "SBC")] == [True, True, False]
    assert instrument_of("ACS", "WFC").cte_dir(1, "ABCD") == 1
    assert instrument_of("STIS", "CCD").cte_dir(1, "D") == 1
    assert instrument_of("WFPC2", "PC").cte_dir(3) == -1
    assert [instrument_of("NICMOS", str(k)).cte_dir(k) for k in (1, 2, 3)] == [0, 0, 0]
