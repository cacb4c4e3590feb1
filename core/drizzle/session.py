"""astrodrizzle: the seven steps in the Handbook's order, from exposures to the combined image (Handbook 7.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from core.data.chipwcs import ChipWCS
from core.data.safe import write_text
from core.drizzle import plan as steps
from core.drizzle.finish import make_final, result_of, update_exposures
from core.drizzle.inputs import Inputs
from core.drizzle.logfile import log_text
from core.drizzle.names import crclean, log_name
from core.drizzle.prepare import prepare
from core.drizzle.products import Written
from core.drizzle.remember import Remembered
from core.drizzle.results import DrizzleResult
from core.drizzle.run import Figures, Run
from core.drizzle.verdict import watch
from core.errors import Refusal
from core.runs.background import Background
from core.runs.memory import Memory, fingerprint
from core.runs.progress import Progress
from core.runs.spread import Workers

T = TypeVar("T")


def astrodrizzle(
    files: Sequence[Path],
    params: Mapping[str, Any],
    *,
    folder: Path,
    keep: Sequence[Path] = (),
    ivm: Mapping[Path, Path] | None = None,
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
    keep : further files that no product may replace, besides those that the run reads
    ivm : for final_wht_type = IVM the inverse variance map of each exposure, the second column of an @list
        (`core.data.files.find_maps`); those of the others are computed
    memory : a session's memory: steps whose input and parameters did not change are not done again
    workers : where row blocks are computed; None for threads, as many as num_cores says
    progress : steps are titled as `core.drizzle.plan` names them

    The exposures are changed last, when all products are written: MDRIZSKY, and in the DQ arrays the flags of
    `resetbits` cleared and `crbit` set for cosmic rays.

    Raises
    ------
    Refusal
        A parameter that is wrong or asks for what is not built, no usable exposure, exposures that do not
        overlap, an output folder that cannot be written, a product that would replace what the run reads, or with
        `guard` = stop stars that are flagged as cosmic rays because an exposure is misaligned. No exposure was
        changed then.
    Cancelled
        Nothing half-written is left; complete intermediate files may be.
    """
    progress = progress or Progress()
    before = dict(progress.seconds)
    run, inputs = prepare(list(map(Path, files)), params, Path(folder), keep, workers, progress, ivm or {})
    remembered = Remembered(None if run.space.in_memory else memory)
    with Background(check=progress.check) as background:
        run.space.background = background
        written, figures, problems = _all_steps(run, inputs, remembered)
    seconds = {k: v - before.get(k, 0.0) for k, v in progress.seconds.items() if v > before.get(k, 0.0)}
    result = result_of(run, inputs, written, figures, seconds, problems)
    _write_log(run, result)
    return result


def _all_steps(
    run: Run, inputs: Inputs, remembered: Remembered
) -> tuple[Written | None, Figures, dict[Path, str]]:
    """What was written, the figures of the cosmic rays, and what could not be written into the exposures."""
    paths = run.files()
    token = remembered.token(paths)
    figures = _first_steps(run, _Chain(run, remembered, token))
    if figures is not None:
        watch(run, figures, inputs.moving)
    written: Written | None = None
    if run.plan.combine is not None:
        with run.progress.step(steps.COMBINE, run.final_units()):
            written = make_final(run, run.plan.combine, figures is not None)
    with run.progress.step(steps.WRITING, len(run.exposures)):
        run.space.wait()  # the exposures are changed when all else is there
        problems = update_exposures(run, figures is not None)
    if run.plan.crbit & ~run.plan.reset_mask == 0:
        remembered.same_content(paths, token)
    if run.params["clean"]:
        run.space.clean(keep=[crclean(exposure) for exposure in run.exposures])
    return written, figures or {}, problems


class _Chain:
    """Steps that build on each other: each is kept under its own parameters and the key of those before."""

    def __init__(self, run: Run, remembered: Remembered, token: str) -> None:
        self._run = run
        self._remembered = remembered
        self._key = fingerprint(str(run.space.folder.resolve()), token)

    def do(
        self, step: str, parts: Sequence[object], make: Callable[[], T], names: Callable[[], Sequence[str]]
    ) -> T:
        """The step's result, made or remembered; `names` are the files it leaves."""
        space = self._run.space
        self._key = fingerprint(self._key, step, parts)

        def files() -> list[Path]:
            return [] if space.in_memory else [space.folder / name for name in names()]

        def made() -> T:
            value = make()
            if self._remembered.asks_files:
                space.wait()
            return value

        value = self._remembered.recall(step, self._key, made, files)
        for path in files():
            space.recalled(path.name)
        return value


def _first_steps(run: Run, chain: _Chain) -> Figures | None:
    """Steps 1 to 6; the figures of the cosmic rays, None when that step is off."""
    params, plan, progress = run.params, run.plan, run.progress
    count = len(run.chips)
    chain.do("inputs", [params[name] for name in _INPUTS], lambda: None, list)
    if params["static"]:
        with progress.step(steps.STATIC, count):
            parts: list[object] = [run.called.root, params["static_sig"]]
            run.static = chain.do("static", parts, run.make_static, run.static_names)
    with progress.step(steps.SKY, run.sky_units()):
        parts = [params[n] for n in params if n.startswith(("sky", "use_static"))]
        run.sky = chain.do("sky", [*parts, plan.reset, *run.sky_files()], run.make_sky, list)
    for text in run.sky.warnings:
        run.warn(text)
    if plan.separate is None:
        return None
    with progress.step(steps.SEPARATE, run.single_units()):
        parts = [plan.separate, plan.sep_bits, params["driz_sep_compress"], _frame_key(run.sep_frame)]
        means = chain.do("separate", parts, run.make_singles, run.single_names)
    if plan.median is None:
        return None
    with progress.step(steps.MEDIAN, run.median_units()):
        chain.do("median", [plan.median, run.called.median], lambda: run.make_median(means), run.median_names)
    if plan.blot is None:
        return None
    with progress.step(steps.BLOT, run.blot_units()):
        chain.do("blot", [plan.blot], run.make_blots, lambda: run.chip_names("blt"))
    if plan.cosmic is None:
        return None
    with progress.step(steps.COSMIC, run.crmask_units()):
        parts = [plan.cosmic, plan.final_bits, plan.crbit, params["driz_cr_corr"]]
        return chain.do("cosmic", parts, run.make_crmasks, run.crmask_names)


_INPUTS = ("wcskey", "group", "coeffs", "gain", "gnkeyword", "rdnoise", "rnkeyword", "exptime", "expkeyword")


def _frame_key(frame: ChipWCS) -> str:
    return repr((frame.crpix.tolist(), frame.crval.tolist(), frame.cd.tolist(), frame.naxis))


def _write_log(run: Run, result: DrizzleResult) -> None:
    """The log of the run in the folder, under the name `runfile`; a log that cannot be written is no failure."""
    try:
        write_text(log_text(run.params, run.log, result), run.space.folder / log_name(run.params))
    except Refusal as refusal:
        run.progress.warn(str(refusal))
