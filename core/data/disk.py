"""Why something cannot be written, in words: which folder, what is wrong with it, what to try."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from core.errors import Refusal

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_ANOTHER = "choose another folder."


def unwritable(folder: Path, error: OSError, *, file: Path | None = None, subject: str = "") -> Refusal:
    """What to say of an error of the disk when something is written in `folder`, or the folder is made.

    `file` is the file concerned, None for the folder itself.
    """
    where = folder.absolute()
    inside = next((each for each in (where, *where.parents) if each.exists()), where)
    if not inside.is_dir():
        what = "This is a file, not a folder." if inside == where else f"{inside} is a file, not a folder."
        advice = "Choose another folder."
    elif error.errno == errno.EISDIR:
        what, advice = "This is a folder, not a file.", "Choose another name."
    elif error.errno in _FULL:
        what, advice = f"The disk of the folder {where} is full.", f"Make room there, or {_ANOTHER}"
    elif error.errno == errno.EROFS:
        what = f"The folder {where} is on a disk that can only be read."
        advice = "Choose a folder that you may write to."
    elif error.errno in (errno.EACCES, errno.EPERM):
        what = f"You may not write in the folder {inside}."
        locked = "Close what has the file open, change" if os.name == "nt" else "Change"
        advice = f"{locked} its permissions, or {_ANOTHER}"
    elif error.errno == errno.EFBIG:
        what = f"A file in the folder {where} may not be as large as this."
        advice = f"Raise the limit of this session (ulimit -f) or of the disk, or {_ANOTHER}"
    elif error.errno == errno.ENOENT and inside != where:
        what, advice = f"There is no folder {where}.", f"Make it, or {_ANOTHER}"
    elif error.errno == errno.ENAMETOOLONG:
        what, advice = "The name is longer than the disk takes.", "Choose a shorter name."
    else:
        what = f"Nothing can be written in the folder {where}: {error.strerror or error}."
        advice = "Choose a folder that you may write to."
    return Refusal(what, file=file or where, subject=subject, advice=advice)
