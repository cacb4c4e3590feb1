"""Files and headers: what is asked for is written, in drizzlepac's formats, and only aligned images are touched."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, Sky, tuned
from astropy.io import fits

from core.align import outputs
from core.align.report import report
from core.align.results import Status, Written
from core.align.session import AlignSettings, align, apply, tweakreg, write_outputs
from core.data.exposure import open_exposure
from core.data.frame import read_frame
from core.errors import Refusal

Shoot = Callable[..., list[Path]]


@pytest.fixture
def files(shoot: Shoot) -> list[Path]:
    """A reference, one to align, one of another field."""
    good = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), roll_error=0.01, seed=1))
    return [*good, *shoot(Shot("c", seed=2), sky=Sky.random(150, seed=77))]


def rows(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]


def test_only_aligned_images_are_written(files: list[Path], settings: AlignSettings, tmp_path: Path) -> None:
    """Fault 11: drizzlepac renames the WCS of the reference and of images that it could not match."""
    before = [file.read_bytes() for file in files]
    alignment = align(files, settings)
    applied = apply(alignment, settings)
    assert [one.status for one in applied] == [Written.UNTOUCHED, Written.WRITTEN, Written.UNTOUCHED]
    assert "peak" in applied[2].reason
    assert files[0].read_bytes() == before[0]
    assert files[2].read_bytes() == before[2]
    header = fits.getheader(files[1], "SCI", 1)
    assert header["WCSNAME"] == "TWEAK"
    assert header["WCSNAMEA"] == "MADE"
    assert header["NMATCH"] == alignment.images[1].fit.n_used
    fit = alignment.images[1].fit
    rms = np.hypot(fit.rms_x, fit.rms_y) * alignment.frame.scale / 3600.0
    assert np.hypot(header["RMS_RA"], header["RMS_DEC"]) == pytest.approx(rms, rel=1e-6)
    again = align(files, settings)
    assert again.images[1].fit.shift == pytest.approx([0.0, 0.0], abs=0.005)
    assert abs((again.images[1].fit.rot + 180) % 360 - 180) < 1e-3
    wcs = open_exposure(files[1], complete=False).chips[0].wcs
    assert wcs.crval == pytest.approx(alignment.images[1].new_wcs[1].crval, abs=1e-12)


def test_a_name_in_use_is_refused_before_anything_is_done(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    before = [file.read_bytes() for file in files]
    with pytest.raises(Refusal, match="MADE"):
        tweakreg(files, tuned(settings, updatehdr=True, wcsname="MADE"), folder=tmp_path)
    assert [file.read_bytes() for file in files] == before
    assert not list(tmp_path.glob("*.coo"))


def test_one_file_that_cannot_be_written_does_not_stop_the_others(
    shoot: Shoot, settings: AlignSettings
) -> None:
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), seed=1), Shot("c", error=(0.1, 0.1), seed=2))
    alignment = align(files, settings)
    files[1].unlink()
    applied = apply(alignment, settings)
    assert [one.status for one in applied] == [Written.UNTOUCHED, Written.FAILED, Written.WRITTEN]
    assert "b_flt.fits" in applied[1].reason


def test_aligning_writes_nothing(files: list[Path], settings: AlignSettings, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    align(files, settings)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_files_of_a_run(files: list[Path], settings: AlignSettings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    asked = tuned(settings, shiftfile=True, runfile="tweakreg.log")
    alignment = tweakreg(files, asked, folder=out)
    catalogs = [f"{r}_flt_{k}_catalog.coo" for r in "abc" for k in ("sci1_xy", "sky", "refxy")]
    matches = ["b_flt_xy_catalog.match", "b_flt_catalog_fit.match"]
    others = ["a_flt_xy_catfile.list", "shifts.txt", "shifts_wcs.fits", "tweakreg.log"]
    assert sorted(path.name for path in out.iterdir()) == sorted(catalogs + matches + others)
    assert alignment.applied == ()
    log = (out / "tweakreg.log").read_text()
    tweakreg(files, asked, folder=out)
    assert (out / "tweakreg.log").read_text().startswith(log)


def test_what_is_not_asked_for_is_not_written(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    alignment = align(files, settings)
    out = tmp_path / "out"
    out.mkdir()
    for values in ({"writecat": False}, {"clean": True}):
        assert write_outputs(alignment, tuned(settings, **values), out) == ()
    assert not list(out.iterdir())


def test_catalogs_hold_the_sources_one_based(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    alignment = align(files, settings)
    write_outputs(alignment, settings, tmp_path)
    image = alignment.images[1]
    found = np.array(rows(tmp_path / "b_flt_sci1_xy_catalog.coo"), float)
    assert found[:, 0] == pytest.approx(image.catalogs[0].x + 1, rel=1e-5)
    assert found[:, 3].tolist() == list(range(len(found)))
    frame = np.array(rows(tmp_path / "b_flt_refxy_catalog.coo"), float)
    assert frame[:, 1] == pytest.approx(image.sources.v + 1, abs=1e-6)
    sky = np.array(rows(tmp_path / "b_flt_sky_catalog.coo"), float)
    assert sky[:, 0] == pytest.approx(image.sources.ra, abs=1e-11)
    write_outputs(alignment, tuned(settings, {"use_sharp_round": True}), tmp_path)
    assert len(rows(tmp_path / "b_flt_sci1_xy_catalog.coo")[0]) == 7


def test_the_fit_list_says_what_was_fitted(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    alignment = align(files, settings)
    write_outputs(alignment, settings, tmp_path)
    image = alignment.images[1]
    table = np.array([row[:17] for row in rows(tmp_path / "b_flt_catalog_fit.match")], float)
    assert len(table) == image.fit.n_used
    uv, xy = table[:, :2], table[:, 2:4]
    assert table[:, 6:8] == pytest.approx(xy - uv @ image.fit.matrix - image.fit.shift, abs=3e-6)
    assert table[:, 4:6] - alignment.frame.crpix == pytest.approx(uv, abs=0.2)
    ra, dec = alignment.frame.pix_to_sky(table[:, 4] - 1, table[:, 5] - 1)
    assert np.column_stack([ra, dec]) == pytest.approx(table[:, 15:17], abs=1e-9)
    used = image.matches.image[image.fit.used]
    assert table[:, 10] == pytest.approx(image.sources.x[used] + 1, abs=1e-6)
    assert table[:, 13] == pytest.approx(image.sources.number[used] - 1)
    assert rows(tmp_path / "b_flt_catalog_fit.match")[0][-1] == "a_flt.fits[1]"
    assert len(rows(tmp_path / "b_flt_xy_catalog.match")) == len(image.matches)


def test_the_shift_file_and_its_frame(files: list[Path], settings: AlignSettings, tmp_path: Path) -> None:
    asked = tuned(settings, shiftfile=True, outshifts="my.txt", outwcs="my_wcs.fits")
    alignment = align(files, asked)
    write_outputs(alignment, asked, tmp_path)
    lines = rows(tmp_path / "my.txt")
    assert lines[0] == ["a_flt.fits", "0.000000", "0.000000", "0.000000", "1.000000", "0.000000", "0.000000"]
    fit = alignment.images[1].fit
    assert np.array(lines[1][1:], float) == pytest.approx(
        [*fit.shift, fit.rot, fit.scale, fit.rms_x, fit.rms_y], abs=6e-7
    )
    assert lines[2] == ["c_flt.fits", *["nan"] * 6]
    assert "# refimage: my_wcs.fits[wcs]" in (tmp_path / "my.txt").read_text()
    frame = read_frame(f"{tmp_path / 'my_wcs.fits'}[wcs]")
    assert frame.crval == pytest.approx(alignment.frame.crval, abs=1e-12)
    assert frame.cd == pytest.approx(alignment.frame.cd, rel=1e-12)
    assert frame.naxis == alignment.frame.naxis


def test_the_grown_reference_is_written(shoot: Shoot, settings: AlignSettings, tmp_path: Path) -> None:
    files = shoot(Shot("a"), Shot("b", east=5.0, error=(0.2, 0.1), seed=1))
    asked = tuned(settings, expand_refcat=True)
    alignment = align(files, asked)
    write_outputs(alignment, asked, tmp_path)
    table = rows(tmp_path / "cumulative_sky_refcat_a_flt.coo")
    assert len(table) == len(alignment.reference)
    assert {row[-1] for row in table} == {"a_flt.fits[1]", "b_flt.fits[1]"}
    shifted = rows(tmp_path / "b_flt_catalog_fit.match")
    assert len(shifted) == alignment.images[1].fit.n_used


def test_the_report_is_json_and_complete(files: list[Path], settings: AlignSettings) -> None:
    made = json.loads(json.dumps(report(align(files, settings), settings), allow_nan=False))
    assert made["task"] == "tweakreg"
    assert made["reference"] == "a_flt.fits"
    assert [image["status"] for image in made["images"]] == ["REFERENCE", "ALIGNED", "FAILED"]
    aligned, failed = made["images"][1:]
    for name in ("n_sources", "n_matches", "n_used", "xsh", "ysh", "rot", "scale", "rms_x", "rms_y"):
        assert aligned[name] is not None
    assert set(aligned["histogram"]) >= {"x", "y", "height", "second", "status"}
    assert failed["xsh"] is None
    assert failed["reason"]
    assert made["seconds"]


def test_a_compressed_exposure_is_aligned_and_written_compressed(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    packed = tmp_path / "z_flt.fits.gz"
    packed.write_bytes(gzip.compress(files[1].read_bytes()))
    alignment = tweakreg([files[0], packed], tuned(settings, updatehdr=True), folder=tmp_path / "out")
    assert [image.status for image in alignment.images] == [Status.REFERENCE, Status.ALIGNED]
    assert [one.status for one in alignment.applied] == [Written.UNTOUCHED, Written.WRITTEN]
    assert gzip.decompress(packed.read_bytes()).startswith(b"SIMPLE")
    header = fits.getheader(packed, "SCI", 1)
    assert header["WCSNAME"] == "TWEAK"
    assert [header["CRVAL1"], header["CRVAL2"]] == pytest.approx(
        alignment.images[1].new_wcs[1].crval.tolist(), abs=1e-12
    )
    assert (tmp_path / "out" / "z_flt_catalog_fit.match").exists()


def test_the_mean_of_two_angles_is_taken_on_the_circle() -> None:
    assert outputs._mean_angle(359.999, 0.001) == pytest.approx(0.0, abs=1e-9)
    assert outputs._mean_angle(0.001, 359.997) == pytest.approx(359.999)
    assert outputs._mean_angle(10.0, 20.0) == pytest.approx(15.0)
