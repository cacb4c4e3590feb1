"""The numbers of sources on all chips of all exposures, worked out in a lane of their own while the hand rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.align.settings import FindParams
from core.params import ParamSet
from ui.exposures import ExposureList
from ui.lane import Job, Lane

if TYPE_CHECKING:
    from core.align.livechips import ChipStore, Counted, Ready, Spot
    from core.data.exposure import Exposure
    from core.runs.progress import Progress
    from ui.views.sources import SourcesView


class AllChips(QObject):
    """Counts once for each set of parameters; broken off when another is asked about."""

    def __init__(self, listing: ExposureList, view: SourcesView, parent: QObject) -> None:
        super().__init__(parent)
        self.listing, self.view = listing, view
        self.lane = Lane("chips", self)
        self._job: Job | None = None
        self._store: ChipStore | None = None
        self._known: tuple[object, ...] = ()
        self._under_way: tuple[object, ...] = ()

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is counted."""
        return not self.lane.is_busy

    def close(self) -> None:
        self.lane.close()

    def count(self, ready: Ready, params: FindParams, tweakreg: ParamSet) -> None:
        """Count with these parameters, unless that is known or under way; `ready` is the chip on show."""
        exposures = [entry.exposure for entry in self.listing.good() if entry.exposure is not None]
        asked = (params, tweakreg, *exposures)
        if _same(asked, self._known) or _same(asked, self._under_way):
            return
        self.stop()
        self._under_way = asked
        if self._store is None:
            self._store = _new_store()
        self.view.show_counting()
        self._job = self.lane.run(
            count_all, exposures, ready, params, tweakreg, self._store, done=self._counted, failed=self._failed,
            progress=_unheard, key="count",
        )  # fmt: skip

    def stop(self) -> None:
        """Break off what is under way."""
        if self._job is not None:
            self._job.cancel()
        self._job, self._under_way = None, ()

    def drop(self) -> None:
        """The view is not looked at: its memory is needed elsewhere."""
        self.stop()
        if self._store is not None:
            self._store.clear()

    def _counted(self, counted: tuple[Counted, ...]) -> None:
        self._known, self._under_way = self._under_way, ()
        self._job = None
        self.view.show_counts(counted)

    def _failed(self, _error: BaseException) -> None:
        """Broken off: the newest parameters are asked about when the hand rests again."""


def count_all(
    exposures: list[Exposure],
    ready: Ready,
    params: FindParams,
    tweakreg: ParamSet,
    store: ChipStore,
    *,
    progress: Progress,
) -> tuple[Counted, ...]:
    """Runs in the lane."""
    from core.align.livechips import Spot, count_all

    for estimate in ("handbook", "drizzlepac", "robust"):  # so that the first choice of another does not wait
        progress.check()
        ready.prepared.statistics.noise(estimate)
    spots: list[Spot] = [
        Spot(exposure, place) for exposure in exposures for place in range(len(exposure.chips))
    ]
    store.put(ready)
    return count_all(spots, params, tweakreg, store, progress)


def _new_store() -> ChipStore:
    from core.align.livechips import ChipStore

    return ChipStore()


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Equal parameters, and the very same exposures."""
    if len(one) != len(other) or one[:2] != other[:2]:
        return False
    return all(a is b for a, b in zip(one[2:], other[2:], strict=True))


def _unheard(_report: object) -> None:
    """With a listener the work can be broken off."""
