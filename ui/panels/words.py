"""Texts for which a few words are usual: offered with what they mean, and anything else may be typed."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from core.params.checks.facts import DataFacts
from ui.panels.listed import ListedEditor

WEIGHTS = (
    ("exptime", "the weights as they are"),
    ("expsq", "times the exposure time"),
    ("1.0", "times a number"),
)


class WordsEditor(ListedEditor):
    """Offers words for `weight-scale`, the chips of the exposures for `chips`, their WCSs for `wcs-key`."""

    what = "What is usual here"

    def open(self) -> None:
        """List the words."""
        if not self.line.isEnabled():
            return
        menu = QMenu(self)
        menu.setAccessibleName(self.what)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.triggered.connect(self._chosen)
        words = words_for(self.param.semantic, self.data.facts)
        for word, meaning in words:
            action = QAction(f"{word or 'blank'}\t{meaning}".replace("&", "&&"), menu)
            action.setData(word)
            menu.addAction(action)
        if not words:
            menu.addAction("Open exposures first.").setEnabled(False)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _chosen(self, action: QAction) -> None:
        self.line.replace(str(action.data()))


def words_for(semantic: str, facts: DataFacts) -> tuple[tuple[str, str], ...]:
    """Words and what they mean; none when the exposures would have to tell and there are none."""
    if semantic == "weight-scale":
        return WEIGHTS
    if semantic == "chips" and facts.extensions:
        return (
            ("", "all chips"),
            *((f"sci,{number}", "this chip alone") for number in sorted(facts.extensions)),
        )
    if semantic == "wcs-key" and facts.count:
        return (("", "the primary WCS"), *((letter, name or "without a name") for letter, name in facts.wcs))
    return ()
