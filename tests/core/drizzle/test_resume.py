"""Runs that take over what did not change, after a restart: every step, every kind of damage, to the bit."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle import plan
from core.drizzle.choose import NAMES
from core.drizzle.journal import Journal, read_journal
from core.drizzle.results import MADE, TAKEN, DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Cancelled
from core.params import TASKS
from core.runs.progress import Progress, Report
from core.simulate import Truth

Copies = Callable[..., list[Path]]
DEFAULTS = (
    TASKS["astrodrizzle"]
    .defaults()
    .replaced(output="f606w", driz_sep_bits="64,32", final_bits="64,32", preserve=False)
)
JOURNAL = "f606w_steps.json"


def run(
    files: list[Path], *, resume: bool = True, progress: Progress | None = None, **values: Any
) -> DrizzleResult:
    """As a program that was started anew: nothing is known but what lies in the folder."""
    params = DEFAULTS.replaced(**values)
    return astrodrizzle(files, params, folder=files[0].parent, resume=resume, progress=progress)


def redone(result: DrizzleResult) -> list[str]:
    """The steps that were done, by name; all others were taken over."""
    assert set(result.steps.values()) <= {MADE, TAKEN}
    return [name for name in NAMES if result.steps.get(plan.TITLES[name]) == MADE]


def pixels(folder: Path) -> dict[str, bytes]:
    """The bytes of all FITS files of a folder, exposures too; of cleaned copies the arrays alone, for their headers are
    those of the exposures, which have MDRIZSKY after a first run."""
    found = {path.name: path.read_bytes() for path in folder.glob("*.fits") if "crclean" not in path.name}
    for path in folder.glob("*_crclean.fits"):
        with fits.open(path, memmap=False) as hdus:
            found[path.name] = b"".join(hdu.data.tobytes() for hdu in hdus if hdu.data is not None)
    return found


@pytest.fixture(scope="module")
def whole(aligned: Truth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run; not to be changed."""
    folder = tmp_path_factory.mktemp("whole")
    files = [Path(shutil.copy2(path, folder)) for path in aligned.files]
    result = run(files, resume=False, driz_cr_corr=True)
    assert redone(result) == list(NAMES)
    return folder


@pytest.fixture
def files(whole: Path, tmp_path: Path) -> list[Path]:
    """The exposures of a folder in which that run was done."""
    folder = tmp_path / "again"
    shutil.copytree(whole, folder)
    return sorted(folder.glob("*_flt.fits"))


STRICTER = {"driz_cr_snr": "5.0 4.0"}


@pytest.fixture(scope="module")
def stricter(
    aligned: Truth, tmp_path_factory: pytest.TempPathFactory
) -> tuple[DrizzleResult, dict[str, bytes]]:
    """What a fresh run with other limits of the cosmic rays makes."""
    folder = tmp_path_factory.mktemp("stricter")
    files = [Path(shutil.copy2(path, folder)) for path in aligned.files]
    return run(files, resume=False, driz_cr_corr=True, **STRICTER), pixels(folder)


CHANGES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"final_pixfrac": 0.8}, ["combine"]),
    (STRICTER, ["cosmic", "combine"]),
    ({"blot_interp": "linear"}, ["blot", "cosmic", "combine"]),
    ({"combine_type": "median"}, ["median", "blot", "cosmic", "combine"]),
    ({"driz_sep_kernel": "square"}, ["separate", "median", "blot", "cosmic", "combine"]),
    ({"skystat": "mode"}, ["sky", "separate", "median", "blot", "cosmic", "combine"]),
    ({"static_sig": 3.0}, list(NAMES)),
]


@pytest.mark.parametrize(("changed", "steps"), CHANGES, ids=lambda one: next(iter(one), "nothing"))
def test_only_what_changed_and_what_follows(
    files: list[Path], copies: Copies, stricter: Any, changed: dict[str, Any], steps: list[str]
) -> None:
    result = run(files, driz_cr_corr=True, **changed)
    assert redone(result) == steps
    expected, made = stricter
    if changed is not STRICTER:
        fresh = copies("fresh")
        expected = run(fresh, resume=False, driz_cr_corr=True, **changed)
        made = pixels(fresh[0].parent)
    assert pixels(files[0].parent) == made
    assert [one.chips for one in result.exposures] == [one.chips for one in expected.exposures]
    assert result.warnings == expected.warnings


def test_without_resume_all_is_done(files: list[Path]) -> None:
    assert redone(run(files, resume=False, driz_cr_corr=True)) == list(NAMES)


