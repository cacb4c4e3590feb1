"""Steps run alone on what the steps before left: the chain of seven, files that are missing, damaged or do not fit."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data.history import rewrite_recorded
from core.drizzle.choose import NAMES, SWITCHES, chosen_steps
from core.drizzle.plan import TITLES
from core.drizzle.results import GIVEN, MADE, TAKEN, DrizzleResult
from core.drizzle.session import astrodrizzle
from core.drizzle.status import step_states
from core.errors import Refusal
from core.params import TASKS
from core.simulate import Truth
from tests.core.drizzle.test_resume import pixels, redone

Copies = Callable[..., list[Path]]
DEFAULTS = (
    TASKS["astrodrizzle"]
    .defaults()
    .replaced(output="f606w", driz_sep_bits="64,32", final_bits="64,32", preserve=False)
)
CHAIN = SWITCHES[2:6]


def run(files: list[Path], steps: str = "", **values: Any) -> DrizzleResult:
    params = DEFAULTS.replaced(**values)
    return astrodrizzle(files, params, folder=files[0].parent, only=chosen_steps(steps) if steps else None)


def alone(name: str) -> dict[str, bool]:
    """Of steps 3 to 7 this one is switched on."""
    return {switch: switch == name for switch in SWITCHES[2:]}


@pytest.fixture(scope="module")
def whole(aligned: Truth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run; not to be changed."""
    folder = tmp_path_factory.mktemp("whole")
    run([Path(shutil.copy2(path, folder)) for path in aligned.files])
    return folder


@pytest.fixture
def files(whole: Path, tmp_path: Path) -> list[Path]:
    """The exposures of a folder in which that run was done."""
    shutil.copytree(whole, tmp_path / "again")
    return sorted((tmp_path / "again").glob("*_flt.fits"))


def foreign(files: list[Path]) -> list[Path]:
    """The same as another program would leave it, without a journal."""
    (files[0].parent / "f606w_steps.json").unlink()
    return files


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "none"])
def test_a_chain_of_seven_commands_is_one_whole_run(copies: Copies, whole: Path, journal: bool) -> None:
    files = copies("chain")
    for number, name in enumerate(NAMES, 1):
        if not journal and number > 1:
            foreign(files)
        result = run(files, str(number))
        assert result.steps[TITLES[name]] == MADE
        assert {what for title, what in result.steps.items() if title != TITLES[name]} <= {GIVEN}
        assert result.warnings == ()
    assert pixels(files[0].parent) == pixels(whole)
    if journal:
        again = astrodrizzle(files, DEFAULTS, folder=files[0].parent, resume=True)
        assert set(again.steps.values()) == {TAKEN}


def test_a_chain_of_switches_is_one_whole_run(copies: Copies, whole: Path) -> None:
    # steps 1 and 2 say how pixels are taken, as in drizzlepac, and are done in each
    files = copies("chain")
    for name in SWITCHES[2:]:
        run(files, **alone(name))
    assert {n: b for n, b in pixels(files[0].parent).items() if "_drz_" not in n} == {
        n: b for n, b in pixels(whole).items() if "_drz_" not in n
    }
    for part in ("sci", "wht", "ctx"):  # the headers tell the switches
        ours, theirs = (fits.getdata(at / f"f606w_drz_{part}.fits") for at in (files[0].parent, whole))
        assert np.array_equal(ours, theirs, equal_nan=part == "sci")


def test_from_a_step_on(files: list[Path], copies: Copies) -> None:
    result = run(files, "5-7", blot_interp="linear")
    assert redone_of(result) == ["blot", "cosmic", "combine"]
    fresh = copies("fresh")
    run(fresh, blot_interp="linear")
    assert pixels(files[0].parent) == pixels(fresh[0].parent)


def redone_of(result: DrizzleResult) -> list[str]:
    return [name for name in NAMES if result.steps.get(TITLES[name]) == MADE]


MISSING = [
    ("3", "_512x1024_2_staticMask.fits", "step 1 (static)"),
    ("4", "ibc304v3q_single_wht.fits", "step 3 (driz_separate)"),
    ("5", "f606w_med.fits", "step 4 (median)"),
    ("6", "ibc307qyq_sci2_blt.fits", "step 5 (blot)"),
    ("7", "ibc301qrq_sci1_crmask.fits", "step 6 (driz_cr)"),
]


