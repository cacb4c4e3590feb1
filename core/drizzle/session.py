"""astrodrizzle: the seven steps in the Handbook's order, from exposures to the combined image (Handbook 7.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from core.data.safe import write_text
from core.drizzle import plan as steps
from core.drizzle.chain import names_of
from core.drizzle.choose import NAMES
from core.drizzle.finish import make_final, result_of, update_exposures
from core.drizzle.given import (
    given_figures,
    given_means,
    given_sky,
    given_static,
    know_others,
    take_given,
)
from core.drizzle.inputs import Inputs
from core.drizzle.logfile import log_text
from core.drizzle.names import crclean, log_name
from core.drizzle.prepare import prepare
from core.drizzle.products import Written
from core.drizzle.remember import Remembered
from core.drizzle.results import GIVEN, MADE, TAKEN, DrizzleResult
from core.drizzle.run import Figures, Run
from core.drizzle.sky import SkyValues
from core.drizzle.verdict import watch
from core.errors import Refusal
from core.runs.background import Background
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
    only: Collection[str] | None = None,
    resume: bool = False,
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
    only : names of steps (`core.drizzle.choose.NAMES`): these alone are done, on what the steps before left in `folder`
        and in the exposures, whichever program made it
    resume : take over the steps of the run before whose exposures, files and parameters did not change, as the journal
        in `folder` tells
    workers : where row blocks are computed; None for threads, as many as num_cores says
    progress : steps are titled as `core.drizzle.plan` names them

    The exposures are changed last, when all products are written: MDRIZSKY, and in the DQ arrays the flags of
    `resetbits` cleared and `crbit` set for cosmic rays.

    Raises
    ------
    Refusal
        A parameter that is wrong or asks for what is not built, no usable exposure, exposures that do not
        overlap, an output folder that cannot be written, a product that would replace what the run reads, a file of an
        earlier step that is missing, damaged or does not fit, or with `guard` = stop stars that are flagged as cosmic
        rays because an exposure is misaligned. No exposure was changed then.
    Cancelled
        Nothing half-written is left; complete intermediate files may be.
    """
    progress = progress or Progress()
    before = dict(progress.seconds)
    chosen = None if only is None else frozenset(only)
    run, inputs = prepare(
        list(map(Path, files)), params, Path(folder), keep, workers, progress, ivm or {}, chosen
    )
    remembered = Remembered(run, resume=resume)
    take_given(run, remembered)
    know_others(run, remembered)
    try:
        with Background(check=progress.check) as background:
            run.space.background = background
            written, figures, problems = _all_steps(run, inputs, remembered)
    finally:
        remembered.write_down()  # also what was done before an error or a stop
    remembered.finish(same_content=run.plan.crbit & ~run.plan.reset_mask == 0, clean=_cleans(run))
    seconds = {k: v - before.get(k, 0.0) for k, v in progress.seconds.items() if v > before.get(k, 0.0)}
    result = result_of(run, inputs, written, figures, seconds, problems)
    _write_log(run, result)
    return result


def _all_steps(
    run: Run, inputs: Inputs, remembered: Remembered
) -> tuple[Written | None, Figures, dict[Path, str]]:
    """What was written, the figures of the cosmic rays, and what could not be written into the exposures."""
    doing = _Doing(run, remembered)
    figures = _first_steps(run, doing)
    if figures is not None:
        watch(run, figures, inputs.moving)
    written: Written | None = None
    masks = figures is not None or "cosmic" in run.plan.given
    if run.plan.combine is not None:
        params = run.plan.combine
        written = doing.do("combine", run.final_units(), lambda: make_final(run, params, masks))
    with run.progress.step(steps.WRITING, len(run.exposures)):
        run.space.wait()  # the exposures are changed when all else is there
        remembered.before_update()
        problems = update_exposures(run, masks)
    if _cleans(run):
        strange = run.space.clean(keep=[crclean(exposure) for exposure in run.exposures])
        if strange:
            run.note(f"clean leaves {', '.join(strange)}: no run of this program made them as they are.")
    return written, figures or given_figures(run, remembered), problems


