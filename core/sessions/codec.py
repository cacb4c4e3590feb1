"""Frozen results as JSON and back: numbers, texts, arrays, and the dataclasses of a closed list. Nothing else.

Nothing is looked up by a name that a file gives except in that list, nothing is called but the constructors of its
classes, every value is checked against the type its field declares, and what arrays may unpack to is limited. A file
can therefore be wrong, but it cannot do anything.
"""

from __future__ import annotations

import base64
import binascii
import math
import types
import typing
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import Refusal

MAX_BYTES = 1_000_000_000
_DTYPES = {"<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "|u1", "<u2", "|b1"}
_MAX_DIM = 4
Classes = Mapping[str, type]


def encode(value: Any, classes: Classes) -> Any:
    """What `json.dumps` takes; TypeError for what is not in the closed list."""
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return {"enum": [_name_of(value, classes), value.name]}
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else {"float": str(float(value))}
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, np.ndarray):
        return {"array": _packed(value)}
    if isinstance(value, tuple | list):
        return [encode(each, classes) for each in value]
    if isinstance(value, frozenset):
        return {"set": [encode(each, classes) for each in sorted(value)]}
    if isinstance(value, dict):
        return {"dict": [[encode(k, classes), encode(v, classes)] for k, v in value.items()]}
    if is_dataclass(value):
        body = {each.name: encode(getattr(value, each.name), classes) for each in fields(value) if each.init}
        return {"object": [_name_of(value, classes), body]}
    raise TypeError(f"{type(value).__name__} cannot be kept in a session file")


def decode(raw: Any, classes: Classes, budget: list[int] | None = None) -> Any:
    """The value that `encode` was given; a list comes back as a tuple.

    Raises Refusal for anything that `encode` does not write.
    """
    budget = [MAX_BYTES] if budget is None else budget
    if raw is None or isinstance(raw, bool | str | int | float):
        return raw
    if isinstance(raw, list):
        return tuple(decode(each, classes, budget) for each in raw)
    if not isinstance(raw, dict) or len(raw) != 1:
        raise _damaged("a value of no known kind")
    ((kind, body),) = raw.items()
    if kind == "float" and isinstance(body, str) and body in ("nan", "inf", "-inf"):
        return float(body)
    if kind == "path" and isinstance(body, str) and "\0" not in body:
        return Path(body)
    if kind == "array":
        return _unpacked(body, budget)
    if kind == "set" and isinstance(body, list):
        return frozenset(_hashable(decode(each, classes, budget)) for each in body)
    if kind == "dict" and isinstance(body, list):
        return dict(_pair(each, classes, budget) for each in body)
    if kind == "enum" and isinstance(body, list) and len(body) == 2:
        return _member(body, classes)
    if kind == "object" and isinstance(body, list) and len(body) == 2:
        return _object(body, classes, budget)
    raise _damaged(f"a value of the kind {str(kind)[:30]!r}")


def _name_of(value: Any, classes: Classes) -> str:
    name = type(value).__name__
    if classes.get(name) is not type(value):
        raise TypeError(f"{name} cannot be kept in a session file")
    return name


def _packed(array: np.ndarray[Any, Any]) -> list[Any]:
    plain = np.ascontiguousarray(array)
    plain = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
    if plain.dtype.str not in _DTYPES:
        raise TypeError(f"arrays of {plain.dtype} cannot be kept in a session file")
    body = base64.b64encode(zlib.compress(plain.tobytes(), 1)).decode("ascii")
    return [plain.dtype.str, list(array.shape), body]


def _unpacked(body: Any, budget: list[int]) -> np.ndarray[Any, Any]:
    if not (
        isinstance(body, list) and len(body) == 3 and isinstance(body[0], str) and isinstance(body[2], str)
    ):
        raise _damaged("an array")
    if body[0] not in _DTYPES:
        raise _damaged("an array of no known kind")
    shape = body[1]
    if not (
        isinstance(shape, list) and len(shape) <= _MAX_DIM and all(type(n) is int and n >= 0 for n in shape)
    ):
        raise _damaged("the shape of an array")
    kind = np.dtype(body[0])
    size = math.prod(shape) * kind.itemsize
    budget[0] -= size
    if budget[0] < 0:
        raise _damaged("more numbers than any alignment has")
    try:
        stream = zlib.decompressobj()
        data = stream.decompress(base64.b64decode(body[2], validate=True), size + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise _damaged("the numbers of an array") from error
    if len(data) != size:
        raise _damaged("the length of an array")
    made = np.frombuffer(data, kind).reshape(shape).astype(kind.newbyteorder("="))
    if kind == np.dtype("|b1"):
        made = np.frombuffer(data, np.uint8).reshape(shape) != 0
    return made


def _pair(raw: Any, classes: Classes, budget: list[int]) -> tuple[Any, Any]:
    if not (isinstance(raw, list) and len(raw) == 2):
        raise _damaged("a list of pairs")
    return _hashable(decode(raw[0], classes, budget)), decode(raw[1], classes, budget)


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        raise _damaged("a key") from None
    return value


def _member(body: Sequence[Any], classes: Classes) -> Enum:
    kind = classes.get(body[0]) if isinstance(body[0], str) else None
    if kind is None or not issubclass(kind, Enum) or str(body[1]) not in kind.__members__:
        raise _damaged("a word that is not one of its choices")
    return kind[str(body[1])]


def _object(body: Sequence[Any], classes: Classes, budget: list[int]) -> Any:
    name, raw = body
    kind = classes.get(name) if isinstance(name, str) else None
    if kind is None or not is_dataclass(kind) or not isinstance(raw, dict):
        raise _damaged(f"an object of the kind {str(name)[:30]!r}")
    hints = _hints(kind)
    values = {}
    for key, each in raw.items():
        if key not in hints:
            raise _damaged(f"{name}.{str(key)[:30]}, which there is not")
        values[key] = decode(each, classes, budget)
        if not fits(values[key], hints[key]):
            raise _damaged(f"{name}.{key}, which is of another type")
    try:
        return kind(**values)
    except (TypeError, ValueError, Refusal) as error:
        raise _damaged(f"{name}: {error}") from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    own = typing.get_type_hints(kind)
    return {each.name: own[each.name] for each in fields(kind) if each.init}


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of the type that a field declares: classes, unions, tuples, dicts, sets, arrays, Any."""
    if hint is Any:
        return True
    if hint is None or hint is type(None):
        return value is None
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, each) for each in inner)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(inner) == 2 and inner[1] is Ellipsis:
            return all(fits(each, inner[0]) for each in value)
        return len(value) == len(inner) and all(map(fits, value, inner))
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(k, inner[0]) and fits(v, inner[1]) for k, v in value.items()
        )
    if origin is frozenset:
        return isinstance(value, frozenset) and all(fits(each, inner[0]) for each in value)
    if origin is np.ndarray:
        scalar = typing.get_args(inner[1])[0]
        return isinstance(value, np.ndarray) and (scalar is Any or value.dtype == np.dtype(scalar))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(hint, type) and isinstance(value, hint)


def _damaged(what: str) -> Refusal:
    return Refusal(
        f"The session file is damaged: it holds {what}.",
        advice="Open an older copy, or the exposures and parameter files one by one.",
    )
