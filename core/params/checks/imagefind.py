"""Rules across the source finding parameters."""

from __future__ import annotations

from collections.abc import Iterator

from core.params.checks.problem import Problem, Rule, error, warning
from core.params.paramset import ParamSet

_LIMITS = (("peakmin", "peakmax"), ("sharplo", "sharphi"), ("roundlo", "roundhi"))


def _threshold(values: ParamSet) -> Iterator[Problem]:
    if not values["computesig"] and not values["skysigma"]:
        yield error(
            "skysigma",
            "Without a noise the threshold is zero, and every pixel would be a source.",
            "Give the noise of the sky, or switch computesig on.",
        )
    if values["threshold"] is None:
        yield warning(
            "threshold",
            "Without a number the threshold is the square of the sky noise.",
            "Give a number, such as 4.",
        )


def _kernel(values: ParamSet) -> Iterator[Problem]:
    for name, usual in (("conv_width", 3.5), ("nsigma", 1.5)):
        if values[name] is None:
            yield warning(
                name,
                f"Without a number {usual} is taken.",
                f"Write {usual}, so that the file says what is done.",
            )


def _limits(values: ParamSet) -> Iterator[Problem]:
    for low, high in _LIMITS:
        if low.startswith(("sharp", "round")) and not values["use_sharp_round"]:
            continue
        yield from _ordered(values, low, high)
    # a flux limit of 0 stands for "not set"
    if values["fluxmin"] and values["fluxmax"]:
        yield from _ordered(values, "fluxmin", "fluxmax")


def _ordered(values: ParamSet, low: str, high: str) -> Iterator[Problem]:
    if values[low] is not None and values[high] is not None and values[low] >= values[high]:
        yield error(
            high, f"No source can lie between {low} and {high}.", f"{high} must be larger than {low}."
        )


RULES: tuple[Rule, ...] = (_threshold, _kernel, _limits)
