"""The parameters of an alignment, one frozen value per step: what a step reads is what it is remembered under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import Refusal
from core.params import TASKS, ParamSet

ONE_TO_ONE = "one-to-one"  # of `matching`: the ordinary way, all others are drizzlepac's
PER_AXIS = "per axis"  # of `clipping`: drizzlepac's way


@dataclass(frozen=True)
class FindParams:
    """imagefindpars or refimagefindpars; None stands for "not set". See `core.align.find`."""

    computesig: bool = True
    skysigma: float | None = 0.0
    noise: str = "handbook"
    conv_width: float = 3.5
    peakmin: float | None = None
    peakmax: float | None = None
    threshold: float | None = 4.0
    nsigma: float = 1.5
    ratio: float = 1.0
    theta: float = 0.0
    fluxmin: float | None = None
    fluxmax: float | None = None
    dqbits: str = ""
    use_sharp_round: bool = False
    sharplo: float | None = 0.2
    sharphi: float | None = 1.0
    roundlo: float | None = -1.0
    roundhi: float | None = 1.0

    @classmethod
    def of(cls, values: ParamSet) -> FindParams:
        """From the parameter set `imagefindpars` or `refimagefindpars`."""
        read = {name: values[name] for name in cls.__dataclass_fields__}
        for name, standard in (("conv_width", 3.5), ("nsigma", 1.5)):
            if read[name] is None:
                read[name] = standard
        return cls(**read).checked()

    def checked(self) -> FindParams:
        """Itself; raises `Refusal` for values with which nothing can be found."""
        if not self.conv_width > 0:
            raise _refused(
                "conv_width", "The width of the convolution kernel must be above 0.", "a value of 3.5"
            )
        if not self.nsigma > 0:
            raise _refused("nsigma", "The size of the kernel must be above 0.", "a value of 1.5")
        if not 0 < self.ratio <= 1:
            raise _refused(
                "ratio",
                f"{self.ratio:g} is not an axis ratio in (0, 1]; a one-dimensional kernel gives no position.",
                "1 for round stars",
            )
        if not self.computesig and not (self.skysigma is not None and self.skysigma > 0):
            raise _refused(
                "skysigma",
                "With computesig off the noise must be given, above 0.",
                "computesig = yes, or a number",
            )
        if self.noise not in ("handbook", "drizzlepac", "robust"):
            raise _refused(
                "noise", f"{self.noise!r} is not a noise estimate.", "handbook, drizzlepac or robust"
            )
        return self

    def limits(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(8,) peak, flux (min, max; a flux limit of 0 counts as not set), sharpness, roundness (low, high)."""
        low = (self.peakmin, self.fluxmin or None, self.sharplo, self.roundlo)
        high = (self.peakmax, self.fluxmax or None, self.sharphi, self.roundhi)
        pairs = zip(low, high, strict=True)
        return np.array(
            [v for a, b in pairs for v in (-np.inf if a is None else a, np.inf if b is None else b)], float
        )


@dataclass(frozen=True)
class MatchParams:
    """Offset and matching: `searchrad` in `searchunits`; the rest in pixels of the frame."""

    minobj: int = 15
    searchrad: float = 1.0
    searchunits: str = "arcseconds"
    use2dhist: bool = True
    separation: float = 0.5
    tolerance: float = 1.0
    xoffset: float = 0.0
    yoffset: float = 0.0
    matching: str = ONE_TO_ONE

    @classmethod
    def of(cls, values: ParamSet) -> MatchParams:
        """From the parameter set `tweakreg`."""
        return cls(**{name: values[name] for name in cls.__dataclass_fields__}).checked()

    def checked(self) -> MatchParams:
        """Itself; raises `Refusal` for a search that can find nothing."""
        if self.use2dhist and not self.searchrad > 0:
            raise _refused("searchrad", "The search radius must be above 0.", "1 arcsecond")
        if not self.tolerance > 0:
            raise _refused("tolerance", "The matching tolerance must be above 0.", "1 pixel")
        if self.separation < 0:
            raise _refused(
                "separation", "The separation cannot be negative.", "0.5 pixel, or 0 to drop nothing"
            )
        return self

    @property
    def is_one_to_one(self) -> bool:
        """Whether pairs are made the ordinary way, not as a version of drizzlepac makes them."""
        return self.matching == ONE_TO_ONE

    def radius(self, scale: float) -> float:
        """The search radius in frame pixels of `scale` arcsec."""
        return self.searchrad / scale if self.searchunits == "arcseconds" else self.searchrad


@dataclass(frozen=True)
class FitParams:
    """The fit and its clipping; `minobj` matches are never undercut, unless clipped per axis."""

    fitgeometry: str = "rscale"
    nclip: int = 3
    sigma: float | None = 3.0
    minobj: int = 15
    clipping: str = "radial"

    @classmethod
    def of(cls, values: ParamSet) -> FitParams:
        """From the parameter set `tweakreg`."""
        made = cls(**{name: values[name] for name in cls.__dataclass_fields__})
        if made.nclip > 0 and made.sigma is not None and not made.sigma > 0:
            raise _refused("sigma", "The clipping limit must be above 0.", "3, or nclip = 0 for no clipping")
        return made


@dataclass(frozen=True)
class AlignSettings:
    """What an alignment is asked to do: the three parameter sets that the person edits."""

    tweakreg: ParamSet
    imagefind: ParamSet
    refimagefind: ParamSet

    @classmethod
    def defaults(cls) -> AlignSettings:
        return cls(*(TASKS[name].defaults() for name in ("tweakreg", "imagefindpars", "refimagefindpars")))

    @property
    def find(self) -> FindParams:
        return FindParams.of(self.imagefind)

    @property
    def refimage_find(self) -> FindParams:
        return FindParams.of(self.refimagefind)

    @property
    def match(self) -> MatchParams:
        return MatchParams.of(self.tweakreg)

    @property
    def fit(self) -> FitParams:
        return FitParams.of(self.tweakreg)


def _refused(parameter: str, what: str, advice: str) -> Refusal:
    return Refusal(what, subject=parameter, advice=advice + ".")
