"""Finding files: sorted always (drizzlepac takes the directory's order, fault 3)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data import find_files, find_product
from core.data.files import read_association, read_list
from core.errors import Refusal

NAMES = ("ic_flt.fits", "ia_flt.fits", "ib_flt.fits", "ia_flc.fits")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).touch()
    return tmp_path


def names(found: list[Path]) -> list[str]:
    return [path.name for path in found]


def test_wildcards_are_sorted_whatever_the_file_system_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    class Backwards:
        def __init__(self, path: str) -> None:
            with real(path) as entries:
                self.entries = sorted(entries, key=lambda e: e.name, reverse=True)

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_: object) -> None:
            return None

    monkeypatch.setattr(os, "scandir", Backwards)
    expected = ["ia_flt.fits", "ib_flt.fits", "ic_flt.fits"]
    assert names(find_files("*_flt.fits", folder=folder)) == expected
    assert names(find_files([str(folder / "*_flt.fits")], keep_order=True)) == expected


def test_commas_lists_and_repeats(folder: Path) -> None:
    assert names(find_files("ic_flt.fits, ia_flt.fits,ia_fl?.fits", folder=folder)) == [
        "ia_flc.fits",
        "ia_flt.fits",
        "ic_flt.fits",
    ]
    assert names(find_files([folder / "ib_flt.fits", "ia_flt.fits"], folder=folder)) == [
        "ia_flt.fits",
        "ib_flt.fits",
    ]


def test_order_may_be_kept(folder: Path) -> None:
    given = ["ic_flt.fits", "ia_flt.fits"]
    assert names(find_files(given, folder=folder, keep_order=True)) == given
    assert names(find_files(given, folder=folder)) == given[::-1]


def test_list_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "list.txt").write_text(
        "# exposures\nic_flt.fits ic_ivm.fits\n\n  ia_flt.fits  ia_ivm.fits # last\n"
    )
    assert read_list(folder / "list.txt") == [("ic_flt.fits", "ic_ivm.fits"), ("ia_flt.fits", "ia_ivm.fits")]
    assert names(find_files("@list.txt", folder=folder)) == ["ia_flt.fits", "ic_flt.fits"]
    # names in the list are found beside the list too
    monkeypatch.chdir(folder.parent)
    assert names(find_files(f"@{folder / 'list.txt'}")) == ["ia_flt.fits", "ic_flt.fits"]


def test_nothing_found(folder: Path) -> None:
    for pattern, what in [
        ("no_flt.fits", "no such file"),
        ("x*.fits", "No file matches"),
        ("", "No input"),
        (" , ", "No input"),
    ]:
        with pytest.raises(Refusal, match=what):
            find_files(pattern, folder=folder)
    with pytest.raises(Refusal, match="No input"):
        find_files([])
    with pytest.raises(Refusal, match="list cannot be read"):
        find_files("@nolist.txt", folder=folder)
    with pytest.raises(Refusal, match="folder"):
        find_files(folder)
    with pytest.raises(Refusal, match="Extensions"):
        find_files("ia_flt.fits[sci,1]", folder=folder)


def association(path: Path, *members: tuple[str, str, bool]) -> Path:
    columns = [
        fits.Column("MEMNAME", "14A", array=np.array([m[0] for m in members])),
        fits.Column("MEMTYPE", "14A", array=np.array([m[1] for m in members])),
        fits.Column("MEMPRSNT", "L", array=np.array([m[2] for m in members])),
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(path)
    return path


def test_association(folder: Path) -> None:
    path = association(
        folder / "i000_asn.fits",
        ("IA", "EXP-DTH", True),
        ("IC", "EXP-DTH", True),
        ("IX", "EXP-DTH", False),
        ("I00010", "PROD-DTH", True),
    )
    found = read_association(path)
    # flc only when all have one
    assert names(list(found.members)) == ["ia_flt.fits", "ic_flt.fits"]
    assert found.product == "i00010"
    assert names(find_files(path)) == ["ia_flt.fits", "ic_flt.fits"]
    (folder / "ic_flc.fits").touch()
    assert names(find_files("*_asn.fits", folder=folder)) == ["ia_flc.fits", "ic_flc.fits"]


@pytest.mark.parametrize(
    ("products", "expected"),
    [
        ([("I00011", "PROD-CRJ", True), ("I00010", "PROD-DTH", False)], "i00010"),
        ([("I00012", "PROD-CRJ", False), ("I00013", "PROD-RPT", False)], "i00013"),
        ([], "i003"),
    ],
)
def test_the_product_of_an_association(
    folder: Path, products: list[tuple[str, str, bool]], expected: str
) -> None:
    """As drizzlepac names it: a product that is not there yet too, and one association alone."""
    path = association(folder / "I003_asn.fits", ("IA", "EXP-DTH", True), *products)
    assert find_product(path) == find_product("*_asn.fits", folder=folder) == expected
    other = association(folder / "i004_asn.fits", ("IB", "EXP-DTH", True))
    assert not find_product([path, other])
    assert not find_product("*_asn.fits", folder=folder)
    assert not find_product(folder / "ia_flt.fits")


def test_association_with_a_missing_exposure(folder: Path) -> None:
    path = association(folder / "i001_asn.fits", ("IA", "EXP-DTH", True), ("IZ", "EXP-DTH", True))
    with pytest.raises(Refusal, match="exposure iz"):
        find_files(path)


def test_a_table_that_is_no_association(folder: Path) -> None:
    path = folder / "i002_asn.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((2, 2)))]).writeto(path)
    with pytest.raises(Refusal, match="MEMNAME"):
        find_files(path)


def test_an_association_of_nicmos(tmp_path: Path) -> None:
    (tmp_path / "na_cal.fits").touch()
    path = association(tmp_path / "n001_asn.fits", ("NA", "EXP-DTH", True), ("N001", "PROD-DTH", True))
    assert find_files(str(path)) == [tmp_path / "na_cal.fits"]
