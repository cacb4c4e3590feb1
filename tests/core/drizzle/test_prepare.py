"""What is refused before anything is done: no exposure is changed, and no step has run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import TASKS
from core.simulate import Truth

Copies = Callable[..., list[Path]]
DEFAULTS = TASKS["astrodrizzle"].defaults().replaced(preserve=False, context=False)
FINAL_ONLY = {
    "static": False,
    "skysub": False,
    "driz_separate": False,
    "median": False,
    "blot": False,
    "driz_cr": False,
}


def run(files: list[Path], folder: Path, **values: Any) -> DrizzleResult:
    return astrodrizzle(files, DEFAULTS.replaced(**values), folder=folder)


def beside(prefix: str, truth: Truth, east: float = 0.0, north: float = 0.0) -> dict[str, Any]:
    """A frame of 40 x 30 pixels so many degrees from the first corner of the first exposure."""
    ra, dec = (float(value[0]) for value in open_exposure(truth.files[0]).chips[0].wcs.footprint())
    wishes = {"wcs": True, "ra": ra + east, "dec": dec + north, "outnx": 40, "outny": 30}
    return {prefix + name: value for name, value in wishes.items()}


@pytest.mark.parametrize("prefix", ["final_", "driz_sep_"])
@pytest.mark.parametrize(("east", "north"), [(0.1, 0.0), (0.0, 0.05), (180.0, 0.0), (90.0, 40.0)])
def test_a_frame_on_which_no_exposure_lies(
    aligned: Truth, tmp_path: Path, prefix: str, east: float, north: float
) -> None:
    """drizzlepac writes an empty product, and says nothing."""
    before = [hashlib.sha256(path.read_bytes()).digest() for path in aligned.files]
    with pytest.raises(Refusal, match=f"{prefix}ra, {prefix}dec.*No exposure meets this frame.*RA "):
        run(aligned.files, tmp_path, **beside(prefix, aligned, east, north))
    assert [hashlib.sha256(path.read_bytes()).digest() for path in aligned.files] == before
    assert not list(tmp_path.iterdir())


def test_what_lies_outside_the_frame_is_named(copies: Copies, aligned: Truth, tmp_path: Path) -> None:
    told = run(copies(), tmp_path, **FINAL_ONLY, **beside("final_", aligned)).warnings
    first, *others = (path.name for path in aligned.files)
    outside = {
        name.split(" lies outside")[0] for name in told if "lies outside the frame of the final" in name
    }
    assert outside == {f"{first}[SCI,2]", *others}


def test_a_product_without_any_weight_is_none(copies: Copies, tmp_path: Path) -> None:
    """drizzlepac writes images of nothing."""
    files = copies()[:1]
    with fits.open(files[0], mode="update", memmap=False) as hdus:
        for extver in (1, 2):
            hdus["DQ", extver].data[:] = 4
    with pytest.raises(Refusal, match=r"final_bits.*No pixel of the final image has any weight"):
        run(files, tmp_path, **FINAL_ONLY)
    assert not list(tmp_path.glob("*_dr?_*"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"", "no keyword"),
        (b"# nothing but words\n", "no keyword"),
        (b"!VERSION = one\nROOTNAME\n", "ValueError"),
        (b"\xff\xfe\x00", "UnicodeDecodeError"),
    ],
)
def test_rules_for_headers_that_are_none(
    aligned: Truth, tmp_path: Path, content: bytes | None, told: str
) -> None:
    rules = tmp_path / "own.rules"
    if content is not None:
        rules.write_bytes(content)
    with pytest.raises(Refusal, match=rf"own\.rules.*rules_file.*{told}"):
        run(aligned.files, tmp_path / "out", rules_file=str(rules))
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("values", [{"combine_nhigh": 3}, {"combine_nlow": 2, "combine_nhigh": 1}])
def test_a_median_of_which_nothing_is_left(aligned: Truth, tmp_path: Path, values: dict[str, int]) -> None:
    with pytest.raises(Refusal, match="leaves nothing of 3 images"):
        run(aligned.files, tmp_path, combine_type="median", **values)
    assert not list(tmp_path.iterdir())
