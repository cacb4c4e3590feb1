"""`drizzledesk astrodrizzle` from its first moment: memory is fetched while Python still imports the engine.

Importing keeps one processor busy for most of a second. The system hands out memory page by page, and at the size of
full exposures that takes as long: so another thread asks for it meanwhile.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from app.lean import numba_without_blas
from core.runs.buffers import fetch_ahead

# bytes of images in memory for a byte of the largest file, as `core.drizzle.prepare` lets them be
_NEEDED = 2.75
_STRETCH = 6.0
_MOST = 2 << 30


def run(arguments: argparse.Namespace) -> int:
    """The command, see `app.astrodrizzle`."""
    # where others work, this process needs none
    size = 0 if arguments.scheduler else largest(arguments.files)
    fetch_ahead(min(int(_STRETCH * size), 2 * _MOST), min(int(_NEEDED * size), _MOST))
    # threads that write files and make headers must not keep the one waiting that hands out the kernels' work
    sys.setswitchinterval(0.001)
    gc.disable()
    numba_without_blas()
    command = import_module("app.astrodrizzle").run
    gc.freeze()  # what was imported lives for ever: the collector need not look at it
    gc.enable()
    return int(command(arguments))


def largest(files: Sequence[str]) -> int:
    """Bytes of the largest of the files that are named one by one, when they are several; else 0."""
    found = [os.path.getsize(path) for path in files if os.path.isfile(path)]
    return max(found) if len(found) > 1 else 0
