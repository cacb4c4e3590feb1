"""From files to verdicts: what is aligned is right, what is not says why, and nothing is done twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, Sky, tuned
from astropy.io import fits

from core.align import find as find_module
from core.align import given as given_module
from core.align import one as one_module
from core.align import run as run_module
from core.align import sources as sources_module
from core.align.report import report
from core.align.results import PeakStatus, Status, Written
from core.align.session import AlignSettings, align, tweakreg
from core.data.exposure import open_exposure
from core.errors import Cancelled, Refusal
from core.runs.memory import Memory
from core.runs.progress import Progress, Report

Shoot = Callable[..., list[Path]]


def status(alignment: object) -> list[Status]:
    return [image.status for image in alignment.images]


def test_header_errors_are_found_and_mended(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(
        Shot("a"),
        Shot("b", east=1.3, north=-0.7, error=(0.31, -0.22), roll_error=0.01, seed=1),
        Shot("c", east=-2.0, roll=35.0, error=(-0.5, 0.4), roll_error=-0.008, seed=2),
    )
    alignment = align(files, settings)
    assert status(alignment) == [Status.REFERENCE, Status.ALIGNED, Status.ALIGNED]
    assert alignment.reference_name == "a_flt.fits"
    b, c = alignment.images[1:]
    # image minus reference in the frame: x to the west, y to the north, as the header misplaces the stars
    assert b.fit.shift == pytest.approx([-0.31 / 0.04, -0.22 / 0.04], abs=0.05)
    assert c.fit.shift == pytest.approx([0.5 / 0.04, 0.4 / 0.04], abs=0.05)
    for image, (east, north) in ((b, (1.3, -0.7)), (c, (-2.0, 0.0))):
        wcs = image.new_wcs[1]
        got_east = (wcs.crval[0] - 150.0) * np.cos(np.radians(20.0)) * 3600.0
        assert got_east == pytest.approx(east, abs=0.0005)
        assert (wcs.crval[1] - 20.0) * 3600.0 == pytest.approx(north, abs=0.0005)
    roll = np.degrees(np.arctan2(b.new_wcs[1].cd[0, 1], b.new_wcs[1].cd[1, 1]))
    assert roll == pytest.approx(0.0, abs=5e-4)


def test_unusable_files_fail_and_the_others_go_on(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    a, b, c = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), seed=1), Shot("c", seed=2))
    shutil.copy(b, tmp_path / "d_flt.fits")
    c.write_bytes(c.read_bytes()[:40_000])
    (tmp_path / "text_flt.fits").write_text("not FITS")
    alignment = align([a, c, tmp_path / "text_flt.fits", tmp_path / "gone_flt.fits", b], settings)
    assert status(alignment) == [Status.REFERENCE, *[Status.FAILED] * 3, Status.ALIGNED]
    for image in alignment.images[1:4]:
        assert image.reason
        assert image.advice


def test_a_blank_first_image_is_not_the_reference(shoot: Shoot, settings: AlignSettings) -> None:
    """Fault 6: where drizzlepac finds nothing it crashes; here the next image becomes the reference, and it is said."""
    files = shoot(Shot("a", east=5000.0), Shot("b", seed=1), Shot("c", error=(0.2, 0.0), seed=2))
    notes: list[Report] = []
    alignment = align(files, settings, progress=Progress(notes.append))
    assert status(alignment) == [Status.FAILED, Status.REFERENCE, Status.ALIGNED]
    assert "minobj" in alignment.images[0].reason
    assert any("b_flt.fits is used instead" in note.note for note in notes)


def test_three_stars_are_not_enough_and_say_so(shoot: Shoot, settings: AlignSettings) -> None:
    sky = Sky.random(3, half=6.0)
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.0), seed=1), sky=sky)
    alignment = align(files, settings)
    assert status(alignment) == [Status.FAILED, Status.FAILED]
    assert "15 are needed" in alignment.images[1].reason
    assert align(files, tuned(settings, minobj=3)).images[1].status is Status.ALIGNED


def test_no_overlap_is_never_aligned(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(Shot("a"), Shot("b", east=25.0, seed=1), sky=Sky.random(900, half=50.0))
    alignment = align(files, settings)
    assert status(alignment) == [Status.REFERENCE, Status.FAILED]
    assert alignment.images[1].offset.status is PeakStatus.NO_DATA
    assert "overlap" in alignment.images[1].advice


@pytest.mark.parametrize("stars", [60, 300, 1500])
def test_the_wrong_field_is_never_aligned(shoot: Shoot, settings: AlignSettings, stars: int) -> None:
    a = shoot(Shot("a"), sky=Sky.random(stars, seed=5, half=9.0))
    b = shoot(Shot("b", seed=1), sky=Sky.random(stars, seed=6, half=9.0))
    alignment = align([*a, *b], settings)
    assert status(alignment) == [Status.REFERENCE, Status.FAILED]
    assert "no significant peak" in alignment.images[1].reason


def test_hot_pixels_do_not_pass_for_stars(shoot: Shoot, settings: AlignSettings) -> None:
    """Dithered by half an arcsecond, 150 hot pixels give the higher, but wrong peak; the stars' is taken."""
    sky = Sky.random(40, seed=5, half=8.0)
    a = Shot("a", hot=150)
    b = Shot("b", east=0.48, north=0.2, error=(0.16, -0.12), hot=150, seed=1)
    alignment = align(shoot(a, b, sky=sky), settings)
    assert status(alignment) == [Status.REFERENCE, Status.ALIGNED]
    assert alignment.images[1].fit.shift == pytest.approx([-4.0, -3.0], abs=0.05)


