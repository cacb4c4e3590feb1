"""Arguments of the command `drizzledesk`; each command lives in a module of its own.

Exit status: 0 only if everything asked for was done, 1 with one line per failure, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from app.cluster import add_scheduler
from app.options import NotHere, Parser
from core import __version__
from core.errors import Cancelled, Refusal

Command = Callable[[argparse.Namespace], int]

# Modules are imported when their command is used: a batch job must not wait for Qt, nor need it.
COMMANDS = {
    "demo": "app.demo",
    "tweakreg": "app.tweakreg",
    "astrodrizzle": "app.ahead",
    "params": "app.params",
    "wcs": "app.wcs",
    "photometry": "app.photometry",
}
TASKS = ("tweakreg", "imagefindpars", "refimagefindpars", "astrodrizzle")


def main(argv: Sequence[str] | None = None) -> int:
    """Run `drizzledesk`; returns the exit status. Without `argv` it is what this process was started for."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in COMMANDS:
        module, parsed = COMMANDS[arguments[0]], commands_parser().parse_args(arguments)
    else:
        module, parsed = "app.window", window_parser().parse_args(arguments)
    if argv is None and module != "app.window":
        return guarded(lambda: briskly(module, parsed), debug=parsed.debug)
    return guarded(lambda: import_module(module).run(parsed), debug=parsed.debug)


