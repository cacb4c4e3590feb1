"""Finding reference files that headers name, such as PFLTFILE = "jref$qb12257pj_pfl.fits"."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import Refusal

_NONE = ("", "N/A", "NA", "NONE", "INDEF")


def names_a_file(value: object) -> bool:
    """Whether a keyword's value is the name of a file at all (not N/A, not blank)."""
    return isinstance(value, str) and value.strip().upper() not in _NONE


def reference_file(value: object, beside: str | Path, subject: str) -> Path:
    """The reference file that the keyword `subject` of the exposure `beside` names by `value`.

    "iref$x.fits" is looked for in the folder that the environment variable iref holds (as the archive's tools do),
    then beside the exposure; a name without "$" where it says, then beside the exposure.

    Raises
    ------
    Refusal
        The keyword names no file, or the file is in neither place; names the keyword and the variable.
    """
    exposure = Path(beside)
    found = find_reference(value, exposure)
    if found is not None:
        return found
    if not names_a_file(value):
        raise Refusal(
            f"The keyword {subject} of its primary header names no file.",
            file=exposure,
            subject=subject,
            advice="Set the keyword to the name of the reference file and put the file beside the exposure.",
        )
    text = str(value).strip()
    variable, dollar, name = text.rpartition("$")
    where = f"set the environment variable {variable} to its folder, or " if dollar else ""
    raise Refusal(
        f"The reference file {text} is not there{_why(variable)}.",
        file=exposure,
        subject=subject,
        advice=f"{where}put {Path(name).name} beside the exposure.",
    )


def find_reference(value: object, beside: str | Path) -> Path | None:
    """The file as `reference_file` looks for it, None when it is not there."""
    if not names_a_file(value):
        return None
    variable, _, name = str(value).strip().rpartition("$")
    folder = Path(beside).parent
    # copies of exposures, which `restore` looks at first, lie in a folder beside the exposures
    near = [folder, folder.parent] if folder.name == "OrIg_files" else [folder]
    for path in (*_folders(variable, name), *(place / Path(name).name for place in near)):
        if path.is_file():
            return path
    return None


def unknown_folder(value: object) -> str:
    """The environment variable in the name that is not set, "" when there is none or it is."""
    variable = str(value).strip().rpartition("$")[0] if names_a_file(value) else ""
    return "" if os.environ.get(variable, "").strip() else variable


def _folders(variable: str, name: str) -> tuple[Path, ...]:
    """Where a file lies by its name alone."""
    if not variable:
        return (Path(name).expanduser(),)
    folder = os.environ.get(variable, "").strip()
    return (Path(folder).expanduser() / name,) if folder else ()


def _why(variable: str) -> str:
    if not variable:
        return ""
    folder = os.environ.get(variable, "").strip()
    return f": {variable} is {folder}" if folder else f": the environment variable {variable} is not set"
