"""Rotations as people read them, -180 to 180 degrees, wherever one is shown; the files of drizzlepac keep 0 to 360."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.tweakreg import result_table
from core.align.choices import Choices
from core.align.outputs import shift_file, summary
from core.align.report import report
from core.align.results import Alignment
from core.align.session import AlignSettings, align
from ui.htmlreport import page
from ui.tables import align_figures

BACK = 359.999974


@pytest.fixture(scope="module")
def turned(simulated) -> Alignment:
    """Two exposures of which the second has turned back by a hair."""
    defaults = AlignSettings.defaults()
    found = align(
        simulated.files[:2], replace(defaults, imagefind=defaults.imagefind.replaced(threshold=200.0))
    )
    first, second = found.images
    return replace(found, images=(first, replace(second, fit=replace(second.fit, rot=BACK))))


def test_a_small_turn_back_is_no_whole_turn(turned: Alignment) -> None:
    settings = AlignSettings.defaults()
    for text in (result_table(turned), summary(turned), page(turned, settings, {}, Choices())):
        assert "-0.000026" in text
        assert "359.99" not in text
    assert "-0.00003" in align_figures(turned.images[1])
    assert report(turned, settings)["images"][1]["rot"] == pytest.approx(BACK - 360.0)


def test_the_shift_file_has_drizzlepacs_angles(turned: Alignment) -> None:
    assert str(BACK) in shift_file(turned, "shifts_wcs.fits")
