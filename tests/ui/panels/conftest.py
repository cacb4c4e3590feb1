"""Panels of forms with facts of three WFC3/UVIS exposures, as the window would show them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.data.instruments import instrument_of
from core.params import TASKS
from core.params.checks import DataFacts, FlagFact
from ui.panels.context import DataContext
from ui.panels.panel import Panel
from ui.panels.row import Row
from ui.panels.state import FormState, History


@pytest.fixture
def uvis() -> DataFacts:
    flags = tuple(
        FlagFact(flag.bit, flag.name, flag.text, flag.name != "not used")
        for flag in instrument_of("WFC3", "UVIS").dq
    )
    return DataFacts(
        names=("a_flt.fits", "b_flt.fits", "c_flt.fits"),
        detectors=("WFC3/UVIS",),
        plate_scale=0.03962,
        flags=flags,
        root="final",
        kind="drz",
    )


@pytest.fixture
def make_panel(qtbot, uvis) -> Callable[..., Panel]:
    """A function that shows a panel of these tasks; `panel.context` may be told other facts."""

    kept = []

    def make(*tasks: str, size: tuple[int, int] = (380, 700), data: bool = True) -> Panel:
        history = History()
        states = [FormState(TASKS[task], history) for task in tasks]
        panel = Panel(states)
        panel.history, panel.context = history, DataContext(panel)
        if data:
            for state in states:
                state.use_data(panel.context)
            panel.context.set_facts(uvis)
        panel.resize(*size)
        qtbot.addWidget(panel)
        kept.append(panel)
        panel.show()
        panel.activateWindow()
        qtbot.waitUntil(panel.isActiveWindow)
        return panel

    return make


@pytest.fixture
def row_of(qtbot) -> Callable[..., Row]:
    """A function that brings a parameter into view and gives its row."""

    def find(panel: Panel, name: str, place: int = 0) -> Row:
        panel.form.reveal(panel.states[place], name)
        qtbot.wait(1)  # it is scrolled to, and gets the keyboard, a moment later
        return next(
            box.rows[name]
            for box in panel.form.boxes
            if box.state is panel.states[place] and name in box.rows
        )

    return find
