"""Cosmic rays: straight tracks of charge through the silicon, as many and as long as space makes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.kernels.render import add_tracks
from core.simulate.scene import Scene

Floats = NDArray[np.float64]

PIXEL_CM = 15e-4  # size of a pixel
READOUT = 45.0  # s, mean time that a pixel waits to be read
THICKNESS = 1.0  # of the silicon, in pixels
LONGEST = 120.0  # pixels
DIFFUSION = 0.3  # sigma in pixels
CHARGE = (600.0, 0.55)  # electrons per pixel of path (median) and scatter of its logarithm
RECORDED = 1.0  # electrons from which a pixel is recorded as hit


@dataclass(frozen=True, eq=False)
class CosmicRays:
    """`charge` (rows, columns) electrons laid down; `count` tracks that start on the chip."""

    charge: Floats
    count: int

    def recorded(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Flat indices and charges of the pixels that were hit."""
        index = np.flatnonzero(self.charge > RECORDED)
        return index, self.charge.ravel()[index].astype(np.float32)


def draw_cosmic_rays(scene: Scene, exposure: int, extver: int) -> CosmicRays:
    """The cosmic rays on one chip."""
    columns, rows = scene.naxis
    random = scene.stream(3, exposure, extver)
    seconds = (scene.exptime if scene.cr_exptime is None else scene.cr_exptime) + READOUT
    count = int(random.poisson(scene.cr_rate * seconds * rows * columns * PIXEL_CM**2))
    x = random.uniform(-0.5, columns - 0.5, count)
    y = random.uniform(-0.5, rows - 0.5, count)
    # through a plane come as many rays at an angle as its cosine says
    cosine = np.sqrt(random.uniform(0.0, 1.0, count))
    run = np.minimum(THICKNESS * np.sqrt(1.0 - cosine**2) / np.maximum(cosine, 1e-6), LONGEST)
    azimuth = random.uniform(0.0, 2.0 * np.pi, count)
    path = np.hypot(run, THICKNESS)
    charge = path * CHARGE[0] * np.exp(random.normal(0.0, CHARGE[1], count))
    image = np.zeros((rows, columns))
    add_tracks(image, x, y, run * np.cos(azimuth), run * np.sin(azimuth), charge, DIFFUSION)
    return CosmicRays(image, count)
