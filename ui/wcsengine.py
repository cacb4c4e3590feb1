"""What the WCS history asks of the engine about several files, and about headerlets; everything runs in a lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Refusal

if TYPE_CHECKING:
    from core.align.results import Applied
    from core.align.tweakback import Carried
    from core.data.cards import CardChange
    from core.data.history import State
    from core.runs.progress import Progress


@dataclass(frozen=True)
class Goal:
    """To which recorded state a file is to go back; none, with the reason in `trouble`, when there is no way."""

    path: Path
    state: State | None = None
    changed_since: bool = False
    trouble: str = ""


@dataclass(frozen=True)
class Restored:
    """What became of a file; `trouble` is "" when its headers are those of the state."""

    path: Path
    trouble: str = ""


def goals(paths: Sequence[Path], first: bool, *, progress: Progress) -> tuple[Goal, ...]:
    """For each file the state before its last change, or (`first`) the one in which it was first seen."""
    progress.begin("Read the histories", len(paths))
    found = []
    for path in paths:
        progress.check()
        try:
            found.append(_goal(path, first))
        except Refusal as refusal:
            found.append(Goal(path, trouble=str(refusal)))
        progress.advance()
    return tuple(found)


def _goal(path: Path, first: bool) -> Goal:
    from core.data.history import previous_state, states

    known = states(path)
    if not known:
        return Goal(path, trouble="nothing was applied to it here")
    state = known[0] if first else previous_state(path)
    if state is None:
        return Goal(path, trouble="there is no state before")
    if state.current:
        return Goal(path, trouble="these are its headers now")
    return Goal(path, state, not any(one.current for one in known))


def restore_all(chosen: Sequence[Goal], *, progress: Progress) -> tuple[Restored, ...]:
    """Put the headers back, file by file; one that cannot be changed stops no other."""
    from core.data.history import restore

    done = []
    with progress.step("Restore", len(chosen)):
        for goal in chosen:
            progress.check()
            assert goal.state is not None
            try:
                restore(goal.path, goal.state.number, discard=goal.changed_since)
                done.append(Restored(goal.path))
            except Refusal as refusal:
                done.append(Restored(goal.path, str(refusal)))
            progress.advance()
    return tuple(done)


@dataclass(frozen=True)
class Named:
    """The reference files of an exposure in words, or in `trouble` which one is not there."""

    path: Path
    files: str = ""
    trouble: str = ""


def named_files(paths: Sequence[Path], *, progress: Progress) -> tuple[Named, ...]:
    """Which distortion files each exposure names, and whether they are there."""
    from core.data.updatewcs import reference_files

    progress.begin("Look for reference files", len(paths))
    found = []
    for path in paths:
        progress.check()
        try:
            files = reference_files(path)
            found.append(Named(path, ", ".join(f"{key} {file.name}" for key, (_, file) in files.items())))
        except Refusal as refusal:
            found.append(Named(path, trouble=str(refusal)))
        progress.advance()
    return tuple(found)


def make_anew(paths: Sequence[Path], *, progress: Progress) -> tuple[Restored, ...]:
    """The WCS of each exposure made anew; one that cannot be made stops no other."""
    from core.data.updatewcs import update_all

    return tuple(Restored(one.path, one.reason) for one in update_all(paths, progress))


def preview_tweakback(image: Path, *, progress: Progress) -> tuple[Carried, ...]:
    """What a tweakback from a drizzled image would do to its exposures. Raises `Refusal`."""
    from core.align.tweakback import preview_tweakback

    progress.begin("Look at the headers")
    return preview_tweakback(image)


def tweakback(image: Path, paths: Sequence[Path], *, progress: Progress) -> tuple[Applied, ...]:
    """Give these exposures of a drizzled image the correction that its alignment gave to it. Raises `Refusal`."""
    from core.align.tweakback import tweakback

    return tweakback(image, paths, progress=progress)


def preview_headerlet(path: Path, source: Path) -> tuple[CardChange, ...]:
    """The cards that a headerlet file would change. Raises `Refusal`."""
    from core.data.headerletpreview import preview_headerlet

    return preview_headerlet(path, source)


def apply_headerlet(path: Path, source: Path, *, progress: Progress) -> Any:
    """Make the WCS of a headerlet file the primary one. Raises `Refusal`."""
    from core.data.headerlets import apply_headerlet

    progress.begin(f"Change the WCS of {path.name}")
    return apply_headerlet(path, source)
