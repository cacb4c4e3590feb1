"""What a command of its own process leaves out at its start; a program that uses the engine as a library does not."""

from __future__ import annotations

import contextlib
import sys
from importlib import import_module
from pathlib import Path

_BLAS = "scipy.linalg.cython_blas"
_CONFIGURED = Path(".numba_config.yaml")  # a person's settings of numba, which it looks for in the folder


def numba_without_blas() -> None:
    """Import numba and what it needs before its first kernel, as if there were no BLAS, no scipy and no yaml.

    numba looks for a BLAS by importing `scipy.linalg`, which takes 0.1 s, a tenth of a short alignment, and is for
    kernels that multiply matrices: ours do not (a test looks). It imports scipy to look at its version, and yaml to
    read a file of settings, 25 ms for nothing where there is none. A module that is None in `sys.modules` counts as not
    there, for numba and, for the time of that import, for everybody: whoever wants one later gets it.
    """
    wanted = {"yaml"} if _CONFIGURED.exists() else set()
    left_out = [name for name in ("scipy", "yaml", _BLAS) if name not in sys.modules and name not in wanted]
    sys.modules.update(dict.fromkeys(left_out))  # type: ignore[arg-type]
    try:
        with contextlib.suppress(
            ImportError
        ):  # of another numba that keeps it elsewhere: then it looks itself
            import_module("numba.np.arraymath")
    finally:
        for name in left_out:
            del sys.modules[name]
