"""Rules that look at the loaded exposures: each fires for what is wrong and is silent for what is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from core.params import TASKS, problems
from core.params.checks import DataFacts, FlagFact
from core.params.checks.ondata import instrument_of_input, product_files
from core.params.live import is_live
from core.params.presets import presets

T, F, D = "tweakreg", "imagefindpars", "astrodrizzle"
UVIS = DataFacts(
    names=("a_flt.fits", "b_flt.fits", "c_flt.fits"),
    detectors=("WFC3/UVIS",),
    plate_scale=0.04,
    flags=(
        FlagFact(8, "not used", used=False),
        FlagFact(32, "unstable pixel"),
        FlagFact(64, "warm pixel"),
        FlagFact(4096, "cosmic ray (drizzle)"),
        FlagFact(8192, "cosmic ray (calibration)"),
    ),
    extensions=frozenset({1, 2}),
    root="final",
    kind="drz",
    existing=frozenset({"final_drz_sci.fits", "other_drz.fits"}),
)
EMPTY = replace(UVIS, existing=frozenset())
IR = replace(EMPTY, detectors=("WFC3/IR",), plate_scale=0.128, has_cte=False)

CASES: list[tuple[str, Mapping[str, object], DataFacts, str, str]] = [
    (D, {"driz_sep_bits": "64,16"}, EMPTY, "driz_sep_bits", "warning"),
    (D, {"final_bits": "8"}, EMPTY, "final_bits", "warning"),
    (D, {"final_bits": "~2048"}, EMPTY, "final_bits", "warning"),
    (D, {"sky_bits": "65536"}, DataFacts(), "sky_bits", "error"),
    (F, {"dqbits": "1024"}, EMPTY, "dqbits", "warning"),
    (D, {"crbit": 64}, EMPTY, "crbit", "warning"),
    (D, {"resetbits": "4096,64"}, EMPTY, "resetbits", "warning"),
    (D, {"combine_type": "median", "combine_nhigh": 2, "combine_nlow": 1}, EMPTY, "combine_nhigh", "error"),
    (D, {"combine_type": "median", "combine_nlow": 3}, EMPTY, "combine_nlow", "error"),
    (D, {"combine_type": "median"}, replace(EMPTY, names=("a", "b")), "combine_type", "warning"),
    (D, {}, replace(EMPTY, names=("a",) * 7), "combine_type", "warning"),
    (D, {"final_wcs": True, "final_scale": 0.013}, EMPTY, "final_scale", "warning"),
    (D, {"final_wcs": True, "final_scale": 39.6}, EMPTY, "final_scale", "warning"),
    (D, {"driz_sep_wcs": True, "driz_sep_scale": 0.01}, EMPTY, "driz_sep_scale", "warning"),
    (D, {"final_wcs": True, "final_scale": 0.02, "final_pixfrac": 0.2}, EMPTY, "final_pixfrac", "warning"),
    (
        D,
        {"final_wcs": True, "final_scale": 0.02, "final_kernel": "point"},
        EMPTY,
        "final_kernel",
        "warning",
    ),
    (D, {"driz_cr_ctegrow": 20}, IR, "driz_cr_ctegrow", "warning"),
    (D, {}, IR, "driz_cr_scale", "warning"),
    (D, {"driz_cr_scale": "2.5 1.2"}, IR, "driz_cr_scale", "warning"),
    (D, {}, UVIS, "output", "warning"),
    (D, {"output": "other_drz.fits", "build": True}, UVIS, "output", "warning"),
    (D, {"output": "folder/name"}, UVIS, "output", "error"),
    (D, {"group": "sci,3"}, EMPTY, "group", "error"),
    (D, {"wcskey": "B"}, replace(EMPTY, wcs=(("A", "IDC_x"),), wcsname="TWEAK"), "wcskey", "warning"),
    (D, {"input": "j8bt06*_flc.fits"}, EMPTY, "input", "warning"),
    (T, {"input": "jbta01*_flc.fits"}, EMPTY, "input", "warning"),
    (D, {}, replace(EMPTY, detectors=("WFC3/UVIS", "WFC3/IR")), "input", "warning"),
    (T, {}, replace(EMPTY, names=("a",)), "refimage", "warning"),
    (T, {"refcat": "g.cat"}, replace(EMPTY, lost={"refcat": ("g.cat", "There is no file g.cat.")}), "refcat", "error"),
    (F, {}, IR, "conv_width", "warning"),
    (F, {"conv_width": 2.0}, EMPTY, "conv_width", "warning"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "changes", "facts", "name", "severity"), CASES)
def test_found(task, changes, facts, name, severity) -> None:
    found = [
        each for each in problems(TASKS[task].defaults().replaced(**changes), facts) if each.name == name
    ]
    assert [each.severity for each in found] == [severity]
    assert found[0].message.endswith(".")
    assert found[0].advice.endswith((".", "?"))


HARMLESS: list[tuple[str, Mapping[str, object], DataFacts]] = [
    (D, {"driz_sep_bits": "64,32", "final_bits": "~4096", "sky_bits": "None"}, EMPTY),
    (D, {"final_bits": "16"}, DataFacts(names=("a", "b"), detectors=("ACS/HRC",))),
    (D, {"crbit": 8192, "resetbits": "8192,4096"}, EMPTY),
    (D, {"crbit": 0, "resetbits": "0"}, EMPTY),
    (D, {}, replace(EMPTY, names=("a",) * 6)),
    (D, {"combine_type": "median", "combine_nhigh": 1}, replace(EMPTY, names=("a", "b"))),
    (D, {"combine_type": "minmed", "combine_nhigh": 5}, DataFacts()),
    (D, {"final_wcs": True, "final_scale": 0.02, "final_pixfrac": 0.6}, EMPTY),
    (D, {"final_scale": None, "final_pixfrac": 0.5}, EMPTY),
    (D, {"output": "new", "group": "sci,2"}, UVIS),
    (D, {"driz_combine": False}, UVIS),
    (D, {"wcskey": "idc_x"}, replace(EMPTY, wcs=(("A", "IDC_x"),), wcsname="TWEAK")),
    (D, {"wcskey": "A"}, replace(EMPTY, wcs=(("A", "IDC_x"),), wcsname="TWEAK")),
    (D, {"wcskey": "tweak"}, replace(EMPTY, wcsname="TWEAK")),
    (D, {"wcskey": "B"}, EMPTY),
    (D, {"input": "ibc3*_flt.fits"}, EMPTY),
    (D, {"input": "*_flt.fits"}, EMPTY),
    (T, {"refimage": "r.fits"}, replace(EMPTY, names=("a",))),
    # the file was looked for under another name: the look is old, not the file lost
    (T, {"refcat": "g2.cat"}, replace(EMPTY, lost={"refcat": ("g.cat", "There is no file g.cat.")})),
    (F, {"conv_width": 2.5}, IR),
    (D, {"driz_cr_scale": "3.0 2.4", "driz_cr_snr": "5.0 4.0"}, IR),
    (D, {"driz_cr": False}, IR),
]  # fmt: skip


@pytest.mark.parametrize(("task", "changes", "facts"), HARMLESS)
def test_nothing_to_complain_about(task, changes, facts) -> None:
    set_in_vain = [
        each
        for each in problems(TASKS[task].defaults().replaced(**changes), facts)
        if "has no effect" not in each.message
    ]
    assert set_in_vain == []


@pytest.mark.parametrize("task", TASKS)
def test_defaults_fit_three_exposures(task: str) -> None:
    assert problems(TASKS[task].defaults(), EMPTY) == ()


def test_the_share_of_empty_pixels_is_that_of_chance() -> None:
    """Throw drops of side p on pixels of side s at random and count the pixels that n exposures miss."""
    import numpy as np

    rng = np.random.default_rng(5)
    drop, side, exposures = 0.3, 0.5, 2
    places = rng.uniform(-0.5, 0.5, (200_000, exposures, 2))
    missed = (np.abs(places).max(axis=2) > (drop + side) / 2).all(axis=1).mean()
    facts = replace(EMPTY, names=("a", "b"))
    values = TASKS[D].defaults().replaced(final_wcs=True, final_scale=0.02, final_pixfrac=drop)
    told = next(each for each in problems(values, facts) if each.name == "final_pixfrac")
    assert told.message.startswith(f"About {100 * missed:.0f} % ")


@pytest.mark.parametrize(
    ("text", "instrument"),
    [
        ("ibc301qrq_flt.fits", "WFC3"),
        ("/data/j8bt06*_flc.fits, /data/j8bt07*_flc.fits", "ACS"),
        ("ibc301qrq_flt.fits,j8bt06nyq_flc.fits", ""),
        ("*flt.fits", ""),
        ("@list.txt", ""),
        ("images_of_mine.txt", ""),
        ("", ""),
    ],
)
def test_instrument_of_input(text: str, instrument: str) -> None:
    assert instrument_of_input(text) == instrument


def test_a_preset_for_another_detector_is_told() -> None:
    preset = next(one for one in presets() if one.detectors == ("WFC3/IR",) and one.values.get(D))
    values = preset.taken(TASKS[D].defaults())
    told = [each.message for each in problems(values, EMPTY) if "preset" in each.message]
    assert len(told) == 1
    assert "meant for WFC3/IR, the exposures are of WFC3/UVIS" in told[0]
    assert not [each for each in problems(values, IR) if "preset" in each.message]


def test_a_single_exposure_leaves_out_the_comparison() -> None:
    values = TASKS[D].defaults()
    for name in ("driz_separate", "driz_sep_kernel", "driz_sep_wcs", "median", "blot_interp", "driz_cr_snr"):
        assert "single exposure" in is_live(values, name, exposures=1).reason
        assert is_live(values, name, exposures=2).reason != is_live(values, name, exposures=1).reason
    for name in ("final_kernel", "skymethod", "static_sig", "resetbits"):
        assert is_live(values, name, exposures=1).live


@pytest.mark.parametrize("changes", [{}, {"output": "m_drz.fits"}, {"build": True}, {"context": False}])
def test_products_have_the_names_that_the_engine_gives(changes) -> None:
    from pathlib import Path

    from core.data.exposure import Exposure
    from core.drizzle.facts import run_facts
    from core.drizzle.names import product_names

    one = Exposure(Path("ibc301qrq_flc.fits"), "x", "flc", "WFC3", "UVIS", "", 1, 0, 0, None, (), None)
    values = TASKS[D].defaults().replaced(**changes)
    for exposures in ([one], [one, one]):
        names = product_names(exposures, values)
        parts = ("sci", "wht", "ctx") if values["context"] else ("sci", "wht")
        wanted = tuple(dict.fromkeys(names.of(part) for part in parts))
        assert product_files(values, run_facts(exposures, None)) == wanted
