"""updatewcs: the WCS and distortions of an exposure made anew from its reference files, through stwcs.

This is what drizzlepac's argument `updatewcs=True` does before aligning or drizzling: the pipeline's WCS (kept under
the letter O) with the distortions that IDCTAB, NPOLFILE and D2IMFILE of the primary header give. An alignment that the
file had is no longer its primary WCS; it stays as an alternate, unless stwcs finds another IDCTAB and removes them all,
and in any case in the file's history.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from astropy.io import fits

from core.data.fitsfile import open_fits
from core.data.history import State, rewrite_recorded
from core.data.reffiles import names_a_file, reference_file
from core.data.science import is_plain, science_of
from core.data.wcsbook import forget_fit, keep_primary, quiet_stwcs, wcs_type
from core.errors import Refusal
from core.runs.progress import Progress

KEYWORDS = ("IDCTAB", "NPOLFILE", "D2IMFILE", "OFFTAB", "DGEOFILE")
_ONLY_WFPC2 = ("OFFTAB", "DGEOFILE")
# the environment belongs to the whole process
_ENVIRONMENT = threading.Lock()


@dataclass(frozen=True)
class Updated:
    """What became of one file: the name of its new WCS and the state in its history, or the refusal as `reason`."""

    path: Path
    wcsname: str = ""
    state: State | None = None
    reason: str = ""


def update_all(files: Sequence[str | Path], progress: Progress | None = None) -> tuple[Updated, ...]:
    """`updatewcs` for each file; one that cannot be updated is reported and left as it was."""
    progress = progress or Progress()
    done = []
    with progress.step("Distortions from reference files", len(files)):
        for file in files:
            progress.check()
            done.append(_guarded(Path(file)))
            progress.advance()
    return tuple(done)


def _guarded(path: Path) -> Updated:
    try:
        state = updatewcs(path)
    except Refusal as refusal:
        return Updated(path, reason=str(refusal))
    except (OSError, ValueError, KeyError, TypeError, MemoryError) as error:
        return Updated(path, reason=f"{path.name}: {type(error).__name__}: {error}")
    with open_fits(path, whole=False) as hdus:
        name = str(science_of(hdus)[0].header.get("WCSNAME", "")).strip()
    return Updated(path, name, state)


def updatewcs(path: str | Path) -> State | None:
    """Make the WCS of an exposure anew from its reference files; returns the new state of its history.

    One atomic replacement by a whole new file, recorded; None when nothing changed. Reference files are looked for in
    the folder of the environment variable in their names (iref$, jref$ ...), then beside the exposure.

    Raises
    ------
    Refusal
        A reference file is not there (names keyword and variable), the exposure names no IDCTAB, stwcs cannot make the
        WCS, the file cannot be replaced. The file is then as it was.
    """
    path = Path(path)
    found = reference_files(path)

    def change(hdus: fits.HDUList) -> None:
        keep_primary(hdus)
        for hdu in science_of(hdus):
            forget_fit(hdu.header)
        with _folders(path, found):
            _by_stwcs(hdus, path)
        for hdu in science_of(hdus):
            hdu.header["WCSTYPE"] = wcs_type(str(hdu.header["WCSNAME"]))

    told = ", ".join(f"{keyword} {file.name}" for keyword, (_, file) in found.items())
    return rewrite_recorded(path, change, action="Distortions from reference files", detail=told)


def reference_files(path: str | Path) -> dict[str, tuple[str, Path]]:
    """The distortion files of an exposure: by keyword, the name in the header and where the file is.

    Raises `Refusal` when the exposure names no IDCTAB or one of the files is not there.
    """
    path = Path(path)
    with open_fits(path) as hdus:
        if is_plain(hdus) or not science_of(hdus):
            raise Refusal(
                "Only exposures with SCI extensions have distortion files.", file=path, subject="updatewcs"
            )
        header = hdus[0].header.copy()
    wfpc2 = str(header.get("INSTRUME", "")).strip().upper() == "WFPC2"
    if not names_a_file(header.get("IDCTAB")):
        raise Refusal(
            "The primary header names no distortion table: without one no WCS can be made anew.",
            file=path,
            subject="IDCTAB",
            advice="Leave updatewcs off for this exposure.",
        )
    wanted = [k for k in KEYWORDS if names_a_file(header.get(k)) and (wfpc2 or k not in _ONLY_WFPC2)]
    return {keyword: (str(header[keyword]).strip(), _there(header, keyword, path)) for keyword in wanted}


def _there(header: fits.Header, keyword: str, path: Path) -> Path:
    try:
        return reference_file(header[keyword], path, keyword)
    except Refusal as refusal:
        raise Refusal(
            refusal.what,
            file=path,
            subject=keyword,
            advice=f"{refusal.advice.rstrip('.')}; or leave updatewcs off: exposures carry their distortions.",
        ) from refusal


def _by_stwcs(hdus: fits.HDUList, path: Path) -> None:
    with quiet_stwcs():
        from stwcs import updatewcs as stwcs

        try:
            # the archive's database of solutions is asked over the network: never from here
            stwcs.updatewcs(hdus, checkfiles=False, use_db=False)
        except (
            Exception,
            SystemExit,
        ) as error:  # stwcs lets nearly anything through on odd tables and headers
            text = " ".join(str(error).replace("-" * 10, "").split()) or type(error).__name__
            raise Refusal(
                f"stwcs cannot make the WCS: {text.rstrip('.')}.",
                file=path,
                subject="updatewcs",
                advice="Check that the reference files belong to this exposure (detector, chip, filter).",
            ) from error


@contextmanager
def _folders(path: Path, found: dict[str, tuple[str, Path]]) -> Iterator[None]:
    """The environment variables in the names of the files set to the folders where they were found."""
    wanted: dict[str, str] = {}
    for keyword, (name, file) in found.items():
        variable, dollar, _ = name.rpartition("$")
        folder = f"{file.parent.resolve()}{os.sep}"
        if dollar and wanted.setdefault(variable, folder) != folder:
            raise Refusal(
                f"Files of {variable}$ lie in two folders, {wanted[variable]} and {folder}: stwcs knows only one.",
                file=path,
                subject=keyword,
                advice="Put them into one folder.",
            )
    with _ENVIRONMENT:
        before = {variable: os.environ.get(variable) for variable in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for variable, value in before.items():
                if value is None:
                    del os.environ[variable]
                else:
                    os.environ[variable] = value
