"""`drizzledesk astrodrizzle`: combine exposures without a window."""

from __future__ import annotations

import argparse

from app.console import ConsoleProgress, fail, table
from app.reports import check_report, write_report
from app.sets import assigned, check, load_set
from core.data import find_files
from core.data.outfiles import named_files
from core.drizzle.report import report
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.runs.report import peak_rss_mb


def run(arguments: argparse.Namespace) -> int:
    """Combine; prints one row a chip and the products, returns 0 only if every exposure went in."""
    (params,) = assigned([load_set("astrodrizzle", arguments.cfg)], arguments.assignments)
    check(params)
    files = find_files(arguments.files or [params["input"]])
    given = [path for path in (arguments.cfg,) if path]
    read = [*files, *named_files(params, params.task.params, ("runfile",)), *given]
    keep = [*given, *check_report(arguments.report, read)]
    with ConsoleProgress(quiet=arguments.quiet) as progress:
        result = astrodrizzle(files, params, folder=arguments.dir, keep=keep, progress=progress)
    print(result_table(result))
    for path in result.products:
        print(path)
    failed = fail([f"{one.name}: {one.reason}" for one in result.exposures if one.reason])
    if arguments.report:
        write_report(report(result, peak_rss_mb=peak_rss_mb()), arguments.report)
    return failed


def result_table(result: DrizzleResult) -> str:
    """One row a chip: sky in the units of the exposure, cosmic ray pixels and their part of the chip."""
    rows = [
        (exposure.name, str(chip.extver), f"{chip.sky:.4f}", str(chip.n_cr), f"{100 * chip.cr_fraction:.3f}")
        for exposure in result.exposures
        for chip in exposure.chips
    ]
    return table(("image", "chip", "sky", "cr_pixels", "cr_percent"), rows)
