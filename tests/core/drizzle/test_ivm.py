"""Weights of type IVM: maps of one's own, maps computed of flat, dark, sky and read noise, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.files import find_files, find_maps
from core.drizzle.ivm import Maps, inverse_variance
from core.drizzle.ivm import find_maps as look
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS
from tests.hst_exposures import CAMERAS, write_set

OFF = {"driz_separate": False, "median": False, "blot": False, "driz_cr": False, "static": False}
DEFAULTS = (
    TASKS["astrodrizzle"]
    .defaults()
    .replaced(output="ivm", preserve=False, final_wht_type="IVM", final_bits="16")
)


def run(files: list[Path], ivm: dict[Path, Path] | None = None, **values: Any) -> DrizzleResult:
    params = DEFAULTS.replaced(**{**OFF, **values})
    return astrodrizzle(files, params, folder=files[0].parent, ivm=ivm)


def write_flat(
    path: Path, shape: tuple[int, int], chips: dict[int, int], *, level: float = 1.0
) -> np.ndarray:
    """A flat field with the extensions EXTVER: CCDCHIP; the pattern of chip n is raised by 0.1 n."""
    rows, columns = np.indices(shape)
    base = level * (1.0 + 0.2 * np.sin(rows / 20.0) * np.cos(columns / 15.0))
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for extver, chip in chips.items():
        header = fits.Header([("CCDCHIP", chip)])
        hdus.append(fits.ImageHDU((base + 0.1 * chip).astype(np.float32), header, name="SCI", ver=extver))
    hdus.writeto(path, overwrite=True)
    return base


def name_flat(files: list[Path], keyword: str, value: str) -> None:
    for path in files:
        fits.setval(path, keyword, value=value)


@pytest.fixture
def acs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """ACS/WFC exposures whose flat field is in the folder of jref."""
    files = write_set(CAMERAS["wfc"], tmp_path / "data", count=2)
    (tmp_path / "jref").mkdir()
    monkeypatch.setenv("jref", f"{tmp_path / 'jref'}/")
    write_flat(tmp_path / "jref" / "x_pfl.fits", CAMERAS["wfc"].shape, {1: 2, 2: 1})
    name_flat(files, "PFLTFILE", "jref$x_pfl.fits")
    return files


def test_the_map_that_is_computed(acs: list[Path]) -> None:
    exposure = open_exposure(acs[0])
    chip = exposure.chips[1]
    made = inverse_variance(exposure, chip, 25.0, look([exposure], {}))
    flat = fits.getdata(Path(acs[0].parents[1], "jref", "x_pfl.fits"), ("SCI", 2)).astype(float)
    assert np.allclose(made, flat**2 / (1.1 + 25.0 * flat + 4.0**2), rtol=1e-6)
    assert made.dtype == np.float32


def test_weights_are_the_inverse_variance_of_the_rate(acs: list[Path]) -> None:
    result = run(acs)
    assert result.weight is not None
    assert not result.warnings
    weight = fits.getdata(result.weight)
    sky = result.exposures[0].chips[0].sky
    # at the same scale: EXPTIME^2 / variance, of two exposures where both fell
    expected = 2 * 100.0**2 * 1.15**2 / (1.15 + sky * 1.15 + 16.0)
    assert np.median(weight[weight > 0.7 * weight.max()]) == pytest.approx(expected, rel=0.15)
    assert fits.getval(result.science, "D001WTSC") == pytest.approx(100.0**2, rel=1e-6)


def test_the_scale_of_the_output_counts_with_its_fourth_power(acs: list[Path]) -> None:
    fine = run(acs, output="fine", final_wcs=True, final_scale=0.025)
    assert fits.getval(fine.science, "D001WTSC") == pytest.approx(100.0**2 * 2**4, rel=1e-6)


def test_cosmic_rays_and_bad_pixels_have_no_weight(acs: list[Path]) -> None:
    exposure = open_exposure(acs[0])
    for number in (1, 2):
        with fits.open(acs[0].parents[1] / "jref" / "x_pfl.fits", mode="update") as hdus:
            hdus["SCI", number].data[20:30, 20:30] = 0.0
            hdus["SCI", number].data[40, 40] = np.nan
    made = inverse_variance(exposure, exposure.chips[0], 25.0, look([exposure], {}))
    assert (made[20:30, 20:30] == 0).all()
    assert made[40, 40] == 0
    assert np.isfinite(made).all()


def test_a_subarray_takes_its_part_of_the_flat_of_its_chip(tmp_path: Path) -> None:
    # drizzlepac takes the flat of the same EXTVER: for a subarray of chip 1 that of chip 2
    (path,) = write_set(CAMERAS["uvis"], tmp_path, count=1)
    write_flat(tmp_path / "y_pfl.fits", (300, 400), {1: 2, 2: 1})
    with fits.open(path, mode="update") as hdus:
        del hdus["DQ", 1], hdus["ERR", 1], hdus["SCI", 1]
        for name in ("SCI", "ERR", "DQ"):
            hdus[name, 2].ver = 1
        hdus["SCI"].header["LTV1"], hdus["SCI"].header["LTV2"] = -50.0, -120.0
        hdus[0].header["PFLTFILE"] = "y_pfl.fits"
    exposure = open_exposure(path)
    chip = exposure.chips[0]
    assert (chip.extver, chip.ccdchip) == (1, 1)
    made = inverse_variance(exposure, chip, 20.0, look([exposure], {}))
    full = fits.getdata(tmp_path / "y_pfl.fits", ("SCI", 2)).astype(float)
    flat = full[120 : 120 + chip.shape[0], 50 : 50 + chip.shape[1]]
    assert np.allclose(made, flat**2 / (0.7 + 20.0 * flat + 3.1**2), rtol=1e-6)


def test_infrared_skies_follow_the_time_that_a_pixel_was_read(tmp_path: Path) -> None:
    (path,) = write_set(CAMERAS["ir"], tmp_path, count=1)
    with fits.open(path, mode="update") as hdus:
        hdus["TIME"].data[:50] = 40.0
    exposure = open_exposure(path)
    made = inverse_variance(exposure, exposure.chips[0], 0.25, look([exposure], {}))
    assert made[10, 10] == pytest.approx(1 / (4.0 + 0.25 * 40.0 + 15.0**2), rel=1e-6)
    assert made[90, 10] == pytest.approx(1 / (4.0 + 0.25 * 100.0 + 15.0**2), rel=1e-6)


def test_counts_are_electrons_in_the_map_and_flats_may_be_inverted(tmp_path: Path) -> None:
    # drizzlepac adds the sky in counts to read noise and dark current in electrons: fault 16
    (path,) = write_set(CAMERAS["wfpc2"], tmp_path, count=1)
    shape = CAMERAS["wfpc2"].shape
    write_flat(tmp_path / "z_flt.fits", shape, {1: 1, 2: 2, 3: 3, 4: 4}, level=0.9)
    name_flat([path], "FLATFILE", "uref$z_flt.fits")
    exposure = open_exposure(path)
    chip = exposure.chips[2]
    made = inverse_variance(exposure, chip, 3.5, look([exposure], {}))
    flat = 1.0 / fits.getdata(tmp_path / "z_flt.fits", ("SCI", 3)).astype(float)
    assert np.allclose(made, flat**2 / (0.005 * 100.0 + 3.5 * 6.9 * flat + 5.22**2), rtol=1e-6)


def test_low_order_flats_of_stis_are_expanded(tmp_path: Path) -> None:
    (path,) = write_set(CAMERAS["stis_ccd"], tmp_path, count=1)
    fits.HDUList(
        [fits.PrimaryHDU(), fits.ImageHDU(np.full((1024, 1024), 2.0, np.float32), name="SCI")]
    ).writeto(tmp_path / "p.fits")
    slope = np.add.outer(np.arange(64.0), np.zeros(64)) / 64 + 0.5
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(slope.astype(np.float32), name="SCI")]).writeto(
        tmp_path / "l.fits"
    )
    name_flat([path], "PFLTFILE", "p.fits")
    name_flat([path], "LFLTFILE", "l.fits")
    exposure = open_exposure(path)
    made = inverse_variance(exposure, exposure.chips[0], 6.0, look([exposure], {}))
    flat = 2.0 * (0.5 + ((np.arange(110) + 0.5) / 16 - 0.5) / 64)
    expected = flat**2 / (0.009 * 100 + 6.0 * 4.016 * flat + 7.9**2)
    assert np.allclose(made[:, 60], expected, rtol=1e-5)


def own_maps(files: list[Path], folder: Path, value: float = 0.02) -> dict[Path, Path]:
    maps = {}
    for path in files:
        hdus = fits.HDUList([fits.PrimaryHDU()])
        for extver in (1, 2):
            values = np.full(CAMERAS["wfc"].shape, value * extver, np.float32)
            values[:10, :10] = -1.0
            hdus.append(fits.ImageHDU(values, name="IVM", ver=extver))
        maps[path] = folder / path.name.replace("_flt", "_ivm")
        hdus.writeto(maps[path], overwrite=True)
    return maps


def test_maps_of_ones_own(acs: list[Path]) -> None:
    maps = own_maps(acs, acs[0].parent)
    exposure = open_exposure(acs[1])
    found = look([exposure], maps)
    assert found.given == {acs[1]: maps[acs[1]]}
    second = inverse_variance(exposure, exposure.chips[1], 25.0, found)
    assert (second[:10, :10] == 0).all()  # a variance is positive
    assert second[50, 50] == np.float32(0.04)
    result = run(acs, maps)
    weight = fits.getdata(result.weight)
    assert np.nanmax(weight) == pytest.approx(2 * 100.0**2 * 0.04, rel=0.05)


def test_an_at_list_names_the_maps(acs: list[Path], tmp_path: Path) -> None:
    maps = own_maps(acs, tmp_path / "data")
    listed = tmp_path / "data" / "all.txt"
    listed.write_text(f"# exposure map\n{acs[0].name} {maps[acs[0]].name}\n{acs[1].name} None\n")
    files = find_files(f"@{listed}")
    assert files == acs
    assert find_maps(f"@{listed}") == {acs[0]: maps[acs[0]]}
    assert find_maps([str(path) for path in acs]) == {}
    listed.write_text(f"{acs[0].name} stars.coo\n")  # a list of tweakreg
    assert find_maps(f"@{listed}", catalogs=True) == {}
    listed.write_text(f"{acs[0].name} gone.fits\n")
    with pytest.raises(Refusal) as refused:
        find_maps(f"@{listed}")
    assert "gone.fits" in str(refused.value)


@pytest.mark.parametrize("what", ["missing", "extension", "size"])
def test_a_map_that_does_not_fit_is_refused_by_name(acs: list[Path], tmp_path: Path, what: str) -> None:
    maps = own_maps(acs, tmp_path)
    bad = maps[acs[1]]
    if what == "missing":
        bad.unlink()
    elif what == "extension":
        fits.setval(bad, "EXTNAME", value="WHT", ext=2)
    else:
        with fits.open(bad, mode="update") as hdus:
            hdus["IVM", 2].data = hdus["IVM", 2].data[:-1]
    before = [path.read_bytes() for path in acs]
    with pytest.raises(Refusal) as refused:
        run(acs, maps)
    assert Path(refused.value.file) == bad
    assert refused.value.subject == ("" if what == "missing" else "IVM,2")
    assert [path.read_bytes() for path in acs] == before


def test_no_folder_of_reference_files(acs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("jref")
    with pytest.raises(Refusal) as refused:
        run(acs)
    assert refused.value.subject == "PFLTFILE"
    assert "environment variable jref is not set" in str(refused.value)
    # the map of a person's own needs none
    assert run(acs, own_maps(acs, acs[0].parent)).weight is not None


def test_no_flat_field_is_told_and_taken_as_1(acs: list[Path]) -> None:
    name_flat(acs[:1], "PFLTFILE", "jref$gone_pfl.fits")
    name_flat(acs[1:], "PFLTFILE", "N/A")
    warnings = run(acs).warnings
    assert "jref$gone_pfl.fits is not there" in warnings[0]
    assert "PFLTFILE names none" in warnings[1]
    exposure = open_exposure(acs[0])
    made = inverse_variance(exposure, exposure.chips[0], 25.0, Maps())
    assert np.allclose(made, 1 / (1.2 + 25.0 + 16.0), rtol=1e-6)


def test_no_dark_current(acs: list[Path]) -> None:
    with fits.open(acs[0], mode="update") as hdus:
        del hdus["SCI", 2].header["MEANDARK"]
    with pytest.raises(Refusal) as refused:
        run(acs)
    assert refused.value.subject == "MEANDARK of SCI,2"


def test_flats_beside_the_exposures_serve_their_copies(
    acs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("jref")
    write_flat(acs[0].parent / "x_pfl.fits", CAMERAS["wfc"].shape, {1: 2, 2: 1})
    first = run(acs, preserve=True)
    again = run(acs, restore=True)
    assert np.array_equal(fits.getdata(first.weight), fits.getdata(again.weight))
