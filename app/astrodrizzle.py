"""`drizzledesk astrodrizzle`: combine exposures without a window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.cluster import workers_at
from app.console import ConsoleProgress, fail, table
from app.reports import check_report, write_page_or_json
from app.sets import assigned, check, load_set
from app.updatewcs import taken_out, update_first
from core.data import find_files, find_maps, find_product
from core.data.outfiles import named_files
from core.drizzle.choose import chosen_steps
from core.drizzle.diagnostics import Diagnostics, diagnose
from core.drizzle.pipeline import pipeline_values
from core.drizzle.report import report
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Refusal
from core.params import ParamSet
from core.runs.report import peak_rss_mb

_MDRIZTAB = ("mdriztab=yes", "mdriztab=true", "mdriztab=1")


def run(arguments: argparse.Namespace) -> int:
    """Combine; prints one row a chip and the products, returns 0 only if every exposure went in."""
    # a Python argument of AstroDrizzle, none of its parameters: -p mdriztab=yes means --mdriztab
    asked = [text for text in arguments.assignments if text.replace(" ", "").lower() in _MDRIZTAB]
    assignments = [text for text in arguments.assignments if text not in asked]
    assignments, anew = taken_out(assignments)
    (params,) = assigned([load_set("astrodrizzle", arguments.cfg)], assignments)
    check(params)
    only = chosen_steps(arguments.steps) if arguments.steps is not None else None
    asked_for = arguments.files or [params["input"]]
    files = find_files(asked_for)
    if arguments.mdriztab or asked:
        params = _of_pipeline(files, params)
        check(params)
    product = find_product(asked_for)
    if product and not params["output"].strip():
        params = params.replaced("association", output=product)
    maps = find_maps(asked_for) if params["final_wht_type"] == "IVM" else {}
    given = [path for path in (arguments.cfg,) if path]
    read = [*files, *named_files(params, params.task.params, ("runfile",)), *given]
    keep = [*given, *check_report(arguments.report, read)]
    if arguments.updatewcs or anew:
        broken = update_first(files, quiet=arguments.quiet)
        if broken:
            return fail(broken)
    with (
        workers_at(arguments.scheduler, params["num_cores"]) as workers,
        ConsoleProgress(quiet=arguments.quiet) as progress,
    ):
        result = astrodrizzle(
            files,
            params,
            folder=arguments.dir,
            keep=keep,
            ivm=maps,
            only=only,
            resume=arguments.resume,
            workers=workers,
            progress=progress,
        )
    print(result_table(result))
    for path in result.products:
        print(path)
    failed = fail([_told(one.name, one.reason) for one in result.exposures if one.reason])
    if arguments.report:
        peak = peak_rss_mb()  # of the run alone
        _report(arguments.report, result, params, _diagnosed(result, arguments.diagnostics), peak)
    return failed


def _told(name: str, reason: str) -> str:
    """A reason with its file before it, once."""
    return reason if reason.startswith(name) else f"{name}: {reason}"


def _report(
    path: Path, result: DrizzleResult, params: ParamSet, found: Diagnostics | None, peak: float | None
) -> None:
    def page() -> None:
        from ui.htmldrizzle import write_drizzle_html

        write_drizzle_html(path, result, params, found, peak)

    write_page_or_json(path, page, lambda: report(result, peak_rss_mb=peak, diagnostics=found))


def _diagnosed(result: DrizzleResult, pixels: bool) -> Diagnostics | None:
    """What the products tell; the remarks on standard error. None when they cannot be read any more."""
    try:
        found = diagnose(result, pixels)
    except (Refusal, MemoryError) as error:  # the products are there, and the report must be too
        print(f"warning: no diagnostics: {error or 'too little memory'}", file=sys.stderr)
        return None
    for remark in found.remarks:
        print(f"warning: {remark.parameter}: {remark.text}", file=sys.stderr)
    return found


def _of_pipeline(files: Sequence[Path], params: ParamSet) -> ParamSet:
    """The pipeline's values beneath those of the command line, told on standard error."""
    found = pipeline_values(files, params)
    print(f"MDRIZTAB: {len(found.changed)} values of {found.title}", file=sys.stderr)
    for note in found.notes:
        print(f"warning: {found.table.name}: {note}", file=sys.stderr)
    return found.params


def result_table(result: DrizzleResult) -> str:
    """One row a chip: sky in the units of the exposure, cosmic ray pixels and their part of the chip."""
    rows = [
        (exposure.name, str(chip.extver), f"{chip.sky:.4f}", str(chip.n_cr), f"{100 * chip.cr_fraction:.3f}")
        for exposure in result.exposures
        for chip in exposure.chips
    ]
    return table(("image", "chip", "sky", "cr_pixels", "cr_percent"), rows)
