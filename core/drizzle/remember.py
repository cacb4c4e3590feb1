"""What a run takes over from an earlier one, and what it writes down for the next (`core.drizzle.journal`).

A step is taken over when the journal holds it under the key of what it reads now, and its files are unchanged. Files
that are read again in this run are compared by the checksum of their bytes, the others by size and time.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from core.drizzle.chain import keys_of, names_of, read_by, whole
from core.drizzle.choose import NAMES
from core.drizzle.journal import (
    Entry,
    Journal,
    is_foreign,
    journal_name,
    read_journal,
    remove_journal,
    write_journal,
)
from core.drizzle.numbers import from_json, to_json
from core.drizzle.run import Run
from core.drizzle.seen import as_known, seen, with_sums
from core.drizzle.stamps import Stamp, is_same
from core.errors import Refusal
from core.runs.memory import fingerprint

_WORKS_ON = {"median": "separate", "blot": "median", "cosmic": "blot", "combine": "cosmic"}
_MASKED = ("sky", "separate", "cosmic", "combine")


@dataclass
class _Pending:
    """A step that was done, whose files may still be on their way to the disk."""

    entry: Entry
    names: list[str]


class Remembered:
    """The journal as one run uses it. `taken` names the steps that it need not do."""

    def __init__(self, run: Run, *, resume: bool) -> None:
        self._run = run
        self._path = run.space.folder / journal_name(run.called.root)
        self.keeps = not run.space.in_memory
        if self.keeps and is_foreign(self._path):
            self.keeps = False
            run.warn(
                f"{self._path.name} is no journal of steps and is left alone: nothing is taken over later."
            )
        self.journal = read_journal(self._path) if self.keeps else Journal()
        now = seen(run)
        same = as_known(run, now, self.journal.exposures) if self.journal.token else None
        known, now = same is not None, same or now
        self.same_exposures = known
        token = self.journal.token if known else fingerprint(now)
        self.keys = keys_of(run, token)
        reset = self.journal.reset if known else self._reset()
        self.journal = replace(self.journal, token=token, reset=reset, exposures=now)
        self._spoilt = ""
        self._untouched = True
        self._pending: dict[str, _Pending] = {}
        self.taken = self._to_take() if resume and self.keeps else frozenset()

    def is_as_left(self, step: str, read: Collection[str] = ()) -> bool:
        """Whether the journal has the step with the key of now, and its files are as the step left them; the bytes of
        those to `read` are looked at."""
        entry = self.journal.steps.get(step)
        if entry is None or entry.key != self.keys.get(step):
            return False
        if set(entry.files) != set(names_of(self._run, step)):
            return False
        return not entry.changed(self._run.space.folder, read) and self._has_numbers(step)

    def has_made(self, step: str, name: str) -> bool:
        """Whether a file of a step is one that the journal knows, as the step left it, whatever was changed since."""
        entry = self.journal.steps.get(step)
        stamp = entry.files.get(name) if entry is not None else None
        return stamp is not None and is_same(self._run.space.folder / name, stamp, thorough=False)

    def _has_numbers(self, step: str) -> bool:
        try:
            self.value(step)
        except (ValueError, KeyError, TypeError):
            return False
        return True

    def _to_take(self) -> frozenset[str]:
        """The steps to take over; those whose files will be read are looked at byte by byte, the last first."""
        doing = self._run.plan.doing
        taken = {name for name in NAMES if name in doing and self.is_as_left(name)}
        for name in reversed(NAMES):
            if name not in taken:
                continue
            read = name in ("cosmic", "combine") or any(
                later in doing and later not in taken and name == _WORKS_ON.get(later) for later in NAMES
            )
            if name == "static":
                read = any(later in doing and later not in taken for later in _MASKED)
            if read and not self.is_as_left(name, self._to_read(name)):
                taken.discard(name)
        return frozenset(taken)

    def _to_read(self, step: str) -> list[str]:
        """The files of a step that others read; cleaned exposures are for people."""
        return self._run.chip_names("crmask") if step == "cosmic" else names_of(self._run, step)

    def spoil(self, step: str, stamps: object) -> None:
        """Say that a step works on other files than the journal's: what it makes has a key of its own."""
        self._spoilt = fingerprint(self._spoilt, step, stamps)

    def value(self, step: str) -> Any:
        """The numbers of a step, as the journal has them; raises ValueError, KeyError, TypeError for none."""
        return from_json(step, self.journal.steps[step].value, self._run)

    def done(self, step: str, value: Any, warnings: tuple[str, ...]) -> None:
        """Note a step that was done; it is written down as soon as its files are on the disk."""
        if not self.keeps:
            return
        run = self._run
        key = self.keys[step]
        read = [name for name in whole(run) if NAMES.index(name) <= NAMES.index(step)]
        params = {name: text for each in read for name, text in read_by(each, run.params).items()}
        entry = Entry(
            fingerprint(key, self._spoilt) if self._spoilt else key,
            params,
            to_json(step, value),
            warnings,
            exposures=self.journal.exposures,
            made=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        )
        self._pending[step] = _Pending(entry, names_of(run, step))
        self.write_down()

    def write_down(self) -> None:
        """Bring the journal up to date; a folder in which it cannot be written is no failure."""
        if not self.keeps:
            return
        for step, one in list(self._pending.items()):
            stamps = {name: self._run.space.stamps.get(name) for name in one.names}
            files = {name: stamp for name, stamp in stamps.items() if isinstance(stamp, Stamp)}
            if len(files) == len(one.names):
                self.journal = self.journal.with_step(step, replace(one.entry, files=files))
                del self._pending[step]
        self._write()

    def finish(self, *, same_content: bool, clean: bool) -> None:
        """The exposures were changed last: with `same_content` what they hold still means the same to every step."""
        if not self.keeps:
            return
        if clean:
            remove_journal(self._path)
            return
        try:
            now = seen(self._run)
        except OSError:
            return
        # steps that took other flags away read what was flagged now
        same = same_content and self._untouched and self.journal.reset == self._reset()
        token = self.journal.token if same else fingerprint(now)
        now = with_sums(self._run, now, self.journal.exposures if self._untouched else (), self._run.crcs)
        self.journal = replace(self.journal, token=token, reset=self._reset(), exposures=now)
        self._stamp_files_of_others()
        self.write_down()

    def before_update(self) -> None:
        """The exposures are about to be changed: look whether somebody else has done so since the run began."""
        try:
            self._untouched = as_known(self._run, seen(self._run), self.journal.exposures) is not None
        except OSError:
            self._untouched = False

    def _reset(self) -> str:
        return str(self._run.plan.reset_mask)

    def _stamp_files_of_others(self) -> None:
        """Files that other processes wrote for the run are whole at its end, and read once for their checksums."""
        space = self._run.space
        for name in (name for one in self._pending.values() for name in one.names):
            if name not in space.stamps and (space.folder / name).is_file():
                space.stamp(name, None)

    def _write(self) -> None:
        try:
            write_journal(self.journal, self._path)
        except (Refusal, OSError) as error:
            self.keeps = False
            self._run.warn(f"The journal of the steps cannot be written, so they will be done again: {error}")
