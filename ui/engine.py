"""The engine as the window calls it: every function here runs in the worker lane.

Imports stand inside: loading numba and stwcs takes a second that the window must not wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Refusal
from core.params import ParamSet
from ui.workers import workers_at

if TYPE_CHECKING:
    from core.align.choices import Choices
    from core.align.results import Alignment
    from core.align.settings import AlignSettings
    from core.data.cards import CardChange
    from core.data.exposure import Exposure
    from core.drizzle.results import DrizzleResult
    from core.drizzle.status import StepState
    from core.runs.memory import Memory
    from core.runs.progress import Progress
    from ui.wcsdialog import Past


@dataclass(frozen=True)
class AlignSets:
    """The three parameter sets of an alignment."""

    tweakreg: ParamSet
    imagefind: ParamSet
    refimagefind: ParamSet

    def settings(self, **changed: object) -> AlignSettings:
        from core.align.settings import AlignSettings

        return AlignSettings(self.tweakreg.replaced(**changed), self.imagefind, self.refimagefind)


class Engine:
    """The functions of the engine; tests put stand-ins in its place.

    `maps` are the inverse variance maps that @lists named beside the exposures, by exposure, `scheduler` the address of
    a cluster that drizzles, "" for threads; both changed in the GUI thread.
    """

    def __init__(self) -> None:
        self.maps: dict[Path, Path] = {}
        self.scheduler = ""

    def listed(self, path: Path) -> tuple[list[Path], dict[Path, Path]]:
        """The exposures that a text file lists, one a line, and the maps in its second column, absolute paths."""
        from core.data.files import find_files, find_maps

        name = f"@{path}"
        maps = {key.absolute(): value.absolute() for key, value in find_maps(name, catalogs=True).items()}
        return [found.absolute() for found in find_files(name, keep_order=True)], maps

    def open(self, path: Path) -> Exposure:
        """Read the headers of an exposure. What only Drizzle needs may be missing: it refuses by itself."""
        from core.data.exposure import open_exposure

        return open_exposure(path, complete=False)

    def align(
        self, files: Sequence[Path], sets: AlignSets, memory: Memory, choices: Choices, *, progress: Progress
    ) -> Alignment:
        """Align; nothing is written. `choices` are those of the person about single images."""
        from core.align.session import align

        return align(files, sets.settings(), choices=choices, memory=memory, progress=progress)

    def preview(
        self, alignment: Alignment, sets: AlignSets, *, progress: Progress
    ) -> dict[str, tuple[CardChange, ...] | Refusal]:
        """By file name the cards that Apply would change, or why it would refuse. A name that is in use is no reason
        yet: the person is asked about it before anything is written."""
        from dataclasses import replace

        from core.align.preview import preview_each

        found = preview_each(alignment, sets.settings(updatehdr=True), progress)
        taken = {name for name, one in found.items() if isinstance(one, Refusal) and one.subject == "wcsname"}
        if taken and not sets.tweakreg["reusename"]:
            part = replace(alignment, images=tuple(each for each in alignment.images if each.name in taken))
            found |= preview_each(part, sets.settings(updatehdr=True, reusename=True), progress)
        return found

    def name_taken(self, files: Sequence[Path], sets: AlignSets, *, progress: Progress) -> str:
        """Why the new WCS cannot have its name in these files; "" if it can. Raises Refusal for other reasons."""
        from core.align.apply import check_names

        progress.begin("Look at the headers")
        try:
            check_names(files, sets.settings(updatehdr=True))
        except Refusal as refusal:
            if refusal.subject != "wcsname":
                raise
            return str(refusal)
        return ""

    def apply(self, alignment: Alignment, sets: AlignSets, *, progress: Progress) -> tuple[Any, ...]:
        """Write the new WCSs into the headers."""
        from core.align.apply import apply

        return apply(alignment, sets.settings(updatehdr=True), progress)

    def outputs(
        self, alignment: Alignment, sets: AlignSets, folder: Path, *, progress: Progress
    ) -> tuple[Path, ...]:
        """Write the catalogs, match files and shift file that the parameters ask for."""
        from core.align.outputs import write_outputs

        progress.begin("Write catalogs")
        return write_outputs(alignment, sets.settings(), folder)

    def past(self, path: Path) -> Past:
        """What is known of the WCSs of a file; trouble with one half does not hide the other."""
        from core.data.history import states
        from core.data.wcsversions import versions
        from ui.wcsdialog import Past

        troubles, found = [], {"states": (), "versions": ()}
        for name, read in (("states", states), ("versions", versions)):
            try:
                found[name] = read(path)
            except Refusal as refusal:
                troubles.append(str(refusal))
        return Past(path, found["states"], found["versions"], " ".join(dict.fromkeys(troubles)))

    def restore(self, path: Path, number: int, discard: bool, *, progress: Progress) -> Any:
        """Put back the headers of a recorded state; `discard` when they were changed by something else since."""
        from core.data.history import restore

        progress.begin(f"Restore {path.name}")
        return restore(path, number, discard=discard)

    def make_primary(self, path: Path, which: str, *, progress: Progress) -> Any:
        """Make a WCS inside a file its primary one."""
        from core.data.wcsversions import switch

        progress.begin(f"Change the WCS of {path.name}")
        return switch(path, which)

    def export_headerlet(self, path: Path, target: Path, words: dict[str, str]) -> Path:
        """Write the primary WCS of an exposure as a headerlet file, which may replace one; the person was asked."""
        from core.data.headerlets import HeaderletWords, export_headerlet

        if target.exists() and target.samefile(path):
            raise Refusal("That is the exposure itself.", file=target, advice="another name.")
        told = HeaderletWords(**words)
        told.check()
        export_headerlet(path, target, told, clobber=True)
        return target

    def drizzle(
        self,
        files: Sequence[Path],
        params: ParamSet,
        folder: Path,
        only: frozenset[str] | None = None,
        *,
        progress: Progress,
    ) -> DrizzleResult:
        """The seven steps, but those that an earlier run did and nothing changed for; or `only` these, on what those
        before left. Products go to `folder`.
        """
        from core.drizzle.session import astrodrizzle

        wanted: dict[str, Any] = {"only": only, "resume": only is None, "progress": progress}
        with workers_at(self.scheduler, params["num_cores"], progress) as workers:
            return astrodrizzle(files, params, folder=folder, ivm=dict(self.maps), workers=workers, **wanted)

    def steps(self, files: Sequence[Path], params: ParamSet, folder: Path) -> tuple[StepState, ...] | str:
        """How each step of Drizzle stands; the reason where such a run cannot be."""
        from core.drizzle.status import step_states

        try:
            return step_states(files, params, folder, dict(self.maps))
        except (Refusal, OSError) as error:
            return str(error)
