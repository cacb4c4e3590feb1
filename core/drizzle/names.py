"""Names of products and intermediate files, drizzlepac's (DrizzlePac Handbook, section 7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.data.exposure import Chip, Exposure
from core.data.outfiles import clashes
from core.errors import Refusal
from core.params import product_root

# c0m (WFPC2) stays in the names
_KINDS = ("flt", "flc", "c0f", "crj", "crc", "sfl", "cal", "sx2")


def root(exposure: Exposure) -> str:
    """What the names of an exposure's intermediate files begin with: "ibc301qrq" of ibc301qrq_flt.fits."""
    head, _, kind = exposure.stem.rpartition("_")
    return head if head and kind.lower() in _KINDS else exposure.stem


def output_root(exposures: Sequence[Exposure], params: Mapping[str, Any]) -> str:
    """The root of the products' names: `output`, else that of the only exposure, else "final"."""
    text = product_root(str(params["output"]))
    if any(c in text for c in "/\\") or text in (".", ".."):
        raise Refusal(
            f"'{text}' names a folder too.",
            subject="output",
            advice="Give a root name alone; the folder is chosen apart (--dir).",
        )
    return text or (root(exposures[0]) if len(exposures) == 1 else "final")


@dataclass(frozen=True)
class ProductNames:
    """Names of the final products; with build on, all are `mef`."""

    root: str
    kind: str
    build: bool

    @property
    def mef(self) -> str:
        return f"{self.root}_{self.kind}.fits"

    def of(self, part: str) -> str:
        """`part` is "sci", "wht" or "ctx"."""
        return self.mef if self.build else f"{self.root}_{self.kind}_{part}.fits"

    @property
    def median(self) -> str:
        """drizzlepac keeps the _drw of WFPC2 in this name, but neither _drz nor _drc."""
        return f"{self.root}_drw_med.fits" if self.kind == "drw" else f"{self.root}_med.fits"


def product_names(exposures: Sequence[Exposure], params: Mapping[str, Any]) -> ProductNames:
    """_drc when the first exposure is an flc, _drw for WFPC2, else _drz."""
    first = exposures[0]
    kind = "drc" if first.suffix.lower() == "flc" else "drw" if first.instrument == "WFPC2" else "drz"
    return ProductNames(output_root(exposures, params), kind, bool(params["build"]))


def single(exposure: Exposure, part: str) -> str:
    """The separate image ("sci") or its weight ("wht")."""
    return f"{root(exposure)}_single_{part}.fits"


def of_chip(exposure: Exposure, chip: Chip, what: str) -> str:
    """`what` is "blt", "crmask", "single_mask", "final_mask"."""
    return f"{root(exposure)}_sci{chip.extver}_{what}.fits"


def crclean(exposure: Exposure) -> str:
    return f"{root(exposure)}_crclean.fits"


def log_name(params: Mapping[str, Any]) -> str:
    """The name of the text log: `runfile`, with .log."""
    name = str(params["runfile"]).strip() or "astrodrizzle.log"
    return name if name.endswith(".log") else name + ".log"


def check_unique(exposures: Sequence[Exposure]) -> None:
    """Refuse exposures whose intermediate files would have the same names."""
    # image sets of one file have names of their own, and are told apart by them
    named = [exposure.path.with_name(root(exposure)) for exposure in exposures]
    for place, other in clashes(named, lambda path: path.name).items():
        first = exposures[named.index(other)].path
        raise Refusal(
            f"Its intermediate files would have the names of those of {first}.",
            file=exposures[place].path,
            subject="input",
            advice="Leave one of the two out, or rename it.",
        )