@pytest.mark.parametrize(
    ("pattern", "step"),
    [("*_1_staticMask.fits", "static"), ("*_single_sci.fits", "separate"), ("*sci1_crmask.fits", "cosmic"),
     ("f606w_drz_wht.fits", "combine")],
)  # fmt: skip
def test_a_file_that_was_edited_is_made_anew(files: list[Path], whole: Path, pattern: str, step: str) -> None:
    path = sorted(files[0].parent.glob(pattern))[0]
    with fits.open(path, mode="update", memmap=False) as hdus:
        hdus[0].data[5, 7] = 1 - hdus[0].data[5, 7]
    assert redone(run(files, driz_cr_corr=True)) == [step]
    assert pixels(files[0].parent) == pixels(whole)


@pytest.mark.parametrize("damage", ["flipped", "truncated", "gone"])
def test_a_damaged_file_is_never_used(files: list[Path], stricter: Any, damage: str) -> None:
    path = sorted(files[0].parent.glob("*sci1_blt.fits"))[1]
    before = path.stat()
    data = bytearray(path.read_bytes())
    if damage == "flipped":  # one bit, and the time of before: only the bytes can tell
        data[-100_000] ^= 16
        path.write_bytes(data)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif damage == "truncated":
        path.write_bytes(data[: len(data) // 2])
    else:
        path.unlink()
    result = run(files, driz_cr_corr=True, **STRICTER)
    assert redone(result) == ["blot", "cosmic", "combine"]
    assert pixels(files[0].parent) == stricter[1]


def test_an_exposure_that_changed_is_worked_on_anew(files: list[Path]) -> None:
    fits.setval(
        files[1], "CRVAL1", value=fits.getval(files[1], "CRVAL1", "sci", 2) + 1e-7, extname="sci", extver=2
    )
    assert redone(run(files, driz_cr_corr=True)) == list(NAMES)
    raw = bytearray(files[0].read_bytes())
    raw[-3000] ^= 1  # as large as before
    files[0].write_bytes(raw)
    assert redone(run(files, driz_cr_corr=True)) == list(NAMES)
    assert redone(run(files, driz_cr_corr=True)) == []


def test_an_exposure_that_was_only_touched_or_copied_is_known(files: list[Path], whole: Path) -> None:
    os.utime(files[0])
    shutil.copyfile(files[1], files[1].with_suffix(".new"))
    files[1].with_suffix(".new").replace(files[1])
    assert redone(run(files, driz_cr_corr=True)) == []
    journal = files[0].parent / JOURNAL
    assert [one.mtime_ns for one in read_journal(journal).exposures] == [p.stat().st_mtime_ns for p in files]
    text = json.loads(journal.read_text())
    text["exposures"] = [one[:4] for one in text["exposures"]]  # as former versions wrote it
    journal.write_text(json.dumps(text))
    assert redone(run(files, driz_cr_corr=True)) == []  # ... and their sums are known from now on
    os.utime(files[2])
    assert redone(run(files, driz_cr_corr=True)) == []
    text["exposures"][2][2] = 1
    journal.write_text(json.dumps(text))
    assert redone(run(files, driz_cr_corr=True)) == list(NAMES)  # nobody knows what was changed
    assert pixels(files[0].parent) == pixels(whole)


def test_other_exposures_are_worked_on_anew(files: list[Path]) -> None:
    assert redone(run(files[:2], driz_cr_corr=True)) == list(NAMES)
    assert redone(run(files[:2], driz_cr_corr=True)) == []
    assert redone(run(files[1::-1], driz_cr_corr=True)) == list(NAMES)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 100_000, '{"format": "drizzledesk steps", "version": 1}', "\0", '{"steps": {"sky": 3}}',
     '{"format": "drizzledesk steps", "version": 2, "token": "", "reset": "", "exposures": [], "steps": {}}',
     '{"format": "drizzledesk steps", "version": 1, "token": "", "reset": "", "exposures": [["a", 1.5, 0, ""]], '
     '"steps": {}}',
     '{"format": "drizzledesk steps", "version": 1, "token": "", "reset": "", "exposures": [], "steps": {"sky": '
     '{"key": "", "made": "", "params": {}, "value": 1, "warnings": [], "exposures": [], '
     '"files": {"../a": [1, 2, 3]}}}}'],
)  # fmt: skip
def test_what_is_no_journal_reads_as_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / JOURNAL).write_text(text)
    assert read_journal(tmp_path / JOURNAL) == Journal() == read_journal(tmp_path / "none.json")


@pytest.mark.parametrize("text", ["{", None], ids=["cut", "numbers"])
def test_a_damaged_journal_counts_as_none(files: list[Path], text: str | None) -> None:
    path = files[0].parent / JOURNAL
    raw = json.loads(path.read_text())
    if text is None:  # numbers that are none, under keys that are right
        raw["steps"]["cosmic"]["value"] = [["x", 1]]
        raw["steps"]["separate"]["value"] = {"x": "__import__('os')"}
    path.write_text(json.dumps(raw) if text is None else text)
    expected = ["separate", "cosmic"] if text is None else list(NAMES)
    assert redone(run(files, driz_cr_corr=True)) == expected