@pytest.mark.parametrize(
    ("how", "step", "name", "told"),
    [("gone", *one) for one in MISSING]
    + [(how, *MISSING[at]) for at, how in enumerate(("cut", "text", "shape"))],
    ids=lambda one: one[:9],
)
def test_a_file_that_is_missing_or_damaged(
    files: list[Path], how: str, step: str, name: str, told: str
) -> None:
    path = foreign(files)[0].parent / name
    if how == "gone":
        path.unlink()
    elif how == "cut":
        os.truncate(path, path.stat().st_size // 2)
    elif how == "text":
        path.write_text("no image\n")
    else:
        fits.writeto(path, np.zeros((30, 40), np.float32), overwrite=True)
    before = pixels(files[0].parent)
    with pytest.raises(Refusal) as caught:
        run(files, step, guard="warn")
    assert caught.value.file == str(path)
    assert told.lower() in str(caught.value).lower()
    assert pixels(files[0].parent) == before


def test_no_sky_value(copies: Copies) -> None:
    files = copies("bare")
    run(files, "1")
    with pytest.raises(Refusal, match=r"MDRIZSKY.*step 2"):
        run(files, "3")


def test_an_edited_file_stops_the_run(files: list[Path], whole: Path) -> None:
    path = files[0].parent / "f606w_med.fits"
    with fits.open(path, mode="update", memmap=False) as hdus:
        hdus[0].data[100, 100] += 1
    with pytest.raises(Refusal, match=r"f606w_med.*not as the step left it"):
        run(files, "5")
    result = run(files, "5-6", guard="warn")
    assert "not as the step left it" in result.warnings[0]
    # a whole run that takes over knows that the blots are of another median
    again = astrodrizzle(files, DEFAULTS, folder=files[0].parent, resume=True)
    assert redone(again) == ["median", "blot", "cosmic"]
    assert pixels(files[0].parent) == pixels(whole)


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "none"])
def test_a_wcs_that_has_changed(files: list[Path], journal: bool) -> None:
    if not journal:
        foreign(files)
    for extver in (1, 2):
        value = fits.getval(files[1], "CRVAL2", "sci", extver)
        fits.setval(files[1], "CRVAL2", value=value + 0.3 / 3600, extname="sci", extver=extver)
    with pytest.raises(Refusal, match="guard") as caught:
        run(files, "6")
    assert "WCS" in caught.value.what
    assert any("used all the same" in text for text in run(files, "6", guard="warn").warnings)


def test_files_of_another_program_that_are_older_than_the_alignment(files: list[Path]) -> None:
    def aligned_by_a_little(hdus: fits.HDUList) -> None:
        hdus["SCI", 1].header["CRVAL2"] += 1e-8  # too little to be seen in the frame

    foreign(files)
    old = time.time() - 60
    for path in files[0].parent.glob("*_single_*.fits"):
        os.utime(path, (old, old))
    run(files, "4")
    rewrite_recorded(files[2], aligned_by_a_little, action="Aligned")
    foreign(files)
    with pytest.raises(Refusal, match=r"older than the WCS that ibc307qyq_flt.fits has now"):
        run(files, "4")


def test_other_parameters_are_told(files: list[Path]) -> None:
    result = run(files, "4", driz_sep_kernel="square")
    assert any("driz_sep_kernel = turbo" in text for text in result.warnings)


def test_other_exposures_are_told(files: list[Path]) -> None:
    # the frame around two exposures is smaller, so the median of three does not fit
    with pytest.raises(Refusal, match="other exposures"):
        run(files[:2], "5")


def test_single_exposures_have_no_such_steps(files: list[Path]) -> None:
    with pytest.raises(Refusal, match="single exposure"):
        run(files[:1], "4")
    assert redone_of(run(files[:1], "1-2,7")) == ["static", "sky", "combine"]


def test_masks_that_are_there_are_flagged_as_in_drizzlepac(files: list[Path]) -> None:
    # driz_cr off: the final image leaves out what the masks on disk say, and the exposures say so too
    flags = [fits.getdata(path, "dq", 1) for path in files]
    run(files, **alone("driz_combine"))
    for before, path in zip(flags, files, strict=True):
        assert (before & 4096).any()
        assert np.array_equal(before, fits.getdata(path, "dq", 1))


@pytest.mark.parametrize(
    ("text", "names"),
    [("4", "median"), ("1-2", "static sky"), ("median,blot", "median blot"), ("driz_cr-7", "cosmic combine"),
     (" 3 ; SkySub", "sky separate")],
)  # fmt: skip
def test_steps_by_number_and_name(text: str, names: str) -> None:
    assert chosen_steps(text) == set(names.split())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "",
            "No step is named. Try: Give numbers 1 to 7 or names (static, sky, separate, median, blot, cosmic,",
        ),
        (" , ", "No step is named."),
        ("0", "There is no step '0'. Try: Give numbers"),
        ("4,9", "There is no step '9'. Try: Give numbers"),
        ("\u00b2", "There is no step '\u00b2'."),
        ("medain", "There is no step 'medain'. Did you mean median? Try: Give numbers"),
        ("driz_crr", "There is no step 'driz_crr'. Did you mean driz_cr?"),
        ("7-4", "The range '7-4' runs backwards. Try: Give 4-7."),
        ("1-", "The range '1-' lacks an end."),
        ("--", "The range '--' lacks an end."),
        ("4.5", "There is no step '4.5'."),
    ],
)
def test_words_that_name_no_step(text: str, told: str) -> None:
    with pytest.raises(Refusal, match="^--steps: " + re.escape(told)):
        chosen_steps(text)


