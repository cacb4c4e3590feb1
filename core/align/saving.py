"""What an alignment may write: looked at before anything is done, so that no run ends in a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.align.given import Given
from core.align.settings import AlignSettings
from core.data.headerlets import headerlet_path
from core.data.outfiles import check_folder, check_output, named_files, product_path, same_file
from core.errors import Refusal
from core.params import ParamSet

NAMING = ("runfile", "outshifts", "outwcs", "hdrfile")
"""The parameters that name files to be written; all other names of files are of what is read."""

_OF_AN_IMAGE = (
    r"(_sci\d+_xy_catalog\.coo|_(sky|refxy)_catalog\.coo|_(xy_catalog|catalog_fit)\.match|_xy_catfile\.list)"
)


def root(path: Path) -> str:
    """The root of the names of an image's files."""
    return path.name.removesuffix(".gz").removesuffix(".fits")


def read_files(paths: Sequence[Path], settings: AlignSettings) -> tuple[Path, ...]:
    """All files that a run reads: exposures, the reference, catalogs, lists and what they name."""
    values = settings.tweakreg
    return *paths, *named_files(values, values.task.params, NAMING), *Given.read(values).files()


def writes_catalogs(values: ParamSet) -> bool:
    return bool(values["writecat"]) and not values["clean"]


def check_outputs(
    files: Sequence[str | Path], settings: AlignSettings, folder: str | Path, keep: Iterable[Path] = ()
) -> None:
    """Make `folder` and see that all files of a run can go there; nothing is written.

    `keep` are further files that no product may replace.

    Raises
    ------
    Refusal
        The folder cannot be written, a name is none or that of another product, a file that the run reads would
        be written over.
    """
    values = settings.tweakreg
    paths = [Path(file) for file in files]
    read = [*read_files(paths, settings), *keep]
    names = {"runfile": values["runfile"]} if values["runfile"] else {}
    if values["shiftfile"]:
        names |= {"outshifts": values["outshifts"], "outwcs": values["outwcs"]}
    if names or writes_catalogs(values) or values["headerlet"]:
        check_folder(folder)
    for path in paths if values["headerlet"] else ():
        check_output(headerlet_path(path, values["hdrfile"], folder), read, "hdrfile")
    taken: dict[str, str] = {}
    for subject, name in names.items():
        product_path(folder, name, read, subject)
        other = taken.setdefault(name.lower(), subject)
        if other != subject or (writes_catalogs(values) and _is_derived(name, paths)):
            what = (
                f"{other} has this name too." if other != subject else "A catalog of this run has this name."
            )
            raise Refusal(what, file=name, subject=subject, advice="another name.")
    if writes_catalogs(values):
        _check_catalogs(paths, read, Path(folder))


def _check_catalogs(paths: Sequence[Path], read: Iterable[Path], folder: Path) -> None:
    for one in read:
        if _is_derived(one.name, paths) and same_file(one, folder / one.name):
            raise Refusal(
                "It would be written over a file that the run reads.",
                file=one,
                subject="writecat",
                advice="writecat = no, or another folder for the products.",
            )


def _is_derived(name: str, paths: Sequence[Path]) -> bool:
    """Whether a catalog of one of the images may have this name."""
    return any(re.fullmatch(re.escape(root(path)) + _OF_AN_IMAGE, name, re.IGNORECASE) for path in paths)
