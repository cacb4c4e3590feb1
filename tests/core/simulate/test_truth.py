"""The truth: kept, read back, and the measure of an alignment."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.errors import Refusal
from core.simulate import Scene, Truth, alignment_error, simulate
from core.simulate.sphere import directions, linear_terms, separation_mas, tangent_matrix
from core.simulate.truth import ExposureTruth


def test_what_is_saved_reads_back(small: Truth) -> None:
    back = Truth.load(small.folder)
    assert back.files == small.files
    assert back.scene["seed"] == 11
    np.testing.assert_array_equal(back.stars.ra, small.stars.ra)
    for mine, read in zip(small.exposures, back.exposures, strict=True):
        np.testing.assert_array_equal(mine.error(), read.error())
        assert mine.facts == read.facts
        for a, b in zip(mine.chips, read.chips, strict=True):
            np.testing.assert_array_equal(a.true_cd, b.true_cd)
            assert a.facts == b.facts
            assert a.arrays.keys() == b.arrays.keys()
            for name in a.arrays:
                np.testing.assert_array_equal(a.arrays[name], b.arrays[name])


def test_no_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        Truth.load(tmp_path)
    (tmp_path / "truth.json").write_text("{}")
    with pytest.raises(Refusal):
        Truth.load(tmp_path)


def test_a_stranger_is_refused(small: Truth) -> None:
    with pytest.raises(Refusal):
        alignment_error(small, small.files, "somebody_flt.fits")


def test_the_injected_errors_have_the_size_asked_for(tmp_path: Path) -> None:
    scene = Scene(seed=2, n_exposures=6, density=0.02, max_shift=0.4)
    truth = simulate(scene, tmp_path)
    shifts = [separation_mas(directions(*e.anchor), directions(*e.anchor_true)) for e in truth.exposures]
    assert min(shifts) >= 79.0
    assert max(shifts) <= 401.0
    assert len({round(float(s)) for s in shifts}) > 3
    assert 0 < np.std([e.err_roll_deg for e in truth.exposures]) < 0.012
    none = simulate(Scene(seed=2, max_shift=0.0, roll_error=0.0, scale_error=0.0, density=0.02), tmp_path)
    assert max(alignment_error(none, none.files, none.files[0]).values()) < 1e-4


def consistent(exposure: ExposureTruth, path: Path) -> float:
    """Largest distance in mas between the recorded E applied to the header's WCS and the true WCS."""
    worst = 0.0
    for chip in open_exposure(path).chips:
        x, y = (a.ravel() for a in np.meshgrid(np.linspace(0, 1023, 9), np.linspace(0, 511, 9)))
        true = directions(*exposure.chip(chip.ccdchip).true_wcs(chip.wcs).pix_to_sky(x, y))
        moved = directions(*chip.wcs.pix_to_sky(x, y)) @ exposure.error().T
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        worst = max(worst, float(separation_mas(true, moved).max()))
    return worst


def test_the_error_is_as_recorded(small: Truth) -> None:
    for exposure, path in zip(small.exposures, small.files, strict=True):
        assert consistent(exposure, path) < 1e-4


def test_a_perfect_header_has_no_error(small: Truth, tmp_path: Path) -> None:
    """And the reference keeps its own error: alignment is relative."""
    reference = small.exposures[0]
    undo = np.linalg.inv(reference.error())
    paths = [Path(shutil.copy(path, tmp_path)) for path in small.files]
    for exposure, path in zip(small.exposures[1:], paths[1:], strict=True):
        with fits.open(path, mode="update", memmap=False) as hdus:
            for version in (1, 2):
                header = hdus["SCI", version].header
                known = exposure.chip(header["CCDCHIP"])
                crval, cd = linear_terms(undo @ tangent_matrix(known.true_crval, known.true_cd))
                header["CRVAL1"], header["CRVAL2"] = crval
                for i in (0, 1):
                    for j in (0, 1):
                        header[f"CD{i + 1}_{j + 1}"] = cd[i, j]
    errors = alignment_error(small, paths, paths[0])
    assert max(errors.values()) < 2e-4
    before = alignment_error(small, small.files, small.files[0])
    assert before[small.files[0].name] < 1e-5
    assert min(before[path.name] for path in small.files[1:]) > 50.0
    # with another reference the same headers are wrong by that reference's own error and the first one's
    assert alignment_error(small, paths, paths[1])[paths[0].name] > 50.0


def test_a_known_shift_is_measured(small: Truth, tmp_path: Path) -> None:
    path = Path(shutil.copy(small.files[0], tmp_path))
    with fits.open(path, mode="update", memmap=False) as hdus:
        for version in (1, 2):
            hdus["SCI", version].header["CRVAL2"] += 10.0 / 3.6e6
    assert alignment_error(small, [path], small.files[0])[path.name] == pytest.approx(10.0, abs=1e-3)


@pytest.mark.shared
def test_one_measure_fits_the_other_simulation_too(shared_data: Path) -> None:
    """Made by another program: its own recorded errors, to first order, give the error of the raw headers."""
    truth = Truth.load(shared_data / "omega_cen_simulated")
    for exposure, path in zip(truth.exposures, truth.files, strict=True):
        assert consistent(exposure, path) < 1e-3
    errors = alignment_error(truth, truth.files, truth.files[0])
    shifts = [np.array(exposure.facts["err_shift_arcsec"]) * 1e3 for exposure in truth.exposures]
    assert errors[truth.files[0].name] < 1e-3
    for shift, path in zip(shifts[1:], truth.files[1:], strict=True):
        assert errors[path.name] == pytest.approx(np.hypot(*(shift - shifts[0])), abs=2.0)
