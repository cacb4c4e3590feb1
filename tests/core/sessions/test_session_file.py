"""Session files: all of it comes back; what is damaged or hostile is refused with its reason."""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.align.choices import Choices
from core.align.results import Alignment
from core.align.session import align
from core.align.settings import AlignSettings
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.errors import Refusal
from core.params import TASKS
from core.sessions.codec import decode, encode
from core.sessions.document import Document, SavedAlignment, SavedDrizzle, SavedSet
from core.sessions.kept import CLASSES
from core.sessions.marks import State, find, mark
from core.sessions.reading import parse_session, read_session
from core.sessions.writing import Parts, format_session, write_session
from core.simulate import Scene, simulate


@pytest.fixture(scope="module")
def aligned(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], AlignSettings, Alignment]:
    """A real alignment of simulated exposures."""
    folder = tmp_path_factory.mktemp("session")
    truth = simulate(Scene(seed=3, size="small", density=0.3), folder)
    made = AlignSettings.defaults()
    settings = AlignSettings(made.tweakreg, made.imagefind.replaced(threshold=200.0), made.refimagefind)
    files = list(truth.files)
    return files, settings, align(files, settings)


@pytest.fixture
def document(aligned: tuple[list[Path], AlignSettings, Alignment]) -> Document:
    files, settings, result = aligned
    sets = (settings.tweakreg, settings.imagefind, settings.refimagefind)
    marks = tuple(one for one in map(mark, files) if one is not None)
    drizzled = DrizzleResult(
        (ExposureFigures(files[0], (ChipFigures(1, 2.5, 3, float("nan")),), blots={1: files[1]}),),
        files[0], None, None, None, (files[0],), {"Sky": 0.5}, ("é",),
    )  # fmt: skip
    values = (
        TASKS["astrodrizzle"]
        .defaults()
        .replaced(output="a, %(b)s\n'é'", final_fillval=float("nan"), final_scale=0.03)
    )
    return Document(
        exposures=marks,
        sets={
            "astrodrizzle": SavedSet(values, "/x/my.cfg", True, {"final_rot": "north"}),
            **{each.task.name: SavedSet(each) for each in sets},
        },
        choices=Choices().replaced(files[1].name, excluded=frozenset({3, 5}), offset=(1.5, -2.0)),
        alignment=SavedAlignment(result, sets, marks, tuple(map(str, files)), (str(files[1]),)),
        drizzle=SavedDrizzle(drizzled, marks[:1], "ERR"),
        folder="/out",
        view={"view": "blink", "tab": 2, "basic": True},
        saved="2026-11-23T21:00:00Z",
    )


