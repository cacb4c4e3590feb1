"""The page that `astrodrizzle --report F.html` writes."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtGui import QColor, QImage

from app.astrodrizzle import _report
from core.drizzle.coverage import Coverage
from core.drizzle.diagnostics import CosmicRate, Diagnostics, Remark
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.drizzle.starwidth import Width
from core.params import TASKS
from ui.htmldrizzle import drizzle_page
from ui.htmlpictures import NO_DATA, shrunk

EVIL = "<script src=//x>&\"'"
DEFAULTS = TASKS["astrodrizzle"].defaults()


@pytest.fixture
def result() -> DrizzleResult:
    good = ExposureFigures(Path("ia_flt.fits"), (ChipFigures(1, 4.25, 77, 0.0125, 0.01), ChipFigures(2, 4.5)))
    bad = ExposureFigures(Path(f"{EVIL}_flt.fits"), (), reason=f"It is truncated {EVIL}")
    science = Path(f"{EVIL}_drz_sci.fits")
    return DrizzleResult(
        (good, bad), science, science, None, None, (science,), {"Blot": 1.25}, (EVIL,), {"Blot": "done"}
    )


def test_the_page_tells_the_run_and_escapes_all_of_it(result: DrizzleResult) -> None:
    found = Diagnostics(
        (CosmicRate("ia_flt.fits", 0.01, 0.0125, (0.001, 0.002), "more than expected"),),
        Coverage((0.25, 0.75), 0.001, None),
        Width(0.08, 600),
        None,
        (Remark("final_pixfrac", f"too small {EVIL}"),),
    )
    text = drizzle_page(result, DEFAULTS.replaced(output=EVIL, final_pixfrac=0.5), found, 512.4)
    assert "<script" not in text
    for told in (
        "1 of 2 exposures", "ia_flt.fits", "SCI,2", "4.25", "77", "1.250", "It is truncated &lt;script", "more than",
        "25.0 % by 1, 75.0 % by 2", "0.100 %", "0.0800″ from 600", "final_pixfrac", "too small &lt;", "1.25", "done",
        "512 MB", "astropy", "DrizzleDesk",
    ):  # fmt: skip
        assert told in text, told
    assert "Stars in the product" not in text
    assert "all as the defaults" in drizzle_page(result, DEFAULTS, None)


@pytest.mark.parametrize(("name", "page"), [("r.html", True), ("r.HTM", True), ("r.json", False)])
def test_the_name_says_what_is_written(result: DrizzleResult, tmp_path: Path, name: str, page: bool) -> None:
    _report(tmp_path / name, result, DEFAULTS, None, None)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") == page
    assert page or json.loads(text)["task"] == "astrodrizzle"


def images_of(page: str) -> list[QImage]:
    """The embedded pictures, as Qt reads them."""
    found = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", page)
    return [QImage.fromData(b64decode(code)) for code in found]


def test_the_product_is_seen_small_beside_its_weights(result: DrizzleResult, tmp_path: Path) -> None:
    science = np.zeros((1090, 700), dtype=np.float32)
    science[:545] = 10.0  # the lower half is bright
    science[1000:] = np.nan
    weight = np.where(np.isnan(science), 0.0, 5.0).astype(np.float32)
    product = tmp_path / "both_drz.fits"
    planes = [fits.ImageHDU(science, name="SCI"), fits.ImageHDU(weight, name="WHT")]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(product)
    text = drizzle_page(replace(result, science=product, weight=product), DEFAULTS, None)
    seen, weights = images_of(text)
    assert (seen.width(), seen.height()) == (233, 363)
    assert seen.pixelColor(100, 5) == QColor(*NO_DATA)
    assert seen.pixelColor(100, 100).lightness() < 10
    assert seen.pixelColor(100, 350).lightness() > 245
    assert (weights.pixelColor(9, 5).lightness(), weights.pixelColor(9, 300).lightness()) == (0, 255)
    assert "700 x 1090 pixels, means of 3 x 3" in text
    product.write_bytes(product.read_bytes()[:8000])
    text = drizzle_page(replace(result, science=product, weight=None), DEFAULTS, None)
    assert images_of(text) == []
    assert "No picture of both_drz.fits" in text


@pytest.mark.parametrize("shape", [(1, 1), (3, 1200), (1081, 2), (539, 541)])
def test_blocks_are_means_of_what_is_there(shape: tuple[int, int]) -> None:
    data = np.arange(shape[0] * shape[1], dtype=float).reshape(shape)
    small, factor = shrunk(data)
    assert factor == -(-max(shape) // 540)
    high, wide = min(factor, shape[0]), min(factor, shape[1])
    assert small[0, 0] == np.float32(data[:high, :wide].mean())
    assert max(small.shape) <= 540
    assert small.shape[1] * wide <= shape[1]
