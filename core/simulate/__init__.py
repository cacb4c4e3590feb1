"""Simulated exposures with a known truth: the demonstration's data and the measure of every alignment."""

from core.simulate.exposures import simulate
from core.simulate.scene import Scene
from core.simulate.truth import Truth, alignment_error

__all__ = ["Scene", "Truth", "alignment_error", "simulate"]
