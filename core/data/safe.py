"""Files are replaced whole or not at all.

A complete new file is written beside the old one, flushed to the disk and renamed over it; a crash, a kill or
a full disk at any moment leaves the old or the new file whole.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits

from core.errors import Refusal


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give the path of a temporary file in the same folder; rename it over `path` when the block ends well.

    Raises
    ------
    Refusal
        The folder cannot be written, the disk is full ...; `path` is then as it was.
    """
    target = Path(path)
    if target.is_symlink():
        target = target.resolve()
    if target.exists() and not os.access(target, os.W_OK):
        raise Refusal(
            "The file is write-protected.",
            file=target,
            advice="Make it writable, or work on a copy of the data.",
        )
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise _unwritable(target, error) from error
    part = Path(name)
    try:
        yield part
        _flush(part)
        _keep_mode(target, part)
        os.replace(part, target)
        _flush_folder(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_fits(hdus: fits.HDUList, path: str | Path) -> None:
    """Write an HDU list as a whole new file over `path`."""
    with replacing(path) as part, part.open("wb") as stream:
        hdus.writeto(stream, output_verify="silentfix")


def write_text(text: str, path: str | Path) -> None:
    """Write UTF-8 text with LF line ends as a whole new file over `path`."""
    with replacing(path) as part:
        part.write_bytes(text.encode())


def rewrite_fits(path: str | Path, change: Callable[[fits.HDUList], None]) -> None:
    """Read a FITS file whole, let `change` alter the HDU list, and replace the file by the result."""
    with fits.open(path, memmap=False, lazy_load_hdus=False) as hdus:
        for hdu in hdus:
            hdu.data  # noqa: B018  every array must be in memory before the file is replaced
        change(hdus)
        write_fits(hdus, path)


def _unwritable(path: Path, error: OSError) -> Refusal:
    reason = error.strerror or str(error)
    return Refusal(
        f"Cannot write: {reason}.", file=path, advice="Free space or choose a folder that you may write to."
    )


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the renaming itself durable; not every system can open a folder, and that is no failure."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _keep_mode(old: Path, new: Path) -> None:
    if old.exists():
        new.chmod(old.stat().st_mode & 0o777)
        return
    mask = os.umask(0)
    os.umask(mask)
    new.chmod(0o666 & ~mask)
