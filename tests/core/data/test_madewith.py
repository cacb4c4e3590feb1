"""The set that made a product, read back from its headers; what they do not tell is said to be unknown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings

from core.data.madewith import LEAD, read_made_with, record
from core.errors import Refusal
from core.params import TASKS, ParamSet
from tests.param_strategies import sets

DEFAULTS = TASKS["astrodrizzle"].defaults()
# as drizzlepac 3.11 writes them into the primary header
DRIZZLEPAC = {
    "PROD_VER": "DrizzlePac 3.11.0",
    "DRIZPARS": "astrodrizzle.log",
    "D001VER": "2.1.1",
    "D001GEOM": "wcs",
    "D001DATA": "a_flt.fits[sci,1]",
    "D001OUDA": "f606w_drz.fits",
    "D001OUWE": "f606w_drz_wht.fits",
    "D001OUCO": "",
    "D001MASK": "a_sci1_final_mask.fits",
    "D001WTSC": 40.0,
    "D001KERN": "gaussian",
    "D001PIXF": 0.8,
    "D001COEF": "SIP",
    "D001OUUN": "counts",
    "D001FVAL": "INDEF",
    "D001WKEY": "",
    "D001SCAL": 0.0396,
    "D002DATA": "a_flt.fits[sci,2]",
    "D003DATA": "b_flt.fits[sci,1]",
}


def product(path: Path, cards: dict[str, object], history: list[str] = (), build: bool = True) -> Path:  # type: ignore[assignment]
    header = fits.Header()
    for key, value in cards.items():
        header[key] = value
    for line in history:
        header.add_history(line)
    hdus = [fits.PrimaryHDU(None if build else np.zeros((2, 2), np.float32), header)]
    if build:
        hdus += [fits.ImageHDU(np.zeros((2, 2), np.float32), name=name) for name in ("SCI", "WHT")]
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path


def test_of_drizzlepac_a_dozen_is_known(tmp_path: Path) -> None:
    made = read_made_with(product(tmp_path / "f606w_drz.fits", DRIZZLEPAC))
    assert made.set.changed() == {
        "input": "a_flt.fits,b_flt.fits",
        "output": "f606w",
        "context": False,
        "build": True,
        "final_kernel": "gaussian",
        "final_pixfrac": 0.8,
        "final_units": "counts",
    }
    assert made.known == {*made.set.changed(), "final_fillval", "wcskey", "runfile"}
    assert "driz_cr_snr" in made.unknown
    assert "final_scale" in made.unknown
    assert len(made.known) + len(made.unknown) == len(TASKS["astrodrizzle"].names)
    assert any('0.0396" wide' in note for note in made.notes)
    assert "DrizzlePac 3.11.0" in made.source
    assert made.set.origin("final_kernel") == "product f606w_drz.fits"


def test_three_files_are_not_build(tmp_path: Path) -> None:
    made = read_made_with(product(tmp_path / "x_drz_sci.fits", DRIZZLEPAC, build=False))
    assert made.set["build"] is False


def test_a_value_that_makes_no_sense_is_a_note(tmp_path: Path) -> None:
    made = read_made_with(
        product(tmp_path / "x_drz.fits", {**DRIZZLEPAC, "D001KERN": "tent", "D001PIXF": "wide"})
    )
    assert "final_kernel" in made.unknown
    assert "final_pixfrac" in made.unknown
    assert sum(note.startswith(("final_kernel", "final_pixfrac")) for note in made.notes) == 2


@given(wanted=sets("astrodrizzle"))
@settings(max_examples=25, deadline=None)
def test_ours_is_known_whole(wanted: ParamSet, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = product(
        tmp_path_factory.getbasetemp() / "made_drz.fits", DRIZZLEPAC, ["something else", *record(wanted)]
    )
    made = read_made_with(path)
    assert made.set == wanted.replaced(input="a_flt.fits,b_flt.fits")
    assert made.unknown == ()


def test_the_newest_record_counts(tmp_path: Path) -> None:
    old, new = record(DEFAULTS.replaced(output="o" * 200)), record(DEFAULTS.replaced(output="new"))
    made = read_made_with(product(tmp_path / "x_drz.fits", DRIZZLEPAC, [*old, "between", *new]))
    assert made.set["output"] == "new"


@pytest.mark.parametrize(
    "line",
    [
        f"{LEAD} 001: {{",
        f"{LEAD} 001: []",
        f'{LEAD} 001: {{"version":1,"changed":{{"no":"1"}}}}',
        f"{LEAD} 001:",
    ],
)
def test_a_damaged_record_is_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="damaged"):
        read_made_with(product(tmp_path / "x_drz.fits", DRIZZLEPAC, [line]))


def test_an_exposure_is_no_product(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="name no drizzled exposures"):
        read_made_with(product(tmp_path / "a_flt.fits", {"EXPTIME": 5.0}))
    with pytest.raises(Refusal):
        read_made_with(tmp_path / "none.fits")
