"""Loads the engine in the background after the window shows: its imports and cached kernels take a second."""

from __future__ import annotations

import contextlib
import gc
from importlib import import_module

MODULES = ("core.data.exposure", "core.align.session", "core.align.apply", "core.drizzle.session")


def warm_up() -> None:
    """Import the engine; runs in the engine's lane. A part that cannot be loaded says so when it is used."""
    for name in MODULES:
        with contextlib.suppress(ImportError):
            import_module(name)
    settle()


def settle() -> None:
    """Clear up once, and let Python's collector look only at what comes after.

    numba and astropy leave some 240 000 objects that live for ever; a full collection that walks over them stops
    every thread for 250-400 ms, in the middle of a run and several times in it. Frozen, they are not looked at.
    """
    gc.collect()
    gc.freeze()
