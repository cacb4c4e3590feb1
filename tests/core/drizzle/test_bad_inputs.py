"""What cannot be drizzled: told by file and parameter, the rest goes on, and no exposure is changed."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data import segments
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS

Copies = Callable[..., list[Path]]
DEFAULTS = TASKS["astrodrizzle"].defaults().replaced(preserve=False)


def run(files: list[Path], folder: Path | None = None, **values: Any) -> DrizzleResult:
    return astrodrizzle(files, DEFAULTS.replaced(**values), folder=folder or files[0].parent)


def digests(files: list[Path]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


def refused(files: list[Path], match: str, folder: Path | None = None, **values: Any) -> Refusal:
    """Run, see that it is refused, and that no exposure was changed."""
    before = digests([path for path in files if path.is_file()])
    with pytest.raises(Refusal, match=match) as caught:
        run(files, folder, **values)
    assert digests([path for path in files if path.is_file()]) == before
    assert not list(files[0].parent.glob("*_dr?*"))
    return caught.value


def text_file(path: Path) -> None:
    path.write_text("These are not the pixels you are looking for.\n")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])


def without(name: str) -> Callable[[Path], None]:
    def remove(path: Path) -> None:
        with fits.open(path, memmap=False) as hdus:
            kept = fits.HDUList([hdu.copy() for hdu in hdus if hdu.name != name])
        kept.writeto(path, overwrite=True)

    return remove


def without_keyword(name: str) -> Callable[[Path], None]:
    def remove(path: Path) -> None:
        with fits.open(path, mode="update", memmap=False) as hdus:
            for hdu in hdus:
                hdu.header.remove(name, ignore_missing=True)

    return remove


BAD = {
    "text": (text_file, "not a FITS file"),
    "truncated": (truncated, "truncated"),
    "no SCI": (without("SCI"), "SCI"),
    "no DQ": (without("DQ"), "DQ"),
    "no EXPTIME": (without_keyword("EXPTIME"), "EXPTIME"),
    "no BUNIT": (without_keyword("BUNIT"), "BUNIT"),
    "missing": (Path.unlink, "no such file"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_exposure_is_left_out_and_the_others_go_on(copies: Copies, kind: str) -> None:
    files = copies()
    spoil, words = BAD[kind]
    spoil(files[1])
    before = digests([files[1]]) if files[1].exists() else []
    result = run(files)
    assert [bool(exposure.reason) for exposure in result.exposures] == [False, False, True]
    left_out = result.exposures[-1]
    assert left_out.name == files[1].name
    assert words in left_out.reason
    assert any(files[1].name in text for text in result.warnings)
    assert fits.getval(result.science, "NDRIZIM") == 4
    assert not before or digests([files[1]]) == before


@pytest.mark.parametrize("kind", BAD)
def test_nothing_but_a_bad_exposure_is_refused(copies: Copies, kind: str) -> None:
    files = copies()[:1]
    spoil, words = BAD[kind]
    spoil(files[0])
    assert files[0].name in str(refused(files, words))


def test_no_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="No exposures"):
        astrodrizzle([], DEFAULTS, folder=tmp_path)


def move(path: Path, degrees: float) -> None:
    with fits.open(path, mode="update", memmap=False) as hdus:
        for hdu in (hdu for hdu in hdus if hdu.name == "SCI"):
            hdu.header["CRVAL2"] += degrees


def test_exposures_that_do_not_overlap_are_refused(copies: Copies) -> None:
    files = copies()[:2]
    move(files[1], 0.05)
    assert "switch median" in str(refused(files, "overlap"))


def test_exposures_far_apart_do_not_fill_the_memory(copies: Copies) -> None:
    files = copies()[:2]
    move(files[1], 20.0)
    off = {"driz_separate": False, "median": False, "blot": False, "driz_cr": False}
    refused(files, "GiB of memory", **off)


def test_exposures_side_by_side_are_put_into_one_image_when_asked(copies: Copies) -> None:
    files = copies()[:2]
    move(files[1], 0.02)
    off = {"driz_separate": False, "median": False, "blot": False, "driz_cr": False}
    result = run(files, **off)
    assert sum("overlaps no other" in text for text in result.warnings) == 2
    context = fits.getdata(result.context)
    assert {1, 2, 4, 8} <= set(np.unique(context))


def test_one_that_overlaps_no_other_is_told(copies: Copies) -> None:
    files = copies()
    move(files[2], 0.02)
    result = run(files)
    assert [text for text in result.warnings if "overlaps no other" in text and files[2].name in text]


def test_a_folder_that_cannot_be_written_is_refused(
    copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = copies()
    occupied = tmp_path / "occupied"
    occupied.write_text("a file, no folder")
    refused(files, "occupied: This is a file, not a folder", occupied)

    def denied(*args: Any, **values: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", denied)
    refused(files, "You may not write in the folder")


def test_a_full_disk_changes_no_exposure(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    files = copies()
    before = digests(files)
    written = segments.write_segments

    def full(parts: Any, part: Path, **values: Any) -> None:
        if "_drz" in part.name:
            part.write_bytes(b"SIMPLE")
            raise OSError(28, "No space left on device")
        written(parts, part, **values)

    monkeypatch.setattr(segments, "write_segments", full)
    with pytest.raises(Refusal, match="is full"):
        run(files)
    assert digests(files) == before
    assert not list(files[0].parent.glob("*_drz*"))
    assert not list(files[0].parent.glob(".*"))


def test_an_exposure_that_cannot_be_written_is_told_after_the_products(
    copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = copies()
    before = digests(files)

    def denied(path: Path, **values: Any) -> None:
        raise Refusal("The file is write-protected.", file=path)

    monkeypatch.setattr("core.drizzle.writeback.update_exposure", denied)
    result = run(files)
    assert sum("left as it is" in text for text in result.warnings) == 3
    # a command line must not end well when what astrodrizzle documents was not done
    assert all("write-protected" in exposure.reason for exposure in result.exposures)
    assert result.science is not None
    assert result.science.is_file()
    assert digests(files) == before


def test_compressed_exposures_get_their_flags_and_stay_compressed(copies: Copies) -> None:
    files = copies()
    packed = [Path(f"{path}.gz") for path in files]
    for path, target in zip(files, packed, strict=True):
        target.write_bytes(gzip.compress(path.read_bytes(), 1))
        path.unlink()
    result = run(packed)
    assert all(exposure.reason == "" for exposure in result.exposures)
    for exposure in result.exposures:
        assert exposure.path.read_bytes()[:2] == b"\x1f\x8b"
        with fits.open(exposure.path) as hdus:
            for extver, mask in exposure.crmasks.items():
                assert np.array_equal((hdus["DQ", extver].data & 4096) != 0, fits.getdata(mask) == 0)
                assert hdus["SCI", extver].header["MDRIZSKY"] > 0


def test_a_sky_that_is_no_number_is_overwritten(copies: Copies) -> None:
    files = copies()
    fits.setval(files[0], "MDRIZSKY", value="N/A", ext=("SCI", 1))
    result = run(files)
    assert fits.getval(files[0], "MDRIZSKY", ext=("SCI", 1)) == pytest.approx(
        result.exposures[0].chips[0].sky
    )


def test_nothing_is_restored_when_the_run_is_refused(copies: Copies) -> None:
    files = copies()
    for product in run(files, preserve=True).products:
        product.unlink()
    refused(files, "names a folder", restore=True, output="a/b")


def test_names_that_would_collide_are_refused(copies: Copies, tmp_path: Path) -> None:
    files = [copies("a")[0], copies("b")[0]]
    refused(files, "would have the names", tmp_path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"wcskey": "Q"}, "wcskey"),
        ({"group": "3"}, "group"),
        ({"group": "1,99"}, "group"),
        ({"group": "sci"}, "group"),
        ({"group": "sci,7"}, "group"),
        ({"driz_cr_snr": "high"}, "driz_cr_snr"),
        ({"combine_nsigma": "4 3 2"}, "combine_nsigma"),
        ({"final_bits": "3,5"}, "final_bits"),
        ({"resetbits": "~4096"}, "resetbits"),
        ({"crbit": 5000}, "crbit"),
        ({"final_pixfrac": 1.5}, "final_pixfrac"),
        ({"final_wt_scl": "heavy"}, "final_wt_scl"),
        ({"final_wcs": True, "final_ra": 201.0}, "final_dec"),
        ({"final_wcs": True, "final_scale": -1.0}, "final_scale"),
        ({"final_wcs": True, "final_refimage": "nowhere.fits"}, "nowhere.fits"),
        ({"final_wcs": True, "final_scale": 1e-5}, "GiB of memory"),
        ({"skyfile": "nowhere.txt"}, "skyfile"),
        ({"skymask_cat": "nowhere.txt"}, "skymask_cat"),
        ({"skysub": False, "skyuser": "NOSKY"}, "skyuser"),
        ({"skylower": 1e9}, ""),
        ({"output": "sub/folder"}, "output"),
        ({"rdnoise": "three"}, "rdnoise"),
    ],
)
def test_values_that_cannot_be_used_are_refused_by_name(
    copies: Copies, values: dict[str, Any], words: str
) -> None:
    files = copies()
    if not words:
        # no pixel inside the limits: no sky, said so, and the run goes on
        assert all("no sky value" in text for text in run(files, **values).warnings)
    else:
        assert "Try:" in str(refused(files, words, **values))


@pytest.mark.parametrize("keyword", ["CD1_1", "CTYPE1", "ORIENTAT", "IDCTAB"])
def test_a_card_that_nobody_can_read_takes_no_other_exposure_down(copies: Copies, keyword: str) -> None:
    # astropy parses a card when it is asked for, and raises a VerifyError that is no ValueError
    files = copies()
    raw = bytearray(files[1].read_bytes())
    start = raw.index(f"{keyword:<8}=".encode())
    raw[start + 10 : start + 80] = b"what's = this / ' 1.2.3".ljust(70)
    files[1].write_bytes(raw)
    reasons = [exposure.reason for exposure in run(files).exposures]
    assert all(not reason or "cannot be read" in reason for reason in reasons)
    assert reasons.count("") == (2 if keyword in ("CD1_1", "CTYPE1") else reasons.count("")) >= 2