def test_hot_pixels_alone_align_nothing(shoot: Shoot, settings: AlignSettings) -> None:
    a = shoot(Shot("a", hot=150), sky=Sky.random(40, seed=5))
    b = shoot(Shot("b", east=0.48, north=0.2, hot=150, seed=1), sky=Sky.random(40, seed=6))
    assert status(align([*a, *b], settings)) == [Status.REFERENCE, Status.FAILED]
    c = shoot(Shot("c", hot=150, seed=2), sky=Sky.random(40, seed=7))
    assert status(align([*a, *c], settings)) == [Status.REFERENCE, Status.FAILED]


def test_a_shift_beyond_the_search_radius_is_not_aligned(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(Shot("a"), Shot("b", error=(3.0, 0.4), seed=1), sky=Sky.random(400))
    alignment = align(files, settings)
    assert status(alignment) == [Status.REFERENCE, Status.FAILED]
    assert "searchrad" in alignment.images[1].advice
    again = align(files, tuned(settings, searchrad=4.0))
    assert status(again) == [Status.REFERENCE, Status.ALIGNED]
    assert again.images[1].fit.shift == pytest.approx([-75.0, 10.0], abs=0.05)


def test_search_radii_that_are_no_whole_pixels_give_the_same_offset(
    shoot: Shoot, settings: AlignSettings
) -> None:
    """Fault 1: drizzlepac's offset is off by the rounding of the search radius, up to a pixel in both axes."""
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.12), seed=1))
    for radius in (0.96, 0.97, 1.0, 1.01, 1.039):
        offset = align(files, tuned(settings, searchrad=radius)).images[1].offset
        assert (offset.x, offset.y) == pytest.approx((-5.0, 3.0), abs=0.3)


