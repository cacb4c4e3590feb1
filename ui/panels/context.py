"""What a form may know of the loaded data: facts of the exposures, counts of flags, columns of catalogs, file names.

A form asks; somebody who may read files (the data controller, in a lane) answers later. Without anybody
to answer the form works as well, only with less to show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.params.checks.facts import NO_DATA, DataFacts

if TYPE_CHECKING:
    from core.data.facts import ColumnFact


class DataContext(QObject):
    """Signals: `changed()` when the facts are others; `counted()`, `listed()`, `completed(text)` when an answer came;
    `counts_wanted()`, `columns_wanted(parameter, text)`, `files_wanted(text)` ask for one."""

    changed = Signal()
    counted = Signal()
    listed = Signal()
    completed = Signal(str)
    counts_wanted = Signal()
    columns_wanted = Signal(str, str)
    files_wanted = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: DataFacts = NO_DATA
        self.counts: dict[int, int] = {}
        self.counted_in = ""
        self.columns: dict[tuple[str, str], tuple[ColumnFact, ...] | str] = {}
        self.names: Sequence[str] = ()

    def set_facts(self, facts: DataFacts) -> None:
        """Other exposures, or other files beside them."""
        if facts != self.facts:
            if facts.names != self.facts.names:
                self.counts, self.counted_in = {}, ""
            self.facts = facts
            self.changed.emit()

    def set_counts(self, name: str, counts: Mapping[int, int]) -> None:
        """How many pixels of the exposure `name` carry each flag; 0 stands for all pixels."""
        self.counts, self.counted_in = dict(counts), name
        self.counted.emit()

    def set_columns(self, parameter: str, text: str, found: tuple[ColumnFact, ...] | str) -> None:
        """The columns of the catalog that `parameter` names with `text`, or why they cannot be told."""
        self.columns[parameter, text] = found
        self.listed.emit()

    def set_names(self, text: str, names: Sequence[str]) -> None:
        """File names that continue `text`."""
        self.names = tuple(names)
        self.completed.emit(text)
