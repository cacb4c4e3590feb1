"""Writing an alignment into the headers of the aligned images, each file in one atomic replacement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from astropy.io import fits

from core.align.finding import guarded, opened_file
from core.align.results import Alignment, Applied, ImageResult, Status, Written
from core.align.settings import AlignSettings
from core.align.update import sky_rms
from core.data.ahead import Ahead
from core.data.fitsfile import BROKEN, open_fits
from core.data.headerlets import (
    HeaderletWords,
    attach,
    check_target,
    headerlet_path,
    in_memory,
    make_headerlet,
    write_headerlet,
)
from core.data.wcsbook import check_headers, update_wcs, write_wcs
from core.errors import Refusal
from core.runs.memory import Memory
from core.runs.progress import Progress
from core.runs.spread import Threads


def apply(
    alignment: Alignment,
    settings: AlignSettings,
    progress: Progress | None = None,
    *,
    folder: str | Path | None = None,
    ahead: Ahead | None = None,
) -> tuple[Applied, ...]:
    """Write the new WCS of every ALIGNED image; all other files are left as they are.

    The former WCS is kept as an alternate, and the former headers in the history beside the file
    (`core.data.history`), so that they can be restored exactly. With `headerlet` the solution also goes to a
    headerlet file in `folder` (None: beside the image) and, with `attach`, into the image. A file that cannot be
    written is reported and left whole; the others go on. `ahead` may have made copies of the files already.
    """

    def one(image: ImageResult) -> None:
        _apply_one(image, alignment, settings, folder, ahead)

    return _each(alignment, one, "Update headers", progress)


def export_headerlets(
    alignment: Alignment,
    settings: AlignSettings,
    progress: Progress | None = None,
    *,
    folder: str | Path | None = None,
) -> tuple[Applied, ...]:
    """Write the solution of every ALIGNED image as a headerlet file in `folder`; the images are only read.

    `Applied.path` is the image; a headerlet that cannot be made or written is reported, the others go on.
    """

    def one(image: ImageResult) -> None:
        target = _target(image.path, settings, folder)
        clobber = bool(settings.tweakreg["clobber"])
        check_target(target, clobber)
        with open_fits(image.path) as opened:
            hdus = in_memory(opened)
            new_header(hdus, image, alignment, settings)
            made = make_headerlet(hdus, headerlet_words(settings), file=image.path, nmatch=_used(image))
        write_headerlet(made, target, clobber=clobber)

    return _each(alignment, one, "Write headerlets", progress)


def new_header(hdus: fits.HDUList, image: ImageResult, alignment: Alignment, settings: AlignSettings) -> None:
    """Change the headers of `hdus`, which may be in memory, as Apply does; raises `Refusal` when it would."""
    try:
        update_wcs(hdus, image.new_wcs, **_of_wcs(image, alignment, settings))
    except Refusal as refusal:
        # HDUs in memory do not know their file
        raise Refusal(
            refusal.what, file=image.path, subject=refusal.subject, advice=refusal.advice
        ) from refusal


def headerlet_words(settings: AlignSettings) -> HeaderletWords:
    """The words of HEADERLET CREATION."""
    values = settings.tweakreg
    return HeaderletWords(
        **{name: str(values[name]) for name in ("hdrname", "author", "descrip", "catalog", "history")}
    )


def _each(
    alignment: Alignment, work: Callable[[ImageResult], None], title: str, progress: Progress | None
) -> tuple[Applied, ...]:
    progress = progress or Progress()
    with progress.step(title, len(alignment.images)):
        # two at a time: one file is hashed and formatted while the other is on its way to the disk
        done = Threads(2).map(lambda image: _guarded(image, work), alignment.images, progress)
    for one in done:
        if one.status is Written.FAILED:
            progress.failed(one.reason)
    return tuple(done)


def _guarded(image: ImageResult, work: Callable[[ImageResult], None]) -> Applied:
    if image.status is not Status.ALIGNED or image.fit is None:
        return Applied(image.path, Written.UNTOUCHED, image.reason or f"{image.status.value}: not changed.")
    try:
        work(image)
    except Refusal as refusal:
        return Applied(image.path, Written.FAILED, str(refusal))
    except BROKEN as error:
        return Applied(image.path, Written.FAILED, f"{image.name}: {type(error).__name__}: {error}")
    return Applied(image.path, Written.WRITTEN)


def _apply_one(
    image: ImageResult,
    alignment: Alignment,
    settings: AlignSettings,
    folder: str | Path | None,
    ahead: Ahead | None,
) -> None:
    values = settings.tweakreg
    fit, matches = image.fit, image.matches
    assert fit is not None
    target = _target(image.path, settings, folder)
    if values["headerlet"]:
        check_target(target, values["clobber"])

    def also(hdus: fits.HDUList) -> None:
        made = make_headerlet(hdus, headerlet_words(settings), file=image.path, nmatch=_used(image))
        if values["attach"]:
            attach(hdus, made, file=image.path)
        write_headerlet(made, target, clobber=values["clobber"])

    write_wcs(
        image.path,
        image.new_wcs,
        **_of_wcs(image, alignment, settings),
        action=f"Aligned to {alignment.reference_name}",
        detail=f"{fit.geometry}, {fit.n_used} of {len(matches) if matches is not None else 0} matches, "
        f"rms {fit.rms_x:.4f} {fit.rms_y:.4f} px",
        also=also if values["headerlet"] else None,
        ahead=ahead,
    )


def _of_wcs(image: ImageResult, alignment: Alignment, settings: AlignSettings) -> dict[str, Any]:
    """What `write_wcs` and `update_wcs` are told of a solution."""
    values = settings.tweakreg
    assert image.fit is not None
    east, north = sky_rms(image.fit, alignment.frame)
    return {
        "wcsname": values["wcsname"],
        "reusename": values["reusename"],
        "rms_ra": east,
        "rms_dec": north,
        "nmatch": image.fit.n_used,
    }


def _used(image: ImageResult) -> int:
    return image.fit.n_used if image.fit is not None else 0


def _target(path: Path, settings: AlignSettings, folder: str | Path | None) -> Path:
    return headerlet_path(path, settings.tweakreg["hdrfile"], path.parent if folder is None else folder)


def check_names(
    files: Sequence[str | Path],
    settings: AlignSettings,
    folder: str | Path | None = None,
    memory: Memory | None = None,
) -> None:
    """Raise `Refusal`, before anything is done, if a file cannot take the new WCS name or its headerlet not be
    written into `folder`. Files that are opened for that are kept in `memory`."""
    values = settings.tweakreg
    memory = memory or Memory()
    for path in map(Path, files) if values["updatehdr"] else ():
        opened = guarded(path, partial(opened_file, path, memory))
        if isinstance(opened, Refusal):
            continue  # what cannot be read fails for itself when it is aligned
        try:
            check_headers(
                (chip.header for chip in opened.chips), values["wcsname"], values["reusename"], path
            )
        except Refusal as refusal:
            if refusal.subject == "wcsname":  # other files may take it all the same
                raise
    if values["headerlet"]:
        headerlet_words(settings).check()
        targets = [_target(Path(file), settings, folder) for file in files]
        for number, target in enumerate(targets):
            check_target(target, values["clobber"])
            # the first file may be the reference, which gets none
            if target in targets[1:number]:
                raise Refusal(
                    f"Several headerlets would be called {target.name}.",
                    subject="hdrfile",
                    advice="Leave out .fits: the names then begin with those of the exposures.",
                )
