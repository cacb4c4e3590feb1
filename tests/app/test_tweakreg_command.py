"""`drizzledesk tweakreg`: what it prints, writes, returns and leaves alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from core.align.session import AlignSettings, align

# design, section 5; beside them what was added since
TOP = {"task", "version", "reference", "images", "seconds", "peak_rss_mb"}
TOP_ADDED = {"parameters", "products", "failures"}
IMAGE = {
    *("file", "status", "reason", "n_sources", "n_matches", "n_used"),
    *("xsh", "ysh", "rot", "scale", "rms_x", "rms_y", "histogram"),
}
IMAGE_ADDED = {
    *("advice", "header", "errors", "robust_rms", "chips"),
    *("quality", "doubts", "method", "suggestions", "note", "manner", "n_found"),
}
HISTOGRAM = {"x", "y", "height", "second", "status"}
HISTOGRAM_ADDED = {"significance", "rival"}


@pytest.fixture(scope="module")
def run(simulated, copied, command, find_stars, sha256, tmp_path_factory) -> dict[str, Any]:
    """One run without updatehdr, and the exposures before and after."""
    folder = tmp_path_factory.mktemp("run")
    files = copied(simulated.files, folder / "data")
    before = sha256(files)
    report = folder / "reports" / "run.json"
    done = command(
        "tweakreg", *files, *find_stars, "-p", "shiftfile=yes", "--dir", folder / "out", "--report", report
    )
    return {
        "done": done,
        "files": files,
        "before": before,
        "after": sha256(files),
        "out": folder / "out",
        "report": json.loads(report.read_text()),
    }


def test_the_table_is_on_standard_output_and_nothing_else(run) -> None:
    done = run["done"]
    assert done.status == 0, done.err
    heads, *rows = [line.split() for line in done.out]
    assert heads[:2] == ["image", "status"]
    assert heads[-1] == "header"
    assert [row[0] for row in rows] == [path.name for path in run["files"]]
    assert [row[1] for row in rows] == ["REFERENCE", "ALIGNED", "ALIGNED"]
    assert all(len(row) == len(heads) for row in rows)


def test_progress_is_on_standard_error(run) -> None:
    assert [line for line in run["done"].err if line in ("Find sources", "Match and fit")] == [
        "Find sources",
        "Match and fit",
    ]
    assert not run["done"].told("")


def test_no_exposure_is_changed_without_updatehdr(run) -> None:
    assert run["after"] == run["before"]


def test_the_report_has_the_keys_of_the_design(run) -> None:
    report = run["report"]
    assert set(report) == TOP | TOP_ADDED
    assert report["task"] == "tweakreg"
    assert report["reference"] == run["files"][0].name
    for image in report["images"]:
        assert set(image) == IMAGE | IMAGE_ADDED
        assert image["header"] == {"status": "UNTOUCHED", "reason": ""}
    aligned = report["images"][1]
    assert set(aligned["histogram"]) == HISTOGRAM | HISTOGRAM_ADDED
    assert aligned["n_used"] > 50
    assert {"Find sources", "Match and fit"} <= set(report["seconds"])
    assert report["failures"] == []
    assert {Path(path) for path in report["products"]} == set(run["out"].iterdir())


def test_the_figures_are_those_of_the_engine(run, simulated) -> None:
    settings = AlignSettings.defaults()
    scene = {"threshold": 200.0, "peakmax": 50000.0}
    settings = AlignSettings(settings.tweakreg, settings.imagefind.replaced(**scene), settings.refimagefind)
    alignment = align(run["files"], settings)
    for image, told in zip(alignment.images[1:], run["report"]["images"][1:], strict=True):
        assert [told["xsh"], told["ysh"]] == pytest.approx(image.fit.shift.tolist(), abs=1e-9)
        assert told["n_used"] == image.fit.n_used


def test_quiet_says_nothing_of_progress(simulated, copied, command, find_stars, tmp_path: Path) -> None:
    files = copied(simulated.files[:2], tmp_path)
    done = command("tweakreg", *files, *find_stars, "--dir", tmp_path / "out", "--quiet")
    assert (done.status, done.err) == (0, [])


def test_headers_are_written_when_asked(
    simulated, copied, command, find_stars, sha256, tmp_path: Path
) -> None:
    files = copied(simulated.files, tmp_path)
    before = sha256(files)
    report = tmp_path / "run.json"
    update = ("-p", "updatehdr=yes", "-p", "wcsname=MINE")
    done = command("tweakreg", *files, *find_stars, *update, "--dir", tmp_path / "out", "--report", report)
    assert done.status == 0, done.err
    assert [line.split()[-1] for line in done.out[1:]] == ["UNTOUCHED", "WRITTEN", "WRITTEN"]
    after = sha256(files)
    assert [after[str(path)] == before[str(path)] for path in files] == [True, False, False]
    assert {fits.getval(path, "WCSNAME", ("SCI", 1)) for path in files[1:]} == {"MINE"}
    headers = [image["header"]["status"] for image in json.loads(report.read_text())["images"]]
    assert headers == ["UNTOUCHED", "WRITTEN", "WRITTEN"]


def test_a_header_that_cannot_be_written_fails_the_command(
    simulated, copied, command, find_stars, sha256, tmp_path: Path, monkeypatch
) -> None:
    from core.errors import Refusal

    files = copied(simulated.files, tmp_path)
    before = sha256(files)
    report = tmp_path / "run.json"
    true = __import__("core.align.apply", fromlist=["write_wcs"]).write_wcs

    def locked(path: Path, *args: Any, **named: Any) -> str:
        if Path(path).name == files[1].name:
            raise Refusal("The file is write-protected.", file=path)
        return str(true(path, *args, **named))

    monkeypatch.setattr("core.align.apply.write_wcs", locked)
    done = command(
        "tweakreg", *files, *find_stars, "-p", "updatehdr=yes", "--dir", tmp_path / "out", "--report", report
    )
    assert done.status == 1
    assert len(done.told(files[1].name)) == 1
    assert "write-protected" in done.told(files[1].name)[0]
    assert [line.split()[-1] for line in done.out[1:]] == ["UNTOUCHED", "FAILED", "WRITTEN"]
    header = json.loads(report.read_text())["images"][1]["header"]
    assert header["status"] == "FAILED"
    assert "write-protected" in header["reason"]
    after = sha256(files)
    assert [after[str(path)] == before[str(path)] for path in files] == [True, True, False]


# what is bad --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bad(simulated, away, copied, spoilt, command, find_stars, sha256, tmp_path_factory) -> dict[str, Any]:
    """Two good exposures among all kinds of bad ones, with updatehdr."""
    folder = tmp_path_factory.mktemp("bad")
    good = copied(simulated.files[:2], folder)
    kinds = spoilt(simulated.files[2], folder)
    kinds["away"] = folder / "away_flt.fits"
    kinds["away"].write_bytes(away.read_bytes())
    before = sha256([*good, *kinds.values()])
    report = folder / "run.json"
    asked = ("-p", "updatehdr=yes", "-p", "dqbits=~4096", "-p", "enforce_user_order=yes")
    done = command(
        *("tweakreg", *good, *kinds.values(), *find_stars, *asked),
        *("--dir", folder / "out", "--report", report),
    )
    images = {image["file"]: image for image in json.loads(report.read_text())["images"]}
    after = sha256([*good, *kinds.values()])
    return {"done": done, "kinds": kinds, "good": good, "before": before, "after": after, "images": images}


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("text", "not a FITS file"),
        ("cut", "truncated"),
        ("nosci", "SCI"),
        ("nodq", "DQ"),
        ("dark", "found"),
        ("away", ""),
    ],
)
def test_each_bad_file_has_its_line_and_is_not_changed(bad, kind: str, word: str, line_of) -> None:
    line = line_of(bad, kind)
    assert "FAILED" in line
    assert word in line
    assert "Try:" in line
    image = bad["images"][bad["kinds"][kind].name]
    assert image["status"] == "FAILED"
    assert image["header"]["status"] == "UNTOUCHED"


def test_the_good_ones_go_on(bad) -> None:
    first, second = bad["good"]
    assert bad["done"].status == 1
    assert bad["images"][first.name]["status"] == "REFERENCE"
    assert bad["images"][second.name]["status"] == "ALIGNED"
    assert fits.getval(second, "WCSNAME", ("SCI", 1)) == "TWEAK"
    assert bad["after"][str(first)] == bad["before"][str(first)]
    assert not bad["done"].told(second.name)


def test_a_folder_that_cannot_be_written_is_refused_first(
    simulated, copied, command, find_stars, refused, sha256, unwritable: Path, tmp_path: Path
) -> None:
    files = copied(simulated.files, tmp_path / "data")
    before = sha256(files)
    done = command("tweakreg", *files, *find_stars, "-p", "updatehdr=yes", "--dir", unwritable)
    refused(done, before, "products")
    assert done.out == []
    assert "Find sources" not in done.err


@pytest.mark.parametrize("option", ["--report", "outshifts", "runfile"])
def test_an_exposure_is_never_replaced_by_a_product(
    simulated, copied, command, find_stars, refused, sha256, tmp_path: Path, option: str
) -> None:
    files = copied(simulated.files, tmp_path)
    before = sha256(files)
    value = files[1].name
    asked = ("--report", tmp_path / value) if option == "--report" else ("-p", f"{option}={value}")
    done = command("tweakreg", *files, *find_stars, "-p", "shiftfile=yes", *asked, "--dir", tmp_path)
    refused(done, before, option)
    assert "Find sources" not in done.err


def test_a_report_and_a_product_are_two_files(simulated, copied, command, find_stars, tmp_path: Path) -> None:
    files = copied(simulated.files, tmp_path)
    asked = ("-p", "shiftfile=yes", "--report", tmp_path / "shifts.txt", "--dir", tmp_path)
    done = command("tweakreg", *files, *find_stars, *asked)
    assert (done.status, len(done.told("outshifts"))) == (1, 1)


def test_the_parameter_file_is_not_replaced(
    simulated, copied, command, refused, sha256, tmp_path: Path
) -> None:
    files = copied(simulated.files, tmp_path)
    cfg = tmp_path / "mine.cfg"
    assert command("params", "tweakreg", "-p", "shiftfile=yes", "--save", cfg).status == 0
    before = sha256([*files, cfg])
    for asked in (("--report", cfg), ("-p", "outshifts=mine.cfg")):
        refused(command("tweakreg", *files, "--cfg", cfg, *asked, "--dir", tmp_path), before)


def test_a_doubtful_image_is_told(simulated, copied, command, find_stars, tmp_path: Path) -> None:
    """The status alone is no verdict: an alignment that hangs on a few stars is said to, in table, log and words."""
    files = copied(simulated.files, tmp_path / "in")
    out = tmp_path / "out"
    few = [*find_stars, "-p", "nbright=8", "-p", "minobj=4"]
    done = command("tweakreg", *files, *few, "--dir", out, "--quiet")
    heads, *rows = [line.split() for line in done.out]
    quality = {row[0]: row[heads.index("quality")] for row in rows}
    doubtful = [name for name, word in quality.items() if word == "doubtful"]
    assert doubtful
    log = (out / "tweakreg.log").read_text().splitlines()
    for name in doubtful:
        assert any(name in line and "doubtful: Only" in line for line in done.err), done.err
        assert any(line.startswith(f"{name}: ALIGNED") and "doubtful: Only" in line for line in log)


def test_a_list_with_catalogs_as_a_file_uses_them(
    simulated, copied, command, find_stars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tweakreg @list` and `-p input=@list` are the same run."""
    monkeypatch.chdir(tmp_path)
    copied(simulated.files, tmp_path)
    assert command("tweakreg", "*_flt.fits", *find_stars, "--quiet").status == 0
    listed = next(tmp_path.glob("*_catfile.list"))
    blind = ["-p", "threshold=1e9", "--quiet"]
    one = command("tweakreg", f"@{listed.name}", *blind, "--dir", "one")
    two = command("tweakreg", "-p", f"input=@{listed.name}", *blind, "--dir", "two")
    assert one.status == 0, one.err
    assert one.out == two.out


