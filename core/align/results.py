"""What alignment finds: frozen values that the window, the command line and the reports all read.

Positions in chips are 0-based; positions in the frame are 0-based frame pixels; `xsh`, `ysh` in frame pixels,
`rot` in degrees, sky offsets in mas. The fit maps reference to image, xy = uv M + t, about the frame's CRPIX,
as drizzlepac's does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Status(StrEnum):
    """What became of an image."""

    REFERENCE = "REFERENCE"
    ALIGNED = "ALIGNED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class Why(IntEnum):
    """Why a match is not used by the fit, in `Fit.why`."""

    USED = 0
    CLIPPED = 1
    EXCLUDED = 2


class PeakStatus(StrEnum):
    """What is known of the chosen peak of the 2D histogram."""

    GOOD = "good"
    EDGE = "at the edge"
    CENTRE_OF_MASS = "centre of mass"
    BAD_FIT = "no clear maximum"
    AMBIGUOUS = "another peak as high"
    NO_DATA = "no pairs"
    NOT_USED = "not used"
    CHOSEN = "chosen by hand"
    PATTERN = "by the pattern of the stars"


@dataclass(frozen=True, eq=False)
class Rejected:
    """Candidates that were no sources: 0-based chip pixels and why (`core.align.find.REASONS`)."""

    x: Floats
    y: Floats
    reason: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, eq=False)
class Catalog:
    """Sources of one chip, arrays of the same length.

    `x`, `y` 0-based chip pixels; `flux` in image units, the sum within `conv_width` of the position without the sky
    (DrizzlePac Handbook 7.1), `peak` the highest pixel of the kernel's box, sky included; `number` 1-based source
    number of the image; `sigma` the noise and `threshold` the limit of the convolved image, in image units;
    `rejected` the candidates that were left out; `error` the expected error of a position in pixels; `fine_x`,
    `fine_y` the positions by windowed moments that the fit uses; `lone` marks what is as sharp as a single bright
    pixel. Of a person's catalog in degrees `ra`, `dec` are the positions themselves, and `x`, `y` follow from them.
    """

    extver: int
    x: Floats
    y: Floats
    flux: Floats
    peak: Floats
    sharp: Floats
    round1: Floats
    round2: Floats
    number: Ints
    sigma: float = float("nan")
    threshold: float = float("nan")
    rejected: Rejected | None = None
    error: Floats | None = None
    fine_x: Floats | None = None
    fine_y: Floats | None = None
    lone: Bools | None = None
    ra: Floats | None = None
    dec: Floats | None = None

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, eq=False)
class Sources:
    """All sources of one image, on the sky and in the frame; `extver`, `x`, `y` say where they were found.

    `ra`, `dec` degrees; `u`, `v` 0-based frame pixels (from the header's WCS). `error` is the expected error of
    a position in chip pixels (relative weight in the fit), `fine_u`, `fine_v` the frame pixels of the finer
    positions that the fit uses, `lone` what is as sharp as a single pixel, `origin` the index into `origins`,
    names of where the sources come from (only a reference is made of several).
    """

    ra: Floats
    dec: Floats
    u: Floats
    v: Floats
    flux: Floats
    number: Ints
    extver: Ints
    x: Floats
    y: Floats
    error: Floats | None = None
    fine_u: Floats | None = None
    fine_v: Floats | None = None
    lone: Bools | None = None
    origin: Ints | None = None
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in COLUMNS:
            column = getattr(self, name)
            if column is not None and len(column) != len(self.ra):
                raise ValueError(f"{name} has {len(column)} values, there are {len(self.ra)} sources")

    def __len__(self) -> int:
        return len(self.ra)


COLUMNS = tuple(one.name for one in fields(Sources) if one.name != "origins")
"""The arrays of `Sources`, one value a source."""


@dataclass(frozen=True, eq=False)
class Offset:
    """Initial offset image minus reference, in frame pixels, with the 2D histogram that gave it.

    `histogram` is (2r+1, 2r+1) int64, rows = y; bin [r, r] is zero offset; `radius` r; bins are 1 frame pixel.
    `x`, `y` the offset; `height` the highest bin, `second` the highest bin away from the peak; `significance`
    the peak over the scatter of the other bins; `edge_distance` bins from the peak to the border; `rival` how far
    the best other 3x3 bins stand out, over how far the peak's do (1: just as much), at `rival_x`, `rival_y`.
    """

    x: float
    y: float
    histogram: Ints
    radius: int
    height: int
    second: int
    significance: float
    edge_distance: int
    status: PeakStatus
    rival: float = 0.0
    rival_x: float = float("nan")
    rival_y: float = float("nan")


@dataclass(frozen=True, eq=False)
class Matches:
    """Pairs of indices into the reference's and the image's `Sources`."""

    reference: Ints
    image: Ints

    def __len__(self) -> int:
        return len(self.reference)


@dataclass(frozen=True)
class FitErrors:
    """Standard errors of a fit: shift in frame pixels at the middle of the matched stars, rotation in degrees, scale;
    NaN where the pairs are too few to tell."""

    x: float
    y: float
    rot: float
    scale: float


@dataclass(frozen=True, eq=False)
class Fit:
    """The transformation and its residuals.

    `matrix` M (2, 2) and `shift` t (2,) of xy = uv M + t (row vectors, about the frame's CRPIX, image = reference
    times M); `rot` degrees in [0, 360), `scale`; `scale_xy`, `skew` for the general fit. `used` marks the matches
    kept by clipping; `rx`, `ry` residuals (image minus model, frame pixels) of ALL matches; `rms_x`, `rms_y` of the
    used ones; `covariance` of the fit parameters or None; `why` (int8, `Why`) says of each match whether it is used,
    clipped or taken out by the person; `middle` (2,) the mean reference position of the used matches about CRPIX;
    `plain` that it was fitted to the finder's positions with equal weights, as drizzlepac does.
    """

    geometry: str
    matrix: Floats
    shift: Floats
    rot: float
    scale: float
    scale_xy: tuple[float, float]
    skew: float
    rms_x: float
    rms_y: float
    used: Bools
    rx: Floats
    ry: Floats
    covariance: Floats | None = None
    why: NDArray[np.int8] | None = None
    middle: Floats | None = None
    plain: bool = False

    @property
    def n_used(self) -> int:
        return int(self.used.sum())

    @property
    def turn(self) -> float:
        """The rotation as people read it, degrees in [-180, 180); files of drizzlepac's formats have `rot`."""
        return (self.rot + 180.0) % 360.0 - 180.0

    @property
    def robust_rms(self) -> tuple[float, float]:
        """Scatter per axis of all matches but those the person took out, in frame pixels: 1.4826 times the median
        absolute deviation, which clipping does not change."""
        kept = np.ones(len(self.rx), bool) if self.why is None else self.why != Why.EXCLUDED
        if not kept.any():
            return float("nan"), float("nan")
        x, y = (1.4826 * float(np.median(np.abs(r[kept] - np.median(r[kept])))) for r in (self.rx, self.ry))
        return x, y

    @property
    def errors(self) -> FitErrors:
        """Standard errors from the covariance."""
        nan = float("nan")
        if self.covariance is None or not np.isfinite(self.covariance).all():
            return FitErrors(nan, nan, nan, nan)
        x, y = self.position_error(np.zeros(2) if self.middle is None else self.middle)
        if self.geometry == "shift":
            return FitErrors(x, y, 0.0, 0.0)
        c, s = np.cos(np.radians(self.rot)) / self.scale, np.sin(np.radians(self.rot)) / self.scale
        if self.geometry == "rscale":  # parameters a, b of M = [[1 + a, -b], [b, 1 + a]]
            turn, grow = np.array([-s, c]), np.array([c, s])
        else:  # M00, M10, M01, M11
            turn, grow = 0.5 * np.array([-s, c, -c, -s]), 0.5 * np.array([c, s, -s, c])
        inner = self.covariance[2:, 2:]
        rot, scale = (float(np.sqrt(max(g @ inner @ g, 0.0))) for g in (turn, grow))
        return FitErrors(x, y, float(np.degrees(rot)), scale * self.scale)

    def position_error(self, uv: Floats) -> tuple[float, float]:
        """Standard errors in x and y (frame pixels) of where the fit puts the reference position `uv` (about CRPIX)."""
        if self.covariance is None:
            return float("nan"), float("nan")
        u, v = uv
        rows = {
            "shift": ([1.0, 0.0], [0.0, 1.0]),
            "rscale": ([1.0, 0.0, u, v], [0.0, 1.0, v, -u]),
            "general": ([1.0, 0.0, u, v, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, u, v]),
        }[self.geometry]
        x, y = (float(np.sqrt(max(np.array(g) @ self.covariance @ np.array(g), 0.0))) for g in rows)
        return x, y


@dataclass(frozen=True)
class Suggestion:
    """What to try, so that a button can do it: `changes` are new values of parameters of `task`
    ("tweakreg" or "imagefindpars"), by name."""

    text: str
    task: str
    changes: dict[str, Any]


@dataclass(frozen=True, eq=False)
class ImageResult:
    """One image's part of an alignment.

    `new_wcs` holds, by EXTVER, the chip WCS that Apply would write (the present one for the reference). `quality` of
    an aligned image is "good" or "doubtful", for the reasons in `doubts`; `suggestions` say what may help a failed or
    doubtful one; `method` how the pairs were found: "histogram", "pattern", "by hand" or "given". `note` is what a
    person should know beside the verdict: that only the brightest of very many sources are among `sources` (`catalogs`
    hold all that were found). `manner` says how pairs and fit were made where a person chose drizzlepac's way.
    """

    path: Path
    status: Status
    reason: str = ""
    advice: str = ""
    catalogs: tuple[Catalog, ...] = ()
    sources: Sources | None = None
    offset: Offset | None = None
    matches: Matches | None = None
    fit: Fit | None = None
    new_wcs: dict[int, ChipWCS] = field(default_factory=dict)
    reference: Sources | None = (
        None  # with proper motions: the alignment's reference, row by row, at this epoch
    )
    quality: str = ""
    doubts: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    method: str = ""
    note: str = ""
    manner: str = ""

    @property
    def n_found(self) -> int:
        """How many sources the chips have in all."""
        return sum(len(catalog) for catalog in self.catalogs)

    @property
    def is_good(self) -> bool:
        """Whether the image is aligned and nothing speaks against it."""
        return self.status is Status.ALIGNED and self.quality != "doubtful"

    @property
    def name(self) -> str:
        return self.path.name


class Written(StrEnum):
    """What became of a file's header."""

    WRITTEN = "WRITTEN"
    UNTOUCHED = "UNTOUCHED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Applied:
    """One file after `apply`, with the reason when it was not written."""

    path: Path
    status: Written
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Alignment:
    """The whole result. `frame` is the undistorted reference frame; `reference` the sources matched against (with
    expand_refcat as they grew); `applied` what became of the headers, when a run wrote them; `products` the files that
    a run left, `failures` one line for each that it could not write, headers apart."""

    frame: ChipWCS
    reference_name: str
    reference: Sources
    images: tuple[ImageResult, ...]
    seconds: dict[str, float]
    applied: tuple[Applied, ...] = ()
    products: tuple[Path, ...] = ()
    failures: tuple[str, ...] = ()

    def image(self, name: str) -> ImageResult:
        """The result of the file called `name`; KeyError if there is none."""
        for image in self.images:
            if image.name == name:
                return image
        raise KeyError(name)

    @property
    def is_complete(self) -> bool:
        """Whether every image is a reference or aligned."""
        return all(image.status in (Status.REFERENCE, Status.ALIGNED) for image in self.images)
