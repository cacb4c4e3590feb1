"""A window's state taken down for a session file, and brought back. Taking down is quick and in the GUI thread;
looking at files, packing and writing happen in a lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Refusal

if TYPE_CHECKING:
    from core.align.choices import Choices
    from core.align.results import Alignment, ImageResult
    from core.drizzle.results import DrizzleResult
    from core.params import Loaded, ParamSet
    from core.sessions.document import Document, SavedSet, ViewValue
    from core.sessions.marks import FileMark, Found
    from core.sessions.writing import Parts
    from ui.engine import AlignSets

Stamp = tuple[str, int, int]


@dataclass(frozen=True, eq=False)
class FormShot:
    """One form: values, the file it belongs to, whether it differs from it, texts that are no values."""

    values: ParamSet
    path: Path | None
    modified: bool
    unreadable: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Shot:
    """Everything that a session file is made of, as values that never change. `noted` are marks of the files that the
    alignment read, as they were when it had read or written them."""

    files: tuple[Path, ...]
    forms: Mapping[str, FormShot]
    choices: Choices
    alignment: Alignment | None
    aligned_files: tuple[Path, ...]
    aligned_sets: AlignSets | None
    applied: frozenset[Path]
    result: DrizzleResult | None
    weights: str
    folder: Path | None
    view: Mapping[str, ViewValue]
    noted: Mapping[str, FileMark] = field(default_factory=dict)

    @property
    def signature(self) -> tuple[object, ...]:
        """What decides whether there is something new to save; the view does not count."""
        forms = tuple(
            (task, form.values, form.path, form.modified, tuple(form.unreadable.items()))
            for task, form in self.forms.items()
        )
        results = (id(self.alignment), self.applied, id(self.result), self.folder)
        return self.files, forms, self.choices, results

    @property
    def is_worthless(self) -> bool:
        """Whether there is nothing that anybody would want back."""
        changed = any(form.values.changed() or form.unreadable or form.path for form in self.forms.values())
        return not (self.files or changed or self.choices)


class Sums:
    """Checksums worked out once for each state of a file."""

    def __init__(self) -> None:
        self._known: dict[Stamp, str] = {}

    def with_sum(self, one: FileMark) -> FileMark:
        """The mark with its checksum, if the file is still as marked."""
        from core.sessions.marks import State, checksum_of, state_of

        stamp = (one.path, one.size, one.mtime_ns)
        if stamp not in self._known:
            path = Path(one.path)
            if state_of(one, path) is not State.SAME:
                return one
            try:
                self._known[stamp] = checksum_of(path)
            except OSError:
                return one
        return replace(one, sha256=self._known[stamp])

    def known(self, one: FileMark) -> FileMark:
        """The mark with its checksum if that is known already."""
        return replace(one, sha256=self._known.get((one.path, one.size, one.mtime_ns), one.sha256))


def read_by(files: Sequence[Path], sets: AlignSets | None) -> dict[str, FileMark]:
    """Marks of all files that an alignment reads: exposures, reference, catalogs. Runs in a lane."""
    from core.align.saving import read_files
    from core.sessions.marks import mark

    paths: Sequence[Path] = files
    if sets is not None:
        try:
            paths = read_files(list(files), sets.settings())
        except (Refusal, OSError):
            paths = files
    found = (mark(Path(path)) for path in dict.fromkeys(paths))
    return {one.path: one for one in found if one is not None}


def save(shot: Shot, path: Path, parts: Parts, sums: Sums, checksums: bool) -> Path:
    """Write a session file; runs in a lane. `checksums` are worked out for a file that the person asked for."""
    from core.sessions.writing import write_session

    path.parent.mkdir(parents=True, exist_ok=True)
    write_session(_document(shot, sums, checksums), path, parts)
    return path


def _document(shot: Shot, sums: Sums, checksums: bool) -> Document:
    from core.sessions.document import Document, SavedAlignment, SavedDrizzle
    from core.sessions.marks import FileMark, mark

    def marked(paths: Sequence[Path]) -> tuple[FileMark, ...]:
        found = (shot.noted.get(str(path.absolute())) or mark(path) for path in paths)
        # a file that is gone is still named, so that it can be looked for
        marks = [
            one or FileMark(str(path.absolute()), "", 0, 0) for one, path in zip(found, paths, strict=True)
        ]
        return tuple(sums.with_sum(one) if checksums else sums.known(one) for one in marks)

    alignment = drizzle = None
    if shot.alignment is not None and shot.aligned_sets is not None:
        sets = shot.aligned_sets
        read = [Path(name) for name in shot.noted] or list(shot.aligned_files)
        alignment = SavedAlignment(
            shot.alignment,
            (sets.tweakreg, sets.imagefind, sets.refimagefind),
            marked(read),
            tuple(map(str, shot.aligned_files)),
            tuple(sorted(map(str, shot.applied))),
        )
    if shot.result is not None:
        drizzle = SavedDrizzle(shot.result, marked(_shown(shot.result)), shot.weights)
    return Document(
        exposures=marked(shot.files),
        sets={task: _saved(form) for task, form in shot.forms.items()},
        choices=shot.choices,
        alignment=alignment,
        drizzle=drizzle,
        folder=str(shot.folder or ""),
        view=shot.view,
        saved=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _saved(form: FormShot) -> SavedSet:
    from core.sessions.document import SavedSet

    return SavedSet(form.values, str(form.path or ""), form.modified, form.unreadable)


def _shown(result: DrizzleResult) -> list[Path]:
    """The products that the views show; intermediate images may go."""
    paths = (result.science, result.weight, result.context, result.median)
    return list(dict.fromkeys(path for path in paths if path is not None))


@dataclass(frozen=True, eq=False)
class Opened:
    """A session file that was read, and what became of its files. `baselines` is what their .cfg files hold of the
    sets now; `alignment`, `result` are None when their files are others now, with the reasons in `gone`, by the action
    that makes them anew: "align", "drizzle"."""

    document: Document
    exposures: tuple[Found, ...]
    baselines: Mapping[str, Loaded]
    alignment: Alignment | None
    aligned_files: tuple[Path, ...]
    applied: frozenset[Path]
    result: DrizzleResult | None
    noted: Mapping[str, FileMark]
    notes: tuple[str, ...]
    gone: Mapping[str, str]

    @property
    def missing(self) -> list[str]:
        from core.sessions.marks import State

        return [str(one.path) for one in self.exposures if one.state is State.MISSING]


def load(path: Path, also: Sequence[Path] = ()) -> Opened:
    """Read a session file and look for its files; runs in a lane. Raises Refusal."""
    from core.sessions.marks import find
    from core.sessions.reading import read_session

    document = read_session(path)
    base = path.parent
    exposures = tuple(find(one, base, also) for one in document.exposures)
    moved = {mark.path: found.path for mark, found in zip(document.exposures, exposures, strict=True)}
    notes: list[str] = []
    gone: dict[str, str] = {}
    alignment, noted = _alignment(document, base, also, moved, gone)
    aligned = document.alignment if alignment is not None else None
    return Opened(
        document,
        exposures,
        _baselines(document, notes),
        alignment,
        tuple(moved.get(name, Path(name)) for name in aligned.exposures) if aligned else (),
        frozenset(moved.get(name, Path(name)) for name in aligned.applied) if aligned else frozenset(),
        _result(document, base, also, moved, gone),
        noted,
        tuple(notes),
        gone,
    )


def _alignment(
    document: Document, base: Path, also: Sequence[Path], moved: Mapping[str, Path], gone: dict[str, str]
) -> tuple[Alignment | None, Mapping[str, FileMark]]:
    """The alignment with the paths of today, if all that it read is unchanged, and marks of what it read."""
    from core.sessions.marks import State, find, mark

    saved = document.alignment
    if saved is None:
        return None, {}
    found = [(one, find(one, base, also)) for one in saved.read]
    others = [f"{one.name} ({where.state})" for one, where in found if where.state is not State.SAME]
    if others or not found:
        named = ", ".join(others[:6]) + (f" and {len(others) - 6} more" if len(others) > 6 else "")
        gone["align"] = f"The alignment is not shown, for what it read is not as it was: {named}."
        return None, {}
    images = tuple(_moved_image(image, moved) for image in saved.result.images)
    now = (mark(where.path) for _, where in found)
    return replace(saved.result, images=images), {one.path: one for one in now if one is not None}


def _moved_image(image: ImageResult, moved: Mapping[str, Path]) -> ImageResult:
    return replace(image, path=moved.get(str(image.path), image.path))


def _result(
    document: Document, base: Path, also: Sequence[Path], moved: Mapping[str, Path], gone: dict[str, str]
) -> DrizzleResult | None:
    from core.sessions.marks import State, find

    saved = document.drizzle
    if saved is None:
        return None
    found = {one.path: find(one, base, also) for one in saved.products}
    others = [
        f"{where.path.name} ({where.state})" for where in found.values() if where.state is not State.SAME
    ]
    if others:
        gone["drizzle"] = f"The products are not shown: {', '.join(others)}."
        return None

    def now(path: Path | None) -> Path | None:
        return None if path is None else found[str(path)].path if str(path) in found else path

    result = saved.result
    return replace(
        result,
        exposures=tuple(replace(one, path=moved.get(str(one.path), one.path)) for one in result.exposures),
        science=now(result.science),
        weight=now(result.weight),
        context=now(result.context),
        median=now(result.median),
    )


def _baselines(document: Document, notes: list[str]) -> dict[str, Loaded]:
    """What the .cfg files of the sets hold today."""
    from core.params import read_cfg

    found = {}
    for task, saved in document.sets.items():
        if not saved.path:
            continue
        try:
            loaded = read_cfg(saved.path)
        except Refusal as refusal:
            notes.append(f"The file of {task} cannot be read any more: {refusal}")
            continue
        if loaded.set.task.name == task:
            found[task] = loaded
            if not saved.modified and loaded.set != saved.values:
                notes.append(f"{Path(saved.path).name} was changed since; the session's values are shown.")
    return found
