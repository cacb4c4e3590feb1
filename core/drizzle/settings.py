"""What separate, blot and combine read from the astrodrizzle parameters, checked and typed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Refusal

KERNELS = ("square", "turbo", "point", "gaussian", "lanczos3", "tophat")
INTERPOLANTS = ("nearest", "linear", "poly3", "poly5", "sinc")
WEIGHT_TYPES = ("EXP", "ERR", "IVM")
UNITS = ("cps", "counts")


@dataclass(frozen=True)
class WeightScale:
    """How the weight of an exposure is multiplied: "exptime" (by 1, for an EXP weight is the exposure time
    already), "expsq" (by the exposure time once more) or "number" (by `factor`)."""

    kind: str = "exptime"
    factor: float = 1.0

    def of(self, exptime: float) -> float:
        """The factor for an exposure of `exptime` seconds."""
        return {"exptime": 1.0, "expsq": exptime}.get(self.kind, self.factor)


@dataclass(frozen=True)
class DropParams:
    """What any drizzling needs: `pixfrac` drop size in input pixels (0..1), `fillval` for pixels without weight
    (None: they keep what the output started with), `stepsize` of the coordinate grid in input pixels."""

    kernel: str
    pixfrac: float
    wt_scl: WeightScale
    fillval: float | None
    stepsize: int


@dataclass(frozen=True)
class SeparateParams(DropParams):
    """Step 3, parameters driz_sep_*."""

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> SeparateParams:
        """From the astrodrizzle parameters; raises Refusal."""
        return cls(*_drop_values(params, "driz_sep_"))


@dataclass(frozen=True)
class CombineParams(DropParams):
    """Step 7, parameters final_*; `maskval` is what the output starts with (None: NaN)."""

    maskval: float | None = None
    units: str = "cps"
    wht_type: str = "EXP"

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> CombineParams:
        """From the astrodrizzle parameters; raises Refusal."""
        return cls(
            *_drop_values(params, "final_"),
            maskval=params["final_maskval"],
            units=_one_of(params, "final_units", UNITS),
            wht_type=_one_of(params, "final_wht_type", WEIGHT_TYPES),
        )


@dataclass(frozen=True)
class BlotParams:
    """Step 5, parameters blot_*; `skyval` counts only with `addsky` off; `stepsize` as in drizzlepac always 10."""

    interp: str = "poly5"
    sinscl: float = 1.0
    addsky: bool = True
    skyval: float = 0.0
    stepsize: int = 10

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> BlotParams:
        """From the astrodrizzle parameters; raises Refusal."""
        sinscl = params["blot_sinscl"]
        if not (math.isfinite(sinscl) and sinscl > 0):
            raise Refusal(
                f"The scale {sinscl} is not a positive number.", subject="blot_sinscl", advice="Give 1.0."
            )
        interp = _one_of(params, "blot_interp", INTERPOLANTS)
        return cls(interp, sinscl, params["blot_addsky"], params["blot_skyval"])


def parse_weight_scale(text: str, name: str = "final_wt_scl") -> WeightScale:
    """ "exptime", "expsq" or a number not below 0; raises Refusal that names the parameter `name`."""
    word = str(text).strip().strip("\"'").lower()
    if word in ("", "none", "exptime"):
        return WeightScale()
    if word == "expsq":
        return WeightScale("expsq")
    try:
        factor = float(word)
    except ValueError:
        factor = math.nan
    if not (math.isfinite(factor) and factor > 0):
        raise Refusal(
            f"'{text}' is not a weight scale.",
            subject=name,
            advice="Give exptime, expsq or a number above 0.",
        )
    return WeightScale("number", factor)


def _drop_values(params: Mapping[str, Any], prefix: str) -> tuple[str, float, WeightScale, float | None, int]:
    name = prefix + "pixfrac"
    pixfrac = params[name]
    if not 0.0 <= pixfrac <= 1.0:
        raise Refusal(f"The drop size {pixfrac} is not within 0 and 1.", subject=name, advice="Give 1.0.")
    stepsize = params["stepsize"]
    if stepsize < 0:
        raise Refusal(
            f"The step {stepsize} is below 0.", subject="stepsize", advice="Give 10, or 0 for an exact grid."
        )
    kernel = _one_of(params, prefix + "kernel", KERNELS)
    scale = parse_weight_scale(params[prefix + "wt_scl"], prefix + "wt_scl")
    return kernel, pixfrac, scale, params[prefix + "fillval"], stepsize


def _one_of(params: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = str(params[name])
    if value not in known:
        raise Refusal(f"'{value}' is not known.", subject=name, advice=f"Choose one of {', '.join(known)}.")
    return value
