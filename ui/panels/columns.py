"""Columns of a catalog, chosen from those that the file has."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from core.params.when import is_blank
from ui.panels.listed import ListedEditor


class ColumnEditor(ListedEditor):
    """A number, a name or several, and the list of the columns of the catalog that is named elsewhere in the form."""

    what = "Columns of the catalog"

    def open(self) -> None:
        """Ask for the columns, if they are not known yet, and list them."""
        if not self.line.isEnabled():
            return
        menu = ColumnMenu(self)
        self.data.columns_wanted.emit(self.param.table, self._file())
        menu.refresh()
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _file(self) -> str:
        """What the form says of the catalog now."""
        state = getattr(self.parentWidget(), "state", None)
        return str(state.values[self.param.table]) if state is not None else ""


class ColumnMenu(QMenu):
    """The columns with their numbers, names and first values, or why there are none."""

    def __init__(self, editor: ColumnEditor) -> None:
        super().__init__(editor)
        self.editor = editor
        self.key = (editor.param.table, editor._file())
        self.setAccessibleName(editor.what)
        self.aboutToHide.connect(self.deleteLater)
        self.triggered.connect(self._chosen)
        editor.data.listed.connect(self.refresh)

    def refresh(self) -> None:
        """List what is known by now."""
        self.clear()
        table, text = self.key
        found = self.editor.data.columns.get(self.key)
        if is_blank(text):
            self._say(f"Give {table} first.")
        elif found is None:
            self._say("Looking into the file…")
        elif isinstance(found, str):
            self._say(found)
        else:
            for column in found:
                name = f"{column.number}  {column.name}" if column.name else f"{column.number}"
                action = QAction(f"{name}\t{column.first}".replace("&", "&&"), self)
                action.setData(column.name or str(column.number))
                self.addAction(action)

    def _say(self, text: str) -> None:
        self.addAction(text).setEnabled(False)

    def _chosen(self, action: QAction) -> None:
        if action.data():
            self.editor.line.replace(str(action.data()))
