"""What the views show: the image that is current in the list, the products, and why there is nothing to see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from ui.matchtable import MatchTable
from ui.remedies import Remedies
from ui.session import Session
from ui.tables import AlignTable, CosmicTable

if TYPE_CHECKING:
    from core.align.results import ImageResult
    from ui.viewset import ViewSet

NOT_ALIGNED = "Nothing is aligned yet.\nPress Align (F5)."
NO_EXPOSURES = "Nothing is aligned yet.\nOpen exposures, then press Align (F5)."


class ShowController(QObject):
    """Hands finished values to the views."""

    def __init__(
        self,
        session: Session,
        views: ViewSet,
        align: AlignTable,
        matches: MatchTable,
        cosmic: CosmicTable,
        remedies: Remedies,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session, self.views, self.align, self.cosmic = session, views, align, cosmic
        self.matches, self.remedies = matches, remedies
        self.current: Path | None = None
        self._any = False
        self._shown: ImageResult | None = None
        self._stale: set[str] = set()
        views.tabs.currentChanged.connect(self.show_plot)

    def image(self) -> ImageResult | None:
        """The result of the exposure that is current, if it has one."""
        alignment = self.session.alignment
        if alignment is None:
            return None
        return next((image for image in alignment.images if image.path == self.current), None)

    def set_any(self, there: bool) -> None:
        """Whether there are exposures to align."""
        changed, self._any = self._any != there, there
        if changed and self.session.alignment is None:
            self.show_alignment_views()

    def show_current(self, path: Path | None) -> None:
        """Another exposure is current."""
        self.current = path
        self.align.choose(path)
        self.cosmic.choose(path)
        self.show_alignment_views()

    def show_alignment(self) -> None:
        """A new alignment, or none any more."""
        self.show_figures()
        self.show_alignment_views()

    def show_figures(self) -> None:
        """Fill the tables afresh, in the colours of the present theme."""
        self.align.show_alignment(self.session.alignment, self.session.applied)
        self.align.choose(self.current)
        self.cosmic.show_result(self.session.result)
        self.cosmic.choose(self.current)

    def show_alignment_views(self) -> None:
        """Histogram, residuals, vectors and matches of the current image."""
        image, alignment = self.image(), self.session.alignment
        self._keep_selection(image)
        self.remedies.show_image(image)
        self.matches.show_image(image, alignment)
        self._stale = {"histogram", "residuals", "vectors"}
        self.show_plot()

    def show_plot(self, *_: object) -> None:
        """Draw the plot in front; the hidden ones wait until they are looked at."""
        name = self.views.current()
        if name not in self._stale:
            return
        self._stale.discard(name)
        plot, image, alignment = self.views.charts[name], self.image(), self.session.alignment
        if alignment is None:
            plot.clear(NOT_ALIGNED if self._any else NO_EXPOSURES)
        elif image is None:
            plot.clear("This exposure was not part of the alignment.\nAlign again to include it.")
        else:
            plot.show_image(image, alignment)

    def _keep_selection(self, image: ImageResult | None) -> None:
        """Places in `Matches` mean the same stars only while the matches are the same."""
        before, self._shown = self._shown, image
        same = (
            before is not None
            and image is not None
            and before.path == image.path
            and before.matches is not None
            and image.matches is not None
            and np.array_equal(before.matches.image, image.matches.image)
            and np.array_equal(before.matches.reference, image.matches.reference)
        )
        if not same:
            self.views.selection.clear()

    def show_result(self) -> None:
        """New products."""
        result = self.session.result
        self.show_figures()
        if result is not None:
            self.views.products.show_result(result, self.session.weights)