def test_given_offsets_are_used_without_the_histogram(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(Shot("a"), Shot("b", error=(1.6, -1.2), seed=1), sky=Sky.random(400))
    given = tuned(settings, use2dhist=False, xoffset=-39.8, yoffset=-30.3)
    alignment = align(files, given)
    assert status(alignment) == [Status.REFERENCE, Status.ALIGNED]
    assert alignment.images[1].offset.status is PeakStatus.NOT_USED
    assert alignment.images[1].fit.shift == pytest.approx([-40.0, -30.0], abs=0.05)
    wrong = align(files, tuned(settings, use2dhist=False, xoffset=10.0, tolerance=3.0))
    assert status(wrong) == [Status.REFERENCE, Status.FAILED]


def test_matches_by_chance_are_not_accepted(shoot: Shoot, settings: AlignSettings) -> None:
    """In a crowded field more than minobj sources lie within the tolerance of others wherever one looks."""
    a = shoot(Shot("a"), sky=Sky.random(2500, seed=5))
    b = shoot(Shot("b", seed=1), sky=Sky.random(2500, seed=6))
    alignment = align([*a, *b], tuned(settings, use2dhist=False, tolerance=3.0))
    assert status(alignment) == [Status.REFERENCE, Status.FAILED]
    assert len(alignment.images[1].matches) >= 15
    assert "chance" in alignment.images[1].reason


def test_a_growing_reference_reaches_what_the_first_image_does_not(
    shoot: Shoot, settings: AlignSettings
) -> None:
    sky = Sky.random(2000, half=40.0)
    files = shoot(
        Shot("a"),
        Shot("c", east=19.0, error=(0.3, 0.1), seed=1),
        Shot("b", east=9.5, error=(-0.2, 0.3), roll_error=0.005, seed=2),
        sky=sky,
    )
    assert status(align(files, settings)) == [Status.REFERENCE, Status.FAILED, Status.ALIGNED]
    grown = align(files, tuned(settings, expand_refcat=True))
    assert status(grown) == [Status.REFERENCE, Status.ALIGNED, Status.ALIGNED]
    c = grown.image("c_flt.fits").new_wcs[1]
    assert (c.crval[0] - 150.0) * np.cos(np.radians(20.0)) * 3600.0 == pytest.approx(19.0, abs=0.004)
    assert grown.reference.origins == ("a_flt.fits", "b_flt.fits", "c_flt.fits")
    assert len(grown.reference) > len(align(files, settings).reference)


def test_a_reference_catalog_is_matched_against(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    sky = Sky.random(200)
    ra = 150.0 + sky.east / 3600.0 / np.cos(np.radians(20.0))
    rows = [
        f"{a:.9f} {20.0 + n / 3600.0:.9f} {f:.1f}" for a, n, f in zip(ra, sky.north, sky.flux, strict=True)
    ]
    catalog = tmp_path / "stars.cat"
    catalog.write_text("# ra dec flux\n" + "\n".join(rows) + "\n")
    files = shoot(Shot("a", error=(0.2, 0.1)), Shot("b", error=(-0.3, 0.2), seed=1), sky=sky)
    alignment = align(files, tuned(settings, refcat=str(catalog), refxcol="ra", refycol="2"))
    assert status(alignment) == [Status.ALIGNED, Status.ALIGNED]
    for image in alignment.images:
        assert image.new_wcs[1].crval == pytest.approx([150.0, 20.0], abs=2e-7)
    bright = tuned(
        settings, refcat=str(catalog), rfluxcol="flux", rfluxunits="counts", refnbright=60, rminflux=3e4
    )
    assert len(align(files, bright).reference) == 60
    with pytest.raises(Refusal, match="no column"):
        align(files, tuned(settings, refcat=str(catalog), refxcol="right"))
    with pytest.raises(Refusal, match="rfluxcol"):
        align(files, tuned(settings, refcat=str(catalog), refnbright=60))


def test_a_reference_image_gives_frame_and_sources(shoot: Shoot, settings: AlignSettings) -> None:
    reference, a, b = shoot(
        Shot("r", roll=20.0), Shot("a", error=(0.2, 0.1), seed=1), Shot("b", error=(-0.3, 0.2), seed=2)
    )
    given = tuned(settings, refimage=str(reference))
    given = AlignSettings(given.tweakreg, given.imagefind, given.refimagefind.replaced(threshold=20.0))
    alignment = align([a, b], given)
    assert status(alignment) == [Status.ALIGNED, Status.ALIGNED]
    assert alignment.reference_name == "r_flt.fits"
    for image in alignment.images:
        assert image.new_wcs[1].crval == pytest.approx([150.0, 20.0], abs=2e-7)


def test_a_drizzled_plain_image_may_be_the_reference(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path
) -> None:
    reference, a = shoot(Shot("r", roll=20.0), Shot("a", error=(0.2, 0.1), seed=1))
    with fits.open(reference) as hdus:
        plain = fits.PrimaryHDU(hdus["SCI"].data, hdus["SCI"].header)
        plain.data[:, :9] = np.nan
    plain.writeto(tmp_path / "f606w_drz_sci.fits")
    given = tuned(settings, refimage=str(tmp_path / "f606w_drz_sci.fits"))
    given = AlignSettings(given.tweakreg, given.imagefind, given.refimagefind.replaced(threshold=20.0))
    alignment = align([a], given)
    assert status(alignment) == [Status.ALIGNED]
    assert alignment.images[0].new_wcs[1].crval == pytest.approx([150.0, 20.0], abs=2e-7)
    none = AlignSettings(given.tweakreg, given.imagefind, given.refimagefind.replaced(threshold=1e9))
    with pytest.raises(Refusal) as caught:
        align([a], none)
    assert caught.value.subject == "refimage"


def test_flagged_pixels_are_left_out_when_asked(shoot: Shoot, settings: AlignSettings) -> None:
    """drizzlepac masks the detection only: flagged hot pixels stay sources through their neighbours."""
    sky = Sky.random(100, half=8.0)
    sky = Sky(sky.east, sky.north, np.clip(sky.flux, 0.0, 9e3))
    files = shoot(Shot("a", hot=150), Shot("b", error=(0.2, 0.0), hot=150, hot_seed=5, seed=1), sky=sky)
    for file in files:
        with fits.open(file, mode="update") as hdus:
            hdus["DQ"].data[hdus["SCI"].data > 3500] = 16
            hdus["DQ"].data[:, :200] |= 64
    plain = align(files, settings).images[1]
    strict = align(files, tuned(settings, {"dqbits": "64"})).images[1]
    assert len(strict.sources) < len(plain.sources) - 100
    assert (align(files, tuned(settings, {"dqbits": "0"})).images[1].sources.x > 199).all()
    assert strict.status is Status.ALIGNED
    bad = align(files, tuned(settings, {"dqbits": "many"}))
    assert {image.status for image in bad.images} == {Status.FAILED}


def test_only_what_reads_a_changed_parameter_is_done_again(
    shoot: Shoot, settings: AlignSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), seed=1))
    done: list[str] = []
    for step in ("find", "on_sky", "offset", "match", "fit"):
        module = {"find": given_module, "on_sky": run_module}.get(step, one_module)
        true = getattr(module, step)
        monkeypatch.setattr(
            module, step, lambda *args, step=step, true=true, **more: done.append(step) or true(*args, **more)
        )
    memory = Memory()

    def steps(**changes: object) -> list[str]:
        done.clear()
        align(files, tuned(settings, changes.pop("find", None), **changes), memory=memory)
        return done

    assert steps() == ["find", "find", "on_sky", "on_sky", "offset", "match", "fit"]
    assert steps() == []
    assert steps(nclip=5) == ["fit"]
    assert steps(sigma=2.5) == ["fit"]
    assert steps(wcsname="NEW", shiftfile=True, residplot="No plot") == []
    assert steps(tolerance=1.5) == ["match", "fit"]
    assert steps(fitgeometry="shift") == ["match", "fit"]
    assert steps(searchrad=1.5) == ["offset", "match", "fit"]
    assert steps(find={"threshold": 30.0}) == ["find", "find", "on_sky", "on_sky", "offset", "match", "fit"]
    files[1].touch()
    assert steps() == ["find", "on_sky", "on_sky", "offset", "match", "fit"]


