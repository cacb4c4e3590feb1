"""`drizzledesk tweakreg`: align exposures without a window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.console import ConsoleProgress, fail, table
from app.lean import numba_without_blas
from app.reports import check_report, write_page_or_json
from app.sets import assigned, check, load_set
from app.updatewcs import taken_out, update_first
from core.align.ahead import headers_ahead
from core.align.results import Alignment, ImageResult, Status, Written
from core.align.settings import AlignSettings
from core.data import find_files
from core.data.ahead import Ahead
from core.params.assign import ORIGIN


def run(arguments: argparse.Namespace) -> int:
    """Align; prints one row an image, returns 0 only if every image is the reference or aligned and all files
    were written."""
    sets = (
        load_set("tweakreg", arguments.cfg),
        load_set("imagefindpars", arguments.imagefindcfg),
        load_set("refimagefindpars", arguments.refimagefindcfg),
    )
    assignments, asked = taken_out(arguments.assignments)
    settings = _with_list(AlignSettings(*assigned(sets, assignments)), arguments.files)
    check(settings.tweakreg, settings.imagefind, settings.refimagefind)
    in_order = bool(settings.tweakreg["enforce_user_order"])  # the first of them is the reference
    files = find_files(arguments.files or [settings.tweakreg["input"]], keep_order=in_order)
    if arguments.updatewcs or asked:
        return _align(arguments, files, settings, update=True)
    # the thread that copies asks for the interpreter after every few MB, and this one is busy importing: by default it
    # would have to wait 5 ms each time
    sys.setswitchinterval(0.0005)
    with headers_ahead(files, settings.tweakreg) as ahead:
        return _align(arguments, files, settings, ahead=ahead)


def _with_list(settings: AlignSettings, files: Sequence[str]) -> AlignSettings:
    """FILES given as "@list" stand for the parameter `input`: the list may have catalogs behind the names."""
    if not any(str(name).strip().startswith("@") for name in files):
        return settings
    given = settings.tweakreg.replaced(ORIGIN, input=",".join(map(str, files)))
    return replace(settings, tweakreg=given)


def _align(
    arguments: argparse.Namespace,
    files: Sequence[Path],
    settings: AlignSettings,
    *,
    ahead: Ahead | None = None,
    update: bool = False,
) -> int:
    """Align `files`, with `update` after their WCS was made anew."""
    # most of the engine is imported here, while files are copied ahead
    numba_without_blas()
    from core.align.saving import read_files
    from core.align.session import tweakreg

    given = [path for path in (arguments.cfg, arguments.imagefindcfg, arguments.refimagefindcfg) if path]
    keep = [*given, *check_report(arguments.report, [*read_files(files, settings), *given])]
    if update:
        broken = update_first(files, quiet=arguments.quiet)
        if broken:
            return fail(broken)
    with ConsoleProgress(quiet=arguments.quiet) as progress:
        alignment = tweakreg(files, settings, folder=arguments.dir, keep=keep, progress=progress, ahead=ahead)
    if ahead is not None:
        ahead.close()
    print(result_table(alignment))
    failed = fail(failures(alignment))
    if arguments.report:
        _report(arguments.report, alignment, settings)
    return failed


def _report(path: Path, alignment: Alignment, settings: AlignSettings) -> None:
    def page() -> None:
        from app.plots import write_page

        write_page(path, alignment, settings)

    def figures() -> dict[str, Any]:
        from core.align.report import report

        return report(alignment, settings)

    write_page_or_json(path, page, figures)


def result_table(alignment: Alignment) -> str:
    """One row an image: status, the solution in frame pixels and degrees, what became of the header."""
    heads = (
        "image",
        "status",
        "quality",
        "sources",
        "matches",
        "used",
        "xsh",
        "ysh",
        "rot",
        "scale",
        "rms_x",
        "rms_y",
    )
    headers = {one.path: one.status.value for one in alignment.applied}
    rows = [(*_row(image), headers.get(image.path, "-")) for image in alignment.images]
    return table((*heads, "header"), rows)


def failures(alignment: Alignment) -> list[str]:
    """One line for each image that is not aligned, header that is not written, and file that could not be."""
    lines = [failure(image) for image in alignment.images if _failed(image)]
    lines += [one.reason for one in alignment.applied if one.status is Written.FAILED]
    return lines + list(alignment.failures)


def failure(image: ImageResult) -> str:
    """One line: which file, what happened, what to try."""
    advice = f" Try: {image.advice}" if image.advice else ""
    return f"{image.name}: {image.status}: {image.reason}{advice}"


def _failed(image: ImageResult) -> bool:
    return image.status not in (Status.REFERENCE, Status.ALIGNED)


def _row(image: ImageResult) -> tuple[str, ...]:
    sources = str(len(image.sources)) if image.sources is not None else "-"
    if image.note:
        sources += f" of {image.n_found}"
    fit, matches = image.fit, image.matches
    if fit is None or matches is None or _failed(image):
        return image.name, str(image.status), "-", sources, *["-"] * 8
    xsh, ysh = fit.shift
    return (
        image.name,
        str(image.status),
        image.quality or "-",
        sources,
        str(len(matches)),
        str(fit.n_used),
        f"{xsh:.4f}",
        f"{ysh:.4f}",
        f"{fit.turn:z.6f}",
        f"{fit.scale:.7f}",
        f"{fit.rms_x:.4f}",
        f"{fit.rms_y:.4f}",
    )
