"""The pipeline's values: which row, what it says, what is kept and told."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits

from core.drizzle.pipeline import filters_of, pipeline_values
from core.errors import Refusal
from core.params import TASKS, apply_assignments, problems
from tests.mdriztab import COLUMNS, write_exposures, write_table

DEFAULTS = TASKS["astrodrizzle"].defaults()


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "references"
    folder.mkdir()
    monkeypatch.setenv("iref", f"{folder}/")
    return write_table(folder / "test_mdz.fits")


@pytest.mark.parametrize(
    ("filters", "count", "row"),
    [("F606W", 1, 4), ("F606W", 2, 4), ("F606W", 5, 5), ("F814W", 1, 2), ("F814W", 9, 3)],
)
def test_the_row_is_that_of_the_filter_and_the_number_of_images(
    table: Path, tmp_path: Path, filters: str, count: int, row: int
) -> None:
    files = write_exposures(tmp_path, "iref$test_mdz.fits", count, FILTER=filters)
    found = pipeline_values(files, DEFAULTS)
    assert (found.row, found.table) == (row, table)
    assert found.params["skywidth"] == pytest.approx({2: 0.1, 3: 0.1, 4: 0.3, 5: 0.7}[row], abs=1e-12)


def test_all_kinds_of_values(table: Path, tmp_path: Path) -> None:
    found = pipeline_values(write_exposures(tmp_path, "iref$test_mdz.fits", 3), DEFAULTS)
    values = found.params
    assert values["build"] is True
    assert values["skysub"] is False  # column subsky
    assert values["rdnoise"] == "3.2"  # column readnoise
    assert values["crbit"] == 4096  # column crbitval
    assert values["coeffs"] is True  # the name of a file once
    assert values["skylower"] == -100.0
    assert values["skyupper"] is None
    assert (values["driz_sep_bits"], values["final_bits"]) == ("336", "65")
    assert (values["final_outnx"], values["final_outny"]) == (900, 800)
    assert values["final_ra"] is None
    assert values["combine_type"] == "median"
    assert values["final_pixfrac"] == 0.7  # not the float32 beside it
    assert values["driz_cr_snr"] == "8.0 6.0"
    assert found.notes == ("combine_nlow keeps 0: the table holds no value.",)
    assert "final_pixfrac" in found.changed
    assert "crbit" not in found.changed
    assert values.origin("final_pixfrac") == "MDRIZTAB test_mdz.fits"
    assert not [p for p in problems(values) if p.severity == "error"]


def test_what_the_command_line_says_is_kept(table: Path, tmp_path: Path) -> None:
    (given,) = apply_assignments([DEFAULTS], ["final_pixfrac=0.5"])
    given = given.replaced("file my.cfg", skywidth=2.0)
    found = pipeline_values(write_exposures(tmp_path, "iref$test_mdz.fits", 3), given)
    assert found.params["final_pixfrac"] == 0.5
    assert found.params["skywidth"] == 0.7
    assert found.kept == ("final_pixfrac",)


def test_a_table_beside_the_exposures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("iref", raising=False)
    write_table(tmp_path / "test_mdz.fits")
    assert pipeline_values(write_exposures(tmp_path, "iref$test_mdz.fits", 3), DEFAULTS).row == 5


def test_columns_that_are_not_understood_are_told(tmp_path: Path) -> None:
    odd = {"warp_speed": ("E", [9.0] * 5), "final_kernel": ("10A", ["hexagon"] * 5)}
    write_table(tmp_path / "t.fits", {key.upper(): value for key, value in {**COLUMNS, **odd}.items()})
    found = pipeline_values(write_exposures(tmp_path, "t.fits", 1), DEFAULTS)
    assert "warp_speed is no parameter of astrodrizzle." in found.notes
    assert any(note.startswith("final_kernel keeps 'square'") for note in found.notes)
    assert found.params["skywidth"] == 0.3


def test_fault_14b_no_row_of_another_filter(tmp_path: Path) -> None:
    # drizzlepac takes row 0, F475W's, where nothing fits
    only = {name: (form, [cells[0], cells[4]]) for name, (form, cells) in COLUMNS.items()}
    write_table(tmp_path / "t.fits", only)
    with pytest.raises(Refusal) as refused:
        pipeline_values(write_exposures(tmp_path, "t.fits", 1, FILTER="F814W"), DEFAULTS)
    assert refused.value.subject == "MDRIZTAB"
    assert "F814W" in str(refused.value)
    assert "F475W, F606W" in str(refused.value)
    # of the filter's own rows, all for more exposures, that for the fewest, and it is told
    found = pipeline_values(write_exposures(tmp_path, "t.fits", 1), DEFAULTS)
    assert (found.row, found.filters, found.images) == (2, "F606W", 3)
    assert found.notes[0].startswith("The row is meant for 3 or more exposures")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("N/A", "names no file"),
        ("jref$gone_mdz.fits", "environment variable jref is not set"),
        ("gone_mdz.fits", "is not there"),
        ("i0_flt.fits", "no table of drizzling parameters"),
    ],
)
def test_refusals_name_the_keyword(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.delenv("jref", raising=False)
    with pytest.raises(Refusal) as refused:
        pipeline_values(write_exposures(tmp_path, name, 1), DEFAULTS)
    assert words in str(refused.value)
    assert refused.value.subject == "MDRIZTAB"
    assert refused.value.advice


def test_no_exposures() -> None:
    with pytest.raises(Refusal):
        pipeline_values([], DEFAULTS)


def test_filters_of_each_instrument() -> None:
    def header(**cards: str) -> fits.Header:
        return fits.Header(list(cards.items()))

    assert filters_of(header(INSTRUME="ACS", FILTER1="CLEAR1L", FILTER2="F814W")) == "CLEAR1L,F814W"
    assert filters_of(header(INSTRUME="WFPC2", FILTNAM1="F606W", FILTNAM2="")) == "F606W"
    assert filters_of(header(INSTRUME="STIS", OPT_ELEM="MIRVIS", FILTER="Clear")) == "MIRVIS,Clear"
    assert filters_of(header(INSTRUME="NICMOS", FILTER="F160W")) == "F160W"
