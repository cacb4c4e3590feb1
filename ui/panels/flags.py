"""DQ flags as a list of names with check boxes, beside the expression that they make."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel

from core.params import Param
from core.params.checks.facts import DataFacts, FlagFact
from core.params.flags import FLAGS, format_flags, parse_flags
from core.params.when import is_blank
from ui import style
from ui.panels.listed import ListedEditor, Popup

MEANINGS = {
    "resetbits": "Checked flags are forgotten before the run and cleared at its end.",
    "crbit": "The checked flag is set where a cosmic ray is found.",
}
GOOD = "Pixels with only checked flags count as good."
EVERYTHING = "Ignore the DQ array: every pixel is good"


class FlagsEditor(ListedEditor):
    """A bit expression ("64,32", "~256", "64+32") that stays editable, and the list of the detector's flags."""

    what = "Flags by name"

    def open(self) -> None:
        """Show the list; the counts of pixels come when they are known."""
        if not self.line.isEnabled():
            return
        popup = FlagsPopup(self)
        self.data.counts_wanted.emit()
        popup.open_below(self)


class FlagsPopup(Popup):
    """One check box for each flag: value, name, how many pixels of the first exposure carry it."""

    def __init__(self, editor: FlagsEditor) -> None:
        super().__init__(editor)
        self.editor = editor
        self.setAccessibleName(f"Flags of {editor.param.label}")
        facts = editor.data.facts
        self.flags = flags_of(facts)
        self.boxes: dict[int, QCheckBox] = {}
        self.counts: dict[int, QLabel] = {}
        self._head(facts)
        self.everything = QCheckBox(EVERYTHING, self)
        self.everything.clicked.connect(self._everything)
        self.everything.setVisible(editor.param.name not in MEANINGS)
        self.column.addWidget(self.everything)
        self._list()
        editor.data.counted.connect(self._counted)
        self._counted()
        self.refresh()
        first = next(iter(self.boxes.values()))
        first.setFocus()

    def refresh(self) -> None:
        """Check the flags that the expression means now."""
        text = self.editor.text()
        good = good_flags(text, self._is_one)
        self.everything.setChecked(is_blank(text))
        for bit, box in self.boxes.items():
            box.setChecked(bit in good)
            box.setEnabled(not is_blank(text) or self._is_one or not self.everything.isVisibleTo(self))

    @property
    def _is_one(self) -> bool:
        return self.editor.param.semantic == "bit-value"

    def _head(self, facts: DataFacts) -> None:
        whose = facts.detectors[0] if facts.flags else "16 flags; open exposures to see their names"
        head = QLabel(f"<b>{whose}</b>", self)
        told = QLabel(MEANINGS.get(self.editor.param.name, GOOD), self)
        told.setFont(style.small(self.font()))
        self.column.addWidget(head)
        self.column.addWidget(told)

    def _list(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(1)
        mono = style.mono(self.font().pointSizeF())
        for row, flag in enumerate(self.flags):
            # a figure space is as wide as a digit
            number = f"{flag.bit:>5}".replace(" ", "\u2007")
            box = QCheckBox(f"{number}  {flag.name}".rstrip(" "), self)
            box.setAccessibleName(f"{flag.bit} {flag.name}".strip())
            box.setToolTip(flag.text)
            box.clicked.connect(partial(self._clicked, flag.bit))
            count = QLabel(self)
            count.setFont(mono)
            count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            count.setEnabled(False)
            grid.addWidget(box, row, 0)
            grid.addWidget(count, row, 1)
            self.boxes[flag.bit], self.counts[flag.bit] = box, count
        self.column.addLayout(grid)

    def _clicked(self, bit: int) -> None:
        on = self.boxes[bit].isChecked()
        if self._is_one:
            text = str(bit if on else 0)
        else:
            good = set(good_flags(self.editor.text(), False))
            text = format_flags(good | {bit} if on else good - {bit}, self.editor.text())
        self.editor.line.replace(text)
        self.refresh()

    def _everything(self, on: bool) -> None:
        self.editor.line.replace("None" if on else "0")
        self.refresh()

    def _counted(self) -> None:
        counts = self.editor.data.counts
        total = counts.get(0, 0)
        for bit, label in self.counts.items():
            if total:
                number = counts.get(bit, 0)
                label.setText(f"{number:,}".replace(",", "\u2009") + f"  {100 * number / total:5.2f} %")
                label.setToolTip(f"Pixels of {self.editor.data.counted_in} with this flag")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(event.key(), 0)
        boxes = [
            box for box in (self.everything, *self.boxes.values()) if box.isVisible() and box.isEnabled()
        ]
        focused = self.focusWidget()
        if step and boxes:
            place = boxes.index(focused) if focused in boxes else -1
            boxes[(place + step) % len(boxes)].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)


def flags_of(facts: DataFacts) -> tuple[FlagFact, ...]:
    """The flags to list: those that the detector uses, or all sixteen without names."""
    return tuple(flag for flag in facts.flags if flag.used) or tuple(FlagFact(bit, "") for bit in FLAGS)


def good_flags(text: str, one: bool) -> frozenset[int]:
    """The flags that are checked for an expression, or for the one flag of `crbit`."""
    if one:
        return frozenset({int(text)}) if text.strip().isdigit() else frozenset()
    if is_blank(text):
        return frozenset(FLAGS)
    found = parse_flags(text)
    return found.good() if found is not None else frozenset()


def names_of(param: Param, text: str, facts: DataFacts) -> str:
    """The flags of an expression in words, "warm pixel, unstable pixel"; "" when they have no names."""
    found = parse_flags(text)
    if found is None or not facts.flags:
        return "DQ ignored" if facts.flags and is_blank(text) and param.semantic == "dq-bits" else ""
    names = [
        flag.name if (flag := facts.flag(bit)) else str(bit) for bit in sorted(found.listed, reverse=True)
    ]
    told = ", ".join(names) or "none"
    return f"all but {told}" if found.turned else told
