"""The editor for each kind of value."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.params import Kind, Param
from ui.panels.choice import ChoiceEditor
from ui.panels.columns import ColumnEditor
from ui.panels.fields import PairEditor, SwitchEditor, TextEditor
from ui.panels.flags import FlagsEditor
from ui.panels.listed import Source
from ui.panels.paths import FileEditor
from ui.panels.words import WordsEditor

Editor = (
    SwitchEditor
    | ChoiceEditor
    | TextEditor
    | PairEditor
    | FlagsEditor
    | ColumnEditor
    | FileEditor
    | WordsEditor
)

__all__ = ["ChoiceEditor", "Editor", "PairEditor", "SwitchEditor", "TextEditor", "make_editor"]

WORDS = ("weight-scale", "chips", "wcs-key")
FILES = ("filename", "keyword-or-file", "input-files")


def make_editor(param: Param, parent: QWidget, source: Source | None = None) -> Editor:
    """The editor for a parameter's kind and meaning; `source` gives what lets it offer flags, columns and files."""
    if param.kind is Kind.BOOL:
        return SwitchEditor(param, parent)
    if param.kind is Kind.CHOICE:
        return ChoiceEditor(param, parent)
    if param.semantic == "pair":
        return PairEditor(param, parent)
    if source is not None and param.semantic in ("dq-bits", "bit-value"):
        return FlagsEditor(param, parent, source)
    if source is not None and param.semantic == "column":
        return ColumnEditor(param, parent, source)
    if source is not None and param.semantic in FILES:
        return FileEditor(param, parent, source)
    if source is not None and param.semantic in WORDS:
        return WordsEditor(param, parent, source)
    return TextEditor(param, parent)
