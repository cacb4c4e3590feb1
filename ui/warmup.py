"""Loads the engine in the background after the window shows: its imports and cached kernels take a second."""

from __future__ import annotations

import contextlib
from importlib import import_module

MODULES = ("core.data.exposure", "core.align.session", "core.align.apply", "core.drizzle.session")


def warm_up() -> None:
    """Import the engine; runs in the engine's lane. A part that cannot be loaded says so when it is used."""
    for name in MODULES:
        with contextlib.suppress(ImportError):
            import_module(name)
