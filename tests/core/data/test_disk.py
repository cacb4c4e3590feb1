"""What is said of a disk that takes nothing: the folder, what is wrong, what to try."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from core.data.disk import unwritable


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "The disk of the folder {} is full. Try: Make room there"),
        (errno.EROFS, "The folder {} is on a disk that can only be read. Try: Choose"),
        (errno.EACCES, "You may not write in the folder {}. Try: Change its permissions"),
        (errno.EFBIG, "A file in the folder {} may not be as large as this. Try: Raise"),
        (errno.EIO, "Nothing can be written in the folder {}: Input/output error. Try: "),
        (errno.EISDIR, "This is a folder, not a file. Try: "),
        (errno.ENAMETOOLONG, "The name is longer than the disk takes. Try: "),
    ],
)
def test_folder_and_reason_are_named(tmp_path: Path, number: int, told: str) -> None:
    error = OSError(number, os.strerror(number))
    said = str(unwritable(tmp_path, error, file=tmp_path / "a.fits", subject="output"))
    assert said.startswith(f"a.fits: output: {told.format(tmp_path)}")


def test_a_folder_without_a_name_is_named_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = str(unwritable(Path(), OSError(errno.EACCES, "")))
    assert said.startswith(f"{tmp_path.name}: You may not write in the folder {tmp_path}.")


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    error = OSError(errno.ENOTDIR, "")
    assert "f: This is a file, not a folder." in str(unwritable(tmp_path / "f", error))
    assert f"{tmp_path / 'f'} is a file, not a folder." in str(unwritable(tmp_path / "f" / "sub", error))
