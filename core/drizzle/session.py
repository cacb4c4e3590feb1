"""astrodrizzle: the seven steps in the Handbook's order, from exposures to the combined image (Handbook 7.1)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.exposure import Exposure
from core.data.safe import write_text
from core.drizzle import names
from core.drizzle import plan as steps
from core.drizzle.chip import ChipInput
from core.drizzle.combine import combine
from core.drizzle.copies import restore_originals
from core.drizzle.frames import check_size, default_frame, step_frame
from core.drizzle.inputs import Inputs, open_inputs
from core.drizzle.logfile import log_text
from core.drizzle.names import product_names
from core.drizzle.overlap import lonely
from core.drizzle.pixels import chip_input, usable
from core.drizzle.plan import Plan, make_plan
from core.drizzle.products import Final, Written, final_unit, write_products
from core.drizzle.remember import Remembered
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.drizzle.run import Run
from core.drizzle.work import work_units
from core.drizzle.workspace import Workspace
from core.drizzle.writeback import changes, write_changes
from core.errors import Refusal
from core.runs.memory import Memory, fingerprint
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers

Figures = Mapping[tuple[Path, int], tuple[int, float]]


def astrodrizzle(
    files: Sequence[Path],
    params: Mapping[str, Any],
    *,
    folder: Path,
    memory: Memory | None = None,
    workers: Workers | None = None,
    progress: Progress | None = None,
) -> DrizzleResult:
    """Combine exposures; products and intermediate images go to `folder` under drizzlepac's names.

    Parameters
    ----------
    files : calibrated exposures (flt, flc), in the order in which chips are numbered
    params : all astrodrizzle parameters; `input` is not read
    folder : made if it is not there
    memory : a session's memory: steps whose input and parameters did not change are not done again
    workers : where row blocks are computed; None for threads, as many as num_cores says
    progress : steps are titled as `core.drizzle.plan` names them

    The exposures are changed last, when all products are written: MDRIZSKY, and in the DQ arrays the flags of
    `resetbits` cleared and `crbit` set for cosmic rays.

    Raises
    ------
    Refusal
        A parameter that is wrong or asks for what is not built, no usable exposure, exposures that do not
        overlap, an output folder that cannot be written. No exposure was changed then.
    Cancelled
        Nothing half-written is left; complete intermediate files may be.
    """
    progress = progress or Progress()
    before = dict(progress.seconds)
    run, inputs = _prepared(list(map(Path, files)), params, folder, workers, progress)
    remembered = Remembered(None if run.space.in_memory else memory)
    token = remembered.token([exposure.path for exposure in run.exposures])
    figures, key = _first_steps(run, remembered, token)
    written = _final(run, key, figures is not None)
    with progress.step(steps.WRITING, len(run.exposures)):
        _write_back(run, remembered, token, figures is not None)
    if params["clean"]:
        run.space.clean()
    seconds = {k: v - before.get(k, 0.0) for k, v in progress.seconds.items() if v > before.get(k, 0.0)}
    result = _result(run, inputs, written, figures or {}, seconds)
    _write_log(run, result)
    return result


def _prepared(
    files: list[Path],
    params: Mapping[str, Any],
    folder: Path,
    workers: Workers | None,
    progress: Progress,
) -> tuple[Run, Inputs]:
    """Everything that can be refused, before anything is done."""
    make_plan(params, len(files))
    _check_folder(folder)
    with progress.step(steps.READING, len(files)):
        if params["restore"]:
            restore_originals(files)
        inputs = open_inputs(files, params, progress)
    exposures = inputs.exposures
    plan = make_plan(params, len(exposures))
    _check_err(exposures, params)
    base = default_frame(exposures, params)
    apart = lonely(exposures, base) if len(exposures) > 1 else ()
    plan = _check_overlap(exposures, apart, plan)
    sep_frame, final_frame = step_frame(base, params, "driz_sep_"), step_frame(base, params, "final_")
    check_size(sep_frame, "driz_sep_")
    check_size(final_frame, "final_")
    run = Run(
        exposures,
        params,
        plan,
        product_names(exposures, params),
        Workspace(folder, in_memory=bool(params["in_memory"])),
        sep_frame,
        final_frame,
        workers or Threads(params["num_cores"]),
        progress,
    )
    for left in inputs.left_out:
        run.warnings.append(f"{left.path.name} is left out. {left.reason}")
    for text in inputs.warnings:
        run.warn(text)
    for exposure in apart:
        run.warn(f"{exposure.name} overlaps no other exposure: no cosmic rays can be found in it.")
    for note in plan.notes:
        run.note(note)
    return run, inputs


def _first_steps(run: Run, remembered: Remembered, token: str) -> tuple[Figures | None, str]:
    """Steps 1 to 6; the figures of the cosmic rays (None when that step is off) and the key of what was done."""
    params, plan, progress, space = run.params, run.plan, run.progress, run.space
    folder = str(space.folder.resolve())

    def recall(step: str, parts: Sequence[object], make: Any, file_names: Any) -> tuple[Any, str]:
        key = fingerprint(step, folder, token, *parts)
        value = remembered.recall(step, key, make, lambda: [space.folder / n for n in _on_disk(file_names())])
        for name in _on_disk(file_names()):
            space.recalled(name)
        return value, key

    def _on_disk(file_names: Sequence[str]) -> list[str]:
        return [] if space.in_memory else list(file_names)

    count = len(run.chips)
    chosen = [params[n] for n in ("group", "coeffs", *_INSTRUMENT)]
    key = fingerprint(chosen)
    if params["static"]:
        with progress.step(steps.STATIC, count):

            def static() -> Any:
                run.static = run.make_static()
                return run.static

            run.static, key = recall(
                "static", [key, run.called.root, params["static_sig"]], static, run.static_names
            )
            for text in run.static.notes:
                run.note(f"Static mask of {text}")
    with progress.step(steps.SKY, count):
        read = [params[n] for n in params if n.startswith(("sky", "use_static"))]
        run.sky, key = recall("sky", [key, read, plan.reset], run.make_sky, list)
        for text in run.sky.warnings:
            run.warn(text)
    figures: Figures | None = None
    frame = _frame_key(run.sep_frame)
    if plan.separate is not None:
        with progress.step(steps.SEPARATE, run.single_units()):
            parts = [key, plan.separate, plan.sep_bits, params["driz_sep_compress"], frame]
            means, key = recall("separate", parts, run.make_singles, run.single_names)
    if plan.median is not None:
        with progress.step(steps.MEDIAN, run.median_units()):
            name, key = recall(
                "median",
                [key, plan.median, run.called.median],
                lambda: run.make_median_image(means),
                lambda: [run.called.median],
            )
    if plan.blot is not None:
        with progress.step(steps.BLOT, run.blot_units()):
            _, key = recall(
                "blot", [key, plan.blot], lambda: run.make_blots(name), lambda: run.chip_names("blt")
            )
    if plan.cosmic is not None:
        with progress.step(steps.COSMIC, run.crmask_units()):
            parts = [key, plan.cosmic, plan.final_bits, plan.crbit, params["driz_cr_corr"]]
            figures, key = recall("cosmic", parts, run.make_crmasks, lambda: run.chip_names("crmask"))
            run.warn_of_fractions(figures or {})
    return figures, key


_INSTRUMENT = ("gain", "gnkeyword", "rdnoise", "rnkeyword", "exptime", "expkeyword")


def _final(run: Run, key: str, with_masks: bool) -> Written | None:
    """Step 7 and the products."""
    plan, params = run.plan, run.params
    if plan.combine is None:
        return None
    settings = plan.combine
    total = sum(exposure.exptime for exposure in run.exposures)

    def chips() -> Iterator[ChipInput]:
        for exposure, chip in run.chips:
            good = usable(exposure, chip, plan.final_bits, plan.reset, run.static)
            mask = _crmask(run, exposure, chip.extver, with_masks)
            if mask is not None:
                good = good & mask.astype(np.bool_)
            if not good.any():
                run.warn(f"{exposure.name}[SCI,{chip.extver}]: no good pixel is left for the final image.")
            yield chip_input(exposure, chip, run.sky.of(chip), good, settings.wht_type)

    with run.progress.step(steps.COMBINE, work_units(run.final_frame) * len(run.chips)):
        made = combine(
            chips(),
            run.final_frame,
            settings,
            total_exptime=total,
            workers=run.workers,
            progress=run.progress,
        )
        unit = final_unit(run.exposures, params)
        if unit.startswith("COUNTS"):
            np.divide(made.sci, np.float32(run.exposures[0].chips[0].gain), out=made.sci, where=made.wht != 0)
        run.progress.check()
        final = Final(made.sci, made.wht, made.ctx, run.final_frame, unit)
        written = write_products(final, run.exposures, params, run.called, run.space.folder)
    for text in written.warnings:
        run.warn(text)
    return written


def _crmask(run: Run, exposure: Exposure, extver: int, made: bool) -> NDArray[np.uint8] | None:
    """The cosmic ray mask of a chip: of this run, or with driz_cr off one that an earlier run left, if any."""
    name = f"{names.root(exposure)}_sci{extver}_crmask.fits"
    if made:
        return run.space.get(name)
    if run.plan.cosmic is None and len(run.exposures) > 1 and run.space.has(name):
        mask = run.space.get(name)
        shape = next(chip.shape for chip in exposure.chips if chip.extver == extver)
        if mask.shape == shape:
            run.warn(f"driz_cr is off: the cosmic ray mask {name} of an earlier run is used.")
            return mask
    return None


def _write_back(run: Run, remembered: Remembered, token: str, with_masks: bool) -> None:
    """Sky values and flags into the exposures."""
    plan = run.plan
    for exposure in run.exposures:
        masks = {
            chip.extver: run.space.get(names.of_chip(exposure, chip, "crmask"))
            for chip in exposure.chips
            if with_masks
        }
        found = changes(exposure, run.sky, run.params, plan.reset, plan.crbit, masks)
        problem = write_changes(exposure, found, run.params)
        if problem:
            run.warn(problem)
        run.progress.advance()
    if plan.crbit & ~plan.reset_mask == 0:
        remembered.same_content([exposure.path for exposure in run.exposures], token)


def _result(
    run: Run, inputs: Inputs, written: Written | None, figures: Figures, seconds: dict[str, float]
) -> DrizzleResult:
    shown = tuple(_figures(run, exposure, figures) for exposure in run.exposures)
    left = tuple(ExposureFigures(one.path, (), reason=one.reason) for one in inputs.left_out)
    return DrizzleResult(
        exposures=shown + left,
        science=written.science if written else None,
        weight=written.weight if written else None,
        context=written.context if written else None,
        median=run.space.path(run.called.median),
        products=written.paths if written else (),
        seconds=seconds,
        warnings=tuple(run.warnings),
    )


def _figures(run: Run, exposure: Exposure, figures: Figures) -> ExposureFigures:
    def paths(what: str) -> dict[int, Path]:
        found = {c.extver: run.space.path(names.of_chip(exposure, c, what)) for c in exposure.chips}
        return {extver: path for extver, path in found.items() if path is not None}

    chips = []
    for chip in exposure.chips:
        count, fraction = figures.get((chip.path, chip.extver), (0, 0.0))
        chips.append(ChipFigures(chip.extver, run.sky.of(chip).noise, count, fraction))
    crclean = run.space.folder / names.crclean(exposure)
    return ExposureFigures(
        path=exposure.path,
        chips=tuple(chips),
        single_sci=run.space.path(names.single(exposure, "sci")),
        single_wht=run.space.path(names.single(exposure, "wht")),
        crclean=crclean if figures and run.params["driz_cr_corr"] else None,
        blots=paths("blt"),
        crmasks=paths("crmask"),
    )


def _check_folder(folder: Path) -> None:
    """Make the folder and see that a file can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refusal(
            f"The output folder cannot be written: {error.strerror or error}.",
            file=folder,
            advice="Choose a folder that you may write to.",
        ) from error


