"""Rules that need to know the exposures: flags of their detector, their number, their pixels, files beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from core.errors import Refusal
from core.params.checks.facts import DataFacts
from core.params.checks.problem import Problem, error, warning
from core.params.flags import FLAGS, parse_flags
from core.params.live import is_live
from core.params.meaning import parse_pair, product_root
from core.params.paramset import ParamSet
from core.params.presets import presets
from core.params.when import is_blank

DataRule = Callable[[ParamSet, DataFacts], Iterator[Problem]]

_BY_LETTER = {"i": "WFC3", "j": "ACS", "n": "NICMOS", "o": "STIS", "u": "WFPC2"}
_WIDTHS = {"WFC3/IR": (2.5, 3.2, 1.5), "WFC3/UVIS": (3.5, 9.0, 2.6), "ACS/WFC": (3.5, 9.0, 2.6)}
_FEW, _MANY = 3, 7
LEAST_SCALE = {"WFC3/IR": (2.0, 1.5)}
"""driz_cr_scale below which stars lose more than half a percent of their light to step 6, by detector. Measured with
the kernels of this engine on simulated stars of 1.1 pixels FWHM: 6 to 24 % are lost with 1.2 0.7, 2 to 4 % with 1.5
1.2, up to 0.5 % with 2.0 1.5, less than 0.1 % from 2.5 2.0 on; driz_cr_snr hardly matters."""


def bits(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Flags that no exposure, or not this detector, can have."""
    for param in values.task.params:
        if param.semantic != "dq-bits" or not is_live(values, param.name).live:
            continue
        found = parse_flags(values[param.name])
        if found is None:
            continue
        for bit in sorted(found.listed):
            yield from _bit(param.name, bit, facts)


def _bit(name: str, bit: int, facts: DataFacts) -> Iterator[Problem]:
    if bit not in FLAGS:
        yield error(name, f"{bit} is no DQ flag: the arrays have 16 bits.", "Give flags from 1 to 32768.")
    elif facts.flags:
        known = facts.flag(bit)
        if known is None or not known.used:
            told = "does not exist on" if known is None else "is not used by"
            yield warning(
                name,
                f"The flag {bit} {told} {facts.detectors[0]}.",
                "Open the list of flags and choose there.",
            )


