"""Opening FITS files with care: not FITS, truncated, gzip; quiet about what astropy warns of.

astropy opens a truncated file, warns, and fills or fails later; here such a file is refused at once.
"""

from __future__ import annotations

import gzip
import io
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning

from core.errors import Refusal

_BLOCK = 2880
_AGAIN = "Fetch the file again, or leave it out."
# catch_warnings changes the state of the whole process
_QUIET = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings of astropy within; one thread at a time."""
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def comments_may_be_cut() -> Iterator[None]:
    """No warning that the comment of a card is too long for it: the value is whole, the comment is cut."""
    with _QUIET, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Card is too long, comment will be truncated", VerifyWarning)
        yield


BROKEN = (OSError, ValueError, KeyError, TypeError, MemoryError, fits.VerifyError)
"""What a damaged file may raise while it is worked on, besides `Refusal`."""


@contextmanager
def open_fits(path: str | Path, *, whole: bool = True) -> Iterator[fits.HDUList]:
    """The HDU list of a file, closed at the end; no memory mapping, arrays are read when asked for.

    `whole` also makes sure that the file is complete, which reads all headers (and all of a gzip file).

    Raises
    ------
    Refusal
        Missing, a folder, not readable, empty, not FITS, truncated.
    """
    source = _source(Path(path))
    try:
        with quiet():
            hdus = fits.open(source, memmap=False, lazy_load_hdus=True)
            if whole:
                _check_whole(hdus, Path(path), source)
    except Refusal:
        raise
    except Exception as error:  # astropy raises nearly anything on a damaged header
        raise Refusal(
            f"The file cannot be read as FITS: {_reason(error)}.", file=path, advice=_AGAIN
        ) from error
    try:
        yield hdus
    except fits.VerifyError as error:  # a card is parsed when it is asked for
        raise Refusal(
            f"A card of its headers cannot be read: {_reason(error)}.", file=path, advice=_AGAIN
        ) from error
    finally:
        with quiet():
            hdus.close()


def read_data(hdus: fits.HDUList, hdu: fits.ImageHDU, path: str | Path) -> object:
    """The array of an extension (None without one); a damaged one is refused with its name."""
    try:
        with quiet():
            return hdu.data
    except Exception as error:
        raise Refusal(
            f"The pixels cannot be read: {_reason(error)}.",
            file=path,
            subject=f"{hdu.name},{hdu.ver}",
            advice=_AGAIN,
        ) from error


def _reason(error: Exception) -> str:
    first = str(error).strip().splitlines()[:1]
    return (first[0] if first else type(error).__name__).rstrip(".")


def _source(path: Path) -> Path | io.BytesIO:
    """The path itself, or the unpacked bytes of a gzip file."""
    try:
        with path.open("rb") as stream:
            start = stream.read(80)
        if start[:2] == b"\x1f\x8b":
            data = gzip.decompress(path.read_bytes())
            start = data[:80]
        else:
            data = None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Refusal("The gzip file is truncated or damaged.", file=path, advice=_AGAIN) from error
    except FileNotFoundError as error:
        raise Refusal("There is no such file.", file=path, advice="Check the name.") from error
    except OSError as error:
        raise Refusal(
            f"Cannot read: {error.strerror or error}.", file=path, advice="Check the permissions of the file."
        ) from error
    if not start:
        raise Refusal("The file is empty.", file=path, advice=_AGAIN)
    if not start.startswith(b"SIMPLE  ="):
        raise Refusal(
            "This is not a FITS file.",
            file=path,
            advice="Give calibrated exposures, *_flt.fits or *_flc.fits.",
        )
    return path if data is None else io.BytesIO(data)


def sci_extver(path: str | Path, index: int) -> int | None:
    """EXTVER of the SCI extension that is number `index` of the file (the primary HDU is 0); None if it is no such
    extension. Raises what `open_fits` raises."""
    with open_fits(path, whole=False) as hdus:
        is_sci = 0 < index < len(hdus) and hdus[index].name == "SCI"
        return int(hdus[index].ver) if is_sci else None


def _check_whole(hdus: fits.HDUList, path: Path, source: Path | io.BytesIO) -> None:
    size = source.getbuffer().nbytes if isinstance(source, io.BytesIO) else source.stat().st_size
    end = 0
    for number in range(len(hdus)):
        info = hdus[number].fileinfo()
        end = info["datLoc"] + info["datSpan"]
        # the zero padding of the last block may be missing: no pixel is lost
        if info["datLoc"] + hdus[number].size > size:
            raise _cut(path, f"extension {number} ({hdus[number].name or 'no name'}) is incomplete")
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source.getvalue()) as stream:
        stream.seek(end)
        rest = stream.read(_BLOCK)
    if rest.startswith(b"XTENSION"):
        raise _cut(path, f"the header after extension {len(hdus) - 1} is incomplete")


def _cut(path: Path, what: str) -> Refusal:
    return Refusal(f"The file is truncated: {what}.", file=path, advice=_AGAIN)
