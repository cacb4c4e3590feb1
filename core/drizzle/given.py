"""Files of earlier steps as what a later one works on, ours or drizzlepac's: found, looked at, or refused.

A file that is missing, damaged or of another shape is refused with the step that makes it. One that does not belong to
the exposures as they are now (another WCS, not as its step left it) stops the run too, unless `guard` is warn. Other
parameters than those of now are told. drizzlepac takes whatever has the name.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS
from core.data.exposure import Chip, Exposure
from core.data.fitsfile import open_fits, quiet
from core.data.readwcs import read_wcs
from core.data.statefiles import read_states
from core.drizzle import names
from core.drizzle.chain import names_of, whole
from core.drizzle.choose import NAMES, number_of, told
from core.drizzle.journal import Entry
from core.drizzle.median import mean_weight
from core.drizzle.remember import Remembered
from core.drizzle.run import Figures, Run
from core.drizzle.seen import wcs_of
from core.drizzle.sky import Sky, SkyValues
from core.drizzle.stamps import stamp_of
from core.drizzle.static import StaticMasks, mask_name, signature
from core.errors import Refusal, Unfit

_APART = 0.1  # pixels: a file whose WCS is further off shows another sky


def take_given(run: Run, remembered: Remembered) -> None:
    """Look at all files of steps that the run is given; raises Refusal. Files that are fine are known to the run."""
    for step in NAMES:
        if step not in run.plan.given or step == "sky":
            continue
        for name, shape, frame in _expected(run, step):
            _check_file(run, step, name, shape, frame)
            run.space.recalled(name, ours=remembered.has_made(step, name))
        _compare(run, remembered, step)


def know_others(run: Run, remembered: Remembered) -> None:
    """Let the result name the files of steps that are no part of the run, where they are as these left them."""
    for step in whole(run):
        if step not in run.plan.doing | run.plan.given and remembered.is_as_left(step):
            for name in names_of(run, step):
                run.space.recalled(name)


def given_figures(run: Run, remembered: Remembered) -> Figures:
    """The figures of cosmic ray masks that the run is given; none where the journal does not know them."""
    if "cosmic" not in run.plan.given or not remembered.is_as_left("cosmic", run.chip_names("crmask")):
        return {}
    figures: Figures = remembered.value("cosmic")
    return figures


def given_static(run: Run) -> StaticMasks:
    """The static masks as they lie in the folder."""
    masks = {}
    for exposure, chip in run.chips:
        where = signature(exposure, chip)
        if where not in masks:
            masks[where] = as_mask(run.space.take(mask_name(run.called.root, where)))
    return StaticMasks(masks)


def given_sky(run: Run, remembered: Remembered, *, needed: bool) -> SkyValues:
    """The sky that step 2 left in MDRIZSKY; the journal's, which has all digits, where it says the same.

    Not `needed`: 0 where there is none. Raises Refusal.
    """
    found = {(c.path, c.extver): _header_sky(e, c, needed) for e, c in run.chips}
    values = SkyValues(
        {key: Sky(value if run.params["skysub"] else None, value) for key, value in found.items()}
    )
    if not needed:
        return values
    if remembered.is_as_left("sky"):
        kept: SkyValues = remembered.value("sky")
        if all(math.isclose(one.noise, found[key], rel_tol=1e-12) for key, one in kept.chips.items()):
            return kept
        run.warn("MDRIZSKY of the exposures is not what step 2 found; it is used as it is.")
    _tell_differences(run, remembered, "sky")
    remembered.spoil("sky", sorted(found.values()))
    return values


def given_means(run: Run) -> dict[str, float]:
    """The mean weights of the separate images, by the stem of the exposure."""
    means = {}
    for exposure in run.exposures:
        name = names.single(exposure, "wht")
        means[exposure.stem] = mean_weight(run.space.get(name), run.workers)
        run.space.let_go(name)
    return means


def as_mask(array: NDArray[Any]) -> NDArray[np.uint8]:
    """A mask of any kind of number as uint8, 1 good, 0 bad."""
    found: NDArray[np.uint8] = array if array.dtype == np.uint8 else (array != 0).astype(np.uint8)
    return found


Expected = tuple[str, tuple[int, int], ChipWCS | None]


def _expected(run: Run, step: str) -> Iterator[Expected]:
    """The files of a step, the shape and the WCS that they must have (None: any)."""
    if step == "separate":
        yield from ((name, run.sep_frame.shape, run.sep_frame) for name in run.single_names())
    elif step == "median":
        yield run.called.median, run.sep_frame.shape, run.sep_frame
    elif step == "static":
        shapes = {mask_name(run.called.root, signature(e, c)): c.shape for e, c in run.chips}
        yield from ((name, shape, None) for name, shape in shapes.items())
    else:
        what = {"blot": "blt", "cosmic": "crmask"}[step]
        for exposure, chip in run.chips:
            wcs = chip.wcs.linear() if step == "blot" else None
            yield names.of_chip(exposure, chip, what), chip.shape, wcs


def _check_file(run: Run, step: str, name: str, shape: tuple[int, int], frame: ChipWCS | None) -> None:
    path = run.space.folder / name
    if not path.is_file():
        raise _refused(path, step, "The file is missing")
    try:
        with open_fits(path) as hdus, quiet():
            hdu = next((one for one in hdus if one.is_image and one.header.get("NAXIS") == 2), None)
            if hdu is None:
                raise _refused(path, step, "The file holds no image")
            found = tuple(int(size) for size in hdu.shape)
            wcs = _wcs(hdus, hdu, path)
    except Refusal as refusal:
        raise _refused(path, step, refusal.what.rstrip(".")) from refusal
    if found != shape:
        raise _refused(
            path,
            step,
            f"The image has {found[1]} x {found[0]} pixels where {shape[1]} x {shape[0]} are needed: it was made from "
            "other exposures or in another frame",
        )
    if frame is not None and wcs is not None:
        off = apart(wcs, frame)
        if off > _APART:
            _stop(
                run, path, step, f"The image lies {off:.2f} pixels off where the WCS of the exposures is now"
            )


def _wcs(hdus: fits.HDUList, hdu: fits.ImageHDU, path: Path) -> ChipWCS | None:
    """The linear WCS of an image, None where it has none that can be read."""
    if "CRVAL1" not in hdu.header:
        return None
    try:
        return read_wcs(hdus, hdu, path=path).linear()
    except Refusal:
        return None


def apart(one: ChipWCS, other: ChipWCS) -> float:
    """The largest distance of the corners of two linear frames, in pixels of `other`."""
    nx, ny = other.naxis
    x, y = np.array([0.0, nx - 1.0, 0.0, nx - 1.0]), np.array([0.0, 0.0, ny - 1.0, ny - 1.0])
    u, v = other.sky_to_pix(*one.pix_to_sky(x, y))
    return float(np.hypot(u - x, v - y).max())


def _compare(run: Run, remembered: Remembered, step: str) -> None:
    """Compare files that are there with what the journal says of their step, or with the history of the exposures."""
    folder, files = run.space.folder, names_of(run, step)
    read = files if step != "cosmic" else run.chip_names("crmask")
    entry = remembered.journal.steps.get(step)
    if remembered.is_as_left(step, read):
        return
    remembered.spoil(step, [stamp_of(folder / name) for name in read])
    ours = entry is not None and any(name in entry.files for name in read)
    if entry is None or not ours:
        _check_age(run, step, [folder / name for name in read])
        return
    changed = [name for name in entry.changed(folder, read) if name in read]
    if changed:
        _stop(
            run, folder / changed[0], step, "The file is not as the step left it: it was changed or replaced"
        )
        return
    moved = _moved(run, entry)
    if moved:
        _stop(run, folder / read[0], step, f"Since it was made the WCS of {moved} has changed")
    elif not _tell_differences(run, remembered, step):
        run.warn(
            f"{read[0]}: since {told(step)} the exposures or files before it changed; it is used as it is."
        )


def _moved(run: Run, entry: Entry) -> str:
    """The exposures whose WCS is another than when a step was done."""
    before = {one.name: one.wcs for one in entry.exposures}
    found = [
        e.path.name for e in run.exposures if not e.part and before.get(e.path.name, wcs_of(e)) != wcs_of(e)
    ]
    return ", ".join(found)


def _tell_differences(run: Run, remembered: Remembered, step: str) -> bool:
    """Warn of parameters and exposures that are others now; whether there are any."""
    entry = remembered.journal.steps.get(step)
    if entry is None:
        return False
    here = [f"{n} = {t}" for n, t in entry.params.items() if n in run.params and str(run.params[n]) != t]
    if here:
        run.warn(
            f"{told(step).capitalize()} was done with {', '.join(here)}; its files are used as they are."
        )
    before, now = {one.name for one in entry.exposures}, {path.name for path in run.files()}
    other = sorted(before ^ now)
    if other and step in ("static", "median", "blot", "cosmic"):
        word = "with" if before - now else "without"
        run.warn(
            f"{told(step).capitalize()} was done {word} {', '.join(other)}; its files are used as they are."
        )
        return True
    return bool(here)


def _check_age(run: Run, step: str, paths: list[Path]) -> None:
    """Files of another program: none may be older than the WCS that Apply or Restore gave an exposure."""
    oldest = min(paths, key=lambda path: path.stat().st_mtime)
    made = datetime.fromtimestamp(oldest.stat().st_mtime, UTC)
    for exposure in run.exposures:
        when = _changed_at(exposure.path)
        if when is not None and when > made:
            _stop(run, oldest, step, f"The file is older than the WCS that {exposure.name} has now")
            return


def _changed_at(path: Path) -> datetime | None:
    """When the header of an exposure was changed last, as its history has it."""
    try:
        states = read_states(path)
        return datetime.fromisoformat(states[-1].date) if len(states) > 1 else None
    except (Refusal, ValueError):
        return None


def _header_sky(exposure: Exposure, chip: Chip, needed: bool) -> float:
    value = chip.header.get("MDRIZSKY")
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if not needed:
        return 0.0
    raise Refusal(
        f"SCI,{chip.extver} has no sky value, which {told('sky')} leaves there.",
        file=exposure.path,
        subject="MDRIZSKY",
        advice="Run step 2 first.",
    )


def _refused(path: Path, step: str, what: str) -> Refusal:
    return Refusal(
        f"{what}. {told(step).capitalize()} makes it.",
        file=path,
        advice=f"Run step {number_of(step)} first, or with this one.",
    )


def _stop(run: Run, path: Path, step: str, what: str) -> None:
    """Refuse a file that does not fit, or warn with guard = warn."""
    if run.params["guard"] == "stop":
        unfit = Unfit(
            f"{what}. {told(step).capitalize()} makes it.",
            file=path,
            subject="guard",
            advice=f"Run step {number_of(step)} again; guard = warn uses it all the same.",
        )
        unfit.step = step
        raise unfit
    run.warn(f"{path.name}: {what}. It is used all the same.")
