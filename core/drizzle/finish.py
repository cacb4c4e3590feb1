"""Step 7 and what follows: the final image, its files, the exposures' new flags, the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.data.exposure import Exposure
from core.drizzle import names
from core.drizzle.finaltiles import final_mask, joined_tiles, tiles_of
from core.drizzle.headers import Blended, blend
from core.drizzle.inputs import Inputs
from core.drizzle.plan import STEPS
from core.drizzle.products import Final, Written, final_unit, write_products
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.drizzle.run import Figures, Flagged, Run
from core.drizzle.settings import CombineParams
from core.drizzle.writeback import changes, write_changes
from core.errors import Refusal
from core.runs.spread import Threads


def make_final(run: Run, params: CombineParams, with_masks: bool) -> Written:
    """Drizzle all chips into the final image and write the products; `with_masks`: step 6 was run, or is given."""
    parts = tiles_of(run, params, with_masks)  # before another thread works on the headers
    with _blended_meanwhile(run) as blending:
        made, numbers = joined_tiles(run, parts)
    if not made.wht.any():
        raise Refusal(
            "No pixel of the final image has any weight, so no product is written.",
            file=run.exposures[0].path,
            subject="final_bits",
            advice="See the warnings: allow the flags that all pixels have, or choose a frame on the exposures.",
        )
    masks = {
        (chip.path, chip.extver): names.of_chip(exposure, chip, "crmask")
        for exposure, chip in (run.chips[number] for number in numbers)
    }
    unit = final_unit(run.exposures, run.params)
    if unit.startswith("COUNTS"):
        # all chips were drizzled in electrons; drizzlepac too takes the gain of the last
        gain = np.float32(run.chips[-1][1].gain)
        np.divide(made.sci, gain, out=made.sci, where=made.wht != 0)
    run.progress.check()
    written = write_products(
        Final(made.sci, made.wht, made.ctx, run.final_frame, unit, masks),
        run.exposures,
        run.params,
        run.called,
        run.space.folder,
        blending.result(),
        run.progress.check,
    )
    for text in written.warnings:
        run.warn(text)
    return written


@contextmanager
def _blended_meanwhile(run: Run) -> Iterator[Future[Blended]]:
    """The blended headers, made by a thread of its own while the kernels leave Python alone; it ends with the block."""
    sky = {(chip.path, chip.extver): run.sky.of(chip).noise for _, chip in run.chips}
    with ThreadPoolExecutor(1, thread_name_prefix="headers") as pool:
        yield pool.submit(blend, run.exposures, str(run.params["rules_file"]).strip(), sky)


def update_exposures(run: Run, with_masks: bool) -> dict[Path, str]:
    """Sky values and flags into the exposures, two files at a time; what could not be written, and why, by path."""
    files: dict[Path, list[Exposure]] = {}
    for exposure in run.exposures:  # image sets of one file are exposures of their own
        files.setdefault(exposure.path, []).append(exposure)
    found = Threads(2).map(lambda exposures: _update(run, exposures, with_masks), list(files.values()))
    problems = {path: problem for path, problem in zip(files, found, strict=True) if problem}
    for problem in problems.values():
        run.warnings.append(problem)
        run.progress.failed(problem)
    return problems


def _update(run: Run, exposures: Sequence[Exposure], with_masks: bool) -> str:
    """Change the file of `exposures`; the first reason why that could not be done."""
    plan, first, params = run.plan, "", run.params
    for exposure in exposures:
        masks = {}
        if with_masks or plan.combine is not None:  # what the final image leaves out is flagged
            found_masks = {c.extver: final_mask(run, exposure, c, with_masks) for c in exposure.chips}
            masks = {extver: mask for extver, mask in found_masks.items() if mask is not None}
        sky = run.sky if "sky" in plan.doing else None
        found = changes(exposure, sky, run.params, plan.reset, plan.crbit, masks, run.space.buffers)
        first = first or write_changes(exposure, found, params, run.progress.check, run.crcs)
        if found:  # what is kept is the file before the first of its image sets was changed
            params = {**run.params, "preserve": False, "overwrite": False}
        run.space.buffers.give(*found.dq.values())
        run.space.let_go(*(names.of_chip(exposure, chip, "crmask") for chip in exposure.chips))
        run.progress.advance()
    return first


def result_of(
    run: Run,
    inputs: Inputs,
    written: Written | None,
    figures: Figures,
    seconds: Mapping[str, float],
    problems: Mapping[Path, str],
) -> DrizzleResult:
    """The result, with the exposures that were left out at the end; `problems` as `update_exposures` gives them."""
    made = (_figures(run, exposure, figures) for exposure in run.exposures)
    shown = tuple(replace(one, reason=problems.get(one.path, "")) for one in made)
    left = tuple(ExposureFigures(one.path, (), reason=one.reason) for one in inputs.left_out)
    return DrizzleResult(
        exposures=shown + left,
        science=written.science if written else None,
        weight=written.weight if written else None,
        context=written.context if written else None,
        median=run.space.path(run.called.median),
        products=written.paths if written else (),
        seconds=dict(seconds),
        warnings=tuple(run.warnings),
        steps=dict(sorted(run.steps.items(), key=lambda one: STEPS.index(one[0]))),
    )


def _figures(run: Run, exposure: Exposure, figures: Figures) -> ExposureFigures:
    def paths(what: str) -> dict[int, Path]:
        found = {c.extver: run.space.path(names.of_chip(exposure, c, what)) for c in exposure.chips}
        return {extver: path for extver, path in found.items() if path is not None}

    chips = []
    for chip in exposure.chips:
        found = figures.get((chip.path, chip.extver), Flagged(0, 0.0, 0.0))
        sky = run.sky.of(chip).noise
        chips.append(ChipFigures(chip.extver, sky, found.count, found.fraction, found.core_fraction))
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
