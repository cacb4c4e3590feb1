"""Exposures that lack what only Drizzle needs: listed and aligned, refused by Drizzle with the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from astropy.io import fits

from tests.ui_standins import StandInPerson
from ui.window import MainWindow


@pytest.fixture
def files(shared_data, tmp_path) -> list[Path]:
    """Three exposures; the last has no DQ extensions."""
    for source in sorted((shared_data / "omega_cen_simulated").glob("*_flt.fits")):
        shutil.copyfile(source, tmp_path / source.name)
    made = sorted(tmp_path.glob("*_flt.fits"))
    with fits.open(made[2], mode="update", memmap=False) as hdus:
        for number in reversed([n for n, hdu in enumerate(hdus) if hdu.name == "DQ"]):
            del hdus[number]
        hdus[0].header["NEXTEND"] = len(hdus) - 1
    return made


def test_aligned_but_not_drizzled(qtbot, files, tmp_path):
    window = MainWindow(files, folder=tmp_path / "out", ask=StandInPerson())
    window.show()
    qtbot.waitUntil(lambda: not window.files.is_reading, timeout=60_000)
    entries = window.listing.entries()
    assert [bool(entry.error) for entry in entries] == [False, False, False]
    assert [entry.lacks for entry in entries] == ["", "", "data quality (DQ)"]
    assert entries[2].facts.startswith("aligns only")
    assert "Drizzle needs what is missing" in entries[2].tooltip
    window.params.assign("imagefindpars", threshold=200.0)
    window.align.align()
    qtbot.waitUntil(lambda: not window.runner.is_running, timeout=300_000)
    assert [str(image.status) for image in window.session.alignment.images] == [
        "REFERENCE",
        "ALIGNED",
        "ALIGNED",
    ]
    window.ask.answers["unapplied"] = "as is"
    window.ask.answers["guard"] = "go on"  # not applied, so their stars do not meet
    window.drizzle.drizzle()
    qtbot.waitUntil(lambda: not window.runner.is_running, timeout=300_000)
    told = window.log.plain()
    assert files[2].name in told
    assert "data quality" in told
    result = window.session.result
    assert result is not None
    assert {made.name for made in result.exposures if not made.reason} == {files[0].name, files[1].name}
    window.close()
