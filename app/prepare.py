"""Compile the engine once: the main job on a small simulated sky, with nothing kept but numba's cache.

numba compiles a kernel when it is first called, a minute for all of them, and while it compiles the window
answers late. The bootstrap therefore runs `python -m app.prepare` after an installation.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from app.cli import guarded
from core.align.session import AlignSettings, apply, tweakreg
from core.drizzle.session import astrodrizzle
from core.params import TASKS
from core.simulate import Scene, simulate


def prepare() -> int:
    """Simulate, align, apply and drizzle in a folder that is gone afterwards."""
    scene = Scene()
    with tempfile.TemporaryDirectory(prefix="drizzledesk-prepare-") as name:
        folder = Path(name)
        files = simulate(scene, folder).files
        defaults = AlignSettings.defaults()
        found = defaults.imagefind.replaced(**scene.find_settings())
        settings = AlignSettings(defaults.tweakreg, found, defaults.refimagefind)
        apply(tweakreg(files, settings, folder=folder), settings)
        params = TASKS["astrodrizzle"].defaults()
        astrodrizzle(files, params.replaced(driz_cr_corr=True, build=True), folder=folder)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(prepare))
