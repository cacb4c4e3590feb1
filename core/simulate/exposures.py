"""From a scene to files: three exposures of a cluster, as in Handbook example 7.1, and their truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS, Floats
from core.data.safe import write_fits
from core.errors import Refusal
from core.kernels.render import add_stars
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers, over_rows
from core.simulate.cosmics import CosmicRays, draw_cosmic_rays
from core.simulate.detector import SATURATED, Defects, draw_defects, expose
from core.simulate.headers import (
    Pointing,
    companion_header,
    image_hdu,
    note_statistics,
    primary_header,
    science_header,
    table_hdus,
)
from core.simulate.instrument import ChipModel, nominal_wcs, wfc3_uvis
from core.simulate.psf import INNER, OVERSAMPLE, Psf
from core.simulate.scene import Scene
from core.simulate.sphere import linear_terms, offset_by, pointing_error, tangent_matrix
from core.simulate.stars import Stars, draw_stars
from core.simulate.truth import ChipTruth, ExposureTruth, Truth

ROWS = 64  # rows rendered at a time
BREATHING = 0.015  # scatter of the width of the core between exposures
ON_CHIP = 0.5  # pixels beyond the outermost pixel centres that still are on the chip


def simulate(
    scene: Scene,
    folder: str | Path,
    progress: Progress | None = None,
    workers: Workers | None = None,
) -> Truth:
    """Write the exposures of `scene` and their truth into `folder`, which is made if need be.

    The same scene gives the same pixels, whatever the number of workers.

    Raises
    ------
    Refusal
        The folder cannot be made or written.
    """
    progress, workers = progress or Progress(), workers or Threads()
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"The folder cannot be made: {error.strerror}.", file=target) from error
    with progress.step("Draw the cluster"):
        stars = draw_stars(scene)
        defects = {chip.extver: draw_defects(scene, chip.extver) for chip in wfc3_uvis().chips}
    exposures = []
    for index in range(scene.n_exposures):
        with progress.step(f"Expose {scene.root(index)}"):
            exposures.append(_exposure(scene, index, stars, defects, target, progress, workers))
    truth = Truth(target, scene.as_dict(), stars, tuple(exposures))
    with progress.step("Record the truth"):
        truth.save()
    return truth


def _exposure(
    scene: Scene,
    index: int,
    stars: Stars,
    defects: dict[int, Defects],
    folder: Path,
    progress: Progress,
    workers: Workers,
) -> ExposureTruth:
    pointing, error = _pointing(scene, index)
    psf = Psf(focus=1.0 + BREATHING * float(scene.stream(7, index).normal()))
    hdus = [fits.PrimaryHDU(header=primary_header(scene, pointing))]
    tables, chips = [], []
    for chip in wfc3_uvis().chips:
        header = nominal_wcs(chip, pointing.target, pointing.pa_v3, scene.naxis)
        true = header.moved(*linear_terms(_matrix(error) @ tangent_matrix(header.crval, header.cd)))
        light, arrays = _render(scene, stars, true, psf, workers, progress)
        rays = draw_cosmic_rays(scene, index, chip.extver)
        fault = defects[chip.extver]
        sci, err, dq = expose(scene, (index, chip.extver), light, rays.charge, fault, workers, progress)
        hdus += _chip_hdus(pointing, chip, header, (sci, err, dq))
        tables += table_hdus(chip, header)
        chips.append(_chip_truth(chip, header, true, arrays, rays, fault, dq))
    path = folder / f"{pointing.root}_flt.fits"
    write_fits(fits.HDUList(hdus + tables), path)
    facts = {
        "pa_v3": pointing.pa_v3,
        "focus": psf.focus,
        "exptime": scene.exptime,
        "sky_e": scene.sky * scene.exptime,
    }
    return ExposureTruth(pointing.root, path.name, **error, chips=tuple(chips), facts=facts)


def _pointing(scene: Scene, index: int) -> tuple[Pointing, dict[str, Any]]:
    """What the header will say, and the error: where the telescope really looked."""
    random = scene.stream(6, index)
    wish = random.normal(0.0, scene.dither, 2) if index else np.zeros(2)
    anchor = offset_by(*scene.target, *wish)
    length = scene.max_shift * random.uniform(0.2, 1.0)
    angle = random.uniform(0.0, 2.0 * np.pi)
    anchor_true = offset_by(*anchor, length * np.cos(angle), length * np.sin(angle))
    roll, scale = random.normal(0.0, 1.0, 2) * (scene.roll_error, scene.scale_error)
    error = {
        "anchor": anchor,
        "anchor_true": anchor_true,
        "err_roll_deg": float(roll),
        "err_scale": float(scale),
    }
    return Pointing(index, scene.root(index), anchor, scene.roll(index)), error


def _matrix(error: dict[str, Any]) -> Floats:
    return pointing_error(error["anchor"], error["anchor_true"], error["err_roll_deg"], error["err_scale"])


def _render(
    scene: Scene, stars: Stars, true: ChipWCS, psf: Psf, workers: Workers, progress: Progress
) -> tuple[Floats, dict[str, NDArray[Any]]]:
    """Electrons of sky and stars (rows, columns), and what is true of the stars on the chip."""
    columns, rows = scene.naxis
    x, y = true.sky_to_pix(stars.ra, stars.dec)
    far = psf.reach(stars.rate * scene.exptime)
    seen = (x > -far) & (x < columns - 1 + far) & (y > -far) & (y < rows - 1 + far)
    number = np.flatnonzero(seen)
    x, y, far = x[number], y[number], far[number]
    area = pixel_area(true, x, y)
    counts = stars.rate[number] * scene.exptime / area
    light = np.full((rows, columns), scene.sky * scene.exptime)
    table, terms = psf.table(), psf.terms()

    def some(start: int, stop: int) -> None:
        near = (y > start - far - 1) & (y < stop + far)
        part = (x[near], y[near], counts[near], far[near])
        add_stars(light[start:stop], start, *part, table, terms, OVERSAMPLE, INNER)

    over_rows(some, rows, ROWS, workers, progress)
    on = (x >= -ON_CHIP) & (x <= columns - 1 + ON_CHIP) & (y >= -ON_CHIP) & (y <= rows - 1 + ON_CHIP)
    arrays: dict[str, NDArray[Any]] = {
        "star_id": number[on].astype(np.int32),
        "star_x": x[on],
        "star_y": y[on],
        "star_counts": counts[on].astype(np.float32),
        "star_pam": area[on].astype(np.float32),
    }
    return light, arrays


def pixel_area(wcs: ChipWCS, x: Floats, y: Floats) -> Floats:
    """Area of the pixels at 0-based x, y over IDCSCALE squared, from differences across the pixel."""
    scale = wcs.idcscale or wcs.scale
    ra_r, dec_r = wcs.pix_to_sky(x + 0.5, y)
    ra_l, dec_l = wcs.pix_to_sky(x - 0.5, y)
    ra_t, dec_t = wcs.pix_to_sky(x, y + 0.5)
    ra_b, dec_b = wcs.pix_to_sky(x, y - 0.5)
    shrink = np.cos(np.radians((dec_t + dec_b) / 2.0))

    def apart(a: Floats, b: Floats) -> Floats:
        return ((a - b + 180.0) % 360.0 - 180.0) * shrink

    cross = apart(ra_r, ra_l) * (dec_t - dec_b) - apart(ra_t, ra_b) * (dec_r - dec_l)
    return np.abs(cross) * (3600.0 / scale) ** 2


def _chip_hdus(
    pointing: Pointing,
    chip: ChipModel,
    wcs: ChipWCS,
    pixels: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int16]],
) -> list[fits.ImageHDU]:
    headers = [
        science_header(pointing, chip, wcs),
        companion_header(pointing, chip, wcs, "ERR"),
        companion_header(pointing, chip, wcs, "DQ"),
    ]
    for data, header in zip(pixels[:2], headers[:2], strict=True):
        note_statistics(header, data, pixels[2])
    return [image_hdu(pixels[k], headers[k]) for k in range(3)]


def _chip_truth(
    chip: ChipModel,
    header: ChipWCS,
    true: ChipWCS,
    arrays: dict[str, NDArray[Any]],
    rays: CosmicRays,
    fault: Defects,
    dq: NDArray[np.int16],
) -> ChipTruth:
    index, charge = rays.recorded()
    facts = {
        "crpix": header.crpix.tolist(),
        "ncr": rays.count,
        "ncrpix": int((charge > 20.0).sum()),
        "nsat": int(((dq & SATURATED) > 0).sum()),
        "nstars": len(arrays["star_id"]),
    }
    arrays = {
        **arrays,
        "cr_index": index.astype(np.int32),
        "cr_charge": charge,
        "unflagged_hot": fault.unflagged_hot.astype(np.int32),
        "over_subtracted": fault.over_subtracted.astype(np.int32),
    }
    return ChipTruth(chip.ccdchip, header.crval, header.cd, true.crval, true.cd, arrays, facts)
