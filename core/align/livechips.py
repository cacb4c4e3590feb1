"""Live finding for a person's exposures: chips made ready with the exclusions that the alignment will use, and the
numbers of sources on all of them."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.align.candidates import Prepared
from core.align.given import Given
from core.align.live import prepare, renewed, select
from core.align.results import Bools
from core.align.settings import FindParams
from core.data.exposure import Exposure
from core.errors import Refusal
from core.params import ParamSet
from core.runs.memory import file_identity
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers

__all__ = ["ChipStore", "Counted", "Ready", "Spot", "count_all", "made_ready"]


@dataclass(frozen=True, eq=False)
class Spot:
    """One chip of an exposure, by its place among them."""

    exposure: Exposure
    place: int

    @property
    def extver(self) -> int:
        return self.exposure.chips[self.place].extver


@dataclass(frozen=True, eq=False)
class Ready:
    """A chip made ready; `mask` names the exclusion that was heeded, `from_catalog` says that the alignment takes the
    exposure's sources from `catfile` and not from its pixels."""

    spot: Spot
    prepared: Prepared
    mask: Hashable
    from_catalog: bool = False


@dataclass(frozen=True)
class Counted:
    """What is found on one chip: sources and candidates; or why nothing can be (`trouble`)."""

    path: Path
    extver: int
    sources: int = 0
    candidates: int = 0
    trouble: str = ""


def made_ready(
    spot: Spot,
    params: FindParams,
    tweakreg: ParamSet,
    before: Ready | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> Ready:
    """A chip ready for `params` and for the `exclusions` of the set `tweakreg`; `before` saves what is done already.

    Raises
    ------
    Refusal
        The pixels, the flags that `dqbits` asks for, or a list or file of `exclusions` cannot be read.
    """
    given = Given.read(tweakreg)
    exposure, chip = spot.exposure, spot.exposure.chips[spot.place]
    mask = _mask_key(given, spot)
    same = before is not None and before.spot.exposure is exposure and before.spot.place == spot.place
    if same and before is not None and before.mask == mask:
        # nothing is read from the file of the exclusion unless other flags are asked for
        good = _good(given, spot) if before.prepared.dqbits != params.dqbits else None
        prepared = renewed(before.prepared, params, chip=chip, good=good, workers=workers, progress=progress)
    else:
        prepared = prepare(chip, params, good=_good(given, spot), workers=workers, progress=progress)
    return Ready(spot, prepared, mask, given.has_catalogs(exposure.path))


class ChipStore:
    """Chips that are ready, as many as `most` bytes hold; the others are made ready each time they are asked for."""

    def __init__(self, most: int = 800_000_000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._ready: dict[tuple[Path, int], Ready] = {}

    def get(self, spot: Spot) -> Ready | None:
        with self._lock:
            found = self._ready.get((spot.exposure.path, spot.place))
        return found if found is not None and found.spot.exposure is spot.exposure else None

    def put(self, ready: Ready) -> None:
        key = ready.spot.exposure.path, ready.spot.place
        with self._lock:
            self._ready.pop(key, None)
            held = sum(one.prepared.nbytes for one in self._ready.values())
            if held + ready.prepared.nbytes <= self._most:
                self._ready[key] = ready

    def clear(self) -> None:
        with self._lock:
            self._ready.clear()


def count_all(
    spots: Sequence[Spot],
    params: FindParams,
    tweakreg: ParamSet,
    store: ChipStore,
    progress: Progress | None = None,
    workers: Workers | None = None,
) -> tuple[Counted, ...]:
    """The numbers of sources on each chip, as `select` finds them. One chip's trouble stops no other.

    Raises `Cancelled` when `progress` was cancelled.
    """
    one = Threads(1)

    def count(spot: Spot) -> Counted:
        path = spot.exposure.path
        try:
            ready = made_ready(spot, params, tweakreg, store.get(spot), one, progress)
            store.put(ready)
            found = select(ready.prepared, params, one, progress)
        except Refusal as refusal:
            return Counted(path, spot.extver, trouble=str(refusal))
        return Counted(path, spot.extver, int(found.kept.sum()), len(found))

    return tuple((workers or Threads()).map(count, spots, progress))


def _mask_key(given: Given, spot: Spot) -> Hashable:
    """What the exclusion of a chip depends on; None without one."""
    listed = given.exclusions.get(spot.exposure.path.name)
    if listed is None:
        return None
    path = listed.per_chip(len(spot.exposure.chips), spot.exposure.path)[spot.place]
    return None if path is None else file_identity(path)


def _good(given: Given, spot: Spot) -> Bools | None:
    """Where sources may be on a chip, None for everywhere."""
    exclusion = given.exclusions_of(spot.exposure)[spot.place]
    return None if exclusion is None else exclusion.mask()
