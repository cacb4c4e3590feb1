"""Simulated exposures with a known truth."""
