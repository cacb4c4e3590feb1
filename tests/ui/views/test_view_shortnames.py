"""Names in a narrow list are told apart: what all share goes first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ui.views.blinkbar import FrameList
from ui.views.framestore import BlinkFrame
from ui.views.shortnames import DOTS, shortened, split

MADE = [
    "ibc301qrq_flt.fits",
    "ibc301qrq_crclean.fits",
    "ibc301qrq_sci1_crmask.fits",
    "ibc301qrq_sci1_blt.fits",
]
LONG = [f"a_very_long_name_of_a_target_visit_{n:02d}_epoch_two_flt.fits (resampled)" for n in (1, 2, 11)]


def test_common_words_are_known() -> None:
    assert split(MADE)[2] == ("ibc301qrq_", "sci1_crmask", ".fits")
    assert split(["ibc301qrq_flt.fits", "ibc304v3q_flt.fits"])[1] == ("", "ibc304v3q", "_flt.fits")
    assert split(["a_flt.fits", "a_flt.fits (resampled)"])[1] == ("a_", "flt.fits (resampled)", "")
    assert split(["a_flt.fits", "b_flt.fits (resampled)"])[1] == ("", "b", "_flt.fits (resampled)")
    assert split(["one.fits"]) == [("", "one.fits", "")]


@pytest.mark.parametrize(
    "names", [MADE, LONG, ["x_long_long_1", "y_long_long_2"], ["a_v01_flt", "a_v02_flt", "b"]]
)
@pytest.mark.parametrize("room", [12, 16, 24, 80])
def test_no_two_names_look_the_same(names: list[str], room: int) -> None:
    shown = ["".join(parts) for parts in shortened(names, room, len)]
    assert len(set(shown)) == len(names)
    assert all(len(text) <= room for text in shown)


def test_a_name_that_has_room_is_whole() -> None:
    assert ["".join(parts) for parts in shortened(MADE, 40, len)] == MADE
    assert "".join(shortened(MADE, 16, len)[2]) == f"{DOTS}rq_sci1_crmask{DOTS}"


@given(st.lists(st.text("ab_. 1", max_size=12), max_size=6), st.integers(0, 20))
def test_parts_are_those_of_the_name(names: list[str], room: int) -> None:
    assert ["".join(parts) for parts in split(names)] == names
    assert len(shortened(names, room, len)) == len(names)


def test_the_list_shows_what_tells_frames_apart(qtbot: QtBot) -> None:
    """Drawn, the two rows of long names differ; the whole name is the tooltip."""
    frames = FrameList()
    qtbot.addWidget(frames)
    frames.resize(150, 120)
    load = lambda: np.zeros((2, 2))  # noqa: E731
    frames.set_members([(n, BlinkFrame(name, load)) for n, name in enumerate(LONG[:2])])
    frames.show()
    picture = frames.list.viewport().grab().toImage()
    rows = [frames.list.visualItemRect(frames.list.item(row)) for row in range(2)]
    left = rows[0].left() + 45  # past the tick and the number
    strips = [picture.copy(left, row.top(), 100, row.height()) for row in rows]
    assert strips[0] != strips[1]
    assert frames.list.item(1).toolTip().startswith(LONG[1])
    assert frames.list.item(1).data(Qt.ItemDataRole.DisplayRole) == f"2  {LONG[1]}"


def test_the_end_of_a_long_group_is_seen(qtbot: QtBot) -> None:
    """Two chips of one exposure look otherwise in the box of groups, however long the name."""
    frames = FrameList()
    qtbot.addWidget(frames)
    frames.resize(150, 120)
    groups = [f"a_very_long_name_of_a_target_visit_01_flt [sci,{chip}]" for chip in (1, 2)]
    pictures = []
    for group in groups:
        frames.set_groups(groups, group)
        frames.show()
        pictures.append(frames.groups.grab().toImage())
    assert pictures[0] != pictures[1]
