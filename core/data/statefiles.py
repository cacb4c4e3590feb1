"""The files of a history: one JSON file a state, one small FITS file for each table that a state holds."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from astropy.io import fits

from core.data.safe import replacing, write_text
from core.data.snapshot import Part, Snapshot, new_sum, sum_of
from core.errors import Refusal

FOLDER = "drizzledesk_history"
_FORMAT = "DrizzleDesk WCS history 1"
_CARD = 80
_SUMS = {True: "data_sha256", False: "data_crc32"}  # of tables, of pixels


@dataclass(frozen=True)
class State:
    """One state of a file's headers.

    `number` counts from 1; `date` UTC, ISO 8601; `program` name and version; `action` what made it, in a few words;
    `detail` remarks; `wcsname` of the primary WCS; `rms_mas` RMS_RA and RMS_DEC of the header in mas on the sky, None
    where the header has none; `nmatch` sources of the fit or None; `parent` the state before; `same_as` the state
    whose headers it has again (after a restore); `current` whether the file has these headers now.
    """

    number: int
    date: str
    program: str
    action: str
    detail: str
    wcsname: str
    rms_mas: tuple[float | None, float | None]
    nmatch: int | None
    parent: int | None
    digest: str
    same_as: int | None = None
    pending: bool = False
    current: bool = False


def folder_of(path: str | Path) -> Path:
    """The folder that holds the history of a file."""
    path = Path(path).resolve()
    return path.parent / FOLDER / path.name


def state_path(path: Path, number: int, *, pending: bool = False) -> Path:
    return folder_of(path) / f"{number:04d}{'.pending' if pending else ''}.json"


def read_states(path: Path) -> list[State]:
    """All states of a file by number, without their headers; raises `Refusal` for a damaged one."""
    folder = folder_of(path)
    found: dict[int, State] = {}
    try:
        names = sorted(os.listdir(folder)) if folder.is_dir() else []
    except OSError as error:
        raise Refusal(f"The history cannot be read: {error.strerror}.", file=path) from error
    for name in names:
        stem = name.removesuffix(".json").removesuffix(".pending")
        if name.endswith(".json") and stem.isdigit():
            state = _state(_load(folder / name), folder / name)
            if not (state.number in found and name.endswith(".pending.json")):
                found[state.number] = replace(state, pending=name.endswith(".pending.json"))
    return [found[number] for number in sorted(found)]


def write_state(path: Path, state: State, snapshot: Snapshot | None, *, pending: bool = False) -> None:
    """Write a state, and the tables that are not there yet; raises `Refusal` when the folder cannot be written."""
    folder = folder_of(path)
    try:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(
            f"The history cannot be written: {error.strerror}.",
            file=path,
            advice="Free space, or choose a folder that you may write to; without a history nothing is changed.",
        ) from error
    record: dict[str, Any] = {"format": _FORMAT, "file": path.name, **asdict(state)}
    for key in ("pending", "current"):
        del record[key]
    if snapshot is not None:
        record["hdus"] = [_part_record(part, folder) for part in snapshot.parts]
        record["tail"] = base64.b64encode(snapshot.tail).decode()
    text = json.dumps(record, indent=1, ensure_ascii=True, allow_nan=False)
    write_text(text + "\n", state_path(path, state.number, pending=pending))


def read_snapshot(path: Path, state: State) -> Snapshot:
    """The headers and tables of a state; raises `Refusal` when they are not what was written."""
    folder = folder_of(path)
    source = state_path(path, state.number)
    if not source.exists():
        source = state_path(path, state.number, pending=True)
    record = _load(source)
    try:
        parts = tuple(_part(one, folder) for one in record["hdus"])
        snapshot = Snapshot(parts, base64.b64decode(record["tail"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(source) from error
    if snapshot.digest != state.digest:
        raise _damaged(source)
    for part in parts:
        if part.is_table:
            _check_table(part)
    return snapshot


def _part_record(part: Part, folder: Path) -> dict[str, Any]:
    name, ver, turn = part.key
    cards = _cards(part.header)
    record: dict[str, Any] = {"extname": name, "extver": ver, "turn": turn}
    if cards is None:
        record["header_base64"] = base64.b64encode(part.header).decode()
    else:
        record |= {"header_bytes": len(part.header), "cards": cards}
    record |= {"data_bytes": part.size, _SUMS[part.is_table]: part.data_sum}
    if part.is_table:
        record["table"] = _write_table(part, folder)
    return record


def _cards(header: bytes) -> list[str] | None:
    """The cards as text without trailing blanks; None when the bytes could not be made from them again."""
    text = header.decode("latin-1")
    cards = [text[i : i + _CARD].rstrip(" ") for i in range(0, len(text), _CARD)]
    while cards and not cards[-1]:
        cards.pop()
    return cards if _header(cards, len(header)) == header else None


def _header(cards: list[str], size: int) -> bytes:
    return "".join(card.ljust(_CARD) for card in cards).ljust(size).encode("latin-1")


def _write_table(part: Part, folder: Path) -> str:
    """A FITS file with an empty primary HDU and this one; the same table is written once."""
    name, ver, _ = part.key
    relative = f"tables/{name}_{ver}_{part.data_sum[:16]}_{_short(part.header)}.fits"
    target = folder / relative
    if not target.exists():
        start = fits.PrimaryHDU().header.tostring().encode("ascii")
        with replacing(target) as made, made.open("wb") as stream:
            stream.write(start)
            stream.write(part.header)
            part.copy_data(stream)
    return relative


def _short(header: bytes) -> str:
    return hashlib.sha256(header).hexdigest()[:8]


def _part(record: dict[str, Any], folder: Path) -> Part:
    if "header_base64" in record:
        header = base64.b64decode(record["header_base64"])
    else:
        header = _header(record["cards"], record["header_bytes"])
    key = (str(record["extname"]), int(record["extver"]), int(record["turn"]))
    source, offset = folder, 0
    if "table" in record:
        # only a name is taken from the record: nothing outside the folder is ever read
        source = folder / "tables" / Path(record["table"]).name
        offset = len(fits.PrimaryHDU().header.tostring()) + len(header)
    # histories of the first versions know pixels by SHA-256
    data_sum = record.get("data_crc32") or record["data_sha256"]
    return Part(key, header, int(record["data_bytes"]), str(data_sum), source, offset)


def _check_table(part: Part) -> None:
    try:
        size = min(part.size, _data_size(part.cards))
        whole = sum_of(part.source, part.offset, size, new_sum(part.key[0]))
    except (OSError, Refusal) as error:
        raise _damaged(part.source) from error
    if whole != part.data_sum:
        raise _damaged(part.source)


def _data_size(header: fits.Header) -> int:
    """Bytes of data that a header describes, without padding."""
    axes = [int(header[f"NAXIS{i}"]) for i in range(1, int(header.get("NAXIS", 0)) + 1)]
    if not axes:
        return 0
    count = 1
    for axis in axes:
        count *= axis
    groups, extra = int(header.get("GCOUNT", 1)), int(header.get("PCOUNT", 0))
    return abs(int(header["BITPIX"])) // 8 * groups * (extra + count)


def _load(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(record, dict) or record.get("format") != _FORMAT:
        raise _damaged(path)
    return record


def _state(record: dict[str, Any], path: Path) -> State:
    names = {field.name for field in fields(State)} - {"pending", "current"}
    try:
        values = {name: record[name] for name in names}
        first, second = values["rms_mas"]
        values["rms_mas"] = (first, second)
        made = State(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(made.number, int) or not isinstance(made.digest, str):
        raise _damaged(path)
    return made


def _damaged(path: Path) -> Refusal:
    return Refusal(
        "This file of the history is missing or damaged.",
        file=path,
        advice="Fetch the exposure again if you need that state.",
    )