def test_threads_do_not_change_a_number(shoot: Shoot, settings: AlignSettings) -> None:
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), seed=1), Shot("c", error=(0.1, 0.1), seed=2))
    one, three = (align(files, settings, workers=count) for count in (1, 3))
    for a, b in zip(one.images, three.images, strict=True):
        assert np.array_equal(a.sources.ra, b.sources.ra)
        if a.fit is not None:
            assert np.array_equal(a.fit.rx, b.fit.rx)


def test_cancelling_stops_the_run(shoot: Shoot, settings: AlignSettings) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        align(shoot(Shot("a"), Shot("b", seed=1)), settings, progress=progress)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("catfile", "list.txt"), ("exclusions", "masks.txt"), ("refcat", "nowhere.cat")],
)
def test_what_is_not_there_is_refused_by_name(
    shoot: Shoot, settings: AlignSettings, parameter: str, value: object
) -> None:
    files = shoot(Shot("a"))
    with pytest.raises(Refusal) as caught:
        align(files, tuned(settings, **{parameter: value}))
    assert caught.value.subject == parameter


def test_nothing_to_align_is_refused(settings: AlignSettings, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="No exposure"):
        align([], settings)
    with pytest.raises(Refusal):
        align([tmp_path / "gone_flt.fits"], settings)


def test_finding_knows_every_reason() -> None:
    assert set(find_module.REASONS) == set(range(1, 11))


