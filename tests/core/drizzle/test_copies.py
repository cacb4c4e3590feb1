"""OrIg_files: the exposure as it was, kept as the very file where that can be done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.drizzle.copies import ORIGINALS, original_kept

PRESERVE = {"preserve": True, "overwrite": False}


def exposure(folder: Path) -> Path:
    path = folder / "a_flt.fits"
    path.write_bytes(b"as it was")
    return path


def replace(path: Path, text: bytes) -> None:
    new = path.with_name("new")
    new.write_bytes(text)
    os.replace(new, path)


def test_the_old_file_itself_is_kept(tmp_path: Path) -> None:
    path = exposure(tmp_path)
    number = path.stat().st_ino
    with original_kept(path, PRESERVE):
        replace(path, b"changed")
    copy = tmp_path / ORIGINALS / path.name
    assert copy.read_bytes() == b"as it was"
    assert copy.stat().st_ino == number
    assert copy.stat().st_mode & 0o777 == 0o444
    assert path.stat().st_mode & 0o200
    assert path.read_bytes() == b"changed"


def test_a_second_run_leaves_the_copy_alone_unless_told_to_overwrite(tmp_path: Path) -> None:
    path = exposure(tmp_path)
    copy = tmp_path / ORIGINALS / path.name
    for text in (b"changed", b"again"):
        with original_kept(path, PRESERVE):
            replace(path, text)
    assert copy.read_bytes() == b"as it was"
    with original_kept(path, {"preserve": True, "overwrite": True}):
        replace(path, b"third")
    assert copy.read_bytes() == b"again"
    assert sorted(one.name for one in copy.parent.iterdir()) == [path.name]


def test_nothing_is_kept_when_not_asked(tmp_path: Path) -> None:
    path = exposure(tmp_path)
    with original_kept(path, {"preserve": False, "overwrite": False}):
        replace(path, b"changed")
    assert not (tmp_path / ORIGINALS).exists()


def test_a_failure_leaves_no_second_name_of_the_exposure(tmp_path: Path) -> None:
    path = exposure(tmp_path)
    with pytest.raises(OSError, match="full"), original_kept(path, PRESERVE):
        raise OSError("full")
    assert not (tmp_path / ORIGINALS / path.name).exists()
    assert path.stat().st_nlink == 1


def test_a_file_with_several_names_is_copied(tmp_path: Path) -> None:
    """Somebody may change it in place under its other name."""
    path = exposure(tmp_path)
    os.link(path, tmp_path / "other")
    with original_kept(path, PRESERVE):
        replace(path, b"changed")
    (tmp_path / "other").write_bytes(b"in place")
    assert (tmp_path / ORIGINALS / path.name).read_bytes() == b"as it was"


def test_after_a_kill_between_both_steps_the_next_run_goes_on(tmp_path: Path) -> None:
    path = exposure(tmp_path)
    copy = tmp_path / ORIGINALS / path.name
    copy.parent.mkdir()
    os.link(path, copy)  # killed here
    for overwrite in (False, True):
        with original_kept(path, {"preserve": True, "overwrite": overwrite}):
            replace(path, b"changed")
        assert path.read_bytes() == b"changed"
    assert copy.read_bytes() == b"changed"
    assert sorted(one.name for one in copy.parent.iterdir()) == [path.name]


def test_where_a_file_cannot_have_two_names_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", cannot)
    path = exposure(tmp_path)
    with original_kept(path, PRESERVE):
        replace(path, b"changed")
    assert (tmp_path / ORIGINALS / path.name).read_bytes() == b"as it was"


def test_what_stays_as_it_is_gets_a_copy_of_its_own(tmp_path: Path) -> None:
    # another program that changes the exposure in place must not change the kept one with it
    path = exposure(tmp_path)
    with original_kept(path, PRESERVE):
        pass
    copy = path.parent / ORIGINALS / path.name
    kept = copy.read_bytes()
    assert kept == path.read_bytes()
    with path.open("r+b") as file:
        file.write(b"other")
    assert copy.read_bytes() == kept


def test_a_failure_leaves_the_older_copy_as_it_was(tmp_path: Path) -> None:
    path = exposure(tmp_path)
    with original_kept(path, PRESERVE):
        replace(path, b"changed")
    with pytest.raises(OSError, match="full"), original_kept(path, {"preserve": True, "overwrite": True}):
        raise OSError("full")
    folder = tmp_path / ORIGINALS
    assert (folder / path.name).read_bytes() == b"as it was"
    assert [one.name for one in folder.iterdir()] == [path.name]


def test_a_kept_file_whose_mode_cannot_be_changed_is_kept(tmp_path: Path, monkeypatch) -> None:
    # it belongs to a colleague: links and renames work in a shared folder, chmod does not
    path = exposure(tmp_path)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", denied)
    with original_kept(path, PRESERVE):
        replace(path, b"changed")
    assert (tmp_path / ORIGINALS / path.name).read_bytes() == b"as it was"
