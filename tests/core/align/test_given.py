"""Catalogs in place of finding, exclusions, reference catalogs and images: their effect on whole alignments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import CENTRE, Shot, Sky, tuned
from astropy.io import fits
from astropy.table import Table

from core.align.results import Alignment, Status
from core.align.session import AlignSettings, align, write_outputs
from core.data.exposure import open_exposure
from core.errors import Refusal
from core.runs.progress import Progress, Report

Shoot = Callable[..., list[Path]]
EAST = 1.0 / 3600.0 / np.cos(np.radians(CENTRE[1]))


def status(alignment: Alignment) -> list[Status]:
    return [image.status for image in alignment.images]


def positions(sky: Sky) -> Table:
    return Table({"ra": CENTRE[0] + sky.east * EAST, "dec": CENTRE[1] + sky.north / 3600.0, "flux": sky.flux})


def pair(shoot: Shoot) -> list[Path]:
    return shoot(Shot("a"), Shot("b", error=(0.2, 0.1), roll_error=0.005, seed=1))


def test_the_list_of_a_run_given_back_gives_the_same_alignment(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    files = pair(shoot)
    out = tmp_path / "out"
    out.mkdir()
    found = align(files, settings)
    write_outputs(found, settings, out)
    blind = tuned(settings, {"threshold": 1e9}, catfile=str(out / "a_flt_xy_catfile.list"))
    for given in (blind, tuned(blind, {"threshold": 1e9}, catfile=f"@{out / 'a_flt_xy_catfile.list'}")):
        again = align(files, given)
        assert status(again) == [Status.REFERENCE, Status.ALIGNED]
        for one, two in zip(found.images, again.images, strict=True):
            assert two.sources.ra == pytest.approx(one.sources.ra, abs=1e-7)
            assert len(two.catalogs[0]) == len(one.catalogs[0])
        assert again.images[1].fit.shift == pytest.approx(found.images[1].fit.shift, abs=0.03)
    assert status(align(files, tuned(settings, {"threshold": 1e9}))) == [Status.FAILED, Status.FAILED]


def test_an_input_list_with_catalogs_is_a_list_of_catalogs(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    """drizzlepac dies with an UnboundLocalError on an @file whose second column names catalogs."""
    files = pair(shoot)
    write_outputs(align(files, settings), settings, tmp_path)
    blind = tuned(settings, {"threshold": 1e9}, input=f"@{tmp_path / 'a_flt_xy_catfile.list'}")
    assert status(align(files, blind)) == [Status.REFERENCE, Status.ALIGNED]


def test_catalogs_in_degrees_and_with_columns_of_their_own(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    sky = Sky.random(150)
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), seed=1), sky=sky)
    made = positions(sky)
    made["mag"] = -2.5 * np.log10(made["flux"])
    made.write(tmp_path / "a.fits")
    shifted = made.copy()
    shifted["ra"] += 0.2 * EAST
    shifted["dec"] += 0.1 / 3600.0
    shifted.write(tmp_path / "b.ecsv")
    (tmp_path / "list").write_text("a_flt.fits a.fits\nb_flt.fits b.ecsv\n")
    given = tuned(settings, catfile=str(tmp_path / "list"), xyunits="degrees", xcol="ra", ycol="dec")
    alignment = align(files, given)
    assert status(alignment) == [Status.REFERENCE, Status.ALIGNED]
    assert alignment.images[1].fit.shift == pytest.approx([-5.0, 2.5], abs=1e-3)
    assert np.array_equal(alignment.images[0].sources.ra, made["ra"])
    for units, column in (("mag", "mag"), ("counts", "flux")):
        bright = align(files, tuned(given, fluxcol=column, fluxunits=units, nbright=40)).images[1].sources
        assert sorted(bright.flux) == sorted(
            np.sort(made["flux"])[-40:] if units == "counts" else np.sort(made["mag"])[:40]
        )


def test_only_listed_exposures_take_catalogs(shoot: Shoot, settings: AlignSettings, tmp_path: Path) -> None:
    files = pair(shoot)
    write_outputs(align(files, settings), settings, tmp_path)
    (tmp_path / "list").write_text("b_flt.fits b_flt_sci1_xy_catalog.coo\nother_flt.fits\n")
    notes: list[Report] = []
    blind = tuned(settings, {"threshold": 1e9}, catfile=str(tmp_path / "list"))
    alignment = align(files, blind, progress=Progress(notes.append))
    assert [len(image.sources) > 15 for image in alignment.images] == [False, True]
    assert any("other_flt.fits" in note.note for note in notes)


def test_a_bad_catalog_fails_its_exposure_alone(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    files = [*pair(shoot), *shoot(Shot("c", seed=2))]
    (tmp_path / "c.coo").write_text("1 2\n3 here\n")
    (tmp_path / "list").write_text("c_flt.fits c.coo\n")
    alignment = align(files, tuned(settings, catfile=str(tmp_path / "list")))
    assert status(alignment) == [Status.REFERENCE, Status.ALIGNED, Status.FAILED]
    assert "ycol" in alignment.images[2].reason
    assert "line 2" in alignment.images[2].reason


def test_two_chips_have_a_catalog_each_or_one_in_degrees(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "omega_cen_simulated").glob("*_flt.fits*"))[:2]
    made = AlignSettings.defaults()
    made = tuned(made, {"threshold": 400.0}, searchrad=2.0, runfile="")
    found = align(files, made)
    write_outputs(found, made, tmp_path)
    listed = next(tmp_path.glob("*_xy_catfile.list"))
    again = align(files, tuned(made, catfile=str(listed)))
    for one, two in zip(found.images, again.images, strict=True):
        assert [len(c) for c in two.catalogs] == [len(c) for c in one.catalogs]
        assert two.sources.ra == pytest.approx(one.sources.ra, abs=0.001 / 3600 * 4)
    stems = [file.name.split(".")[0] for file in files]
    (tmp_path / "sky").write_text(
        "".join(f"{f.name} {s}_sky_catalog.coo\n" for f, s in zip(files, stems, strict=True))
    )
    sky = align(files, tuned(made, catfile=str(tmp_path / "sky"), xyunits="degrees"))
    for one, two in zip(found.images, sky.images, strict=True):
        assert sorted(two.sources.ra) == pytest.approx(sorted(one.sources.ra), abs=1e-11)
        assert [len(c) for c in two.catalogs] == [len(c) for c in one.catalogs]  # each on its chip
    assert status(sky) == status(found) == [Status.REFERENCE, Status.ALIGNED]
    (tmp_path / "short").write_text(f"{files[0].name} {stems[0]}_sci1_xy_catalog.coo\n")
    short = align(files, tuned(made, catfile=str(tmp_path / "short"))).images[0]
    assert short.status is Status.FAILED
    assert "has 2 chips" in short.reason


def test_exclusions_keep_the_finder_and_catalogs_away(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    files = pair(shoot)
    before = align(files, settings)
    (tmp_path / "left.reg").write_text("image\n-box(100,200,200,500,0)\n")
    mask = np.ones((400, 400), np.uint8)
    mask[:200] = 0
    fits.PrimaryHDU(mask).writeto(tmp_path / "low.fits")
    (tmp_path / "masks").write_text("a_flt.fits left.reg\nb_flt.fits low.fits\n")
    given = tuned(settings, exclusions=str(tmp_path / "masks"))
    a, b = align(files, given).images
    all_a, all_b = before.images
    assert len(a.sources) == (all_a.sources.x > 199.5).sum() < len(all_a.sources)
    assert len(b.sources) == (all_b.sources.y > 199.5).sum() < len(all_b.sources)
    assert not list(tmp_path.glob("*mask.fits"))
    write_outputs(before, settings, tmp_path)
    listed = tuned(given, catfile=str(tmp_path / "a_flt_xy_catfile.list"))
    a, b = align(files, listed).images
    assert len(a.sources) == (all_a.sources.x > 199.5).sum()
    assert len(b.sources) == (all_b.sources.y > 199.5).sum()
    (tmp_path / "left.reg").write_text("image\n-blob(1,2,3)\n")
    bad = align(files, given)
    assert bad.images[0].status is Status.FAILED
    assert "exclusions" in bad.images[0].reason


def test_exclusions_go_with_flags(shoot: Shoot, settings: AlignSettings, tmp_path: Path) -> None:
    files = shoot(Shot("a"), sky=Sky.random(150, half=8.0))
    for file in files:
        with fits.open(file, mode="update") as hdus:
            hdus["DQ"].data[:, :200] = 64
    (tmp_path / "low.reg").write_text("image\n-box(200,100,500,200,0)\n")
    (tmp_path / "masks").write_text("a_flt.fits low.reg\n")
    image = align(files, tuned(settings, {"dqbits": "0"}, exclusions=str(tmp_path / "masks"))).images[0]
    assert len(image.sources) > 20
    assert image.sources.x.min() > 199
    assert image.sources.y.min() > 199


def motion_scene(shoot: Shoot, tmp_path: Path) -> tuple[list[Path], Path]:
    """Exposures of 2004 and 2010, and a catalog of 2016 with motions of 12 mas/yr (1.8 and 3.6 px rms in all)."""
    rng = np.random.default_rng(7)
    sky = Sky.random(200, half=9.0)
    pm_ra, pm_dec = rng.normal(0, 12, 200), rng.normal(0, 12, 200)
    files = []
    for name, year, error in (("a", 2004.0, (0.2, 0.1)), ("b", 2010.0, (-0.3, 0.2))):
        back = (year - 2016.0) / 1000.0
        there = Sky(sky.east + pm_ra * back, sky.north + pm_dec * back, sky.flux)
        (file,) = shoot(Shot(name, error=error, seed=int(year)), sky=there)
        fits.setval(file, "EXPSTART", value=51544.5 + (year - 2000.0) * 365.25)
        files.append(file)
    made = positions(sky)
    made["pmra"], made["pmdec"], made["ref_epoch"] = pm_ra, pm_dec, 2016.0
    made.write(tmp_path / "gaia.ecsv")
    return files, tmp_path / "gaia.ecsv"


def test_proper_motions_bring_the_catalog_to_each_exposure(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    files, catalog = motion_scene(shoot, tmp_path)
    given = tuned(settings, refcat=str(catalog), refxcol="ra", refycol="dec")
    alignment = align(files, given)
    assert status(alignment) == [Status.ALIGNED, Status.ALIGNED]
    for image in alignment.images:
        assert max(image.fit.rms_x, image.fit.rms_y) < 0.05
        assert image.new_wcs[1].crval == pytest.approx(CENTRE, abs=2e-7)
        assert image.reference is not None
    still = Table.read(catalog)
    for name in ("pmra", "pmdec"):
        still.remove_column(name)
    still.write(tmp_path / "still.ecsv")
    without = align(files, tuned(given, refcat=str(tmp_path / "still.ecsv"), tolerance=4.0))
    assert max(image.fit.rms_x for image in without.images if image.fit) > 0.4
    assert without.images[0].reference is None
    write_outputs(alignment, given, tmp_path)
    lines = [line.split() for line in (tmp_path / "b_flt_xy_catalog.match").read_text().splitlines()[3:]]
    table = np.array([line[:4] for line in lines], float)
    moved = table[:, 2:4] - table[:, :2]
    # the list holds the positions that were matched, clipped pairs too; the motions are 1.8 px
    assert np.std(moved, axis=0).max() < 0.15


def test_motions_without_a_date_are_said_and_not_used(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    files, catalog = motion_scene(shoot, tmp_path)
    fits.delval(files[0], "EXPSTART")
    notes: list[Report] = []
    given = tuned(settings, refcat=str(catalog), refxcol="ra", refycol="dec")
    alignment = align(files, given, progress=Progress(notes.append))
    assert any("a_flt.fits: no EXPSTART" in note.note for note in notes)
    assert alignment.images[0].reference is None
    assert alignment.images[1].reference is not None
    made = Table.read(catalog)
    made.remove_column("ref_epoch")
    made.write(tmp_path / "undated.ecsv")
    align(files, tuned(given, refcat=str(tmp_path / "undated.ecsv")), progress=Progress(notes.append))
    assert any("no epoch" in note.note for note in notes)


def test_a_growing_catalog_keeps_its_motions(shoot: Shoot, settings: AlignSettings, tmp_path: Path) -> None:
    files, catalog = motion_scene(shoot, tmp_path)
    cut = Table.read(catalog)[:150]
    cut.write(tmp_path / "cut.ecsv")
    given = tuned(
        settings, refcat=str(tmp_path / "cut.ecsv"), refxcol="ra", refycol="dec", expand_refcat=True
    )
    alignment = align(files, given)
    assert status(alignment) == [Status.ALIGNED, Status.ALIGNED]
    assert len(alignment.reference) > 180
    assert max(alignment.images[1].fit.rms_x, alignment.images[1].fit.rms_y) < 0.05


def test_reference_positions_in_pixels_of_the_reference_image(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    sky = Sky.random(150)
    reference, a = shoot(Shot("r", roll=20.0), Shot("a", error=(0.2, 0.1), seed=1), sky=sky)
    frame = open_exposure(reference, complete=False).chips[0].wcs
    made = positions(sky)
    x, y = frame.sky_to_pix(made["ra"], made["dec"])
    Table({"x": x + 1, "y": y + 1}).write(tmp_path / "ref.csv")
    given = tuned(settings, refcat=str(tmp_path / "ref.csv"), refxyunits="pixels", refimage=str(reference))
    alignment = align([a], given)
    assert alignment.reference_name == "ref.csv"
    assert alignment.images[0].new_wcs[1].crval == pytest.approx(CENTRE, abs=2e-7)
    with pytest.raises(Refusal) as caught:
        align([a], tuned(given, refimage=""))
    assert caught.value.subject == "refxyunits"


def test_a_catalog_with_a_reference_image_is_matched_in_its_frame(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    """The image gives the frame, the catalog the sources; nothing is searched in the image."""
    sky = Sky.random(150)
    reference, a = shoot(Shot("r", roll=20.0), Shot("a", error=(0.2, 0.1), seed=1), sky=sky)
    positions(sky).write(tmp_path / "ref.csv")
    given = tuned(settings, refcat=str(tmp_path / "ref.csv"), refimage=str(reference))
    given = AlignSettings(given.tweakreg, given.imagefind, given.refimagefind.replaced(threshold=1e9))
    alignment = align([a], given)
    assert alignment.reference_name == "ref.csv"
    assert alignment.frame.naxis == (400, 400)
    turn = np.degrees(np.arctan2(alignment.frame.cd[0, 1], alignment.frame.cd[1, 1]))
    assert turn == pytest.approx(20.0, abs=1e-6)
    assert alignment.images[0].new_wcs[1].crval == pytest.approx(CENTRE, abs=2e-7)


def test_a_distorted_reference_image_gives_an_undistorted_frame(shared_data: Path) -> None:
    files = sorted((shared_data / "omega_cen_simulated").glob("*_flt.fits*"))[:2]
    made = tuned(
        AlignSettings.defaults(), {"threshold": 400.0}, searchrad=2.0, runfile="", refimage=str(files[0])
    )
    made = AlignSettings(made.tweakreg, made.imagefind, made.refimagefind.replaced(threshold=400.0))
    alignment = align(files[1:], made)
    assert status(alignment) == [Status.ALIGNED]
    assert alignment.frame.is_linear
    plain = align(
        files, AlignSettings(made.tweakreg.replaced(refimage=""), made.imagefind, made.refimagefind)
    )
    for extver, wcs in plain.images[1].new_wcs.items():
        assert alignment.images[0].new_wcs[extver].crval == pytest.approx(wcs.crval, abs=3e-4 / 3600)


def test_exclusions_of_the_reference_image(shoot: Shoot, settings: AlignSettings, tmp_path: Path) -> None:
    reference, a = shoot(Shot("r"), Shot("a", error=(0.2, 0.1), seed=1))
    with fits.open(reference) as hdus:
        fits.PrimaryHDU(hdus["SCI"].data, hdus["SCI"].header).writeto(tmp_path / "drz_sci.fits")
    (tmp_path / "left.reg").write_text("image\n-box(100,200,200,500,0)\n")
    (tmp_path / "masks").write_text("r_flt.fits left.reg\ndrz_sci.fits left.reg\n")
    for name in ("r_flt.fits", "drz_sci.fits"):
        given = tuned(settings, refimage=str(tmp_path / name), exclusions=str(tmp_path / "masks"))
        given = AlignSettings(given.tweakreg, given.imagefind, given.refimagefind.replaced(threshold=20.0))
        alignment = align([a], given)
        assert status(alignment) == [Status.ALIGNED]
        assert alignment.reference.x.min() > 199
