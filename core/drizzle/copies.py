"""Copies of the exposures as they were before the run, in OrIg_files beside them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.data.flagfile import companions
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


def keep_original(path: Path, params: Mapping[str, Any]) -> None:
    """Copy an exposure to OrIg_files beside it: with overwrite always, with preserve unless a copy is there."""
    copy = path.parent / ORIGINALS / path.name
    if not (params["overwrite"] or (params["preserve"] and not copy.exists())):
        return
    try:
        copy.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise Refusal(
            f"Cannot make the folder: {error.strerror}.",
            file=copy.parent,
            subject="preserve",
            advice="Make the folder writable, or switch preserve and overwrite off.",
        ) from error
    if copy.exists():
        copy.chmod(0o644)
    with replacing(copy) as part:
        shutil.copyfile(path, part)
    copy.chmod(0o444)
