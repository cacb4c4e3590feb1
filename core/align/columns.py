"""Which parameters say where a catalog has what: the catalogs of the exposures, and that of the reference."""

from __future__ import annotations

from core.data.catalogs import Columns
from core.params import ParamSet
from core.params.when import is_blank

# in the order of the fields of `Columns`
IMAGES = ("xcol", "ycol", "fluxcol", "xyunits", "fluxunits", "maxflux", "minflux", "nbright")
REFERENCE = (
    *("refxcol", "refycol", "rfluxcol", "refxyunits"),
    *("rfluxunits", "rmaxflux", "rminflux", "refnbright"),
)


def columns_of(values: ParamSet, parameters: tuple[str, ...]) -> Columns:
    """The columns that these parameters of `tweakreg` describe: `IMAGES` or `REFERENCE`."""
    x, y, flux, units, flux_units, bright, faint, brightest = (values[name] for name in parameters)
    flux = "" if is_blank(flux) else flux
    return Columns(x, y, flux, units, flux_units, bright, faint, brightest, parameters)