def test_very_many_sources_are_cut_to_the_brightest_with_a_warning(
    shoot: Shoot, settings: AlignSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = shoot(Shot("a"), Shot("b", error=(0.3, -0.2), seed=1), sky=Sky.random(400))
    whole = align(files, settings).images[1]
    monkeypatch.setattr(sources_module, "MOST", 40)
    told: list[Report] = []
    alignment = tweakreg(
        files, tuned(settings, runfile="run.log"), folder=tmp_path, progress=Progress(told.append)
    )
    image = alignment.images[1]
    assert image.status is Status.ALIGNED
    assert (len(image.sources), image.n_found) == (40, len(whole.sources))
    assert image.fit.shift == pytest.approx(whole.fit.shift, abs=0.01)
    assert image.sources.flux.min() >= np.sort(whole.sources.flux)[-40]
    sentence = f"The brightest 40 of {image.n_found} sources are used: raise threshold, or set nbright."
    assert image.note == sentence
    assert f"b_flt.fits: {sentence}" in [report.note for report in told if report.level == "warning"]
    assert sentence in (tmp_path / "run.log").read_text()
    made = report(alignment)["images"][1]
    assert (made["note"], made["n_found"], made["n_sources"]) == (sentence, image.n_found, 40)
    # all that was found stays in the catalogs of the chips, and the numbers of the matches mean their rows
    rows = np.loadtxt(tmp_path / "b_flt_sci1_xy_catalog.coo")
    assert len(rows) == image.n_found
    ids = np.loadtxt(tmp_path / "b_flt_xy_catalog.match", usecols=(6, 7, 9))
    assert rows[ids[:, 2].astype(int), :2] == pytest.approx(ids[:, :2], abs=1e-3)


def test_nbright_takes_the_brightest_found_sources_without_a_word(
    shoot: Shoot, settings: AlignSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """drizzlepac ignores it for sources that it finds itself."""
    monkeypatch.setattr(sources_module, "MOST", 40)
    files = shoot(Shot("a"), Shot("b", error=(0.3, -0.2), seed=1), sky=Sky.random(400))
    memory = Memory()
    for count in (50, 30):
        made = align(files, tuned(settings, nbright=count), memory=memory).images[1]
        assert (len(made.sources), made.note, made.status) == (count, "", Status.ALIGNED)


@pytest.mark.parametrize("kind", ["exposure", "plain"])
def test_a_reference_image_is_cut_too(
    shoot: Shoot, settings: AlignSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    monkeypatch.setattr(sources_module, "MOST", 40)
    a, b = shoot(Shot("a"), Shot("b", error=(0.3, -0.2), seed=1), sky=Sky.random(400))
    name = str(a)
    if kind == "plain":
        with fits.open(a) as hdus:
            header = hdus["SCI", 1].header.copy()
            for key in ("XTENSION", "PCOUNT", "GCOUNT", "EXTNAME", "EXTVER"):
                header.remove(key, ignore_missing=True)
            name = str(tmp_path / "plain_drz.fits")
            fits.PrimaryHDU(hdus["SCI", 1].data, header).writeto(name)
    asked = AlignSettings(
        settings.tweakreg.replaced(refimage=name),
        settings.imagefind,
        settings.refimagefind.replaced(threshold=20.0),
    )
    told: list[Report] = []
    alignment = align([b], asked, progress=Progress(told.append))
    assert alignment.images[0].status is Status.ALIGNED
    assert len(alignment.reference) == 40
    assert any("refnbright" in report.note for report in told)
    assert len(align([b], tuned(asked, refnbright=30)).reference) == 30


def test_each_exposure_is_opened_once(
    shoot: Shoot, settings: AlignSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its names are looked at before anything is done, its sources are found later: the headers are read once."""
    files = shoot(Shot("a"), Shot("b", error=(0.2, 0.1), seed=1))
    opened: list[str] = []

    def counted(path: Path, **how: bool) -> object:
        opened.append(path.name)
        return open_exposure(path, **how)

    monkeypatch.setattr("core.align.finding.open_exposure", counted)
    done = tweakreg(files, tuned(settings, updatehdr=True), folder=tmp_path / "out")
    assert [one.status for one in done.applied] == [Written.UNTOUCHED, Written.WRITTEN]
    assert sorted(opened) == ["a_flt.fits", "b_flt.fits"]
    assert all(path.is_file() for path in done.products)
