"""Opening files and finding their sources: the chips of all images side by side, one bad file never the others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from core.align.find import room_for
from core.align.given import Given
from core.align.results import Catalog, Sources
from core.align.settings import FindParams
from core.data.exposure import Exposure, open_exposure
from core.data.fitsfile import BROKEN
from core.errors import Refusal
from core.runs.buffers import Buffers
from core.runs.memory import Memory, file_identity
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers

T = TypeVar("T")
Job = Callable[[Workers, Buffers], Catalog | Refusal]


@dataclass(frozen=True, eq=False)
class Image:
    """What is known of one file so far; `key` names its sources in the memory, `note` says which were left out."""

    path: Path
    exposure: Exposure | None = None
    catalogs: tuple[Catalog, ...] = ()
    sources: Sources | None = None
    key: Hashable = None
    refusal: Refusal | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Finder:
    """How sources are found, and where what was found is remembered."""

    given: Given
    memory: Memory
    workers: Workers
    progress: Progress

    def images(
        self,
        paths: Sequence[Path],
        params: FindParams,
        refused: Mapping[int, Refusal] | None = None,
        *,
        own: bool = True,
    ) -> list[Image]:
        """The images in the order of their files, with catalogs or the refusal of those that cannot be used.

        `refused` are files, by number, that must not be looked at; `own`: whether catalogs of `catfile` take the place
        of finding.
        """
        refused = refused or {}
        images = [
            Image(path, refusal=refused[k]) if k in refused else self._opened(path, params, own=own)
            for k, path in enumerate(paths)
        ]
        todo = [image for image in images if image.exposure is not None and image.refusal is None]
        tasks = {id(image): self._tasks(image, params, own=own) for image in todo}
        jobs = [job for image in todo for job in tasks[id(image)]]
        # as many chips at a time as there are workers: blocks of rows of a single one could not use them as well
        inner = Threads(1) if len(jobs) > 1 else self.workers
        chips = [chip for image in todo if image.exposure is not None for chip in image.exposure.chips]
        room = room_for(chips, min(len(jobs), self.workers.count))
        self.progress.begin("Find sources", len(jobs))
        found = iter(self.workers.map(lambda job: job(inner, room), jobs, self.progress))
        return [
            image if id(image) not in tasks else _joined(image, [next(found) for _ in tasks[id(image)]])
            for image in images
        ]

    def _opened(self, path: Path, params: FindParams, *, own: bool) -> Image:
        def opened() -> Image:
            if not path.exists():
                raise Refusal("There is no such file.", file=path, advice="Check the name and the folder.")
            key = (file_identity(path), self.given.key(path, params, own=own))
            return Image(path, opened_file(path, self.memory), key=key)

        made = guarded(path, opened)
        return Image(path, refusal=made) if isinstance(made, Refusal) else made

    def _tasks(self, image: Image, params: FindParams, *, own: bool) -> list[Job]:
        """The work of each chip; a single one when the exposure cannot be used."""
        exposure, path = image.exposure, image.path
        assert exposure is not None
        made = guarded(
            path,
            lambda: self.memory.recall(
                "finders", image.key, lambda: self.given.finders(exposure, params, own=own)
            ),
        )
        if isinstance(made, Refusal):
            refusal = made
            return [lambda _, __: refusal]

        def task(number: int, find: Callable[[Workers, Buffers], Catalog]) -> Job:
            key = (image.key, number)
            return lambda inner, room: guarded(
                path, lambda: self.memory.recall("find", key, lambda: find(inner, room))
            )

        return [task(number, find) for number, find in enumerate(made)]


def opened_file(path: Path, memory: Memory) -> Exposure:
    """The exposure as alignment needs it, read once as long as nobody writes the file. Raises `Refusal`, OSError."""
    return memory.recall("open", file_identity(path), lambda: open_exposure(path, complete=False))


def _joined(image: Image, found: Sequence[Catalog | Refusal]) -> Image:
    refusal = next((one for one in found if isinstance(one, Refusal)), None)
    if refusal is not None:
        return replace(image, refusal=refusal)
    return replace(image, catalogs=tuple(one for one in found if isinstance(one, Catalog)))


def guarded(path: Path, work: Callable[[], T]) -> T | Refusal:
    """What `work` gives, or why the file cannot be used."""
    try:
        return work()
    except Refusal as refusal:
        return refusal
    except BROKEN as error:
        what = f"The file cannot be used ({type(error).__name__}: {error})."
        return Refusal(what, file=path, advice="Fetch the file again.")
