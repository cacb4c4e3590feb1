"""The faults of drizzlepac 3.11 that this program must not have: for each, the tests that show it and name it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# number in the list of faults, what is wrong there, the tests
FAULTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "1": (
        "offset of the 2D histogram wrong by ceil(r) - r",
        (
            "core/align/test_offset.py::test_the_offset_does_not_depend_on_the_radius",
            "core/align/test_session.py::test_search_radii_that_are_no_whole_pixels_give_the_same_offset",
        ),
    ),
    "2": (
        "the peak of the histogram is not kept to its box",
        ("core/align/test_offset.py::test_the_peak_stays_in_its_box",),
    ),
    "3": (
        "the reference depends on the file system",
        ("core/align/test_truth.py::test_the_order_decides_the_reference_not_the_result",),
    ),
    "4": (
        "parameters of source finding from stray files",
        ("app/test_params_command.py::test_stray_parameter_files_are_not_read",),
    ),
    "5": (
        "noise of sqrt(2 |mode|), fluxes with their sky",
        (
            "core/align/test_find_units.py::test_depth_depends_neither_on_the_sky_nor_on_the_unit",
            "core/align/test_find_units.py::test_what_drizzlepacs_noise_makes_of_them",
            "core/align/test_find_units.py::test_limits_of_flux_and_peak_hold_without_the_sky",
        ),
    ),
    "6": (
        "a crash when nothing is found",
        (
            "core/align/test_session.py::test_a_blank_first_image_is_not_the_reference",
            "core/align/test_find.py::test_one_star_is_one_star",
        ),
    ),
    "7": (
        "a source may serve twice",
        ("core/align/test_match.py::test_every_source_is_used_once",),
    ),
    "8": (
        "clipping by axes, without a minimum, never back",
        (
            "core/align/test_fit.py::test_clipping_never_leaves_fewer_than_minobj",
            "core/align/test_fit.py::test_clipping_looks_at_all_pairs_and_comes_to_rest",
            "core/align/test_fit.py::test_clipping_is_radial",
        ),
    ),
    "9": (
        "RMS_RA, RMS_DEC, CRDER",
        ("core/align/test_update.py::test_rms_on_the_sky_is_turned_not_mixed",),
    ),
    "10": (
        "the growing reference catalog",
        ("core/align/test_order.py::test_added_sources_lie_where_the_fit_puts_them",),
    ),
    "11": (
        "the reference and failed images are renamed",
        (
            "core/align/test_outputs.py::test_only_aligned_images_are_written",
            "peers/test_wcsbook.py::test_their_reference_is_renamed_ours_is_not_touched",
        ),
    ),
    "12": (
        "nothing reads the shift file",
        ("core/align/test_shift_file.py::test_the_numbers_are_those_of_the_headers",),
    ),
    "13": ("expsq is exptime", ("core/drizzle/test_steps.py::test_weight_scales_really_differ",)),
    "14": (
        "imedian, imean, iminmed do not fill",
        ("core/drizzle/test_median.py::test_pixels_bad_in_all_images_are_0_or_filled",),
    ),
    "14a": (
        "blotting by sinc gives garbage",
        (
            "core/kernels/test_blot.py::test_whole_pixels_come_back",
            "core/kernels/test_blot.py::test_a_star",
            "peers/test_drizzle_kernels.py::test_sinc_of_drizzlepac_is_broken",
        ),
    ),
    "14b": (
        "MDRIZTAB: the row of another filter",
        (
            "core/drizzle/test_pipeline.py::test_fault_14b_no_row_of_another_filter",
            "peers/test_mdriztab.py::test_fault_14b",
        ),
    ),
    "15": (
        "thresholds are multiplied once per image",
        ("core/drizzle/test_median.py::test_thresholds_are_taken_as_they_are",),
    ),
    "16": (
        "the gain twice in the noise, units mixed",
        (
            "core/drizzle/test_noise_units.py::test_counts_electrons_and_rates_give_the_same",
            "core/drizzle/test_ivm.py::test_counts_are_electrons_in_the_map_and_flats_may_be_inverted",
            "peers/test_drizzle_instruments.py::test_cosmic_rays",
        ),
    ),
    "17": (
        "grow 0, ctegrow without a direction, pairs of one number",
        (
            "core/drizzle/test_cosmic.py::test_growing_by_0_and_1_adds_nothing",
            "core/drizzle/test_cosmic.py::test_trails_follow_the_readout",
            "core/drizzle/test_cosmic.py::test_other_texts_are_refused",
            "core/drizzle/test_median.py::test_nsigma_that_is_not_two_numbers_is_refused",
        ),
    ),
    "18": (
        "no cosmic rays at the edges",
        ("core/drizzle/test_cosmic.py::test_cosmic_rays_at_the_edges_are_found",),
    ),
    "19": (
        "clean copies lose every flagged pixel, and the flags of a chip",
        ("core/drizzle/test_session.py::test_clean_copies_are_right_in_every_chip",),
    ),
    "20": (
        "pixels of no weight keep data",
        (
            "core/kernels/test_drizzle.py::test_bad_pixels_leave_no_trace",
            "peers/test_astrodrizzle.py::test_pixels_without_weight_hold_no_data",
        ),
    ),
    "21": (
        "flags of the run before",
        ("core/drizzle/test_session.py::test_running_again_gives_the_same",),
    ),
    "22": ("questions in the terminal", ("test_house.py::test_core_knows_no_qt_and_prints_nothing",)),
}
NODES = [(number, node) for number, (_, nodes) in FAULTS.items() for node in nodes]


@cache
def _tests_of(path: Path) -> dict[str, str]:
    """The source of each test of a file, with what stands above it (decorators)."""
    text = path.read_text(encoding="utf-8")
    return {
        node.name: ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_list_is_complete() -> None:
    assert list(FAULTS) == [*map(str, range(1, 15)), "14a", "14b", *map(str, range(15, 23))]


@pytest.mark.parametrize(("number", "node"), NODES, ids=[f"{number}-{node}" for number, node in NODES])
def test_a_test_shows_it_and_names_it(number: str, node: str) -> None:
    file, _, name = node.partition("::")
    found = _tests_of(HERE / file)
    assert name in found, f"there is no {node}"
    assert re.search(rf"[Ff]ault[ _]{number}(?![0-9a-z])", f"{name}\n{found[name]}"), (
        f"{node} does not name fault {number}"
    )
