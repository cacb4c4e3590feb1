"""What the views show: the image that is current in the list, the products, and why there is nothing to see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ui.session import Session
from ui.tables import AlignTable, CosmicTable

if TYPE_CHECKING:
    from ui.viewset import ViewSet

NOT_ALIGNED = "Nothing is aligned yet.\nOpen exposures, then press Align (F5)."


class ShowController(QObject):
    """Hands finished values to the views."""

    def __init__(
        self, session: Session, views: ViewSet, align: AlignTable, cosmic: CosmicTable, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.session, self.views, self.align, self.cosmic = session, views, align, cosmic
        self.current: Path | None = None

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
        self.align.show_alignment(self.session.alignment)
        self.align.choose(self.current)
        self.cosmic.show_result(self.session.result)
        self.cosmic.choose(self.current)

    def show_alignment_views(self) -> None:
        """Histogram, residuals and vectors of the current image."""
        views, alignment = self.views, self.session.alignment
        plots = (views.histogram, views.residuals, views.vectors)
        if alignment is None:
            message = NOT_ALIGNED
        else:
            image = next((each for each in alignment.images if each.path == self.current), None)
            if image is not None:
                for plot in plots:
                    plot.show_image(image, alignment)
                return
            message = "This exposure was not part of the alignment.\nAlign again to include it."
        for plot in plots:
            plot.clear(message)

    def show_result(self) -> None:
        """New products."""
        result = self.session.result
        self.show_figures()
        if result is not None:
            self.views.products.show_result(result)
