"""Rules across the parameters of astrodrizzle."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import Refusal
from core.params.checks import single
from core.params.checks.problem import Problem, Rule, error, warning
from core.params.live import is_live
from core.params.meaning import bits_fault, parse_pair
from core.params.paramset import ParamSet
from core.params.when import STEPS, is_blank, needing_step, reading_step

_FRAME_PAIRS = (("outnx", "outny"), ("ra", "dec"), ("crpix1", "crpix2"))


def _frames(values: ParamSet) -> Iterator[Problem]:
    for prefix in ("driz_sep", "final"):
        if is_live(values, f"{prefix}_scale").live:
            yield from _frame(values, prefix)


def _frame(values: ParamSet, prefix: str) -> Iterator[Problem]:
    for pair in _FRAME_PAIRS:
        one, other = (f"{prefix}_{name}" for name in pair)
        if (values[one] is None) != (values[other] is None):
            alone, missing = (one, other) if values[other] is None else (other, one)
            yield error(
                missing, f"{alone} is given without {missing}.", f"Give both {one} and {other}, or neither."
            )
    placed = values[f"{prefix}_ra"] is not None and values[f"{prefix}_dec"] is not None
    sized = values[f"{prefix}_outnx"] is not None and values[f"{prefix}_outny"] is not None
    if placed and not sized and is_blank(values[f"{prefix}_refimage"]):
        yield warning(
            f"{prefix}_ra",
            "The centre moves but the size stays, so data may fall outside the frame.",
            f"Give {prefix}_outnx and {prefix}_outny as well.",
        )


def _steps(values: ParamSet) -> Iterator[Problem]:
    for step in STEPS:
        needed_by = "" if values[step] else needing_step(values, step)
        if needed_by:
            yield warning(
                step,
                f"The step is off, but {needed_by} needs it, so it runs (with more than one exposure).",
                f"Switch {needed_by} off too, or {step} on.",
            )
        read_by = "" if values[step] else reading_step(values, step)
        if read_by:
            yield warning(
                step,
                f"The step is off: {read_by} works on the files that an earlier run left in the folder of the products "
                "(with more than one exposure).",
                f"Switch {step} on, unless these files are there.",
            )


def _bits(values: ParamSet) -> Iterator[Problem]:
    yield from single.bit_value(values.task.param("crbit"), values["crbit"])
    reset = values["resetbits"].strip()
    if is_blank(reset):
        yield error(
            "resetbits", "No bits are given, and drizzlepac stops at that.", "Write 0 to reset nothing."
        )
    elif not bits_fault(reset) and reset.startswith(("~", "-")):
        yield error(
            "resetbits", "Bits to clear cannot be given as a complement.", "List the bits themselves."
        )


def _sky(values: ParamSet) -> Iterator[Problem]:
    if not is_live(values, "skymethod").live:
        return
    low, high = values["skylower"], values["skyupper"]
    if low is not None and high is not None and low >= high:
        yield error(
            "skyupper", "No pixel can lie between skylower and skyupper.", "skyupper must be the larger."
        )
    if is_live(values, "skywidth").live and values["skywidth"] is None:
        yield warning("skywidth", "Without a number 0.1 is taken.", "Write 0.1, so that the file says it.")


def _median(values: ParamSet) -> Iterator[Problem]:
    low, high = values["combine_lthresh"], values["combine_hthresh"]
    if is_live(values, "combine_lthresh").live and low is not None and high is not None and low >= high:
        message = "No value can lie between combine_lthresh and combine_hthresh."
        yield error("combine_hthresh", message, "combine_hthresh must be the larger.")
    if is_live(values, "combine_nsigma").live:
        yield from _positive_pair(values, "combine_nsigma")


def _cosmic_rays(values: ParamSet) -> Iterator[Problem]:
    if not is_live(values, "driz_cr_snr").live:
        return
    for name in ("driz_cr_snr", "driz_cr_scale"):
        yield from _positive_pair(values, name)
    grow = values["driz_cr_grow"]
    if grow == 0:
        yield warning(
            "driz_cr_grow",
            "0 adds no pixels here; drizzlepac 3.11 would flag nothing at all.",
            "Write 1 for the same.",
        )
    elif grow % 2 == 0:
        yield warning("driz_cr_grow", f"A box of {grow} pixels cannot be centred.", "Give an odd number.")


def _positive_pair(values: ParamSet, name: str) -> Iterator[Problem]:
    try:
        first, second = parse_pair(values[name], name)
    except Refusal:
        return  # told by the check of the value itself
    if first < 0 or second < 0:
        yield error(name, "A limit below zero rejects everything.", "Give two positive numbers.")
    elif second > first:
        yield warning(
            name,
            "The second number, for neighbours, is larger than the first.",
            "Usually the first, for detection, is the larger one.",
        )


def _final(values: ParamSet) -> Iterator[Problem]:
    for prefix in ("driz_sep", "final"):
        kernel, pixfrac = values[f"{prefix}_kernel"], values[f"{prefix}_pixfrac"]
        if is_live(values, f"{prefix}_kernel").live and kernel == "lanczos3" and pixfrac != 1:
            message = "lanczos3 is an interpolation over whole pixels; a smaller drop makes it ring."
            yield warning(f"{prefix}_pixfrac", message, f"Set {prefix}_pixfrac to 1 or choose square.")


def _instrument(values: ParamSet) -> Iterator[Problem]:
    for value, keyword in (("gain", "gnkeyword"), ("rdnoise", "rnkeyword"), ("exptime", "expkeyword")):
        if not is_blank(values[value]) and not is_blank(values[keyword]):
            yield error(
                keyword, f"Both {value} and {keyword} are given.", f"Blank one of {value} and {keyword}."
            )


RULES: tuple[Rule, ...] = (_frames, _steps, _bits, _sky, _median, _cosmic_rays, _final, _instrument)
