"""`drizzledesk astrodrizzle`: what it prints, writes, returns and leaves alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle import plan

# design, section 5; beside them what was added since
TOP = {"task", "version", "exposures", "products", "seconds", "peak_rss_mb"}
TOP_ADDED = {"warnings", "diagnostics", "steps"}
EXPOSURE = {"file", "chips"}
EXPOSURE_ADDED = {"reason"}
CHIP = {"extver", "sky", "n_cr", "cr_fraction"}
ASKED = ("-p", "output=f606w", "-p", "preserve=no")
# the simulated exposures as they come, with their pointing errors: stars would be flagged, and the run stopped
UNALIGNED = (*ASKED, "-p", "driz_cr=no")


@pytest.fixture(scope="module")
def run(simulated, copied, command, find_stars, tmp_path_factory) -> dict[str, Any]:
    """Aligned exposures, drizzled."""
    folder = tmp_path_factory.mktemp("run")
    files = copied(simulated.files, folder / "data")
    aligned = command("tweakreg", *files, *find_stars, "-p", "updatehdr=yes", "--dir", folder / "catalogs")
    assert aligned.status == 0, aligned.err
    report = folder / "reports" / "run.json"
    done = command(
        "astrodrizzle", *files, *ASKED, "--dir", folder / "out", "--report", report, "--diagnostics"
    )
    return {"done": done, "files": files, "out": folder / "out", "report": json.loads(report.read_text())}


def test_the_table_and_the_products_are_on_standard_output(run) -> None:
    done, out = run["done"], run["out"]
    assert done.status == 0, done.err
    heads, *rows = [line.split() for line in done.out]
    assert heads == ["image", "chip", "sky", "cr_pixels", "cr_percent"]
    assert [row[:2] for row in rows[:6]] == [[path.name, chip] for path in run["files"] for chip in "12"]
    assert [Path(line) for line in done.out[7:]] == [
        out / f"f606w_drz_{part}.fits" for part in ("sci", "wht", "ctx")
    ]
    assert all(Path(line).exists() for line in done.out[7:])


def test_progress_is_on_standard_error_in_the_steps_order(run) -> None:
    assert [line for line in run["done"].err if line in plan.STEPS] == list(plan.STEPS)
    assert not run["done"].told("")


def test_the_report_has_the_keys_of_the_design(run) -> None:
    report = run["report"]
    assert set(report) == TOP | TOP_ADDED
    assert report["task"] == "astrodrizzle"
    assert [one["file"] for one in report["exposures"]] == [path.name for path in run["files"]]
    for one in report["exposures"]:
        assert set(one) == EXPOSURE | EXPOSURE_ADDED
        assert [chip["extver"] for chip in one["chips"]] == [1, 2]
        for chip in one["chips"]:
            assert set(chip) == CHIP
            assert 1.0 < chip["sky"] < 10.0
            assert chip["n_cr"] > 100
            assert 0.0 < chip["cr_fraction"] < 0.01
    assert report["products"] == run["done"].out[7:]
    told = report["diagnostics"]
    assert [one["name"] for one in told["cosmic"]] == [path.name for path in run["files"]]
    assert told["coverage"]["seen"]
    assert 0.07 < told["inputs"]["fwhm"] < told["drizzled"]["fwhm"] < 0.1
    assert list(report["seconds"]) == [plan.READING, *plan.STEPS, plan.WRITING]


def test_only_sky_and_flags_change_in_the_exposures(run, simulated) -> None:
    for path, original in zip(run["files"], simulated.files, strict=True):
        with fits.open(path) as now, fits.open(original) as before:
            for hdu in now:
                if hdu.name in ("SCI", "ERR"):
                    assert np.array_equal(hdu.data, before[hdu.name, hdu.ver].data)
                if hdu.name == "DQ":
                    assert np.array_equal(hdu.data & ~4096, before["DQ", hdu.ver].data & ~4096)
                if hdu.name == "SCI":
                    assert "MDRIZSKY" in hdu.header


# what is bad --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bad(simulated, copied, spoilt, command, sha256, tmp_path_factory) -> dict[str, Any]:
    """Two good exposures among bad ones."""
    folder = tmp_path_factory.mktemp("bad")
    good = copied(simulated.files[:2], folder)
    kinds = spoilt(simulated.files[2], folder)
    del kinds["dark"]  # drizzling needs no stars
    before = sha256(kinds.values())
    report = folder / "run.json"
    done = command(
        "astrodrizzle", *good, *kinds.values(), *UNALIGNED, "--dir", folder / "out", "--report", report
    )
    return {
        "done": done,
        "good": good,
        "kinds": kinds,
        "before": before,
        "after": sha256(kinds.values()),
        "report": json.loads(report.read_text()),
        "out": folder / "out",
    }


@pytest.mark.parametrize(
    ("kind", "word"), [("text", "not a FITS file"), ("cut", "truncated"), ("nosci", "SCI"), ("nodq", "DQ")]
)
def test_each_bad_file_has_its_line_and_is_not_changed(bad, kind: str, word: str, line_of) -> None:
    assert word in line_of(bad, kind)
    reasons = {one["file"]: one["reason"] for one in bad["report"]["exposures"]}
    assert word in reasons[bad["kinds"][kind].name]


def test_the_good_ones_go_on(bad) -> None:
    assert bad["done"].status == 1
    with fits.open(bad["out"] / "f606w_drz_sci.fits") as hdus:
        assert hdus[0].header["NDRIZIM"] == 4
        assert hdus[0].header["NCOMBINE"] == 2
    assert not any(bad["done"].told(path.name) for path in bad["good"])


def test_exposures_that_are_not_aligned_stop_the_run(
    simulated, copied, command, sha256, tmp_path: Path
) -> None:
    files = copied(simulated.files, tmp_path)
    before = sha256(files)
    done = command("astrodrizzle", *files, *ASKED, "--dir", tmp_path / "out")
    assert done.status == 1
    told = [line for line in done.err if "guard" in line]
    assert len(told) == 1, done.err
    assert "are not aligned" in told[0]
    assert "stars agree" in told[0]
    assert sha256(files) == before
    assert not (tmp_path / "out" / "f606w_drz_sci.fits").exists()


def test_an_exposure_without_stars_is_drizzled_with_the_others(
    simulated, copied, spoilt, command, tmp_path: Path
) -> None:
    good = copied(simulated.files[:2], tmp_path)
    dark = spoilt(simulated.files[2], tmp_path)["dark"]
    done = command("astrodrizzle", *good, dark, *UNALIGNED, "--dir", tmp_path / "out")
    assert done.status == 0, done.err
    assert fits.getval(tmp_path / "out" / "f606w_drz_sci.fits", "NCOMBINE") == 3


def test_an_exposure_of_another_field_is_told(simulated, away, copied, command, tmp_path: Path) -> None:
    files = copied(simulated.files[:2], tmp_path / "data")
    other = copied([away], tmp_path / "other")[0].rename(tmp_path / "data" / "away_flt.fits")
    done = command("astrodrizzle", *files, other, *UNALIGNED, "--dir", tmp_path / "out")
    told = [line for line in done.err if "away_flt.fits" in line]
    assert told
    assert "overlaps no other" in told[0]
    assert (tmp_path / "out" / "f606w_drz_sci.fits").exists()


def test_fields_that_do_not_overlap_at_all_are_refused(
    simulated, away, copied, command, sha256, tmp_path: Path
) -> None:
    files = [*copied(simulated.files[:1], tmp_path / "one"), *copied([away], tmp_path / "two")]
    other = files[1].rename(tmp_path / "away_flt.fits")
    before = sha256([files[0], other])
    done = command("astrodrizzle", files[0], other, *ASKED, "--dir", tmp_path / "out")
    assert done.status == 1
    assert any("overlap" in line for line in done.told(""))
    assert sha256([files[0], other]) == before
    assert not list((tmp_path / "out").glob("*.fits"))


def test_a_folder_that_cannot_be_written_is_refused_first(
    simulated, copied, command, refused, sha256, unwritable: Path, tmp_path: Path
) -> None:
    files = copied(simulated.files, tmp_path / "data")
    before = sha256(files)
    done = command("astrodrizzle", *files, *ASKED, "--dir", unwritable)
    refused(done, before, "products")
    assert done.out == []


@pytest.mark.parametrize(
    "asked",
    [
        ("--report", "{file}"),
        ("-p", "runfile=sub/run.log"),
        ("-p", "runfile=/run.log"),
        ("-p", "output=../f606w"),
        ("-p", "output=f606w", "-p", "final_wcs=yes", "-p", "final_refimage={folder}/f606w_drz_sci.fits"),
    ],
)
def test_nothing_that_is_read_is_replaced(
    run, copied, command, refused, sha256, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    files = copied([*run["files"], run["out"] / "f606w_drz_sci.fits"], tmp_path)
    before = sha256(files)
    filled = [word.format(file=files[1], folder=tmp_path) for word in asked]
    done = command("astrodrizzle", *files[:3], *filled, "--dir", tmp_path)
    refused(done, before)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in files}


def test_a_second_command_takes_over_what_did_not_change(run, command, tmp_path) -> None:
    out, report = copied_folder(run["out"], tmp_path), tmp_path / "report.json"
    changed = ("-p", "driz_cr_snr=5.0 4.0", "--dir", out, "--report", report)
    done = command("astrodrizzle", *run["files"], *ASKED, *changed, "--resume")
    assert done.status == 0, done.err
    steps = json.loads(report.read_text())["steps"]
    assert list(steps) == list(plan.STEPS)
    assert [title for title, what in steps.items() if what == "done"] == [plan.COSMIC, plan.COMBINE]
    assert sum("taken over" in line for line in done.err) == 5


def test_steps_alone_and_wrong_words(run, command, tmp_path) -> None:
    out = copied_folder(run["out"], tmp_path)
    done = command("astrodrizzle", *run["files"], *ASKED, "--dir", out, "--steps", "median-blot")
    assert done.status == 0, done.err
    assert [line for line in done.err if line in plan.STEPS] == [plan.MEDIAN, plan.BLOT]
    (out / "f606w_med.fits").unlink()
    done = command("astrodrizzle", *run["files"], *ASKED, "--dir", out, "--steps", "5")
    assert done.status == 1
    assert "f606w_med.fits: The file is missing. Step 4 (median) makes it." in done.err[-1]
    assert command("astrodrizzle", *run["files"], "--steps", "9").status == 1
    with pytest.raises(SystemExit, match="2"):
        command("astrodrizzle", *run["files"], "--steps", "4", "--resume")


def copied_folder(source: Path, target: Path) -> Path:
    shutil.copytree(source, target / "out")
    return target / "out"