def test_what_is_typed_in_vain_is_told(simulated, copied, command, find_stars, tmp_path: Path) -> None:
    """A section that is off explains itself in a form; on a command line nobody sees that it is."""
    vain = {"maxflux": "20000", "xcol": "4", "refnbright": "50", "hdrname": "mine", "outshifts": "s.txt"}
    typed = [part for name, value in vain.items() for part in ("-p", f"{name}={value}")]
    files = copied(simulated.files, tmp_path / "in")
    done = command("tweakreg", *files, *find_stars, *typed, "--dir", tmp_path / "out", "--quiet")
    for name in vain:
        assert any(f"tweakreg: {name}: The value has no effect." in line for line in done.err), name


@pytest.mark.parametrize("keyword", ["CD1_1", "IDCTAB"])
def test_a_card_that_nobody_can_read_holds_no_other_exposure_up(
    simulated, copied, command, find_stars, tmp_path: Path, keyword: str
) -> None:
    files = copied(simulated.files, tmp_path / "in")
    raw = bytearray(files[1].read_bytes())
    start = raw.index(f"{keyword:<8}=".encode())
    raw[start + 10 : start + 80] = b"what's = this / ' 1.2.3".ljust(70)
    files[1].write_bytes(raw)
    done = command(
        "tweakreg", *files, *find_stars, "-p", "updatehdr=yes", "--dir", tmp_path / "out", "--quiet"
    )
    assert not any("internal error" in line for line in done.err)
    ends = {line.split()[0]: line.split()[-1] for line in done.out[1:]}
    assert ends[files[2].name] == "WRITTEN"
    if keyword == "CD1_1":  # alignment reads no IDCTAB
        assert ends[files[1].name] != "WRITTEN"
        assert done.told(files[1].name)