def _cleans(run: Run) -> bool:
    """Whether intermediate files go at the end."""
    return bool(run.params["clean"]) and not run.plan.keeps


class _Doing:
    """Steps of a run: each is done, or taken over from an earlier run."""

    def __init__(self, run: Run, remembered: Remembered) -> None:
        self._run = run
        self.remembered = remembered
        for step in NAMES:
            if step in run.plan.given:
                run.steps[steps.TITLES[step]] = GIVEN

    def more(self, step: str) -> bool:
        """Whether something is to be done after a step."""
        later = NAMES[NAMES.index(step) + 1 :]
        return any(name in self._run.plan.doing - self.remembered.taken for name in later)

    def do(self, step: str, units: int, make: Callable[[], T]) -> T:
        """The step's result, made by `make` or taken over; `units` of work."""
        run, remembered = self._run, self.remembered
        title = steps.TITLES[step]
        if step in remembered.taken:
            known: T = self._taken(step, title)
            return known
        with run.progress.step(title, units):
            told = len(run.warnings)
            value = make()
        run.steps[title] = MADE
        if isinstance(value, Written):
            run.space.stamps.update(value.stamps)
        remembered.done(step, value, tuple(run.warnings[told:]))
        return value

    def _taken(self, step: str, title: str) -> Any:
        run, entry = self._run, self.remembered.journal.steps[step]
        run.progress.check()
        value = self.remembered.value(step)
        for name in (
            names_of(run, step) if step != "combine" else ()
        ):  # the products are no intermediate files
            run.space.recalled(name)
        run.steps[title] = TAKEN
        run.note(f"{title}: nothing changed, taken over as it was made at {entry.made}.")
        for text in entry.warnings:
            run.warn(text)
        return value


def _first_steps(run: Run, doing: _Doing) -> Figures | None:
    """Steps 1 to 6; the figures of the cosmic rays, None when that step is not done."""
    plan = run.plan
    _masks_and_sky(run, doing)
    means: Mapping[str, float] | None = None
    if plan.separate is not None:
        means = doing.do("separate", run.single_units(), run.make_singles)
    if plan.median is not None:
        known = means
        doing.do(
            "median",
            run.median_units(),
            lambda: run.make_median(given_means(run) if known is None else known),
        )
    if plan.blot is not None:
        doing.do("blot", run.blot_units(), run.make_blots)
    if plan.cosmic is None:
        return None
    return doing.do("cosmic", run.crmask_units(), run.make_crmasks)


def _masks_and_sky(run: Run, doing: _Doing) -> None:
    """Steps 1 and 2, made, taken over, or as an earlier run left them."""
    plan = run.plan
    if "static" in plan.doing:
        made = doing.do("static", len(run.chips), run.make_static)
        # taken over they are in files, and read only when there is something to do with them
        run.static = made if made is not None else given_static(run) if doing.more("static") else run.static
    elif "static" in plan.given:
        run.static = given_static(run)
    needed = "sky" in plan.given and bool(run.params["skysub"])
    if "sky" in plan.doing or ("sky" in plan.given and not needed):
        run.sky = doing.do("sky", run.sky_units(), lambda: _found_sky(run))
    else:
        run.sky = given_sky(run, doing.remembered, needed=needed)


def _found_sky(run: Run) -> SkyValues:
    found = run.make_sky()
    for text in found.warnings:
        run.warn(text)
    return found


def _write_log(run: Run, result: DrizzleResult) -> None:
    """The log of the run in the folder, under the name `runfile`; a log that cannot be written is no failure."""
    try:
        write_text(log_text(run.params, run.log, result), run.space.folder / log_name(run.params))
    except Refusal as refusal:
        run.progress.warn(str(refusal))
