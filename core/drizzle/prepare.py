"""Everything that can be refused is looked at before anything is done."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.data.chipwcs import ChipWCS
from core.data.exposure import Exposure
from core.data.outfiles import check_folder, named_files, product_path
from core.drizzle import plan as steps
from core.drizzle.copies import originals, restore_originals
from core.drizzle.frames import check_reached, check_size, default_frame, step_frame
from core.drizzle.headers import check_rules
from core.drizzle.inputs import Inputs, open_inputs
from core.drizzle.ivm import Maps, find_maps
from core.drizzle.names import crclean, log_name, product_names
from core.drizzle.overlap import lonely
from core.drizzle.plan import Plan, make_plan
from core.drizzle.run import Run
from core.drizzle.workspace import Workspace
from core.errors import Refusal
from core.params import TASKS
from core.runs.buffers import Buffers
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers

_KEPT = 2  # frames that stay in memory when they are in files


def prepare(
    files: Sequence[Path],
    params: Mapping[str, Any],
    folder: Path,
    keep: Sequence[Path],
    workers: Workers | None,
    progress: Progress,
    ivm: Mapping[Path, Path],
    only: frozenset[str] | None = None,
) -> tuple[Run, Inputs]:
    """Open the exposures, find the frames, and make a run of them; raises Refusal. `ivm` are inverse variance maps
    by exposure, `only` the steps to do (None: those that are switched on).

    With `restore` everything is first tried on the kept copies, and only when nothing is refused do they take the
    place of the exposures.
    """
    # steps 3 to 6 of one file: it may hold several exposures
    make_plan(params, len(files) if only is None else max(2, len(files)), only)
    check_folder(folder)
    read = [*files, *ivm.values(), *named_files(params, TASKS["astrodrizzle"].params, ("runfile",)), *keep]
    product_path(folder, log_name(params), read, "runfile")
    if params["restore"]:
        kept = {copy: ivm[path] for path, copy in zip(files, originals(files), strict=True) if path in ivm}
        _check_products(
            _made_ready(originals(files), params, folder, workers, Progress(), kept, only)[0], read
        )
        restore_originals(files)
    run, inputs = _made_ready(files, params, folder, workers, progress, ivm, only)
    _check_products(run, read)
    run.workers.ready([*run.files(), *ivm.values()], folder)
    return run, inputs


def looked_at(
    files: Sequence[Path], params: Mapping[str, Any], folder: Path, ivm: Mapping[Path, Path]
) -> Run:
    """The run that `prepare` would make, to be looked at: nothing is written, no copy put back. Raises Refusal."""
    return _made_ready(files, params, folder, None, Progress(), ivm, None)[0]


def _made_ready(
    files: Sequence[Path],
    params: Mapping[str, Any],
    folder: Path,
    workers: Workers | None,
    progress: Progress,
    ivm: Mapping[Path, Path],
    only: frozenset[str] | None,
) -> tuple[Run, Inputs]:
    with progress.step(steps.READING, len(files)):
        inputs = open_inputs(files, params, progress)
    exposures = inputs.exposures
    _check_memory(params, workers)
    plan = make_plan(params, len(exposures), only)
    _check_err(exposures, params, plan)
    if plan.median is not None:
        plan.median.check(len(exposures))
    if plan.combine is not None:
        check_rules(str(params["rules_file"]).strip(), exposures[0])
    weighted = plan.combine is not None and params["final_wht_type"] == "IVM"
    maps = find_maps(exposures, ivm) if weighted else Maps()
    base = default_frame(exposures, params)
    apart = lonely(exposures, base) if len(exposures) > 1 else ()
    _check_overlap(exposures, apart, plan)
    sep_frame, final_frame = (step_frame(base, params, prefix) for prefix in ("driz_sep_", "final_"))
    check_size(sep_frame, "driz_sep_")
    check_size(final_frame, "final_")
    outside = (
        *(check_reached(exposures, sep_frame, params, "driz_sep_") if plan.separate is not None else ()),
        *(check_reached(exposures, final_frame, params, "final_") if plan.combine is not None else ()),
    )
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
    run.maps = maps
    _make_room(run.space, sep_frame, final_frame, exposures)
    run.warnings += [f"{left.path.name} is left out. {left.reason}" for left in inputs.left_out]
    _tell(run, inputs, apart, outside)
    return run, inputs


def _check_memory(params: Mapping[str, Any], workers: Workers | None) -> None:
    """Refuse to keep in the memory of this process what others must read."""
    if params["in_memory"] and workers is not None and workers.places > 1:
        raise Refusal(
            "The workers of a cluster read the intermediate images from files; here they would be in memory only.",
            subject="in_memory",
            advice="Switch in_memory off (clean deletes the files at the end), or work without a cluster.",
        )


def _make_room(space: Workspace, sep: ChipWCS, final: ChipWCS, exposures: Sequence[Exposure]) -> None:
    """Memory for the images that a step has at one time: it grows with their size, not with their number."""
    frame = 4 * max(math.prod(sep.shape), math.prod(final.shape))
    chip = 4 * max(math.prod(chip.shape) for exposure in exposures for chip in exposure.chips)
    space.room = _KEPT * 4 * math.prod(sep.shape)
    space.buffers = Buffers((_KEPT + 3) * frame + 8 * chip)


def _tell(run: Run, inputs: Inputs, apart: Sequence[Exposure], outside: Sequence[str]) -> None:
    for text in (
        *inputs.warnings,
        *outside,
        *run.maps.warnings,
        *_gain_warning(inputs.exposures, run.params),
    ):
        run.warn(text)
    for exposure in apart:
        run.warn(f"{exposure.name} overlaps no other exposure: no cosmic rays can be found in it.")
    for note in run.plan.notes:
        run.note(note)


def _check_products(run: Run, read: Iterable[Path]) -> None:
    """Refuse to write over a file that the run reads."""
    intermediate, final = [], []
    if not run.space.in_memory:
        intermediate += run.static_names() + run.single_names()
        intermediate += run.chip_names("blt") + run.chip_names("crmask")
        final.append(run.called.median)
    if run.params["driz_cr_corr"]:
        intermediate += [crclean(exposure) for exposure in run.exposures]
    if run.plan.combine is not None:
        final += [run.called.of(part) for part in ("sci", "wht", "ctx")]
    for subject, names in (("input", intermediate), ("output", final)):
        for name in names:
            product_path(run.space.folder, name, read, subject)


def _check_err(exposures: Sequence[Exposure], params: Mapping[str, Any], plan: Plan) -> None:
    if plan.combine is None or params["final_wht_type"] != "ERR":
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


def _gain_warning(exposures: Sequence[Exposure], params: Mapping[str, Any]) -> tuple[str, ...]:
    """What a person should hear of a product in counts of chips with several gains, as those of WFPC2 have."""
    last = exposures[-1].chips[-1]
    gains = {chip.gain for exposure in exposures for chip in exposure.chips if not chip.in_electrons}
    if not params["driz_combine"] or params["proc_unit"] != "native" or last.in_electrons or len(gains) < 2:
        return ()
    told = ", ".join(f"{gain:g}" for gain in sorted(gains))
    return (
        f"The chips have different gains ({told} e-/DN). They are combined in electrons; the product in counts is that "
        f"divided by {last.gain:g}, the last chip's. With proc_unit = electrons it stays in electrons.",
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
