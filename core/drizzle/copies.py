"""Copies of the exposures as they were before the run, in OrIg_files beside them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    may change it under another one, it is copied. Raises Refusal; when the block fails a new second name goes again.
    """
    copy = path.parent / ORIGINALS / path.name
    missing = not copy.exists()
    if not (params["overwrite"] or (params["preserve"] and missing)):
        yield
        return
    _make_folder(copy.parent)
    if not missing:
        copy.chmod(0o644)
    linked = _linked(path, copy)
    if not linked:
        with replacing(copy) as part:
            shutil.copyfile(path, part)
    try:
        yield
    except BaseException:
        if linked and same_file(path, copy):
            copy.unlink()
        raise
    if same_file(
        path, copy
    ):  # the block found nothing to change, and other programs may change files in place
        with replacing(copy) as part:
            shutil.copyfile(path, part)
    copy.chmod(0o444)


def _linked(path: Path, copy: Path) -> bool:
    """Give the file the second name `copy`; whether that could be done."""
    source = path.resolve()
    part = copy.with_name(f".{copy.name}.{os.getpid()}.part")
    if source.stat().st_nlink > 1 and not same_file(source, copy):
        return False
    try:
        part.unlink(missing_ok=True)
        os.link(source, part)
        os.replace(part, copy)
    except OSError:
        return False
    finally:
        part.unlink(missing_ok=True)  # renaming one name of a file to another one leaves both
    return True


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