def stopped(files: list[Path], step: str, **values: Any) -> None:
    """A run that is stopped as soon as `step` begins."""
    progress = Progress(interval=0.0)

    def stop(report: Report) -> None:
        if report.step == step:
            progress.cancel()

    progress._listener = stop
    with pytest.raises(Cancelled):
        run(files, progress=progress, **values)


def test_what_was_done_before_a_stop_is_taken_over(files: list[Path]) -> None:
    stopped(files, plan.COSMIC, driz_cr_corr=True, combine_type="median")
    result = run(files, driz_cr_corr=True, combine_type="median")
    assert "median" not in redone(result)
    assert redone(result)[-2:] == ["cosmic", "combine"]


def test_products_that_are_taken_over_are_not_cleaned_away(files: list[Path]) -> None:
    stopped(files, plan.WRITING, clean=True, final_pixfrac=0.8)
    result = run(files, clean=True, final_pixfrac=0.8)
    assert redone(result) == []
    assert len(result.products) == 3
    assert all(path.is_file() for path in result.products)
    assert not list(files[0].parent.glob("*_single_sci.fits"))


def test_flags_written_meanwhile_are_read_by_steps_that_do_not_reset_them(copies: Copies) -> None:
    files = copies()
    none = {"resetbits": "0", "crbit": 0}
    run(files, **none)
    run(files, crbit=4096)
    assert redone(run(files, **none)) == list(NAMES)


def test_an_exposure_that_another_program_changed_during_the_run_is_not_taken_for_known(
    files: list[Path],
) -> None:
    progress = Progress(interval=0.0)

    def flag(report: Report) -> None:
        if report.step == plan.WRITING and not report.done:
            with fits.open(files[1], mode="update") as hdus:
                hdus["DQ", 1].data[40:80, 40:80] |= 4

    progress._listener = flag
    run(files, progress=progress, driz_cr_corr=True, final_pixfrac=0.9)
    assert redone(run(files, driz_cr_corr=True, final_pixfrac=0.9)) == list(NAMES)


def test_rules_that_were_edited_are_noticed(files: list[Path], tmp_path: Path) -> None:
    rules = tmp_path / "mine.rules"
    rules.write_text("PA_V3 PA_V3 first\n")
    assert redone(run(files, driz_cr_corr=True, rules_file=str(rules))) == ["combine"]
    assert redone(run(files, driz_cr_corr=True, rules_file=str(rules))) == []
    rules.write_text("PA_V3 PA_V3 mean\n")
    assert redone(run(files, driz_cr_corr=True, rules_file=str(rules))) == ["combine"]


def test_a_file_of_somebody_else_with_the_journals_name_is_left_alone(copies: Copies) -> None:
    files = copies()
    path = files[0].parent / JOURNAL
    path.write_text('{"mine": 1}')
    result = run(files, clean=True)
    assert path.read_text() == '{"mine": 1}'
    assert any("is no journal" in warning for warning in result.warnings)


def test_flags_that_stay_are_read_by_the_next_run(copies: Copies) -> None:
    # without resetbits the flags of the first run are part of what the second reads
    files = copies()
    run(files, resetbits="0")
    assert redone(run(files, resetbits="0")) == list(NAMES)


def test_clean_and_memory_leave_no_journal(files: list[Path], tmp_path: Path) -> None:
    run(files, clean=True)
    assert not (files[0].parent / JOURNAL).exists()
    params = DEFAULTS.replaced(in_memory=True)
    astrodrizzle(files, params, folder=tmp_path / "out", resume=True)
    assert not (tmp_path / "out" / JOURNAL).exists()


def test_a_folder_that_moved_is_still_known(files: list[Path], tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    files[0].parent.rename(moved)
    there = sorted(moved.glob("*_flt.fits"))
    assert redone(run(there, driz_cr_corr=True)) == []


def test_the_journal_tells_what_was_done(files: list[Path]) -> None:
    told = json.loads((files[0].parent / JOURNAL).read_text())
    assert list(told["steps"]) == list(NAMES)
    assert told["steps"]["median"]["params"]["combine_type"] == "minmed"
    size, _, crc = told["steps"]["median"]["files"]["f606w_med.fits"]
    path = files[0].parent / "f606w_med.fits"
    assert size == path.stat().st_size
    import zlib

    assert crc == zlib.crc32(path.read_bytes())
    assert np.isfinite(told["steps"]["separate"]["value"][files[0].stem])
