"""Nothing that a run reads is ever written over, and names of products are names, not paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits

from core.data.outfiles import check_folder, check_output, clashes, named_files, product_path, same_file
from core.errors import Refusal
from core.params import TASKS


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        ".",
        "..",
        "../x.txt",
        "sub/x.txt",
        "/etc/x.txt",
        "sub\\x.txt",
        "C:\\x.txt",
        "C:x.txt",
        "x/",
        "a\0b",
    ],
)
def test_only_names_are_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refusal) as caught:
        product_path(tmp_path, name, (), "outshifts")
    assert caught.value.subject == "outshifts"


def test_a_plain_name_goes_into_the_folder(tmp_path: Path) -> None:
    other = tmp_path / "b_flt.fits"
    other.touch()
    assert product_path(tmp_path, "shifts.txt", [other], "outshifts") == tmp_path / "shifts.txt"
    (tmp_path / "old.txt").touch()
    assert product_path(tmp_path, "old.txt", [other], "outshifts") == tmp_path / "old.txt"


def test_what_is_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = tmp_path / "stars.cat"
    catalog.touch()
    (tmp_path / "link.txt").symlink_to(catalog)
    (tmp_path / "hard.txt").hardlink_to(catalog)
    monkeypatch.chdir(tmp_path)
    for name in ("stars.cat", "link.txt", "hard.txt"):
        for read in (catalog, Path("stars.cat"), tmp_path / "." / "stars.cat"):
            with pytest.raises(Refusal, match="the run reads"):
                product_path(tmp_path, name, [read], "outshifts")


@pytest.mark.parametrize("name", ["other_flt.fits", "OTHER_FLC.FITS", "x_raw.fits.gz", "x_asn.fits"])
def test_no_product_is_called_like_an_exposure(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refusal, match="exposure"):
        product_path(tmp_path, name, (), "outwcs")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "shifts.txt").mkdir()
    with pytest.raises(Refusal, match="folder"):
        check_output(tmp_path / "shifts.txt", (), "outshifts")


def test_a_folder_is_made_or_refused(tmp_path: Path) -> None:
    check_folder(tmp_path / "deep" / "er")
    assert list((tmp_path / "deep" / "er").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="not a folder"):
        check_folder(tmp_path / "file")


def test_files_of_one_name_clash(tmp_path: Path) -> None:
    one, two, three = Path("a/x_flt.fits"), Path("b/x_flt.fits"), Path("b/y_flt.fits")
    assert clashes([one, two, three], lambda path: path.stem) == {1: one}
    assert clashes([one, Path("a/X_flt.fits")], lambda path: path.stem) == {1: one}
    assert clashes([one, one], lambda path: path.stem) == {1: one}
    assert clashes([one, three], lambda path: path.stem) == {}


def test_files_named_by_parameters_and_in_lists(tmp_path: Path) -> None:
    for name in ("ref_drz.fits", "stars.cat", "sci1.coo", "log.txt"):
        (tmp_path / name).write_text("1.5 2.5 3.e5\n")
    (tmp_path / "list.txt").write_text("a_flt.fits sci1.coo gone.coo\n")
    task = TASKS["tweakreg"]
    values = task.defaults().replaced(
        refimage=f"{tmp_path / 'ref_drz.fits'}[sci,1]",
        refcat=str(tmp_path / "stars.cat"),
        catfile=f"@{tmp_path / 'list.txt'}",
        runfile=str(tmp_path / "log.txt"),
        exclusions=str(tmp_path / "gone.txt"),
    )
    found = named_files(values, task.params, ("runfile",))
    assert {path.name for path in found} == {"ref_drz.fits", "stars.cat", "list.txt", "sci1.coo"}


def test_missing_files_are_different(tmp_path: Path) -> None:
    assert not same_file(tmp_path / "a", tmp_path / "b")
    assert same_file(tmp_path / "a", tmp_path / "x" / ".." / "a")


def test_a_header_without_pixels_is_no_list(tmp_path: Path) -> None:
    frame, other = tmp_path / "frame.fits", tmp_path / "shifts.txt"
    other.touch()
    hdu = fits.PrimaryHDU()
    hdu.header["HISTORY"] = "from shifts.txt"
    hdu.writeto(frame)
    task = TASKS["tweakreg"]
    assert named_files(task.defaults().replaced(refimage=str(frame)), task.params) == (frame,)