def briskly(module: str, parsed: argparse.Namespace) -> int:
    """A command as a process of its own: Python's collector keeps away from what lives as long as the process.

    The libraries make some 300 000 objects, none of which ever goes. Walking over them while they are imported and
    once more at the end takes half a second, a third of a short alignment. And the threads of BLAS, which would spin
    beside the engine's own after every product of two small matrices, are left out, unless the person says how many.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()
    try:
        run = import_module(module).run
        gc.freeze()
        gc.set_threshold(50_000, 10, 10)  # numba makes its share when the first kernel is called
        gc.enable()
        return int(run(parsed))
    finally:
        gc.freeze()


def guarded(work: Callable[[], int], *, debug: bool = False) -> int:
    """The exit status of `work`, with every failure told in one line; the traceback only with `debug`."""
    try:
        return work()
    except Cancelled:
        print("Stopped; nothing half-made was kept.", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Refusal as refusal:
        if debug:
            traceback.print_exc()
        print(f"drizzledesk: {refusal}", file=sys.stderr)
        return 1
    except Exception as error:
        if debug:
            traceback.print_exc()
        told = f"{type(error).__name__}: {error}"
        print(
            f"drizzledesk: internal error, {told} (run again with --debug for the traceback)", file=sys.stderr
        )
        return 1


def window_parser() -> argparse.ArgumentParser:
    """`drizzledesk [FILES...]`."""
    parser = Parser(
        prog="drizzledesk",
        description="Align Hubble exposures and combine them, by eye and by number.",
        epilog=f"Commands without a window: {', '.join(COMMANDS)}; `drizzledesk COMMAND --help` explains each.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILES",
        help="exposures (flt, flc) to open in the window, or a session (.drizzledesk)",
    )
    parser.add_argument("--cfg", action="append", type=Path, default=[], help="parameter file (.cfg) to load")
    parser.add_argument("--version", action="version", version=f"DrizzleDesk {__version__}")
    _add_debug(parser)
    return parser


def commands_parser() -> argparse.ArgumentParser:
    """The commands that need no window."""
    parser = Parser(prog="drizzledesk")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_demo(commands.add_parser("demo", help="the main job on simulated exposures"))
    _add_tweakreg(commands.add_parser("tweakreg", help="align exposures"))
    _add_astrodrizzle(commands.add_parser("astrodrizzle", help="combine exposures"))
    _add_params(commands.add_parser("params", help="show, compare and save parameters"))
    _add_wcs(commands.add_parser("wcs", help="list, restore and switch the WCS of exposures"))
    _add_photometry(
        commands.add_parser("photometry", help="copy of a drizzled product with its sky put back")
    )
    for command in commands.choices.values():
        _add_debug(command)
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Simulates three WFC3/UVIS exposures of a globular cluster with known truth and opens them in the window; "
        "without a screen, or with --headless, runs the whole job and leaves products, a report and pictures."
    )
    parser.add_argument("--dir", type=Path, help="folder for the exposures and products (default: a new one)")
    parser.add_argument(
        "--size", choices=("small", "full"), default="small", help="2 x 1024x512 or 2 x 4096x2051"
    )
    parser.add_argument("--seed", type=int, default=1, help="which simulated sky and pointing errors")
    parser.add_argument("--headless", action="store_true", help="run the whole job without a screen")


def _add_tweakreg(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Finds the stars, aligns the exposures, writes catalogs and, with updatehdr, the headers."
    )
    parser.add_argument("files", nargs="*", metavar="FILES", help="exposures; default: the parameter `input`")
    parser.add_argument("--cfg", type=Path, help="tweakreg parameters")
    parser.add_argument("--imagefindcfg", type=Path, help="imagefindpars parameters")
    parser.add_argument("--refimagefindcfg", type=Path, help="refimagefindpars parameters")
    alone = "tweakreg works with the threads of this machine alone; astrodrizzle works on a cluster. Leave it out."
    parser.add_argument("--scheduler", nargs="?", action=NotHere, why=alone)
    _add_updatewcs(parser)
    _add_run_options(parser, "write a JSON report; F.html: a page with figures and plots")


def _add_astrodrizzle(parser: argparse.ArgumentParser) -> None:
    parser.description = "Combines aligned exposures in the seven steps of astrodrizzle."
    parser.add_argument("files", nargs="*", metavar="FILES", help="exposures; default: the parameter `input`")
    parser.add_argument("--cfg", type=Path, help="astrodrizzle parameters")
    _add_updatewcs(parser)
    parser.add_argument(
        "--mdriztab",
        action="store_true",
        help="take the pipeline's values from the table that MDRIZTAB of the first exposure names; -p goes before them",
    )
    parser.add_argument(
        "--diagnostics",
        action="store_true",
        help="read the products again for the report: coverage, holes, weights, width of the stars",
    )
    some = parser.add_mutually_exclusive_group()
    some.add_argument(
        "--resume",
        action="store_true",
        help="take over the steps of the run before whose exposures, files and parameters did not change",
    )
    some.add_argument(
        "--steps",
        metavar="STEPS",
        help="do these steps alone, such as 4, 4-7 or median,blot, on what the steps before left in the folder",
    )
    add_scheduler(parser)
    _add_run_options(parser, "write a JSON report; F.html: a page")


def _add_params(parser: argparse.ArgumentParser) -> None:
    parser.description = "Shows the parameters of a task, checks them, and saves them as a .cfg file."
    parser.add_argument("task", choices=TASKS, metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--cfg", type=Path, help="parameter file to read first")
    parser.add_argument(
        "--preset", action="append", default=[], metavar="NAME", help="preset to take next; may be repeated"
    )
    parser.add_argument("--presets", action="store_true", help="list the presets with their reasons")
    _add_assignments(parser)
    parser.add_argument(
        "--against",
        type=Path,
        metavar="F",
        help="what differs from F, a .cfg file or a product, whose headers tell the set that made it",
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=("command", "python"),
        help="as a command line, or as Python for drizzlepac",
    )
    parser.add_argument("--diff", action="store_true", help="only what differs from the defaults")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--describe", action="store_true", help="with the help of each parameter")
    parser.add_argument("--save", type=Path, metavar="F.cfg", help="write the set to a parameter file")


def _add_wcs(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Shows the versions of the WCS in exposures and what was done to their headers, puts former states back "
        "exactly, and carries the alignment of a drizzled image back to its exposures."
    )
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="versions of the WCS, and the history of the headers")
    listing.add_argument("--json", action="store_true", help="as JSON")
    back = actions.add_parser("restore", help="put the headers of a former state back, byte for byte")
    back.add_argument("--state", type=int, help="number in the history (default: the state before)")
    back.add_argument(
        "--discard", action="store_true", help="also when another program changed the headers since"
    )
    other = actions.add_parser("switch", help="make another version the primary WCS")
    other.add_argument("--to", required=True, metavar="WCS", help="a letter, a WCSNAME or headerlet:HDRNAME")
    tweak = actions.add_parser("tweakback", help="give the exposures the correction of their drizzled image")
    tweak.add_argument("drizzled", type=Path, metavar="DRZ", help="drizzled image that was aligned")
    tweak.add_argument(
        "files", nargs="*", metavar="FILES", help="exposures (default: those that the image names)"
    )
    tweak.add_argument("--original", default="", help="WCSNAME or letter before the alignment")
    tweak.add_argument("--tweaked", default="", help="WCSNAME or letter after it (default: the primary)")
    tweak.add_argument("--wcsname", default="", help="name of the new WCS (default: that of the image)")
    anew = actions.add_parser(
        "update", help="make the WCS anew from the distortion reference files (updatewcs)"
    )
    for action in (listing, back, other, anew):
        action.add_argument("files", nargs="+", metavar="FILES", help="exposures, or drizzled images")


def _add_photometry(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Writes a copy of a drizzled product, ours or drizzlepac's, with the mean sky of its exposures put "
        "back and in electrons, as DAOPHOT needs it. The product itself stays as it is."
    )
    parser.add_argument("product", type=Path, metavar="PRODUCT", help="*_drz.fits, or *_drz_sci.fits")
    parser.add_argument(
        "--unit", choices=("e", "e/s"), default="e", help="electrons (default), or electrons per second"
    )
    parser.add_argument(
        "--output", type=Path, metavar="F", help="the copy (default: ROOT_phot.fits beside it)"
    )


def _add_updatewcs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--updatewcs",
        action="store_true",
        help="first make the WCS of the exposures anew from the reference files that their headers name (iref$, jref$)",
    )


def _add_run_options(parser: argparse.ArgumentParser, report: str) -> None:
    _add_assignments(parser)
    parser.add_argument("--report", type=Path, metavar="F.json", help=report)
    parser.add_argument(
        "--dir", type=Path, default=Path(), help="folder for the products (default: this one)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _add_assignments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        dest="assignments",
        action="append",
        default=[],
        metavar="name=value",
        help="set one parameter; may be repeated",
    )


def _add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
