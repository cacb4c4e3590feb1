"""Writing an alignment into the headers of the aligned images, each file in one atomic replacement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.align.results import Alignment, Applied, ImageResult, Status, Written
from core.align.settings import AlignSettings
from core.align.update import sky_rms
from core.data.wcsbook import check_wcsname, write_wcs
from core.errors import Refusal
from core.runs.progress import Progress


def apply(
    alignment: Alignment, settings: AlignSettings, progress: Progress | None = None
) -> tuple[Applied, ...]:
    """Write the new WCS of every ALIGNED image; all other files are left as they are.

    The former WCS is kept as an alternate. A file that cannot be written is reported and left whole; the others
    go on.
    """
    progress = progress or Progress()
    done = []
    with progress.step("Update headers", len(alignment.images)):
        for image in alignment.images:
            progress.check()
            done.append(_apply_one(image, alignment, settings))
            progress.advance()
    for one in done:
        if one.status is Written.FAILED:
            progress.warn(one.reason)
    return tuple(done)


def _apply_one(image: ImageResult, alignment: Alignment, settings: AlignSettings) -> Applied:
    if image.status is not Status.ALIGNED or image.fit is None:
        return Applied(image.path, Written.UNTOUCHED, image.reason or f"{image.status.value}: not changed.")
    values = settings.tweakreg
    east, north = sky_rms(image.fit, alignment.frame)
    try:
        _no_archive(image.path)
        write_wcs(
            image.path,
            image.new_wcs,
            wcsname=values["wcsname"],
            reusename=values["reusename"],
            rms_ra=east,
            rms_dec=north,
            nmatch=image.fit.n_used,
        )
    except Refusal as refusal:
        return Applied(image.path, Written.FAILED, str(refusal))
    except (OSError, ValueError, KeyError, TypeError, MemoryError) as error:
        return Applied(image.path, Written.FAILED, f"{image.name}: {type(error).__name__}: {error}")
    return Applied(image.path, Written.WRITTEN)


def _no_archive(path: Path) -> None:
    if path.suffix == ".gz":
        raise Refusal("A compressed file is not changed.", file=path, advice="gunzip it first.")


def check_names(files: Sequence[str | Path], settings: AlignSettings) -> None:
    """Raise `Refusal`, before anything is done, if a file cannot take the new WCS name."""
    values = settings.tweakreg
    for file in files:
        _no_archive(Path(file))
        check_wcsname(file, values["wcsname"], values["reusename"])
