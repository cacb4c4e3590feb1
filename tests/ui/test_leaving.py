"""Exposures left out of the alignment from the list: by key, button and menu, undone like all else."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from core.align.results import Status
from tests.ui.test_alive import aligned, rest, window  # noqa: F401

NAMES = ("ibc301qrq_flt.fits", "ibc304v3q_flt.fits", "ibc307qyq_flt.fits")


def badges(window) -> list[str]:  # noqa: F811
    return [entry.badge for entry in window.listing.entries()]


@pytest.fixture
def act(qtbot, aligned):  # noqa: F811
    """Press the key on selected rows and wait for what follows."""

    def press(*rows: int) -> None:
        aligned.listing.clearSelection()
        for row in rows:
            aligned.listing.item(row).setSelected(True)
        qtbot.keyClick(aligned, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        rest(qtbot, aligned)

    return press


def test_left_out_and_taken_in_again(qtbot, aligned, act):  # noqa: F811
    action, before = aligned.actions_["leave_out"], aligned.session.alignment.images[1].fit
    assert action in aligned.listing.actions(), "the menu of the list has it"
    act(1)
    image = aligned.session.alignment.images[1]
    assert (image.status, image.reason) == (Status.SKIPPED, "Left out by hand.")
    assert badges(aligned) == ["REFERENCE", "SKIPPED", "ALIGNED"]
    assert aligned.session.to_apply() == [aligned.files.files()[2]]
    assert action.text() == "Take in again"
    act(1)
    assert badges(aligned) == ["REFERENCE", "ALIGNED", "ALIGNED"]
    assert aligned.session.alignment.images[1].fit is before
    assert action.text() == "Leave out of the alignment"


def test_several_at_once_are_one_step_of_undo(qtbot, aligned, act):  # noqa: F811
    act(0, 2)
    assert badges(aligned) == ["SKIPPED", "REFERENCE", "SKIPPED"], "the next exposure is the reference"
    aligned.actions_["undo"].trigger()
    rest(qtbot, aligned)
    assert badges(aligned) == ["REFERENCE", "ALIGNED", "ALIGNED"]
    aligned.actions_["redo"].trigger()
    rest(qtbot, aligned)
    assert badges(aligned) == ["SKIPPED", "REFERENCE", "SKIPPED"]


def test_before_there_is_an_alignment(qtbot, window):  # noqa: F811
    window.listing.clearSelection()
    assert not window.actions_["leave_out"].isEnabled()
    assert "Select exposures" in window.actions_["leave_out"].toolTip()
    window.listing.item(2).setSelected(True)
    window.actions_["leave_out"].trigger()
    assert badges(window) == ["", "", "SKIPPED"]
    window.actions_["align"].trigger()
    rest(qtbot, window)
    assert badges(window) == ["REFERENCE", "ALIGNED", "SKIPPED"]
    window.actions_["undo"].trigger()
    rest(qtbot, window)
    assert badges(window) == ["REFERENCE", "ALIGNED", "ALIGNED"]


def test_what_is_applied_stays_so_when_an_image_is_left_out_for_a_while(qtbot, aligned, act):  # noqa: F811
    aligned.actions_["apply"].trigger()
    rest(qtbot, aligned)
    assert badges(aligned) == ["REFERENCE", "APPLIED", "APPLIED"]
    act(1)
    assert badges(aligned) == ["REFERENCE", "SKIPPED", "APPLIED"]
    act(1)
    assert badges(aligned) == ["REFERENCE", "APPLIED", "APPLIED"]
    assert aligned.session.to_apply() == []
    image = aligned.session.alignment.images[1]
    some = image.matches.image[image.sources.u[image.matches.image] > image.sources.u.mean()]
    excluded = frozenset(image.sources.number[some].tolist())
    aligned.choices._decide([image.name], excluded=excluded)
    rest(qtbot, aligned)
    assert badges(aligned) == ["REFERENCE", "ALIGNED", "APPLIED"], "another fit is not in the header"
