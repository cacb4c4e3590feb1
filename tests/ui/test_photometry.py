"""Ready for photometry, from the menu and from the products."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from core.drizzle.results import DrizzleResult
from tests.core.drizzle.test_photometry import digest, product
from ui.photometrydialog import PhotometryDialog


@pytest.fixture
def window(make_window):
    return make_window("a_flt.fits")


def test_button_of_the_products_writes_the_copy(qtbot, window, person, tmp_path):
    path = product(tmp_path)
    before = digest(path)
    window.session.result = DrizzleResult((), path, path, None, None, (path,), {})
    window.views.show("products")
    window.views.products.stack.show_picture()
    person.answers["photometry"] = "e/s"
    qtbot.mouseClick(window.views.products.photometry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil((tmp_path / "f_phot.fits").exists)
    qtbot.waitUntil(lambda: "f_phot.fits" in window.log.plain())
    assert "put back" in window.log.plain()
    assert digest(path) == before


def test_menu_asks_for_a_product_when_there_is_none(qtbot, window, person, tmp_path):
    path = product(tmp_path, bunit="JANSKY")
    window.actions_["photometry"].trigger()
    assert person.asked[-1] == "open"
    person.answers.update(open=path, photometry="e")
    window.actions_["photometry"].trigger()
    qtbot.waitUntil(lambda: "BUNIT" in window.log.plain())
    assert not (tmp_path / "f_phot.fits").exists()


def test_no_copy_when_the_person_says_no(window, person, tmp_path):
    person.answers.update(open=product(tmp_path), photometry=None)
    window.actions_["photometry"].trigger()
    assert not window.quick.is_busy
    assert person.asked[-2:] == ["open", "photometry"]


def test_dialog_gives_unit_and_path(qtbot, tmp_path):
    dialog = PhotometryDialog(tmp_path / "f_drz.fits", "f_phot.fits")
    qtbot.addWidget(dialog)
    assert (dialog.unit, dialog.path) == ("e", tmp_path / "f_phot.fits")
    dialog.rate.click()
    dialog.field.setText("  ")
    assert dialog.unit == "e/s"
    assert not dialog.write.isEnabled()
    dialog.field.setText("g_phot.fits")
    assert dialog.write.isEnabled()
