"""What was done to the headers of a file, kept beside it, so that every former state can be put back exactly.

Beside the exposures lies a folder `drizzledesk_history` with a folder for each file, named as the file:

    drizzledesk_history/ibc301qrq_flt.fits/0001.json       the file as it was first seen
                                           0002.json       after Apply
                                           tables/WCSCORR_1_0f3a....fits

A state is plain JSON that can be read by eye: date, program version, what was done, WCSNAME, rms, and the cards of all
headers; data of bookkeeping extensions (WCSCORR, headerlets, distortion tables) are FITS files in `tables`. Pixels are
not kept. A state is written before the file is replaced, under the name `0002.pending.json`, and gets its name after:
a crash between leaves a pending state, which counts exactly if the file has its headers.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from astropy.io import fits

from core import __version__
from core.data.ahead import Ahead
from core.data.cards import rms_in_mas
from core.data.fitsfile import open_fits
from core.data.onepass import alter
from core.data.safe import change_copy, replace_by_copy, replacing, rewrite_plain, unpacked
from core.data.snapshot import Snapshot, capture, differences, rebuild
from core.data.statefiles import State, folder_of, read_snapshot, read_states, state_path, write_state
from core.errors import Refusal

__all__ = ["State", "folder_of", "previous_state", "restore", "rewrite_recorded", "states"]

# what drizzling leaves in the headers of its inputs: no reason to refuse a restore
_DRIZZLING = frozenset(
    {"MDRIZSKY", "CHECKSUM", "DATASUM", "NPIX1", "NPIX2", "PIXVALUE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2"}
)


def states(path: str | Path) -> tuple[State, ...]:
    """The states of a file, oldest first, empty when nothing was ever recorded; `current` marks what it is now.

    No state is current when the headers were changed since by something else. Raises `Refusal` when the file or its
    history cannot be read.
    """
    path = _real(path)
    known = read_states(path)
    if not known:
        return ()
    return _marked(known, _digest(path))


def previous_state(path: str | Path) -> State | None:
    """The state that Undo would put back: the one before the last change that is in force; None without one."""
    found = states(path)
    by_number = {state.number: state for state in found}
    now = next((state for state in found if state.current), None)
    if now is None:
        # changed by something else since: the last state is the one before
        return found[-1] if found else None
    while now.same_as is not None:
        now = by_number[now.same_as]
    return by_number.get(now.parent) if now.parent is not None else None


def restore(path: str | Path, number: int, *, discard: bool = False) -> State:
    """Put the headers of state `number` back, byte for byte; pixels stay. Returns the new state that records it
    (the current one when the file has these headers already).

    A file in which only headers changed is as it was, byte for byte. Changes of the headers by another program are
    refused unless `discard` is set; they are recorded as a state of their own first, so that nothing is lost.

    Raises
    ------
    Refusal
        No history or no such state, another file of that name, headers changed since by another program, a damaged
        history, a file or folder that cannot be written. The file is then as it was.
    """
    path = _real(path)
    known = read_states(path)
    if not known:
        raise _no_history(path)
    target = next((state for state in known if state.number == number), None)
    if target is None:
        raise Refusal(
            f"The history has no state {number}, only 1 to {known[-1].number}.",
            file=path,
            advice="Choose one of the listed states.",
        )
    base = _base(known, target)
    now = next((state for state in reversed(_marked(known, _digest(path))) if state.current), None)
    if now is not None and _base(known, now).number == base.number:
        return now
    goal = read_snapshot(path, base)
    with _Journal(path) as journal:

        def work_on(work: Path) -> None:
            now = capture(work)
            _check_same_file(path, goal, now)
            if not discard:
                _check_edits(path, known, now)
            notes = _put_back(work, goal, now, path)
            action = f"Restored state {base.number}: {base.action}"
            journal.note(now, capture(work), action, " ".join(notes), base)

        rewrite_plain(path, work_on)
    return journal.finish()


def rewrite_recorded(
    path: str | Path,
    change: Callable[[fits.HDUList], None],
    *,
    action: str,
    detail: str = "",
    ahead: Ahead | None = None,
) -> State | None:
    """`core.data.safe.rewrite_fits` with the state before and after kept in the history.

    `action` says in a few words what is done ("Aligned to ibc301qrq_flt.fits"). Returns the new state, None when no
    header changed. Of `ahead` the copy is taken that it has made of this file. Raises `Refusal` when the file or its
    history cannot be written; the file is then as it was.
    """
    path = _real(path)
    with _Journal(path) as journal, replacing(path) as part:

        def note(before: Snapshot, after: Snapshot) -> None:
            if after.digest != before.digest:
                journal.note(before, after, action, detail)

        def work_on(work: Path) -> None:
            before = capture(work)
            change_copy(work, change)
            note(before, capture(work))

        altered = alter(path, change)
        if altered is None:
            replace_by_copy(path, part, work_on)
        else:
            taken = ahead.finished(altered, part) if ahead is not None else None
            written = taken or altered.write(part, sums=True)
            note(written.before, written.after)
    return journal.finish() if journal.made else None


class _Journal:
    """States written as pending while a file is replaced; named at the end, removed when it failed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = False
        self.made: list[State] = []

    def __enter__(self) -> _Journal:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for state in self.made:
            pending = state_path(self._path, state.number, pending=True)
            # if this fails the state stays pending, which says the same
            with contextlib.suppress(OSError):
                if kind is None:
                    os.replace(pending, state_path(self._path, state.number))
                else:
                    pending.unlink(missing_ok=True)

    def finish(self) -> State:
        return replace(self.made[-1], current=True)

    def note(
        self, before: Snapshot, after: Snapshot, action: str, detail: str, base: State | None = None
    ) -> None:
        """Record the state before (if it is not known yet) and after a change."""
        known = _settled(self._path, before.digest)
        parent = next((state for state in reversed(known) if state.digest == before.digest), None)
        if parent is None:
            parent = _found(self._path, known, before)
            # what was found is a fact, whatever becomes of the change
            write_state(self._path, parent, before)
            known = [*known, parent]
        made = _state(known, after, action, detail, parent)
        if base is not None and base.digest == after.digest:
            made = replace(made, same_as=base.number)
        self.made.append(made)
        write_state(self._path, made, after if made.same_as is None else None, pending=True)


