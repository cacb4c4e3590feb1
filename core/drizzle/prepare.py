"""Everything that can be refused is looked at before anything is done."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.data.exposure import Exposure
from core.drizzle import plan as steps
from core.drizzle.copies import restore_originals
from core.drizzle.frames import check_size, default_frame, step_frame
from core.drizzle.inputs import Inputs, open_inputs
from core.drizzle.names import product_names
from core.drizzle.overlap import lonely
from core.drizzle.plan import Plan, make_plan
from core.drizzle.run import Run
from core.drizzle.workspace import Workspace
from core.errors import Refusal
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers


def prepare(
    files: Sequence[Path],
    params: Mapping[str, Any],
    folder: Path,
    workers: Workers | None,
    progress: Progress,
) -> tuple[Run, Inputs]:
    """Open the exposures, find the frames, and make a run of them; raises Refusal."""
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
    _check_overlap(exposures, apart, plan)
    sep_frame, final_frame = (step_frame(base, params, prefix) for prefix in ("driz_sep_", "final_"))
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
    run.warnings += [f"{left.path.name} is left out. {left.reason}" for left in inputs.left_out]
    _tell(run, inputs, apart)
    return run, inputs


def _tell(run: Run, inputs: Inputs, apart: Sequence[Exposure]) -> None:
    for text in inputs.warnings:
        run.warn(text)
    for exposure in apart:
        run.warn(f"{exposure.name} overlaps no other exposure: no cosmic rays can be found in it.")
    for note in run.plan.notes:
        run.note(note)


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


def _check_overlap(exposures: Sequence[Exposure], apart: Sequence[Exposure], plan: Plan) -> None:
    """Refuse to look for cosmic rays where no two exposures show the same sky."""
    if len(exposures) < 2 or len(apart) < len(exposures) or plan.median is None:
        return
    raise Refusal(
        "No two of the exposures overlap on the sky, so there is no median to compare them with.",
        file=exposures[0].path,
        subject="median",
        advice="Check that the exposures belong together and their WCS is right; to put them side by side "
        "in one image switch median, blot and driz_cr off.",
    )