def _check_err(exposures: Sequence[Exposure], params: Mapping[str, Any]) -> None:
    if not params["driz_combine"] or params["final_wht_type"] != "ERR":
        return
    for exposure in exposures:
        for chip in exposure.chips:
            if not chip.has_err:
                raise Refusal(
                    f"There is no ERR,{chip.extver} to weight by.",
                    file=exposure.path,
                    subject="final_wht_type",
                    advice="Choose EXP, or leave the exposure out.",
                )


def _check_overlap(exposures: Sequence[Exposure], apart: Sequence[Exposure], plan: Plan) -> Plan:
    """Refuse to look for cosmic rays where no two exposures show the same sky."""
    if len(exposures) < 2 or len(apart) < len(exposures) or plan.median is None:
        return plan
    raise Refusal(
        "No two of the exposures overlap on the sky, so there is no median to compare them with.",
        file=exposures[0].path,
        subject="median",
        advice="Check that the exposures belong together and their WCS is right; to put them side by side "
        "in one image switch median, blot and driz_cr off.",
    )


def _frame_key(frame: Any) -> str:
    return repr((frame.crpix.tolist(), frame.crval.tolist(), frame.cd.tolist(), frame.naxis))


def _write_log(run: Run, result: DrizzleResult) -> None:
    """The log of the run in the folder, under the name `runfile`; a log that cannot be written is no failure."""
    name = str(run.params["runfile"]).strip() or "astrodrizzle.log"
    name = name if name.endswith(".log") else name + ".log"
    try:
        write_text(log_text(run.params, run.log, result), run.space.folder / Path(name).name)
    except Refusal as refusal:
        run.progress.warn(str(refusal))
