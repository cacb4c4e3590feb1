"""The choice where Drizzle works, and the dialog for it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import Refusal
from ui.engine import Engine
from ui.settings import Settings

KEY = "run/scheduler"


class ClusterDialog(QDialog):
    """Accepted when the choice is made; `address` is that of a scheduler, "" for threads of this machine."""

    def __init__(self, address: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Where Drizzle works")
        self.here = QRadioButton("Threads of this machine, as many as num_cores says")
        self.cluster = QRadioButton("A Dask cluster; address of its scheduler:")
        self.field = QLineEdit(address)
        self.field.setAccessibleName("Address of the scheduler")
        self.field.setPlaceholderText("host:8786, or local:2 for two processes of this machine")
        self.told = QLabel()
        self.told.setWordWrap(True)
        text = QLabel(
            "A cluster takes whole exposures and tiles of the image, and makes the same bits. Its workers must run "
            "this version of DrizzleDesk and see exposures and products under the same paths. On one machine threads "
            "are quicker. Align always works with threads."
        )
        text.setWordWrap(True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for widget in (self.here, self.cluster, self.field, self.told, text, self.buttons):
            column.addWidget(widget)
        self.setMinimumWidth(560)
        (self.cluster if address else self.here).setChecked(True)
        self.cluster.toggled.connect(self._check)
        self.cluster.clicked.connect(self.field.setFocus)
        self.field.textEdited.connect(self._check)
        self._check()

    @property
    def address(self) -> str:
        return self.field.text().strip() if self.cluster.isChecked() else ""

    def _check(self) -> None:
        """Only what can be an address is taken; an empty field needs no words."""
        from core.runs.cluster import check_address  # not for windows that never ask

        wrong = ""
        self.field.setEnabled(self.cluster.isChecked())
        if self.address:
            try:
                check_address(self.address)
            except Refusal as refusal:
                wrong = f"{refusal.what} {refusal.advice}"
        self.told.setText(wrong)
        self.told.setVisible(bool(wrong))
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(not wrong and (bool(self.address) or self.here.isChecked()))


class ClusterChoice(QObject):
    """Gives the engine the address that was chosen, today's or the one remembered."""

    def __init__(self, action: QAction, engine: Engine, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._engine, self._settings, self._window = engine, settings, parent
        engine.scheduler = settings.get(KEY)
        action.triggered.connect(self.ask)

    def ask(self) -> ClusterDialog:
        """Open the dialog; it takes effect with the next run."""
        dialog = ClusterDialog(self._engine.scheduler, self._window)
        dialog.accepted.connect(lambda: self._take(dialog.address))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _take(self, address: str) -> None:
        self._engine.scheduler = address
        self._settings.set(KEY, address)
