"""Copies of the exposures as they were before the run, in OrIg_files beside them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core.data.flagfile import companions
from core.data.outfiles import same_file
from core.data.safe import replacing
from core.errors import Refusal

ORIGINALS = "OrIg_files"


def originals(files: Sequence[Path]) -> list[Path]:
    """The kept copies of the exposures; raises Refusal where there is none."""
    copies = [Path(path).parent / ORIGINALS / Path(path).name for path in files]
    for path, copy in zip(files, copies, strict=True):
        if not copy.is_file():
            raise Refusal(
                f"There is no copy of it in {ORIGINALS}.",
                file=path,
                subject="restore",
                advice="Switch restore off.",
            )
    return copies


def restore_originals(files: Sequence[Path]) -> None:
    """Put the kept copies back over the exposures and over files of flags beside them; raises Refusal where there
    is none of an exposure."""
    found = dict(zip(map(Path, files), originals(files), strict=True))
    for path in list(found):
        for beside in companions(path):
            copy = beside.parent / ORIGINALS / beside.name
            if copy.is_file():
                found[beside] = copy
    for path, copy in found.items():
        with replacing(path) as part:
            shutil.copyfile(copy, part)


@contextmanager
def original_kept(path: Path, params: Mapping[str, Any]) -> Iterator[None]:
    """Keep an exposure in OrIg_files beside it while the block puts a new file in its place: with overwrite always,
    with preserve unless a copy is there.

    The old file itself is kept, under a second name, and costs neither time nor room: exposures are never changed but
    by a new file that takes their name. Where a file cannot have two names, or has several already, so that somebody
    may change it under another one, it is copied. An older copy gives way when the block ended well. Raises Refusal.
    """
    copy = path.parent / ORIGINALS / path.name
    if not (params["overwrite"] or (params["preserve"] and not copy.exists())):
        yield
        return
    _make_folder(copy.parent)
    # an older copy gives way only when all went well; a first one is there before the exposure is touched
    older = copy.exists()
    kept = copy.with_name(f".{copy.name}.part") if older else copy
    with _told(copy):
        kept.unlink(missing_ok=True)
        _second_name(path, kept)
    try:
        yield
    except BaseException:
        if older or same_file(path, kept):
            kept.unlink(missing_ok=True)
        raise
    with _told(copy):
        if same_file(path, kept):  # nothing was changed, and other programs may change files in place
            with replacing(kept, durable=False) as part:
                shutil.copyfile(path, part)
        if older:
            os.replace(kept, copy)
    with suppress(OSError):  # a colleague's file
        copy.chmod(0o444)


@contextmanager
def _told(copy: Path) -> Iterator[None]:
    """An error of the disk as a refusal."""
    try:
        yield
    except OSError as error:
        raise Refusal(
            f"The exposure cannot be kept: {error.strerror or error}.",
            file=copy,
            subject="preserve",
            advice="Make room, make the folder writable, or switch preserve and overwrite off.",
        ) from error


def _second_name(path: Path, side: Path) -> None:
    """Give the file the second name `side`, or copy it."""
    source = path.resolve()
    kept = path.parent / ORIGINALS / path.name
    if source.stat().st_nlink == 1 or same_file(source, kept):
        with suppress(OSError):
            os.link(source, side)
            return
    shutil.copyfile(source, side)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Refusal(
            f"Cannot make the folder: {error.strerror}.",
            file=folder,
            subject="preserve",
            advice="Make the folder writable, or switch preserve and overwrite off.",
        ) from error