def _settled(path: Path, digest: str) -> list[State]:
    """The known states; a pending one of a killed run becomes a real one if it came about, and goes if not."""
    known = read_states(path)
    for state in known:
        if state.pending:
            pending = state_path(path, state.number, pending=True)
            if state.digest == digest:
                os.replace(pending, state_path(path, state.number))
            else:
                pending.unlink(missing_ok=True)
    return [replace(state, pending=False) for state in known if not state.pending or state.digest == digest]


def _found(path: Path, known: list[State], now: Snapshot) -> State:
    if not known:
        return _state(known, now, "First seen", "", None)
    changes = differences(read_snapshot(path, _base(known, known[-1])), now)
    names = list(dict.fromkeys(f"{one.where}: {one.keyword}" for one in changes))
    drizzled = all(one.keyword in _DRIZZLING for one in changes)
    action = "Drizzled" if drizzled else "Changed by another program"
    return _state(known, now, action, _listed(names), known[-1])


def _state(known: list[State], now: Snapshot, action: str, detail: str, parent: State | None) -> State:
    header = now.science
    nmatch = header.get("NMATCH")
    return State(
        number=known[-1].number + 1 if known else 1,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        program=f"DrizzleDesk {__version__}",
        action=action,
        detail=detail,
        wcsname=str(header.get("WCSNAME", "")).strip(),
        rms_mas=rms_in_mas(header),
        nmatch=int(nmatch) if isinstance(nmatch, int) else None,
        parent=parent.number if parent is not None else None,
        digest=now.digest,
    )


def _put_back(work: Path, goal: Snapshot, now: Snapshot, path: Path) -> list[str]:
    made = work.with_name(f"{work.name}.new")
    try:
        notes, stale = rebuild(goal, now, made)
    except Refusal as refusal:
        raise Refusal(refusal.what, file=path, subject=refusal.subject, advice=refusal.advice) from refusal
    os.replace(made, work)
    stale = [number for number in stale if "DATASUM" in goal.parts[number].cards]
    if stale:
        change_copy(work, lambda hdus: _renew_checksums(hdus, stale))
    return notes


def _renew_checksums(hdus: fits.HDUList, numbers: list[int]) -> None:
    for number in numbers:
        hdus[number].add_checksum()


def _check_same_file(path: Path, goal: Snapshot, now: Snapshot) -> None:
    if goal.rootname != now.rootname:
        raise Refusal(
            f"The history was made for the exposure {goal.rootname!r}, the file holds {now.rootname!r}.",
            file=path,
            subject="ROOTNAME",
            advice="Move the file, or remove its folder in drizzledesk_history.",
        )


def _check_edits(path: Path, known: list[State], now: Snapshot) -> None:
    """Refuse when the headers are those of no state, drizzling apart."""
    if any(state.digest == now.digest for state in known):
        return
    nearest: list[str] | None = None
    for state in known:
        if state.same_as is None:
            changes = differences(read_snapshot(path, state), now)
            names = [f"{one.where}: {one.keyword}" for one in changes if one.keyword not in _DRIZZLING]
            if nearest is None or len(names) < len(nearest):
                nearest = names
    if nearest:
        raise Refusal(
            f"Another program changed the headers since: {_listed(list(dict.fromkeys(nearest)))}.",
            file=path,
            advice="Restore and discard these changes (they stay in the history as a state of their own).",
        )


def _no_history(path: Path) -> Refusal:
    """What is known when there is no history under the file's name: a renamed copy is recognised."""
    digest = _digest(path)
    for folder in sorted(folder_of(path).parent.glob("*")):
        other = path.with_name(folder.name)
        with contextlib.suppress(Refusal):
            if any(state.digest == digest for state in read_states(other)):
                return Refusal(
                    f"There is no history of this file, but it has the headers of {folder.name}: it is a copy.",
                    file=path,
                    advice=f"Restore {folder.name}, or rename this file so.",
                )
    return Refusal(
        "There is no history of this file: nothing was applied to it here, or it was moved away from its "
        "folder drizzledesk_history.",
        file=path,
        advice="Put the folder drizzledesk_history beside the file.",
    )


def _base(known: list[State], state: State) -> State:
    """The state that holds the headers of `state`, which may be the record of a restore."""
    by_number = {one.number: one for one in known}
    while state.same_as is not None:
        state = by_number[state.same_as]
    return state


def _marked(known: list[State], digest: str) -> tuple[State, ...]:
    """Without pending states that did not come about; the last that has the file's headers is current."""
    real = [state for state in known if not state.pending or state.digest == digest]
    now = max((state.number for state in real if state.digest == digest), default=0)
    return tuple(replace(state, pending=False, current=state.number == now) for state in real)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


def _digest(path: Path) -> str:
    with open_fits(path, whole=False):
        pass  # a missing or damaged file is refused by its own name
    with unpacked(path) as plain:
        return capture(plain, pixels=False).digest


def _real(path: str | Path) -> Path:
    """Histories lie beside the data, not beside a link to them."""
    return Path(path).resolve()
