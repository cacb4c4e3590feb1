"""The walk through the images, by its keys and buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from core.align.results import Status
from tests.ui.views.conftest import alignment, frame_wcs, offset  # noqa: F401

NAMES = ("ibc301qrq_flt.fits", "ibc304v3q_flt.fits", "ibc305aaq_flt.fits", "ibc307qyq_flt.fits")


@pytest.fixture
def window(qtbot, make_window, engine, alignment, tmp_path, monkeypatch):  # noqa: F811
    """A window on a reference, two aligned images and a failed one; the stand-in engine follows the choices."""
    reference, good, failed = alignment.images
    failed = replace(failed, sources=good.sources)

    def align(files, sets, memory, choices, *, progress):
        engine.given.append(("align", files, sets, choices))
        kinds = dict(zip(NAMES, (reference, good, good, failed), strict=True))
        images = [replace(kinds[path.name], path=path) for path in files]
        images = [
            replace(image, status=Status.SKIPPED, reason="Left out by hand.", fit=None, matches=None)
            if choices.of(image.name).left_out
            else image
            for image in images
        ]
        return replace(alignment, images=tuple(images))

    monkeypatch.setattr(engine, "align", align)
    window = make_window(*NAMES)
    window.activateWindow()
    window.actions_["align"].trigger()
    done(qtbot, window)
    return window


def done(qtbot, window) -> None:
    qtbot.waitUntil(lambda: not window.runner.is_running)


def key(qtbot, window, which: Qt.Key) -> None:
    qtbot.keyClick(window.focusWidget(), which)
    done(qtbot, window)


def where(window) -> tuple[str, str]:
    pages = {page: name for name, page in window.views.pages.items()}
    return window.listing.current().path.name, pages[window.views.tabs.currentWidget()]


def start(qtbot, window) -> None:
    assert window.walk_bar.isHidden()
    qtbot.keyClick(window, Qt.Key.Key_F8)
    assert window.walk_bar.isVisible()


def test_return_goes_through_every_view_of_every_image(qtbot, window):
    start(qtbot, window)
    seen = [where(window)]
    for _ in range(8):
        key(qtbot, window, Qt.Key.Key_Return)
        seen.append(where(window))
    assert seen == [(name, view) for name in NAMES[1:] for view in ("histogram", "residuals", "vectors")]
    assert "3 matches, minobj" in window.walk_bar.words.text()
    key(qtbot, window, Qt.Key.Key_Return)
    assert "End of the walk" in window.walk_bar.place.text()
    assert window.walk_bar.words.text() == "3 of 3 images kept."


def test_an_image_left_out_is_not_applied(qtbot, window, engine, person):
    start(qtbot, window)
    key(qtbot, window, Qt.Key.Key_Return)
    key(qtbot, window, Qt.Key.Key_N)
    assert window.session.choices.of(NAMES[1]).left_out
    assert where(window) == (NAMES[2], "histogram")
    assert [entry.badge for entry in window.listing.entries()][1] == "SKIPPED"
    for _ in range(6):
        key(qtbot, window, Qt.Key.Key_Return)
    assert NAMES[1] in window.walk_bar.words.text()
    qtbot.mouseClick(window.walk_bar.buttons["next"], Qt.MouseButton.LeftButton)
    done(qtbot, window)
    assert window.walk_bar.isHidden()
    assert person.asked == ["apply"]
    written = next(call for call in engine.given if call[0] == "apply")[1]
    assert [image.name for image in written.images] == [NAMES[2]]


def test_back_at_any_time_and_in_again(qtbot, window):
    start(qtbot, window)
    assert not window.walk_bar.buttons["back"].isEnabled()
    key(qtbot, window, Qt.Key.Key_N)
    assert where(window) == (NAMES[2], "histogram")
    key(qtbot, window, Qt.Key.Key_Backspace)
    assert where(window) == (NAMES[1], "histogram")
    assert "Left out" in window.walk_bar.words.text()
    assert window.walk_bar.buttons["leave"].text() == "Take it in again"
    key(qtbot, window, Qt.Key.Key_N)
    assert not window.session.choices.of(NAMES[1]).left_out
    assert where(window) == (NAMES[1], "histogram")
    key(qtbot, window, Qt.Key.Key_Return)
    assert where(window) == (NAMES[1], "residuals")
    key(qtbot, window, Qt.Key.Key_Backspace)
    assert where(window) == (NAMES[1], "histogram")


def test_an_image_left_out_is_one_step(qtbot, window):
    start(qtbot, window)
    key(qtbot, window, Qt.Key.Key_N)
    key(qtbot, window, Qt.Key.Key_Backspace)
    key(qtbot, window, Qt.Key.Key_Return)
    assert where(window) == (NAMES[2], "histogram")


def test_stop_keeps_what_was_decided_and_undo_takes_it_back(qtbot, window):
    start(qtbot, window)
    key(qtbot, window, Qt.Key.Key_N)
    key(qtbot, window, Qt.Key.Key_Q)
    assert window.walk_bar.isHidden()
    assert window.session.choices.of(NAMES[1]).left_out
    window.actions_["undo"].trigger()
    done(qtbot, window)
    assert not window.session.choices.of(NAMES[1]).left_out
    assert window.listing.entries()[1].badge == "ALIGNED"


def test_keys_belong_to_the_walk_only_while_it_lasts(qtbot, window):
    window.views.show("histogram")
    window.views.histogram.area.setFocus()
    key(qtbot, window, Qt.Key.Key_N)
    assert not window.session.choices
    start(qtbot, window)
    search = window.params.panels[0].search
    search.setFocus()
    qtbot.keyClicks(search, "nq")
    assert search.text() == "nq"
    assert not window.session.choices
    assert window.walk_bar.isVisible()


def test_a_new_alignment_ends_the_walk(qtbot, window):
    start(qtbot, window)
    window.actions_["align"].trigger()
    done(qtbot, window)
    assert window.walk_bar.isHidden()


def test_nothing_to_walk_through(make_window):
    window = make_window(*NAMES)
    assert not window.actions_["walk"].isEnabled()


def test_in_a_small_window_the_image_is_named_rather_than_the_question(qtbot, window):
    start(qtbot, window)
    window.resize(1280, 800)
    qtbot.waitUntil(window.walk_bar.words.isVisible)
    window.resize(860, 560)
    qtbot.waitUntil(lambda: not window.walk_bar.words.isVisible())
    qtbot.waitUntil(lambda: window.walk_bar.place.width() > 90)  # the layout follows
