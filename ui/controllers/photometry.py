"""Ready for photometry: a copy of a product with its sky back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from core.drizzle.results import phot_name
from ui.runner import tell

if TYPE_CHECKING:
    from core.drizzle.photometry import ForPhotometry
    from ui.window import MainWindow

FILTER = "Drizzled products (*_drz*.fits *_drc*.fits *_drw*.fits);;FITS images (*.fits *.fits.gz)"


class PhotometryController(QObject):
    """The action of the menu and the button of the products; the copy is written in the quick lane."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.actions_.enable("photometry", "")
        window.actions_["photometry"].triggered.connect(self.begin)
        window.views.products.photometry.clicked.connect(self.begin)

    def begin(self) -> None:
        """Of the product that is shown; of one that the person chooses when none is."""
        result = self._window.session.result
        if result is not None and result.science is not None and result.science.is_file():
            self._begin(result.science)
        else:
            self._choose()

    def _choose(self) -> None:
        folder = self._window.drizzle.folder() or Path()
        path = self._window.ask.file_to_open("Product to make ready for photometry", folder, FILTER)
        if path is not None:
            self._begin(path)

    def _begin(self, product: Path) -> None:
        wanted = self._window.ask.for_photometry(product, phot_name(product))
        if wanted is not None:
            self._window.quick.run(
                _written, product, *wanted, done=self._done, failed=self._failed, key="photometry"
            )

    def _done(self, made: ForPhotometry) -> None:
        for note in made.notes:
            self._window.log.say(note, "warning")
        told = f"{made.path.name}: sky of {made.sky:.4g} {made.unit.lower()} put back"
        self._window.log.say(f"Written: {made.path}. {told}, gain {made.gain:g}.", "good")
        self._window.status.conclude(f"Ready for photometry: {told}", "warning" if made.notes else "good")

    def _failed(self, error: BaseException) -> None:
        tell(self._window.log, "Ready for photometry", error)


def _written(product: Path, unit: str, output: Path) -> Any:
    """In the lane; imported here, for astropy takes its time."""
    from core.drizzle.photometry import ready_for_photometry

    return ready_for_photometry(product, unit, output)
