"""What forms ask about files, answered from a lane: facts of the exposures, flags, columns, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from core.errors import Refusal
from core.params import ParamSet
from core.params.checks import DataFacts
from ui.lane import Lane
from ui.panels.context import DataContext
from ui.panels.state import FormState

if TYPE_CHECKING:
    from core.data.exposure import Exposure
    from core.data.facts import ColumnFact
    from ui.exposures import ExposureList

LATE_MS = 120


class DataController(QObject):
    """Keeps the data context of the forms up to date; nothing here reads a file in the GUI thread."""

    def __init__(
        self, states: Sequence[FormState], listing: ExposureList, lane: Lane, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.states, self.listing, self.lane = tuple(states), listing, lane
        self.context = DataContext(self)
        self.folder: Path | None = None
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self._look)
        self._named: tuple[object, ...] = ()
        self.context.counts_wanted.connect(self._count)
        self.context.columns_wanted.connect(self._list_columns)
        self.context.files_wanted.connect(self._complete)
        for state in self.states:
            state.use_data(self.context)
            state.changed.connect(self._values_changed)

    def look(self, folder: Path | None) -> None:
        """The exposures, or what lies in `folder`, may be others than before."""
        self.folder = folder
        self._late.start()

    def _values_changed(self) -> None:
        """Only names of files are a reason to look at the disk again."""
        named = tuple(
            state.values[param.name]
            for state in self.states
            for param in state.task.params
            if param.semantic in ("filename", "keyword-or-file")
        )
        if named != self._named:
            self._named = named
            self._late.start()

    def _run(self, *work: Any, **named: Any) -> None:
        """Give work to the lane, unless the window is on its way out."""
        if not self.lane.is_closed:
            self.lane.run(*work, **named)

    def _exposures(self) -> list[Exposure]:
        return [entry.exposure for entry in self.listing.good() if entry.exposure is not None]

    def _look(self) -> None:
        sets = [state.values for state in self.states]
        self._run(look_at, self._exposures(), self.folder, sets, done=self.context.set_facts, key="facts")

    def _count(self) -> None:
        """Count the flags of the exposure that is chosen in the list, once."""
        exposures, entry = self._exposures(), self.listing.current()
        chosen = entry.exposure if entry is not None and entry.exposure is not None else None
        one = chosen or (exposures[0] if exposures else None)
        if one is not None and one.name != self.context.counted_in:
            self._run(count_flags, one, done=partial(self.context.set_counts, one.name), key="flags")

    def _list_columns(self, parameter: str, text: str) -> None:
        if text.strip():
            self._run(
                list_columns,
                parameter,
                text,
                done=partial(self.context.set_columns, parameter, text),
                key=f"columns {parameter}",
            )

    def _complete(self, text: str) -> None:
        self._run(complete, text, done=partial(self.context.set_names, text), key="complete")


def look_at(exposures: list[Exposure], folder: Path | None, sets: list[ParamSet]) -> DataFacts:
    """Facts for the rules, in the lane."""
    from core.data.facts import lost_files
    from core.drizzle.facts import run_facts
    from core.params.presets import presets

    presets()  # read once, here: the rules that follow in the GUI thread have them in memory
    lost: dict[str, tuple[str, str]] = {}
    for values in sets:
        lost |= lost_files(values)
    return replace(run_facts(exposures, folder), lost=lost)


def count_flags(exposure: Exposure) -> dict[int, int]:
    """Flags of one exposure, in the lane; nothing when its pixels cannot be read."""
    from core.data.facts import flag_counts

    try:
        return flag_counts(exposure)
    except Refusal:
        return {}


def list_columns(parameter: str, text: str) -> tuple[ColumnFact, ...] | str:
    """Columns of a catalog, or why there are none, in the lane."""
    from core.data.facts import catalog_columns

    try:
        return catalog_columns(text, parameter)
    except Refusal as refusal:
        return str(refusal)


def complete(text: str) -> tuple[str, ...]:
    """Names that continue a text, in the lane."""
    from core.data.facts import continuing

    return continuing(text)
