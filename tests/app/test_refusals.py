"""Command lines that cannot be done: one line that says which file or parameter, what is wrong and what to try."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cli import main

TASKS = ("tweakreg", "astrodrizzle")


def exposure(name: str = "a_flt.fits") -> Path:
    """What is named like an exposure and never opened."""
    path = Path(name)
    path.write_bytes(b"SIMPLE  =")
    return path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


FILES: dict[str, tuple[Callable[[], object], list[str], str]] = {
    "none": (exposure, ["no_flt.fits"], "no_flt.fits: There is no such file. Try: "),
    "one of two": (exposure, ["a_flt.fits", "no_flt.fits"], "no_flt.fits: There is no such file. Try: "),
    "pattern": (exposure, ["x*.fits"], "input: No file matches x*.fits. Try: "),
    "folder": (lambda: Path("sub").mkdir(), ["sub"], "sub: This is a folder. Try: "),
    "pipe": (lambda: os.mkfifo("p_flt.fits"), ["p_flt.fits"], "p_flt.fits: This is no file on a disk. Try: "),
    "device": (exposure, ["/dev/null"], "null: This is no file on a disk. Try: "),
    "link to nothing": (
        lambda: Path("l_flt.fits").symlink_to("gone.fits"),
        ["*_flt.fits"],
        "l_flt.fits: It is a link to gone.fits, which leads to no file. Try: ",
    ),
    "two names": (
        lambda: Path("b_flt.fits").symlink_to(exposure()),
        ["*_flt.fits"],
        "b_flt.fits: It is the same file as a_flt.fits, under another name. Try: ",
    ),
    "two links": (
        lambda: Path("b_flt.fits").hardlink_to(exposure()),
        ["a_flt.fits", "b_flt.fits"],
        "b_flt.fits: It is the same file as a_flt.fits, under another name. Try: ",
    ),
    "too long to be": (exposure, ["x" * 400], f"{'x' * 400}: There is no such file. Try: "),
    "too long": (lambda: exposure("x" * 230 + "_flt.fits"), ["*.fits"], "input: The name 'xxxxxxxxxxxxxxxxxxxxxxx"),
    "two lines": (lambda: exposure("a\n_flt.fits"), ["*.fits"], "input: The name 'a\\n_flt.fits' has characters"),
    "no list": (exposure, ["@l.txt"], "l.txt: The list cannot be read: No such file or directory. Try: "),
    "empty list": (lambda: Path("l.txt").write_text("# x\n\n"), ["@l.txt"], "l.txt: The list names no file. Try: "),
    "FITS as a list": (exposure, ["@a_flt.fits"], "a_flt.fits: This is a FITS file, not a list of names. Try: "),
    "list of none": (
        lambda: Path("l.txt").write_text("no_flt.fits\n"),
        ["@l.txt"],
        "l.txt: no_flt.fits: There is no such file. Try: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", FILES)
def test_files_that_cannot_be_given(command, task: str, kind: str) -> None:
    prepare, names, told = FILES[kind]
    prepare()
    done = command(task, *names)
    assert (done.status, done.out, len(done.err)) == (1, [], 1)
    assert done.err[0].startswith(f"drizzledesk: {told}")


def test_a_bad_value_names_the_parameter_file_it_stands_in(command) -> None:
    exposure()
    Path("mine.cfg").write_text(
        "_task_name_ = astrodrizzle\n[STEP 7: DRIZZLE FINAL COMBINED IMAGE]\nfinal_pixfrac = 7\n"
    )
    done = command("astrodrizzle", "a_flt.fits", "--cfg", "mine.cfg", "--quiet")
    assert done.status == 1
    assert done.err[-1].startswith(
        "drizzledesk: mine.cfg: astrodrizzle: final_pixfrac: 7 is out of range. Try: "
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "tweakreg a --scheduler local",
            "--scheduler: tweakreg works with the threads of this machine alone",
        ),
        ("astrodrizzle a --reprot r.json", "There is no option --reprot. Did you mean --report? Try: "),
        ("astrodrizzle a --final_scale=0.04", "A parameter is set by -p final_scale=0.04. Try: "),
        ("params tweakreg more", "'more' is one word too many. Try: "),
        ("astrodrizzle --report", "argument --report: expected one argument. Try: "),
        ("--verison", "There is no option --verison. Did you mean --version? Try: "),
    ],
)
def test_wrong_use_is_told_in_one_line(capsys: pytest.CaptureFixture[str], line: str, told: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(line.split())
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1


@contextmanager
def no_large_files() -> Iterator[None]:
    """No file that this process writes may have more than 4 MB: as on a full disk, writing ends in the middle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_cannot_be_written_leaves_the_old_file_whole(
    simulated, copied, command, find_stars, sha256, tmp_path: Path
) -> None:
    files = copied(simulated.files, tmp_path)
    before = sha256(files)
    with no_large_files():
        done = command("tweakreg", *files, *find_stars, "-p", "updatehdr=yes", "--dir", "out", "--quiet")
    assert done.status == 1
    assert [line.split(": ")[1] for line in done.err] == [path.name for path in files[1:]]
    with no_large_files():
        done = command("astrodrizzle", *files, "-p", "driz_cr=no", "--dir", "out", "--quiet")
    assert (done.status, len(done.err)) == (1, 1)
    assert f"A file in the folder {tmp_path / 'out'} may not be as large as this. Try: " in done.err[0]
    assert sha256(files) == before
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]