def test_all_of_it_comes_back(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "run.drizzledesk"
    write_session(document, path)
    back = read_session(path)
    assert format_session(back, tmp_path) == path.read_text()
    assert back.sets["astrodrizzle"] == document.sets["astrodrizzle"]
    assert back.choices == document.choices
    assert back.alignment is not None
    assert document.alignment is not None
    assert encode(back.alignment.result, CLASSES) == encode(document.alignment.result, CLASSES)
    assert back.alignment.sets == document.alignment.sets
    assert back.drizzle is not None
    assert back.drizzle.result.exposures[0].blots == {1: Path(document.exposures[1].path)}
    assert back.view == document.view
    one, two = (doc.alignment.result.images[1].fit for doc in (document, back))  # type: ignore[union-attr]
    assert one is not None
    assert two is not None
    assert np.array_equal(one.rx, two.rx)
    assert two.used.dtype == bool
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_session_is_one(tmp_path: Path) -> None:
    write_session(Document(), tmp_path / "none.drizzledesk")
    assert read_session(tmp_path / "none.drizzledesk").exposures == ()


def test_an_alignment_is_packed_once(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = Parts()
    first = format_session(document, tmp_path, parts)
    monkeypatch.setattr("core.sessions.codec._packed", lambda array: pytest.fail("packed again"))
    assert format_session(replace(document, folder="/other"), tmp_path, parts) != first


# ---- files that moved


def test_a_file_is_found_again(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "data").mkdir(parents=True)
    file = old / "data" / "a_flt.fits"
    file.write_bytes(b"pixels")
    one = mark(file, old, checksum=True)
    assert one is not None
    assert find(one, old) == (found := find(one, tmp_path / "elsewhere"))
    assert found.state is State.SAME
    old.rename(new)
    assert find(one, new).path == new / "data" / "a_flt.fits"
    assert find(one, tmp_path).state is State.MISSING
    assert find(one, tmp_path, also=[new / "data"]).state is State.SAME


def test_a_touched_copy_is_the_same_and_a_written_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a_flt.fits"
    file.write_bytes(b"pixels")
    plain, checked = mark(file), mark(file, checksum=True)
    assert plain is not None
    assert checked is not None
    os.utime(file, ns=(1, 1))
    assert find(checked, tmp_path).state is State.SAME
    assert find(plain, tmp_path).state is State.CHANGED
    file.write_bytes(b"pixelz")
    assert find(checked, tmp_path).state is State.CHANGED


def test_a_whole_copied_folder_stays_together(tmp_path: Path) -> None:
    """Both the original and the copy are there: the session in the copy means the copy."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a_flt.fits").write_bytes(b"pixels")
        os.utime(tmp_path / name / "a_flt.fits", ns=(5, 5))
    one = mark(tmp_path / "one" / "a_flt.fits", tmp_path / "one")
    assert one is not None
    assert find(one, tmp_path / "two").path.parent == tmp_path / "two"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_never_read(tmp_path: Path) -> None:
    """A session could name one, and whoever opens it waits for ever."""
    from core.sessions.marks import FileMark

    os.mkfifo(tmp_path / "pipe")
    assert mark(tmp_path / "pipe", checksum=True) is None
    assert find(FileMark(str(tmp_path / "pipe"), "", 0, 0, "0" * 64), tmp_path).state is State.MISSING
    assert find(FileMark(str(tmp_path), "", 4096, 0, "0" * 64), tmp_path).state is State.MISSING


# ---- damaged and hostile


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON|nested"),
        ("{}", "no session file"),
        ('{"format": "drizzledesk session"}', "version is no number"),
        ('{"format": "drizzledesk session", "version": 2}', "newer DrizzleDesk"),
        ('{"format": "drizzledesk session", "version": true}', "version is no number"),
        ('{"format": "drizzledesk session", "version": 1, "exposures": 5}', "list of files"),
        ('{"format": "drizzledesk session", "version": 1, "sets": []}', "no table"),
        ('{"format": "drizzledesk session", "version": 1, "sets": {"acsccd": {}}}', "no task"),
        ('{"format": "drizzledesk session", "version": 1, "sets": {"tweakreg": {"values": {"nclip": "x"}}}}', "whole"),
        ('{"format": "drizzledesk session", "version": 1, "folder": []}', "no text"),
        ('{"format": "drizzledesk session", "version": 1, "choices": {"object": ["Popen", {}]}}', "'Popen'"),
        ('{"format": "drizzledesk session", "version": 1, "choices": {"object": ["Fit", {}]}}', "Fit"),
        ('{"format": "drizzledesk session", "version": 1, "choices": {"path": "/"}}', "something else"),
        ('{"format": "drizzledesk session", "version": 1, "alignment": {"result": 5}}', "something else"),
        ('{"format": "drizzledesk session", "version": 1, "view": {"a": []}}', "views"),
        ('{"format": "drizzledesk session", "version": ' + "9" * 6000 + "}", "no JSON"),
    ],
)  # fmt: skip
def test_refused_with_the_reason(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.drizzledesk"
    path.write_text(text)
    with pytest.raises(Refusal, match=why) as caught:
        read_session(path)
    assert caught.value.file == str(path) or caught.value.subject
    assert caught.value.advice


def test_not_a_text_file_and_none_at_all(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x80\x04\x95\x00\xff")  # the head of a pickle
    for path in (tmp_path / "x", tmp_path, tmp_path / "none", tmp_path / "a\0b"):
        with pytest.raises(Refusal):
            read_session(path)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"array": ["<f8", [1_000_000_000_000], ""]}, "more numbers"),
        ({"array": ["<f8", [-1], ""]}, "shape"),
        ({"array": ["|O", [1], ""]}, "no known kind"),
        ({"array": [[], [1], ""]}, "an array"),
        ({"array": ["<f8", [2], "eJwDAAAAAAE="]}, "length"),
        ({"array": ["<f8", [2], "not base64!"]}, "numbers of an array"),
        ({"array": ["<f8", [2], "é"]}, "numbers of an array"),
        ({"object": ["Matches", {"reference": 5, "image": 5}]}, "another type"),
        ({"object": ["Matches", {"no": 5}]}, "which there is not"),
        ({"object": [["Matches"], {}]}, "object"),
        ({"enum": ["Status", "__class__"]}, "choices"),
        ({"enum": ["Matches", "image"]}, "choices"),
        ({"dict": [[{"dict": []}, 1]]}, "a key"),
        ({"a": 1, "b": 2}, "no known kind"),
        ({"path": "a\0b"}, "path"),
    ],
)  # fmt: skip
def test_the_codec_refuses(raw: object, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        decode(raw, CLASSES)


def test_a_bomb_is_not_unpacked() -> None:
    """10 GB of zeros in 10 MB: unpacking stops after what the shape says."""
    import base64
    import zlib

    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(1 << 24)) for _ in range(40)) + packer.flush()
    start = time.perf_counter()
    with pytest.raises(Refusal, match="length"):
        decode({"array": ["|u1", [100], base64.b64encode(body).decode()]}, CLASSES)
    assert time.perf_counter() - start < 1


def test_mutated_sessions_are_read_or_refused(document: Document, tmp_path: Path) -> None:
    """A few hundred damaged files: nothing but a refusal ever comes of one."""
    small = replace(document, alignment=None)
    chance = random.Random(5)
    for document_, rounds in ((small, 400), (document, 60)):
        clean = format_session(document_, tmp_path)
        for _ in range(rounds):
            text = clean
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(text))
                piece = chance.choice(
                    ['"', "[", "]", "{", "}", "null", "-1", "1e999", "true", "\\", "\ud800", ",", ""]
                )
                text = text[:at] + piece + text[at + chance.randint(0, 30) :]
            try:
                parse_session(text)
            except Refusal:
                continue


def test_each_changed_value_of_the_structure(document: Document, tmp_path: Path) -> None:
    """Every leaf replaced by something of another type: read or refused, never another error."""
    raw = json.loads(format_session(document, tmp_path))

    def leaves(node: object, place: tuple[object, ...] = ()):  # type: ignore[no-untyped-def]
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in items:
            yield (*place, key)
            yield from leaves(child, (*place, key))

    places = list(leaves(raw))
    for place in random.Random(2).sample(places, 150):
        damaged = json.loads(json.dumps(raw))
        parent = damaged
        for key in place[:-1]:
            parent = parent[key]
        for other in (None, [], {}, "x", -1, {"object": ["Fit", {}]}):
            parent[place[-1]] = other
            try:
                parse_session(json.dumps(damaged))
            except Refusal:
                continue


def test_parts_that_do_not_belong_together_are_refused(document: Document, tmp_path: Path) -> None:
    """Each by itself is good, but a view would fail on it."""
    assert document.alignment is not None
    result = document.alignment.result
    image = result.images[1]
    assert image.matches is not None
    assert image.fit is not None
    assert image.sources is not None
    wrong = [
        replace(image, matches=replace(image.matches, image=image.matches.image + 10**6)),
        replace(image, matches=replace(image.matches, reference=image.matches.reference - 10**6)),
        replace(image, fit=replace(image.fit, rx=image.fit.rx[:-1])),
        replace(image, fit=replace(image.fit, geometry="affine")),
        replace(image, matches=None),
        replace(image, sources=replace(image.sources, flux=image.sources.flux[:, None])),
        replace(image, catalogs=(replace(image.catalogs[0], y=image.catalogs[0].y[:-1]),)),
        replace(image, sources=None),
    ]
    for each in wrong:
        images = (result.images[0], each, *result.images[2:])
        bad = replace(document, alignment=replace(document.alignment, result=replace(result, images=images)))
        with pytest.raises(Refusal, match="cannot be"):
            parse_session(format_session(bad, tmp_path))


def test_every_class_that_a_result_may_hold_can_be_kept() -> None:
    """A field of a new class in the results would otherwise make saving fail on the day it is filled."""
    import typing
    from dataclasses import fields, is_dataclass
    from enum import Enum

    seen: set[type] = set()

    def walk(hint: object) -> None:
        for inner in typing.get_args(hint):
            walk(inner)
        if isinstance(hint, type) and hint not in seen and (is_dataclass(hint) or issubclass(hint, Enum)):
            seen.add(hint)
            own = typing.get_type_hints(hint)
            for each in fields(hint) if is_dataclass(hint) else ():
                walk(own[each.name])

    for root in (Alignment, DrizzleResult, Choices):
        walk(root)
    assert len(seen) > 12
    assert {kind.__name__ for kind in seen if CLASSES.get(kind.__name__) is not kind} == set()
