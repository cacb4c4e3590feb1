"""Facts of exposures and of files that parameters name, from small files on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.facts import catalog_columns, continuing, exposure_facts, flag_counts, lost_files
from core.drizzle.facts import run_facts
from core.errors import Refusal
from core.params import TASKS


class Chip:
    extver = 1
    header = fits.Header({"WCSNAME": "TWEAK", "CRVAL1A": 1.0, "WCSNAMEA": "IDC_x", "CRVAL1O": 1.0})

    def __init__(self, dq: np.ndarray) -> None:
        self.dq = dq

    def read_dq(self) -> np.ndarray:
        return self.dq


class OneExposure:
    name, path, instrument, detector, suffix, stem = (
        "a_flt.fits",
        Path("a_flt.fits"),
        "WFC3",
        "UVIS",
        "flt",
        "a_flt",
    )

    def __init__(self, *chips: Chip, **cards: str) -> None:
        self.chips, self.primary = chips, fits.Header(cards)


def test_facts_of_a_known_detector() -> None:
    facts = exposure_facts([OneExposure(Chip(np.zeros(1))), OneExposure()])
    assert (facts.count, facts.detectors, facts.plate_scale) == (2, ("WFC3/UVIS",), 0.03962)
    assert facts.has_cte
    assert facts.flag(64).name == "warm pixel"
    assert not facts.flag(8).used
    assert facts.extensions == {1}
    assert (facts.wcsname, facts.wcs) == ("TWEAK", (("A", "IDC_x"), ("O", "")))


def test_no_exposures_no_facts() -> None:
    assert exposure_facts([]).count == 0
    assert run_facts([], None).kind == ""


def test_every_flag_is_counted_in_all_chips() -> None:
    dq = np.array([[0, 64], [96, 4096 + 32]], np.uint16)
    counts = flag_counts(OneExposure(Chip(dq), Chip(np.array([[64]], np.uint16))))
    assert (counts[0], counts[64], counts[32], counts[4096], counts[1]) == (5, 3, 2, 1, 0)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "plain.fits").write_bytes(b"no FITS")
    fits.PrimaryHDU(np.zeros((2, 2))).writeto(tmp_path / "bare.fits")
    values = TASKS["astrodrizzle"].defaults().replaced(
        final_refimage=str(tmp_path / "bare.fits[0]"),
        driz_sep_refimage=str(tmp_path / "plain.fits"),
        skyfile=str(tmp_path / "no such file.txt"),
        skymask_cat=str(tmp_path),
        skyuser="MYSKY",
        runfile=str(tmp_path / "new.log"),
        rules_file="~/rules.txt",
    )  # fmt: skip
    lost = lost_files(values)
    assert set(lost) == {"final_refimage", "driz_sep_refimage", "skyfile", "skymask_cat", "rules_file"}
    assert "home folder" in lost["rules_file"][1]
    assert "no WCS" in lost["final_refimage"][1]
    assert "There is no file no such file.txt" in lost["skyfile"][1]
    assert "is a folder" in lost["skymask_cat"][1]
    header = fits.Header({"CTYPE1": "RA---TAN"})
    fits.PrimaryHDU(np.zeros((2, 2)), header).writeto(tmp_path / "bare.fits", overwrite=True)
    assert "final_refimage" not in lost_files(values)


def test_columns_of_a_catalog_and_of_the_first_in_a_list(tmp_path: Path) -> None:
    (tmp_path / "gaia.cat").write_text("# ra dec gmag\n201.5 -47.4 15.2\n201.6 -47.5 16.0\n")
    (tmp_path / "bare.coo").write_text("10.5 20.5 1000\n11.5 21.5 2000\n")
    (tmp_path / "list.txt").write_text("a_flt.fits None bare.coo\n")
    named = catalog_columns(str(tmp_path / "gaia.cat"), "refcat")
    assert [(each.number, each.name, each.first) for each in named] == [
        (1, "ra", "201.5"),
        (2, "dec", "-47.4"),
        (3, "gmag", "15.2"),
    ]
    bare = catalog_columns(str(tmp_path / "list.txt"), "catfile")
    assert [(each.number, each.name, each.first) for each in bare] == [
        (1, "", "10.5"),
        (2, "", "20.5"),
        (3, "", "1000"),
    ]
    with pytest.raises(Refusal):
        catalog_columns(str(tmp_path / "none.cat"), "refcat")


def test_what_lies_in_the_folder_of_products(tmp_path: Path) -> None:
    (tmp_path / "final_drz.fits").touch()
    facts = run_facts([OneExposure(), OneExposure()], tmp_path)
    assert (facts.root, facts.kind, facts.existing) == ("final", "drz", {"final_drz.fits"})
    assert run_facts([OneExposure()], tmp_path / "not yet").existing == frozenset()


def test_names_that_continue_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("data/a_flt.fits", "data/b_flt.fits", "dark.txt", ".hidden"):
        (tmp_path / name).touch()
    assert continuing("da") == ("dark.txt", "data/")
    assert continuing("@da") == ("@dark.txt", "@data/")
    assert continuing("data/") == ("data/a_flt.fits", "data/b_flt.fits")
    assert continuing(f"{tmp_path}/data/b") == (f"{tmp_path}/data/b_flt.fits",)
    assert continuing("") == ("dark.txt", "data/")
    assert continuing("none/x") == ()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert continuing("~/dar") == (f"{tmp_path}/dark.txt",)


def test_the_pipeline_table_is_known_before_it_is_asked_for(tmp_path: Path, monkeypatch) -> None:
    one = OneExposure(MDRIZTAB="iref$x_mdz.fits")
    one.path = tmp_path / "a_flt.fits"
    facts = run_facts([one], None)
    assert facts.table == "iref$x_mdz.fits"
    assert "is not there" in facts.table_fault
    (tmp_path / "x_mdz.fits").touch()
    facts = run_facts([one], None)
    assert (facts.table, facts.table_fault) == ("x_mdz.fits", "")
    assert run_facts([OneExposure(MDRIZTAB="N/A")], None).table == ""
