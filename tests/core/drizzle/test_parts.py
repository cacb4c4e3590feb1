"""The parts around the steps: plan, names, workspace, memory of files, overlaps, headers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import Exposure, open_exposure
from core.drizzle import headers, names
from core.drizzle.frames import default_frame, step_frame
from core.drizzle.inputs import open_inputs
from core.drizzle.overlap import lonely
from core.drizzle.plan import Plan, make_plan
from core.drizzle.workspace import Workspace
from core.errors import Refusal
from core.params import TASKS
from core.runs.background import Background
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.simulate import Truth

Copies = Callable[..., list[Path]]
DEFAULTS = TASKS["astrodrizzle"].defaults()


@pytest.fixture(scope="module")
def exposures(aligned: Truth) -> tuple[Exposure, ...]:
    return open_inputs(aligned.files, DEFAULTS, Progress()).exposures


def steps(plan: Plan) -> list[bool]:
    return [part is not None for part in (plan.separate, plan.median, plan.blot, plan.cosmic, plan.combine)]


def off(*kept: str) -> Any:
    switches = ("driz_separate", "median", "blot", "driz_cr", "driz_combine")
    return DEFAULTS.replaced(**{name: name in kept for name in switches})


def test_a_step_switches_on_what_lies_between() -> None:
    assert steps(make_plan(DEFAULTS, 3)) == [True] * 5
    assert make_plan(DEFAULTS, 3).given == frozenset()
    plan = make_plan(off("driz_separate", "driz_cr"), 3)
    assert steps(plan) == [True, True, True, True, False]
    assert "median, blot" in plan.notes[0]
    assert steps(make_plan(off("driz_combine"), 3)) == [False, False, False, False, True]


def test_a_step_alone_works_on_what_the_step_before_left() -> None:
    for number, name in enumerate(("median", "blot", "driz_cr"), 1):
        plan = make_plan(off(name), 3)
        assert [place for place, on in enumerate(steps(plan)) if on] == [number]
        assert plan.given == {("separate", "median", "blot")[number - 1]}
        assert plan.notes == ()
    assert make_plan(off("driz_separate"), 3).given == frozenset()


def test_one_exposure_has_nothing_to_compare_with() -> None:
    plan = make_plan(DEFAULTS, 1)
    assert steps(plan) == [False, False, False, False, True]
    assert "single exposure" in plan.notes[0]


def test_many_exposures_are_no_case_for_minmed() -> None:
    assert any("minmed" in note for note in make_plan(DEFAULTS, 12).notes)
    assert not make_plan(DEFAULTS.replaced(combine_type="median"), 12).notes


def test_bits_are_read_before_anything_is_done() -> None:
    plan = make_plan(DEFAULTS.replaced(final_bits="64,32", resetbits="4096"), 3)
    assert plan.final_bits is not None
    assert plan.final_bits.allowed == 96
    assert plan.reset_mask == 4096
    assert make_plan(DEFAULTS.replaced(resetbits=""), 3).reset_mask == 0


@pytest.mark.parametrize(
    ("name", "root"),
    [("ibc301qrq_flt.fits", "ibc301qrq"), ("a_b_flc.fits.gz", "a_b"), ("star_field.fits", "star_field")],
)
def test_roots(exposures: tuple[Exposure, ...], name: str, root: str) -> None:
    assert names.root(replace(exposures[0], path=Path("somewhere") / name)) == root


def test_product_names(exposures: tuple[Exposure, ...]) -> None:
    made = names.product_names(exposures, DEFAULTS)
    assert (made.of("sci"), made.median) == ("final_drz_sci.fits", "final_med.fits")
    flc = (replace(exposures[0], suffix="flc"), *exposures[1:])
    for output in ("x", "x_drc.fits", "x_drz"):
        made = names.product_names(flc, DEFAULTS.replaced(output=output, build=True))
        assert made.of("wht") == "x_drc.fits"
    assert names.product_names(exposures[:1], DEFAULTS).root == names.root(exposures[0])


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("in_memory", [False, True])
def test_workspace(tmp_path: Path, in_memory: bool, compress: bool) -> None:
    space = Workspace(tmp_path, in_memory=in_memory)
    image = np.random.default_rng(0).normal(10, 1, (90, 70)).astype(np.float32)
    space.put("one.fits", image, compress=compress)
    # compressed floats are quantised, to a quarter of the noise
    tolerance = 0.3 if compress and not in_memory else 0.0
    assert np.allclose(space.get("one.fits"), image, atol=tolerance, rtol=0)
    rows = space.rows("one.fits")
    assert np.allclose(rows(13, 31), image[13:31], atol=tolerance, rtol=0)
    assert rows(0, 90).dtype == np.float32
    assert space.has("one.fits")
    assert not space.has("two.fits")
    assert (space.path("one.fits") is None) is in_memory
    space.clean()
    assert not list(tmp_path.iterdir())


def test_arrays_stay_in_memory_while_there_is_room_or_somebody_reads_them(tmp_path: Path) -> None:
    """What was given back is overwritten here; what is lent must not be."""
    space = Workspace(tmp_path)
    shape = (64, 64)
    space.buffers, space.room = Buffers(6 * 4 * 64 * 64), 2 * 4 * 64 * 64

    def put(number: int) -> None:
        array = space.buffers.take(shape, np.float32)
        array[:] = number
        space.put(f"{number}.fits", array)

    with Background() as background:
        space.background = background
        put(1)
        lent = space.get("1.fits")
        for number in range(2, 12):
            put(number)
        assert (lent == 1).all()
        space.give_back("1.fits")
        for number in range(12, 15):
            put(number)
        read = space.get("3.fits")
        taken = space.take("5.fits")
        taken[:] = -1
        for number in range(15, 20):
            put(number)
        assert (read == 3).all()
        assert (taken == -1).all()
        space.let_go("3.fits")
        for number in range(1, 20):
            assert (space.get(f"{number}.fits") == number).all()
            assert (space.rows(f"{number}.fits")(10, 20) == number).all()
            space.let_go(f"{number}.fits")


def test_overlaps(exposures: tuple[Exposure, ...]) -> None:
    frame = default_frame(exposures, DEFAULTS)
    assert lonely(exposures, frame) == ()
    far = exposures[1].chips[0].wcs.crval + np.array([0.0, 0.03])
    chips = tuple(replace(c, wcs=c.wcs.moved(far, c.wcs.cd)) for c in exposures[1].chips)
    moved = (exposures[0], replace(exposures[1], chips=chips), exposures[2])
    assert [e.name for e in lonely(moved, frame)] == [exposures[1].name]


def test_the_frame_of_a_step_is_the_common_one_unless_asked(exposures: tuple[Exposure, ...]) -> None:
    base = default_frame(exposures, DEFAULTS)
    unused = DEFAULTS.replaced(final_scale=0.08)
    assert step_frame(base, unused, "final_") is base
    made = step_frame(base, unused.replaced(final_wcs=True, final_outnx=100, final_outny=50), "final_")
    assert made.naxis == (100, 50)
    assert made.scale == pytest.approx(0.08)


def test_no_distortion_keyword_comes_into_a_product(exposures: tuple[Exposure, ...]) -> None:
    frame = default_frame(exposures, DEFAULTS)
    header = headers.single_header(exposures[0], frame, "x_single_sci.fits", "SCI")
    for key in header:
        assert not key.startswith(("A_", "B_", "CPDIS", "DP1", "DP2", "D2IMDIS", "D2IM1", "OCX", "NPOLEXT"))
    assert header["CTYPE1"] == "RA---TAN"
    assert "CRVAL1O" not in header
    # and the exposure's own header is as it was
    assert exposures[0].chips[0].header["CTYPE1"] == "RA---TAN-SIP"
    assert exposures[0].primary["FILENAME"] == exposures[0].name


def test_headers_that_cannot_be_blended_give_a_warning(
    exposures: tuple[Exposure, ...], tmp_path: Path
) -> None:
    rules = tmp_path / "odd.rules"
    rules.write_text("!VERSION = one\n")
    made = headers.blend(exposures, str(rules))
    assert made.table is None
    assert "could not be blended" in made.warnings[0]
    assert made.primary["TARGNAME"] == exposures[0].primary["TARGNAME"]
    good = headers.blend(exposures)
    assert good.warnings == ()
    assert good.table is not None
    assert len(good.table.data) == 6


def test_odd_cards_are_copied_without_a_word(
    exposures: tuple[Exposure, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """astropy warns of them while it copies a header, and whoever makes errors of warnings has no product then."""
    really = headers._clean

    def odd(header: fits.Header) -> fits.Header:
        warnings.warn("an odd card", fits.verify.VerifyWarning, stacklevel=1)
        return really(header)

    monkeypatch.setattr(headers, "_clean", odd)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert headers.blend(exposures).warnings == ()


def test_stray_rules_in_the_current_folder_are_not_read(
    exposures: tuple[Exposure, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wfc3_header.rules").write_text("!VERSION = 1.1\n!INSTRUMENT = wfc3\n<delete> TARGNAME\n")
    monkeypatch.chdir(tmp_path)
    assert headers.blend(exposures).primary["TARGNAME"] == exposures[0].primary["TARGNAME"]


def test_a_moving_target_puts_all_on_the_first(copies: Copies) -> None:
    files = copies()
    for path in files[:2]:
        fits.setval(path, "MTFLAG", value="T")
    inputs = open_inputs(files, DEFAULTS, Progress())
    wcss = [exposure.chips[1].wcs for exposure in inputs.exposures]
    assert wcss[0] is wcss[1]
    assert wcss[0] is not wcss[2]
    assert "MTFLAG" in inputs.warnings[0]


def test_instrument_values_by_hand(copies: Copies) -> None:
    files = copies()[:1]
    fits.setval(files[0], "MYNOISE", value=9.0)
    given = DEFAULTS.replaced(gain="1,2", rnkeyword="MYNOISE", exptime="50")
    exposure = open_inputs(files, given, Progress()).exposures[0]
    assert exposure.exptime == 50.0
    assert [(c.gain, c.read_noise, c.exptime) for c in exposure.chips] == [(1.5, 9.0, 50.0)] * 2
    for path in files:
        with fits.open(path, mode="update") as hdus:
            for amplifier in "ABCD":
                hdus[0].header.remove(f"READNSE{amplifier}")
    with pytest.raises(Refusal, match="read noise"):
        open_exposure(files[0])
    assert open_inputs(files, given, Progress()).exposures[0].chips[0].read_noise == 9.0


def test_without_distortion(copies: Copies) -> None:
    exposure = open_inputs(copies()[:1], DEFAULTS.replaced(coeffs=False), Progress()).exposures[0]
    assert all(chip.wcs.is_linear for chip in exposure.chips)
