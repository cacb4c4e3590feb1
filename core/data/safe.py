"""Files are replaced whole or not at all.

A complete new file is written beside the old one, flushed to the disk and renamed over it; a crash, a kill or
a full disk at any moment leaves the old or the new file whole.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import platform
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from astropy.io import fits

from core.data.disk import unwritable
from core.data.fitsfile import comments_may_be_cut, open_fits, quiet
from core.data.onepass import alter
from core.errors import Refusal

_CHUNK = 1 << 22
_DAY = 86400.0
_UMASK = threading.Lock()
_HOST = re.sub(r"\W", "", platform.node())[:16]


@contextmanager
def replacing(path: str | Path, *, durable: bool = True) -> Iterator[Path]:
    """Give the path of a temporary file in the same folder; rename it over `path` when the block ends well.

    With `durable` off nothing is forced to the disk. Whoever looks, also after a crash or a kill of the program, still
    finds the old or the new file whole, for the name changes after the last byte is written; only a power cut may
    leave a damaged file. That is right for what can be made again, never for exposures.

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
    _sweep(target)
    try:
        handle, name = tempfile.mkstemp(prefix=prefix_of(target), suffix=".part", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise unwritable(target.parent, error, file=target) from error
    part = Path(name)
    try:
        yield part
        if durable:
            _flush(part)
        _keep_mode(target, part)
        os.replace(part, target)
        if durable:
            _flush_folder(target.parent)
    except OSError as error:
        raise unwritable(target.parent, error, file=target) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_fits(hdus: fits.HDUList, path: str | Path) -> None:
    """Write an HDU list as a whole new file over `path`; gzip when the name ends in .gz."""
    with replacing(path) as part, _writer(part, Path(path).name) as stream, comments_may_be_cut():
        hdus.writeto(stream, output_verify="silentfix")


def write_text(text: str, path: str | Path) -> None:
    """Write UTF-8 text with LF line ends as a whole new file over `path`."""
    with replacing(path) as part:
        part.write_bytes(text.encode())


def rewrite_fits(path: str | Path, change: Callable[[fits.HDUList], None]) -> None:
    """Let `change` alter a copy of a FITS file, and replace the file by the copy.

    Extensions that `change` leaves alone are copied byte for byte; a gzip file stays one. Checksums that an altered
    header carries are renewed. When `change` raises, the file is as it was.
    """
    source = Path(path)
    with replacing(source) as part:
        altered = alter(source, change)
        if altered is not None:
            altered.write(part)
        else:
            replace_by_copy(source, part, lambda work: change_copy(work, change))


def rewrite_plain(path: str | Path, work_on: Callable[[Path], None]) -> None:
    """Let `work_on` alter an unpacked copy of a FITS file in a folder of its own, and replace the file by the copy.

    A gzip file stays one. When `work_on` raises, or leaves what is no whole FITS file, the file is as it was.
    """
    source = Path(path)
    with open_fits(source):
        pass  # a damaged file is refused by its own name
    with replacing(source) as part:
        replace_by_copy(source, part, work_on)


def replace_by_copy(source: Path, part: Path, work_on: Callable[[Path], None]) -> None:
    """Make `part`, of `replacing`, an unpacked copy of `source` on which `work_on` worked, packed again."""
    # astropy makes temporary files beside the one it updates: they go with the folder
    with tempfile.TemporaryDirectory(prefix=prefix_of(source), suffix=".part", dir=part.parent) as folder:
        work = Path(folder) / source.name
        packed = _copy_plain(source, work)
        work_on(work)
        with open_fits(work):
            pass
        if packed:
            with work.open("rb") as plain, _writer(part, source.name, packed=True) as stream:
                shutil.copyfileobj(plain, stream, _CHUNK)
        else:
            os.replace(work, part)


def change_copy(work: Path, change: Callable[[fits.HDUList], None]) -> None:
    """Let `change` alter a file that nobody else sees; checksums that an altered header carries are renewed."""
    with quiet():
        hdus = fits.open(work, mode="update", memmap=False, lazy_load_hdus=False)
        try:
            sums = {id(hdu): hdu.header.tostring() for hdu in hdus if "CHECKSUM" in hdu.header}
            change(hdus)
            for hdu in hdus:
                if id(hdu) in sums and (hdu.name == "DQ" or hdu.header.tostring() != sums[id(hdu)]):
                    hdu.add_checksum()
            hdus.flush(output_verify="ignore")
        finally:
            # what is half done is written to a copy that is thrown away
            with contextlib.suppress(Exception):
                hdus.close(output_verify="ignore")


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or for a gzip file the path of an unpacked copy that goes at the end."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    if not packed:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        _copy_plain(path, Path(folder) / path.name)
        yield Path(folder) / path.name


def _copy_plain(source: Path, work: Path) -> bool:
    """Copy, unpacking gzip; whether it was gzip."""
    with source.open("rb") as old, work.open("wb") as new:
        packed = old.read(2) == b"\x1f\x8b"
        old.seek(0)
        shutil.copyfileobj(gzip.GzipFile(fileobj=old) if packed else old, new, _CHUNK)
    return packed


@contextmanager
def _writer(part: Path, name: str, *, packed: bool | None = None) -> Iterator[BinaryIO]:
    """A stream into `part`, through gzip if so named or asked for."""
    with part.open("wb") as raw:
        if not (name.endswith(".gz") if packed is None else packed):
            yield raw
            return
        with gzip.GzipFile(name.removesuffix(".gz"), "wb", 6, raw) as stream:
            yield cast(BinaryIO, stream)


def prefix_of(target: Path) -> str:
    """What the names of temporary files for `target` begin with: machine and process tell whose they are,
    so that the next run removes what a killed one left."""
    return f".{target.name}.{_HOST}-{os.getpid()}-"


def _sweep(target: Path) -> None:
    """Remove what a killed run of this machine left beside `target`, and what any left there more than a day ago."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(target.parent)):
            ours = entry.name.startswith(f".{target.name}.") and entry.name.endswith(".part")
            if not ours:
                continue
            if _owner_is_gone(entry.name) or time.time() - entry.stat(follow_symlinks=False).st_mtime > _DAY:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.unlink(entry.path)


def _owner_is_gone(name: str) -> bool:
    """Whether the process that a temporary file is named after ran on this machine and runs no more."""
    match = re.search(rf"\.{re.escape(_HOST)}-(\d+)-[^.]*\.part$", name)
    if match is None or os.name != "posix":  # elsewhere there is no harmless way to ask
        return False
    try:
        os.kill(int(match[1]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


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
    with _UMASK:  # one for the whole process, and it can only be read by setting it
        mask = os.umask(0)
        os.umask(mask)
    new.chmod(0o666 & ~mask)
