"""What the products' headers say of names and values that no FITS card can hold, and whose name they have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.cardtext import card_text, card_value, read_card_text
from core.data.madewith import read_made_with
from core.drizzle.session import astrodrizzle
from core.params import TASKS

Copies = Callable[..., list[Path]]
FINAL_ONLY = (
    TASKS["astrodrizzle"].defaults().replaced(static=False, skysub=False, preserve=False, context=False)
)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "3.5"])
def test_any_fill_value_stands_in_the_header(copies: Copies, value: str) -> None:
    """NaN is what people ask for; a card holds finite numbers only."""
    files = copies()[:1]
    params = FINAL_ONLY.replaced(
        final_fillval=float(value), driz_sep_fillval=float(value), final_maskval=float(value)
    )
    science = astrodrizzle(files, params, folder=files[0].parent).products[0]
    with fits.open(science) as hdus:
        assert float(hdus[0].header["D001FVAL"]) == pytest.approx(float(value), nan_ok=True)
        assert np.count_nonzero(~np.isfinite(hdus[0].data)) > 0 or value == "3.5"
    assert float(read_made_with(science).set["final_fillval"]) == pytest.approx(float(value), nan_ok=True)


@pytest.mark.parametrize("build", [False, True])
def test_names_outside_ascii(copies: Copies, build: bool) -> None:
    """All files of all steps, by names that a person gave."""
    files = copies()[:2]
    files[0] = files[0].rename(files[0].with_name("kopie ö_flt.fits"))
    params = FINAL_ONLY.replaced(
        output="größe", runfile="é", build=build, driz_cr_corr=True, static=True, context=True
    )
    result = astrodrizzle(files, params, folder=files[0].parent)
    science = result.products[0]
    assert science.name == ("größe_drz.fits" if build else "größe_drz_sci.fits")
    assert (science.parent / "é.log").is_file()
    header = fits.getheader(science)
    assert header["FILENAME"] == card_text(science.name)
    assert header["D001DATA"] == "kopie \\xf6_flt.fits[sci,1]"
    assert "kopie ö_flt.fits" in read_made_with(science).set["input"]
    assert read_made_with(science).set["output"] == "größe"


@pytest.mark.parametrize("text", ["plain_flt.fits", "größe", "星団 ☄", "\U0001f52d", "tab\tnewline\n"])
def test_card_text(text: str) -> None:
    written = card_text(text)
    assert written.isascii()
    assert written.isprintable()
    assert read_card_text(written) == text
    fits.Header()["NAME"] = written


def test_card_value() -> None:
    assert [card_value(one) for one in (np.nan, -np.inf, 2.5, 3, "é")] == ["nan", "-inf", 2.5, 3, "\\xe9"]
