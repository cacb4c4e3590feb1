"""A run writes into its folder, under its names, and never over what it reads; one failure stops nothing else."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from align_shots import Shot, tuned

from core.align import outputs as outputs_module
from core.align.report import report
from core.align.results import Status, Written
from core.align.session import AlignSettings, align, tweakreg, write_outputs
from core.data.exposure import open_exposure
from core.errors import Refusal

Shoot = Callable[..., list[Path]]


@pytest.fixture
def files(shoot: Shoot) -> list[Path]:
    return shoot(Shot("a"), Shot("b", error=(0.2, 0.1), seed=1))


def digests(paths: list[Path]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


@pytest.mark.parametrize("subject", ["outshifts", "outwcs", "runfile"])
@pytest.mark.parametrize("kind", ["input", "absolute", "up", "below", "reference", "blank", "catalog"])
def test_no_name_of_a_product_leads_elsewhere(
    files: list[Path], settings: AlignSettings, tmp_path: Path, subject: str, kind: str
) -> None:
    """`-p shiftfile=yes -p outshifts=b_flt.fits` replaced the exposure."""
    stars = tmp_path / "stars.cat"
    stars.write_text("150.0 20.0\n")
    names = {
        "input": "b_flt.fits",
        "absolute": str(tmp_path / "x.txt"),
        "up": "../x.txt",
        "below": "views/x.txt",
        "reference": "stars.cat",
        "blank": " ",
        "catalog": "b_flt_sky_catalog.coo",
    }
    asked = tuned(settings, shiftfile=True, refcat=str(stars), **{subject: names[kind]})
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(Refusal) as caught:
        tweakreg(files, asked, folder=tmp_path)
    assert caught.value.subject == subject
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert not (tmp_path.parent / "x.txt").exists()


def test_products_do_not_replace_each_other(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    asked = tuned(settings, shiftfile=True, outshifts="one.fits", outwcs="ONE.fits")
    with pytest.raises(Refusal, match="outshifts has this name too"):
        tweakreg(files, asked, folder=tmp_path)


def test_a_catalog_that_is_read_is_not_written_over(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    tweakreg(files, settings, folder=tmp_path)
    known = tmp_path / "a_flt_sky_catalog.coo"
    before = known.read_bytes()
    asked = tuned(settings, refcat=str(known))
    with pytest.raises(Refusal) as caught:
        tweakreg(files, asked, folder=tmp_path)
    assert (caught.value.subject, caught.value.file) == ("writecat", str(known))
    assert known.read_bytes() == before
    done = tweakreg(files, asked, folder=tmp_path / "elsewhere")
    assert [image.status for image in done.images] == [Status.ALIGNED, Status.ALIGNED]
    with pytest.raises(Refusal, match="the run reads"):
        write_outputs(done, asked, tmp_path)
    assert known.read_bytes() == before
    assert (tmp_path / "b_flt_catalog_fit.match").exists()


def test_files_to_keep_are_kept(files: list[Path], settings: AlignSettings, tmp_path: Path) -> None:
    mine = tmp_path / "shifts.txt"
    mine.write_text("mine")
    with pytest.raises(Refusal) as caught:
        tweakreg(files, tuned(settings, shiftfile=True), folder=tmp_path, keep=[mine])
    assert caught.value.subject == "outshifts"
    assert mine.read_text() == "mine"


def test_a_headerlet_does_not_leave_its_folder(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    before = digests(files)
    for name in ("b_flt.fits", str(tmp_path / "x.fits"), "../x.fits", "../x"):
        asked = tuned(settings, headerlet=True, clobber=True, hdrfile=name)
        with pytest.raises(Refusal) as caught:
            tweakreg(files, asked, folder=tmp_path / "out")
        assert caught.value.subject == "hdrfile"
    assert digests(files) == before
    assert not (tmp_path.parent / "x.fits").exists()


def test_the_folder_is_made_or_refused_first(
    files: list[Path], settings: AlignSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alignment = tweakreg(files, settings, folder=tmp_path / "new" / "deep")
    assert {path.parent for path in alignment.products} == {tmp_path / "new" / "deep"}
    (tmp_path / "file").touch()
    monkeypatch.setattr("core.align.session.align", lambda *_, **__: pytest.fail("aligned before looking"))
    with pytest.raises(Refusal, match="not a folder"):
        tweakreg(files, settings, folder=tmp_path / "file")


def test_a_catalog_that_fails_stops_neither_headers_nor_other_files(
    files: list[Path], settings: AlignSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = outputs_module.write_text

    def full(text: str, path: Path) -> None:
        if path.name == "a_flt_sky_catalog.coo":
            raise Refusal("Cannot write: No space left on device.", file=path)
        true(text, path)

    monkeypatch.setattr(outputs_module, "write_text", full)
    alignment = tweakreg(files, tuned(settings, updatehdr=True), folder=tmp_path / "out")
    assert [one.status for one in alignment.applied] == [Written.UNTOUCHED, Written.WRITTEN]
    assert len(alignment.failures) == 1
    assert "a_flt_sky_catalog.coo" in alignment.failures[0]
    assert (tmp_path / "out" / "b_flt_catalog_fit.match") in alignment.products
    made = report(alignment)
    assert made["failures"] == list(alignment.failures)
    assert [image["header"]["status"] for image in made["images"]] == ["UNTOUCHED", "WRITTEN"]
    # the window's way: it says so, when all that can be is written
    with pytest.raises(Refusal, match="No space"):
        write_outputs(alignment, settings, tmp_path / "out")


def test_a_log_that_fails_is_told(files: list[Path], settings: AlignSettings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = tweakreg(files, tuned(settings, runfile="run.log"), folder=out)
    assert (out / "run.log") in done.products
    (out / "run.log").unlink()
    (out / "run.log").symlink_to(tmp_path / "gone" / "run.log")
    done = tweakreg(files, tuned(settings, runfile="run.log"), folder=out)
    assert len(done.failures) == 1
    assert "run.log" in done.failures[0]


def test_two_files_of_one_name_do_not_share_catalogs(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "a_flt.fits"
    other.parent.mkdir()
    shutil.copy(files[1], other)
    alignment = align([*files, other], settings)
    assert [image.status for image in alignment.images] == [Status.REFERENCE, Status.ALIGNED, Status.FAILED]
    assert str(files[0]) in alignment.images[2].reason
    write_outputs(alignment, settings, tmp_path / "other")
    alone = tmp_path / "alone"
    alone.mkdir()
    write_outputs(align(files, settings), settings, alone)
    name = "a_flt_sci1_xy_catalog.coo"
    assert (tmp_path / "other" / name).read_bytes() == (alone / name).read_bytes()


def test_a_header_that_cannot_be_written_is_in_the_report(
    files: list[Path], settings: AlignSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(path: Path, *_: object, **__: object) -> str:
        raise Refusal("The file is write-protected.", file=path)

    monkeypatch.setattr("core.align.apply.write_wcs", locked)
    alignment = tweakreg(files, tuned(settings, updatehdr=True), folder=tmp_path)
    headers = [image["header"] for image in report(alignment)["images"]]
    assert [header["status"] for header in headers] == ["UNTOUCHED", "FAILED"]
    assert "write-protected" in headers[1]["reason"]
    nothing = report(align(files, settings))["images"]
    assert [image["header"] for image in nothing] == [{"status": "UNTOUCHED", "reason": ""}] * 2


def test_unreadable_files_fail_for_themselves_when_headers_are_written(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    """A text file called _flt.fits stopped the whole run."""
    text, cut = tmp_path / "text_flt.fits", tmp_path / "cut_flt.fits"
    text.write_text("not FITS")
    cut.write_bytes(files[1].read_bytes()[:40_000])
    before = digests([text, cut])
    alignment = tweakreg([*files, text, cut], tuned(settings, updatehdr=True), folder=tmp_path)
    assert [image.status for image in alignment.images] == [
        Status.REFERENCE,
        Status.ALIGNED,
        Status.FAILED,
        Status.FAILED,
    ]
    assert [one.status for one in alignment.applied].count(Written.WRITTEN) == 1
    assert open_exposure(files[1], complete=False).chips[0].header["WCSNAME"] == "TWEAK"
    assert digests([text, cut]) == before


def test_thirty_exposures_are_remembered(
    shoot: Shoot, settings: AlignSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """24 results were kept of each step: of a larger set none lasted until it was asked for again."""
    from core.align import given as given_module
    from core.runs.memory import Memory

    files = shoot(*(Shot(f"s{k:02d}", size=160, seed=k) for k in range(30)))
    found: list[object] = []
    true = given_module.find
    monkeypatch.setattr(
        given_module, "find", lambda chip, *args, **named: found.append(chip) or true(chip, *args, **named)
    )
    memory = Memory()
    asked = tuned(settings, minobj=3)
    align(files, asked, memory=memory)
    assert len(found) == 30
    align(files, tuned(asked, nclip=5), memory=memory)
    assert len(found) == 30


def test_catalogs_that_a_list_names_are_not_written_over(
    files: list[Path], settings: AlignSettings, tmp_path: Path
) -> None:
    """A list of one's own may name the catalogs of an earlier run, edited by hand."""
    out = tmp_path / "out"
    tweakreg(files, settings, folder=out)
    (tmp_path / "mine").write_text(f"{files[1].name} {next(out.glob('b_*_sci1_xy_catalog.coo'))}\n")
    with pytest.raises(Refusal) as caught:
        tweakreg(files, tuned(settings, catfile=str(tmp_path / "mine")), folder=out)
    assert caught.value.subject == "writecat"
    tweakreg(files, tuned(settings, catfile=str(tmp_path / "mine")), folder=tmp_path / "other")