def marks(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """What is set and cleared in the exposures should be flags of cosmic rays."""
    crbit = facts.flag(values["crbit"])
    if crbit is not None and not crbit.is_cosmic_ray and is_live(values, "crbit").live:
        yield warning(
            "crbit",
            f"On {facts.detectors[0]} the flag {crbit.bit} means {crbit.name}.",
            "Take 4096, so that both can be told apart later.",
        )
    reset = parse_flags(values["resetbits"])
    if reset is None or reset.turned:
        return
    others = [
        flag for flag in facts.flags if flag.bit in reset.listed and flag.used and not flag.is_cosmic_ray
    ]
    if others:
        told = ", ".join(f"{flag.name} ({flag.bit})" for flag in others)
        yield warning(
            "resetbits",
            f"The run also clears {told} in your exposures.",
            "To count such pixels as good, list the flags in final_bits and driz_sep_bits.",
        )


def exposures(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """What the number of exposures allows."""
    kind, low, high = values["combine_type"], values["combine_nlow"], values["combine_nhigh"]
    count = facts.count
    if count < 2 or not is_live(values, "combine_type").live:
        return
    if is_live(values, "combine_nlow").live and low + high >= count:
        yield error(
            "combine_nhigh" if high else "combine_nlow",
            f"combine_nlow and combine_nhigh leave nothing of {count} exposures.",
            f"Leave out {count - 1} values at most, better fewer.",
        )
    elif kind in ("median", "imedian") and count < _FEW and high == 0:
        yield warning(
            "combine_type",
            "The median of two values is their mean, so cosmic rays stay in it.",
            "Take minmed, or median with combine_nhigh 1.",
        )
    if kind in ("minmed", "iminmed") and count >= _MANY:
        yield warning(
            "combine_type",
            f"{kind} is meant for three to six exposures and is biased low with {count}.",
            "Take median with combine_nhigh 1 or 2.",
        )


def frames(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Pixels of the output against those of the detector."""
    scale = facts.plate_scale
    if scale <= 0:
        return
    for prefix in ("driz_sep", "final"):
        name = f"{prefix}_scale"
        wanted = values[name]
        if wanted is None or wanted <= 0 or not is_live(values, name).live:
            continue
        if wanted < scale / 3:
            yield warning(
                name,
                f"{wanted:g} is under a third of the detector's {scale:.3g} arcsec/pixel: no dithering fills "
                "such pixels.",
                f"Take {scale / 2:.2g} or more.",
            )
        elif wanted > scale * 3:
            yield warning(
                name,
                f"{wanted:g} is more than three of the detector's pixels of {scale:.3g} arcsec.",
                "Is it in arcsec?",
            )


def drops(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Drops so small that output pixels between them stay empty.

    A drop of side p and an output pixel of side s (in detector pixels) miss each other with probability
    1 - (p + s)^2 for a random place, and in all of n exposures with the n-th power of it.
    """
    wanted = values["final_scale"] if is_live(values, "final_scale").live else None
    if (
        not facts.count
        or not values["driz_combine"]
        or values["final_kernel"] not in ("square", "turbo", "point")
    ):
        return
    side = wanted / facts.plate_scale if wanted and wanted > 0 and facts.plate_scale > 0 else 1.0
    drop = 0.0 if values["final_kernel"] == "point" else values["final_pixfrac"]
    if not 0 <= drop <= 1:
        return
    empty = (1 - min(1.0, drop + side) ** 2) ** facts.count
    if empty > 0.01:
        name = "final_kernel" if values["final_kernel"] == "point" else "final_pixfrac"
        yield warning(
            name,
            f"About {100 * empty:.0f} % of the output pixels get no data from {facts.count} "
            f"{'exposure' if facts.count == 1 else 'exposures'}.",
            "Take larger drops, or larger output pixels.",
        )


def tails(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Tails of cosmic rays where the detector has none."""
    used = values["driz_cr_ctegrow"] > 0 and is_live(values, "driz_cr_ctegrow").live
    if used and facts.detectors and not facts.has_cte:
        yield warning(
            "driz_cr_ctegrow",
            f"{facts.detectors[0]} has no such tails, so the value has no effect.",
            "Set it to 0.",
        )


def cores(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Limits with which the cores of undersampled stars are taken for cosmic rays."""
    least = LEAST_SCALE.get(facts.detectors[0]) if len(facts.detectors) == 1 else None
    if least is None or not is_live(values, "driz_cr_scale").live:
        return
    try:
        found = parse_pair(values["driz_cr_scale"], "driz_cr_scale")
    except Refusal:
        return  # told by the check of the value itself
    if found[0] < least[0] or found[1] < least[1]:
        yield warning(
            "driz_cr_scale",
            f"A star of {facts.detectors[0]} falls into one or two pixels: so little allowance takes its core for a "
            "cosmic ray, and stars lose up to a quarter of their light.",
            "Take 3.0 2.4, as the preset of the detector does.",
        )


def product_files(values: ParamSet, facts: DataFacts) -> tuple[str, ...]:
    """Names of the final products of a run with these values on these exposures."""
    root = product_root(values["output"])
    name = f"{root or facts.root}_{facts.kind}"
    if values["build"]:
        return (f"{name}.fits",)
    parts = ("sci", "wht", "ctx") if values["context"] else ("sci", "wht")
    return tuple(f"{name}_{part}.fits" for part in parts)


def products(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Files that would be replaced."""
    if any(sign in values["output"] for sign in "/\\"):
        yield error(
            "output", "The name holds a folder.", "Give the name alone; the folder is chosen apart (--dir)."
        )
        return
    if not facts.kind or not values["driz_combine"]:
        return
    there = [name for name in product_files(values, facts) if name in facts.existing]
    if there:
        yield warning(
            "output",
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already and will be replaced.",
            "Give another name to keep the former product.",
        )


def extensions(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Chips that the exposures do not have."""
    wanted = {int(number) for number in re.findall(r"sci'?,(\d{1,4})\b", values["group"], re.IGNORECASE)}
    if wanted and facts.extensions and not wanted & facts.extensions:
        have = ", ".join(f"sci,{number}" for number in sorted(facts.extensions))
        yield error("group", "No exposure has such an extension.", f"They have {have}.")


def versions(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """An alternate WCS that the exposures do not have."""
    wanted = values["wcskey"].strip().upper()
    if not facts.wcsname or wanted in ("PRIMARY", facts.wcsname.upper()) or is_blank(wanted):
        return
    if not any(wanted in (letter, name.upper()) for letter, name in facts.wcs):
        have = ", ".join(f"{letter} {name}".strip() for letter, name in facts.wcs) or "the primary one only"
        yield warning("wcskey", f"{facts.names[0]} has no such WCS, so it is left out.", f"It has {have}.")


def from_presets(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Values of a preset that is meant for another detector."""
    if not facts.detectors:
        return
    for preset in presets():
        if not preset.detectors or set(preset.detectors) & set(facts.detectors):
            continue
        origin = f"preset {preset.title}"
        taken = [name for name in values if values.origin(name) == origin and not values.is_default(name)]
        if taken:
            yield warning(
                taken[0],
                f"The preset {preset.title} is meant for {', '.join(preset.detectors)}, the exposures are of "
                f"{', '.join(facts.detectors)}.",
                f"It set {', '.join(taken)}.",
            )


def alone(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """One exposure and nothing to align it to."""
    if facts.count == 1 and is_blank(values["refimage"]) and is_blank(values["refcat"]):
        yield warning(
            "refimage",
            "A single exposure is its own reference, so nothing is aligned.",
            "Open a second exposure, or give refimage or refcat.",
        )


def kernel(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """The width of the kernel against the stars of the detector."""
    known = _WIDTHS.get(facts.detectors[0]) if facts.detectors else None
    width = values["conv_width"]
    if known is None or width is None or width <= 0:
        return
    usual, most, least = known
    if width > most or width < least:
        yield warning(
            "conv_width",
            f"Stars of {facts.detectors[0]} are looked for with a width of {usual} pixels.",
            f"Take {usual}.",
        )


def same_data(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Whether the set was made for these exposures."""
    made_for = instrument_of_input(values["input"])
    have = {detector.partition("/")[0] for detector in facts.detectors}
    if made_for and have and made_for not in have:
        yield warning(
            "input",
            f"The set was made for {made_for} ({values['input'].strip()[:40]}), the exposures are of "
            f"{', '.join(facts.detectors)}.",
            "Look at flags, thresholds and scales, or open another set.",
        )
    if len(facts.detectors) > 1:
        yield warning(
            "input",
            f"The exposures are of several detectors: {', '.join(facts.detectors)}. DQ flags and thresholds mean "
            "different things on each.",
            "Work on one detector at a time.",
        )


def instrument_of_input(text: str) -> str:
    """The instrument that file names or wildcards of HST begin with; "" when they do not tell."""
    found = set()
    for word in re.split(r"[,\s]+", text.strip()):
        name = re.split(r"[/\\]", word.lstrip("@"))[-1].lower()
        match = re.match(r"([ijnou])[a-z0-9]{3}[a-z0-9*?]*_?[a-z0-9*?]*\.fits", name)
        found.add(_BY_LETTER[match[1]] if match else "")
    return found.pop() if len(found) == 1 else ""


def files(values: ParamSet, facts: DataFacts) -> Iterator[Problem]:
    """Files that cannot be read; looked for elsewhere, for a disk may be slow."""
    for name, (text, why) in facts.lost.items():
        if name in values.task and values[name] == text and is_live(values, name).live:
            yield error(name, why, "Choose a file, or leave the field empty.")


RULES: dict[str, tuple[DataRule, ...]] = {
    "tweakreg": (alone, same_data, from_presets, files),
    "imagefindpars": (bits, kernel, from_presets),
    "refimagefindpars": (bits, from_presets),
    "astrodrizzle": (
        bits, marks, exposures, frames, drops, tails, cores, products, extensions, versions, same_data, from_presets,
        files,
    ),
}  # fmt: skip
"""By task the rules that look at the exposures."""
