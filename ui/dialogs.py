"""Questions to the person; one object, so that tests and the demonstration can answer for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from ui.applydialog import ApplyDialog, Cards
from ui.headerletdialog import HeaderletDialog
from ui.photometrydialog import PhotometryDialog

if TYPE_CHECKING:
    from core.align.results import Alignment
    from core.data.cards import CardChange

SHOWN = 12
GIVEN = 240  # letters of names in a question
YES, BOLD = QMessageBox.ButtonRole.AcceptRole, QMessageBox.ButtonRole.DestructiveRole
WARNING = QMessageBox.Icon.Warning


class Ask:
    """Every question that the window asks before it writes or stops."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def files_to_apply(
        self, alignment: Alignment, files: list[Path], wcsname: str, cards: Cards
    ) -> list[Path]:
        """The files whose headers may be changed, chosen among `files`; none when the person says no. `cards` are
        those that would change, by file name."""
        dialog = ApplyDialog(alignment, files, wcsname, self._parent, cards)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        chosen = dialog.chosen() if accepted else []
        dialog.deleteLater()
        return chosen

    def may_replace_name(self, taken: str) -> bool:
        """Whether a WCS of the same name, from an earlier alignment, may be replaced."""
        return self._confirmed(
            "A WCS of this name is in the headers already.",
            f"{taken}\n\nReplace it? That switches reusename on. To keep both, cancel and change wcsname.",
            "Replace",
        )

    def may_drizzle(self, files: list[Path], folder: Path, copies: bool) -> bool:
        """Whether a run may write its products and its marks in the exposures; asked once for a set of files."""
        kept = (
            "Copies of the exposures as they are now are kept in OrIg_files beside them."
            if copies
            else "No copies of the exposures are made (preserve and overwrite are off)."
        )
        return self._confirmed(
            f"Combine {_count(len(files), 'exposure')}?",
            f"Products and intermediate images are written to\n{folder}\n\n"
            "As astrodrizzle does, the run also writes the sky (MDRIZSKY) into the headers and the flags of cosmic "
            f"rays into the DQ arrays of the exposures. {kept}",
            "Drizzle",
        )

    def unapplied(self, count: int) -> str:
        """What to do with an alignment that is not in the headers yet: "apply", "as is" or "" (nothing)."""
        return self._choice(
            "The alignment is not in the headers yet.",
            f"Drizzle reads the WCS of the headers; {_count(count, 'image')} would be combined at the old position.",
            ("apply", "Apply, then drizzle", YES),
            ("as is", "Drizzle as it is", BOLD),
        )

    def despite_failed(self, lines: list[str]) -> str:
        """What to do with exposures whose alignment FAILED: "leave out", "all" or "" (nothing)."""
        told = "\n".join(_listed(lines))
        return self._choice(
            f"{_count(len(lines), 'exposure')} could not be aligned.",
            f"{told}\n\nWhere an exposure is misaligned, the stars of all of them are taken for cosmic rays.",
            ("leave out", "Leave out", YES),
            ("all", "Drizzle all", BOLD),
            icon=WARNING,
        )

    def despite_guard(self, told: str) -> str:
        """What to do where stars are flagged as cosmic rays: "align", "go on" or "" (nothing)."""
        return self._choice(
            "Drizzle has stopped.",
            f"{told}\n\nAlign again, apply what it finds and drizzle then. Going on all the same sets guard to warn: "
            "those stars are missing in the product and flagged in the exposures.",
            ("align", "Align again", YES),
            ("go on", "Go on all the same", BOLD),
            icon=WARNING,
            leave="Stop here",
        )

    def despite_unfit(self, name: str, told: str) -> str:
        """What to do with a file of an earlier step that does not fit: "make" it anew, "go on" with it, or ""."""
        return self._choice(
            f"{name} does not fit.",
            f"{told}\n\nMaking it again runs that step and those after it. Using it all the same sets guard to warn.",
            ("make", "Make it again", YES),
            ("go on", "Use it all the same", BOLD),
            icon=WARNING,
            leave="Stop here",
        )

    def may_stop(self, running: str) -> bool:
        """Whether a run may be stopped to close the window."""
        return self._confirmed(
            f"{running} is running.",
            "Stop it and close the window? Files that are finished stay (headers, intermediate images); a file that is "
            "half written is not kept.",
            "Stop and close",
            leave="Keep running",
        )

    def about_unsaved(self, names: list[str]) -> str:
        """What to do with parameter and session files that differ from what is shown: "save", "discard" or ""."""
        box = self._box("There are changes that are not saved.", QMessageBox.Icon.Question)
        box.setInformativeText("\n".join(_listed(names)))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        answers = {buttons.Save: "save", buttons.Discard: "discard"}
        return answers.get(buttons(box.exec()), "")

    def about_changed_file(self, path: Path) -> str:
        """What to do with a file that somebody else changed since it was opened: "overwrite", "reload" or ""."""
        return self._choice(
            f"{path.name} was changed by another program.",
            "Overwrite it with what the form shows, or reload it? After reloading, Undo brings the form back.",
            ("reload", "Reload", YES),
            ("overwrite", "Overwrite", BOLD),
        )

    def may_forget(self) -> bool:
        """Whether everything that the program remembers may go."""
        return self._confirmed(
            "Forget my settings?",
            "Recent files, folders, colours, sizes of the window and recovered sessions are forgotten, and all "
            "parameters go to their defaults (Undo brings those back). Parameter and session files stay.",
            "Forget",
        )

    def where_are(self, missing: list[str], total: int) -> str:
        """What to do about exposures of a session that are not found: "find", "without" or "" (open nothing)."""
        return self._choice(
            f"{_count(len(missing), 'exposure')} of {total} not found.",
            "They are neither where they were nor beside the session file:\n\n" + "\n".join(_listed(missing)),
            ("find", "Look in a folder…", YES),
            ("without", "Open without them", BOLD),
            icon=WARNING,
        )

    def may_recover(self, told: str, more: int, given: str = "") -> str:
        """What to do with the autosave of a window that was not closed: "recover", "discard" or "" (later). It would
        take the place of what is `given`: then to keep that is what Enter does."""
        rest = f"\n\n{_count(more, 'older one')} will be offered afterwards." if more else ""
        asked = "Go on from there?"
        if given:
            short = (
                given if len(given) <= GIVEN else f"{given[:GIVEN].rpartition(', ')[0] or given[:GIVEN]}, …"
            )
            asked = (
                f"Go on from there? It takes the place of what the program was started with:\n{short}\n\n"
                "Later opens that, and offers this again at the next start."
            )
        return self._choice(
            "DrizzleDesk was ended without being closed.",
            f"{told}\n\n{asked}{rest}",
            ("recover", "Recover", YES),
            ("discard", "Discard", BOLD),
            leave="Later",
            first="Later" if given else "",
        )

    def folder(self, title: str, start: Path | None) -> Path | None:
        """A folder, or None."""
        name = QFileDialog.getExistingDirectory(self._parent, title, str(start or ""))
        return Path(name) if name else None

    def may_restore(self, path: Path, state: str, changed: bool) -> bool:
        """Whether the headers of a recorded state may be put back; `changed`: something else changed them since."""
        since = (
            "\n\nThe headers were changed since the last recorded state, by Drizzle or by another program. They are "
            "recorded first as a state of their own, so this can be undone too."
        )
        return self._confirmed(
            f"Restore the headers of {path.name}?",
            f"All headers become those of {state}. Pixels are not touched.{since if changed else ''}",
            "Restore",
        )

    def may_switch(self, path: Path, version: str) -> bool:
        """Whether another WCS inside a file may become its primary one."""
        return self._confirmed(
            f"Change the WCS of {path.name}?",
            f"{version} becomes the primary WCS. The present one stays in the header as an alternate, and the state "
            "before is recorded, to be restored at any time.",
            "Make primary",
        )

    def may_restore_all(self, lines: list[str], left: list[str], changed: bool) -> bool:
        """Whether several files may go back to the states in `lines`; `left` are those for which there is no way."""
        more = "\n".join(_listed(lines))
        if left:
            more += "\n\nNot changed:\n" + "\n".join(_listed(left))
        if changed:
            more += (
                "\n\nSome headers were changed since their last recorded state. They are recorded first as a state of "
                "their own, so this can be undone too."
            )
        return self._confirmed(f"Restore the headers of {_count(len(lines), 'file')}?", more, "Restore")

    def may_make_anew(self, lines: list[str], left: list[str]) -> bool:
        """Whether the WCS of the exposures in `lines` may be made anew; `left` are those that lack a file."""
        more = "\n".join(_listed(lines))
        more += (
            "\n\nThe pipeline's WCS with the distortions of these files becomes the primary one: an alignment that was "
            "applied is no longer in force. The headers before are recorded and can be restored."
        )
        if left:
            more += "\n\nNot changed:\n" + "\n".join(_listed(left))
        return self._confirmed(f"Make the WCS of {_count(len(lines), 'file')} anew?", more, "Make anew")

    def may_carry_back(self, image: str, lines: list[str], left: list[str]) -> bool:
        """Whether the exposures in `lines` may have the correction of a drizzled image; those in `left` cannot."""
        more = "\n".join(_listed(lines))
        more += (
            "\n\nThe present WCS stays in each header as an alternate, and the headers before are recorded."
        )
        if left:
            more += "\n\nNot changed:\n" + "\n".join(_listed(left))
        count = _count(len(lines), "exposure")
        return self._confirmed(f"Carry the alignment of {image} back to {count}?", more, "Carry back")

    def may_apply_headerlet(self, path: Path, source: Path, cards: Sequence[CardChange]) -> bool:
        """Whether a headerlet that changes these cards may be applied."""
        dialog = HeaderletDialog(path, source, cards, self._parent)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        return accepted

    def for_photometry(self, product: Path, name: str) -> tuple[str, Path] | None:
        """Unit ("e" or "e/s") and file of a copy of a product, called `name` unless the person says otherwise."""
        dialog = PhotometryDialog(product, name, self._parent)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        wanted = (dialog.unit, dialog.path)
        dialog.deleteLater()
        return wanted if accepted else None

    def file_to_open(self, title: str, start: Path, filters: str) -> Path | None:
        """A file to read, or None."""
        name, _ = QFileDialog.getOpenFileName(self._parent, title, str(start), filters)
        return Path(name) if name else None

    def _confirmed(self, question: str, more: str, word: str, leave: str = "") -> bool:
        return bool(self._choice(question, more, ("yes", word, YES), leave=leave))

    def _choice(
        self,
        question: str,
        more: str,
        *buttons: tuple[str, str, QMessageBox.ButtonRole],
        icon: QMessageBox.Icon = QMessageBox.Icon.Question,
        leave: str = "",
        first: str = "",
    ) -> str:
        """Ask with own buttons, each (answer, text, role), the first of them the default unless `first` is the text
        of another; "" when the person leaves by the button `leave`, which is Cancel unless it has a text of its own,
        or by Escape."""
        box = self._box(question, icon)
        box.setInformativeText(more)
        answers = {box.addButton(text, role): answer for answer, text, role in buttons}
        if leave:
            box.setEscapeButton(box.addButton(leave, QMessageBox.ButtonRole.RejectRole))
        else:
            box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(
            next(
                (button for button in box.buttons() if first and button.text() == first), next(iter(answers))
            )
        )
        box.exec()
        return answers.get(box.clickedButton(), "")  # type: ignore[call-overload]

    def file_to_save(self, title: str, start: Path, filters: str) -> Path | None:
        """A file to write, with the suffix of `start` if the person gives none; None to write nothing."""
        name, _ = QFileDialog.getSaveFileName(self._parent, title, str(start), filters)
        if not name:
            return None
        return Path(name) if Path(name).suffix else Path(f"{name}{start.suffix}")

    def _box(self, text: str, icon: QMessageBox.Icon) -> QMessageBox:
        box = QMessageBox(self._parent)
        box.setIcon(icon)
        box.setWindowTitle("DrizzleDesk")
        box.setText(text)
        return box


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(names: list[str]) -> list[str]:
    shown = [f"•  {name}" for name in names[:SHOWN]]
    rest = len(names) - SHOWN
    return [*shown, f"and {rest} more"] if rest > 0 else shown
