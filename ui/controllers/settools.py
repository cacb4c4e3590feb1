"""What can be done with whole sets: compared, taken from presets and products, given away as text, forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from core.errors import Refusal
from core.params import Loaded, ParamSet, format_cfg, read_cfg
from core.params.presets import Facts, Preset, after_all, suggested
from core.params.scripts import as_command, as_python
from ui.comparedialog import DEFAULTS, FILE, PRODUCT, SAVED, CompareDialog
from ui.controllers.files import FilesController
from ui.controllers.params import ParamsController
from ui.lane import Lane
from ui.notesdialog import NotesDialog
from ui.panels.state import FormState
from ui.presetdialog import PresetDialog
from ui.runner import tell
from ui.taking import take

if TYPE_CHECKING:
    from core.data.madewith import MadeWith
    from ui.exposures import Entry

PRODUCTS = (
    "Drizzled images (*_dr[zcw]*.fits *_dr[zcw]*.fits.gz);;FITS files (*.fits *.fits.gz);;All files (*)"
)
ONE_POINTING = 0.1


class SetTools(QObject):
    """Dialogs and copies on the sets of the window; dialogs stay open beside it."""

    def __init__(
        self, window: QWidget, params: ParamsController, exposures: FilesController, lane: Lane
    ) -> None:
        super().__init__(window)
        self.window_, self.params, self.exposures, self.lane = window, params, exposures, lane
        self.log = params.log
        self.compare_dialogs: dict[str, CompareDialog] = {}
        self.preset_dialog: PresetDialog | None = None
        self.notes_dialog: NotesDialog | None = None
        params.wanted.connect(self._wanted)
        exposures.changed.connect(self._data_changed)

    def slots(self) -> dict[str, object]:
        """What the actions of these names do."""
        return {
            "new_set": self._new,
            "open_cfg": self.params.files.ask_open,
            "reload": self._reload,
            "save": self._save,
            "save_as": self._save_as,
            "presets": self._presets,
            "compare": self._compare,
            "copy_command": self.copy_command,
            "copy_python": self.copy_python,
            "copy_cfg": self.copy_cfg,
            "notes": self._notes,
        }

    # ---- comparing

    def compare(self, state: FormState | None = None) -> CompareDialog:
        """Open the comparison of a form with another set of its task; one for each task at a time."""
        state = state or self.params.current()
        dialog = self.compare_dialogs.get(state.task.name)
        if dialog is None:
            dialog = CompareDialog(state, self.window_)
            dialog.wanted.connect(partial(self._other_wanted, dialog))
            dialog.save_other.connect(self._save_other)
            self.compare_dialogs[state.task.name] = dialog
        _bring(dialog)
        return dialog

    def compare_with(self, dialog: CompareDialog, path: Path) -> None:
        """The other side is a .cfg file of the same task; read in the background."""
        self._read(dialog, path, partial(_set_of, path, dialog.state.task.name), self._file_read)

    def _file_read(self, dialog: CompareDialog, path: Path, loaded: Loaded) -> None:
        known = set(loaded.set) - set(loaded.unread)
        dialog.set_other(loaded.set, path.name, known, loaded.notes[:4])
        dialog.status.set_text("")

    def compare_with_product(self, dialog: CompareDialog, path: Path) -> None:
        """The other side is what made a product, as far as its headers tell; read in the background."""
        self._read(dialog, path, partial(_made_with, path), self._product_read)

    def _product_read(self, dialog: CompareDialog, path: Path, made: MadeWith) -> None:
        dialog.set_other(made.set, path.name, made.known, [f"From {made.source}.", *made.notes])
        dialog.status.set_text("")

    def _read(
        self, dialog: CompareDialog, path: Path, work: Callable[[], Any], done: Callable[..., None]
    ) -> None:
        """Read an other side in the lane; the one wanted last is shown, in whatever order they are asked for."""
        dialog.status.set_text(f"Reading {path.name}…")
        self.lane.run(
            work,
            done=partial(done, dialog, path),
            failed=partial(self._read_failed, dialog),
            key=_key_of(dialog),
        )

    def _read_failed(self, dialog: CompareDialog, error: BaseException) -> None:
        dialog.status.set_text(tell(self.log, "Compare", error))

    def _other_wanted(self, dialog: CompareDialog, what: str) -> None:
        state = dialog.state
        if what == DEFAULTS:  # a file that is still being read must not take their place
            self.lane.drop(_key_of(dialog))
            dialog.status.set_text("")
        elif what == SAVED:
            if state.path is None:
                dialog.status.set_text("The form came from no file.")
            else:
                self.compare_with(dialog, state.path)
        elif what == FILE:
            path = self.params.files.ask_name("Compare with")
            if path is not None:
                self.compare_with(dialog, path)
        elif what == PRODUCT:
            path = self.params.files.ask_name("Compare with the set of a product", PRODUCTS, "products")
            if path is not None:
                self.compare_with_product(dialog, path)

    def _save_other(self, values: ParamSet) -> None:
        path = self.params.files.ask_target("Save the other side", values.task.name)
        if path is not None:
            self.params.files.write_values(values, path)

    # ---- presets

    def presets(self) -> PresetDialog:
        """Open the chooser of presets."""
        if self.preset_dialog is None:
            self.preset_dialog = PresetDialog(self.params.states, self.facts(), self.window_)
            self.preset_dialog.taken.connect(self.take_presets)
        self.preset_dialog.set_facts(self.facts())
        _bring(self.preset_dialog)
        return self.preset_dialog

    def take_presets(self, chosen: Sequence[Preset]) -> None:
        """All values of presets into the forms, one preset after the other, as one step of undo."""
        states = self.params.states.values()
        named = {task for preset in chosen for task in preset.values}
        names = take(
            *((state, after_all(chosen, state.values)) for state in states if state.task.name in named)
        )
        if names:
            count = f"{len(names)} parameters" if len(names) > 1 else "1 parameter"
            titles = ", ".join(preset.title for preset in chosen)
            self.log.say(f"Preset {titles}: {count} changed ({', '.join(names)}).")

    def facts(self) -> Facts:
        """What the presets have to know of the exposures in the list."""
        return facts_of(self.exposures.listing.good())

    def suggestions(self) -> tuple[Preset, ...]:
        """The presets that fit the exposures in the list."""
        return suggested(self.facts())

    def _data_changed(self) -> None:
        if self.preset_dialog is not None and self.preset_dialog.isVisible():
            self.preset_dialog.set_facts(self.facts())

    # ---- giving away

    def copy_command(self) -> None:
        """The task of the form in front as our command line."""
        self._copy("command line", lambda: as_command(self._sets(), self._names()))

    def copy_python(self) -> None:
        """The task of the form in front as Python for drizzlepac."""
        self._copy("Python for drizzlepac", lambda: as_python(self._sets(), self._names()))

    def copy_cfg(self) -> None:
        """The set of the form in front as the text of a .cfg file."""
        self._copy(".cfg file", lambda: format_cfg(self.params.current().values))

    def _sets(self) -> list[ParamSet]:
        """The sets of the task in front; source finding goes with tweakreg."""
        if self.params.current().task.name == "astrodrizzle":
            return [self.params.values("astrodrizzle")]
        return [self.params.values(name) for name in ("tweakreg", "imagefindpars", "refimagefindpars")]

    def _names(self) -> list[str]:
        return [str(path) for path in self.exposures.files()]

    def _copy(self, what: str, make: Callable[[], str]) -> None:
        try:
            text = make()
        except Refusal as refusal:
            tell(self.log, f"Copy as {what}", refusal)
            return
        QApplication.clipboard().setText(text)
        self.log.say(f"Copied as {what}: {len(text.splitlines())} lines.", "good")

    # ---- the rest

    def notes(self) -> NotesDialog:
        """What was not understood in the files that are open."""
        if self.notes_dialog is None:
            self.notes_dialog = NotesDialog(self.params.files.notes, self.window_)
        self.notes_dialog.show_notes(self.params.files.notes)
        _bring(self.notes_dialog)
        return self.notes_dialog

    # an action hands over whether it is checked, which is no form
    def _new(self) -> None:
        self.params.files.new()

    def _reload(self) -> None:
        self.params.files.reload()

    def _save(self) -> None:
        self.params.files.save()

    def _save_as(self) -> None:
        self.params.files.ask_save()

    def _presets(self) -> None:
        self.presets()

    def _compare(self) -> None:
        self.compare()

    def _notes(self) -> None:
        self.notes()

    def _wanted(self, what: str, state: FormState) -> None:
        if what == "compare":
            self.compare(state)
        elif what == "presets":
            self.presets()
        elif what == "reload":
            self.params.files.reload(state)


def facts_of(entries: list[Entry]) -> Facts:
    """What the exposures have in common: detector ("" when several), number, whether they are dithered."""
    exposures = [entry.exposure for entry in entries if entry.exposure is not None]
    detectors = {"/".join(part for part in (one.instrument, one.detector) if part) for one in exposures}
    return Facts(detectors.pop() if len(detectors) == 1 else "", len(exposures), _dithered(exposures))


def _dithered(exposures: list[Any]) -> bool | None:
    """Whether the pointings differ by more than a tenth of a pixel; None when the headers do not tell."""
    from math import cos, hypot, radians

    wcss = [one.chips[0].wcs for one in exposures if one.chips]
    if len(wcss) < 2 or len(wcss) < len(exposures):
        return None
    first = wcss[0]
    limit = ONE_POINTING * first.scale / 3600.0
    for wcs in wcss[1:]:
        east = (wcs.crval[0] - first.crval[0] + 180.0) % 360.0 - 180.0
        if hypot(east * cos(radians(first.crval[1])), wcs.crval[1] - first.crval[1]) > limit:
            return True
    return False


def _key_of(dialog: CompareDialog) -> str:
    return f"compare {dialog.state.task.name}"


def _set_of(path: Path, task: str) -> Loaded:
    """Runs in the lane."""
    loaded = read_cfg(path)
    if loaded.set.task.name != task:
        raise Refusal(
            f"This is a set of {loaded.set.task.name}, not of {task}.",
            file=path,
            subject="_task_name_",
            advice=f"Compare it from the form of {loaded.set.task.name}.",
        )
    return loaded


def _made_with(path: Path) -> MadeWith:
    """Runs in the lane."""
    from core.data.madewith import read_made_with

    return read_made_with(path)


def _bring(dialog: QWidget) -> None:
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
