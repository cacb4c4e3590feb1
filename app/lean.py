"""What a command of its own process leaves out at its start; a program that uses the engine as a library does not."""

from __future__ import annotations

import contextlib
import sys
from importlib import import_module

_BLAS = "scipy.linalg.cython_blas"


def numba_without_blas() -> None:
    """Import what numba needs before its first kernel, as if there were no BLAS.

    numba looks for one by importing `scipy.linalg`, which takes 0.1 s, a tenth of a short alignment, and is for kernels
    that multiply matrices: ours do not (a test looks). A module that is None in `sys.modules` counts as not there, for
    numba and, for the time of that import, for everybody: whoever wants `scipy.linalg` later gets it.
    """
    if _BLAS in sys.modules:
        return
    sys.modules[_BLAS] = None  # type: ignore[assignment]
    try:
        with contextlib.suppress(
            ImportError
        ):  # of another numba that keeps it elsewhere: then it looks itself
            import_module("numba.np.arraymath")
    finally:
        del sys.modules[_BLAS]