def test_how_the_steps_stand(files: list[Path], aligned: Truth, tmp_path: Path) -> None:
    def stands(**values: Any) -> str:
        found = step_states(files, DEFAULTS.replaced(**values), files[0].parent)
        told.clear()
        told.update({one.name: one.why for one in found})
        return " ".join(one.stand.name for one in found)

    told: dict[str, str] = {}
    before = pixels(files[0].parent)
    assert stands() == "DONE DONE DONE DONE DONE DONE DONE"
    assert stands(driz_cr_snr="5.0 4.0") == "DONE DONE DONE DONE DONE STALE STALE"
    assert told["cosmic"] == "driz_cr_snr was 3.5 3.0."
    assert stands(driz_combine=False, blot_interp="linear").split()[4:] == ["STALE", "STALE", "OFF"]
    assert "blot_interp was poly5" in told["cosmic"]
    (files[0].parent / "f606w_med.fits").unlink()
    assert stands().split()[2:5] == ["DONE", "MISSING", "DONE"]
    assert told["median"] == "f606w_med.fits is not in the folder."
    (files[0].parent / "f606w_med.fits").write_bytes(before["f606w_med.fits"])
    os.truncate(files[0].parent / "ibc301qrq_sci1_blt.fits", 100)
    assert stands().split()[3:6] == ["DONE", "STALE", "DONE"]
    assert "ibc301qrq_sci1_blt.fits was changed" in told["blot"]
    fits.setval(
        files[0], "CRVAL1", value=fits.getval(files[0], "CRVAL1", "sci", 1) + 1e-6, extname="sci", extver=1
    )
    assert set(stands().split()) == {"STALE"}
    assert told["static"] == "The WCS of ibc301qrq_flt.fits changed."
    assert set(stands(output="other").split()) == {"TODO"}
    # looking makes nothing, not even the folder
    step_states(aligned.files, DEFAULTS.replaced(restore=True), tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_figures_of_masks_that_are_there(files: list[Path]) -> None:
    known = run(files).exposures[0]
    again = run(files, "7").exposures[0]
    assert again.chips == known.chips
    assert again.chips[0].n_cr > 0
    assert (again.single_sci, again.blots) == (known.single_sci, known.blots)


def test_steps_alone_leave_their_files_whatever_clean_says(copies: Copies, whole: Path) -> None:
    files = copies("clean")
    run(files, "1-6", clean=True)
    assert (files[0].parent / "f606w_med.fits").exists()
    run(files, "7", clean=True)
    left = {path.name for path in files[0].parent.glob("*.fits")} - {path.name for path in files}
    assert left == {f"f606w_drz_{part}.fits" for part in ("sci", "wht", "ctx")}
    assert np.array_equal(*(fits.getdata(at / "f606w_drz_wht.fits") for at in (files[0].parent, whole)))


def test_clean_never_deletes_what_another_program_made(files: list[Path]) -> None:
    folder = files[0].parent
    masks = {path.name for path in folder.glob("*crmask.fits")}
    edited = folder / "ibc301qrq_sci1_crmask.fits"
    fits.setval(edited, "NOTE", value="mine")
    run(files, "7", guard="warn", clean=True)  # the journal knows the other masks
    assert {path.name for path in folder.glob("*crmask.fits")} == {edited.name}
    run(files, "1-6")
    made = foreign(files)[0].parent.glob("*_s*.fits")  # masks, separate images, blots
    before = {path.name: path.stat().st_mtime_ns for path in made if "_drz_" not in path.name}
    assert masks <= before.keys()
    run(files, "7", clean=True)
    assert {name: (folder / name).stat().st_mtime_ns for name in before} == before
    run(files, **alone("median"), clean=True)
    assert {name for name in before if "single" in name} <= {path.name for path in folder.iterdir()}


def test_a_sky_that_somebody_wrote_is_used_and_told(files: list[Path]) -> None:
    fits.setval(files[0], "MDRIZSKY", value=7.5, extname="sci", extver=1)
    result = run(files, "3")
    assert any("MDRIZSKY" in text or "exposures" in text for text in result.warnings)
    assert result.exposures[0].chips[0].sky == 7.5
