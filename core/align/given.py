"""What a person gives for single exposures: catalogs in place of finding, and where not to look.

drizzlepac leaves `*_srcfind_mask.fits` beside each exposure with exclusions; here nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.align.columns import IMAGES, columns_of
from core.align.find import find
from core.align.results import Catalog
from core.align.settings import FindParams
from core.data.catalogs import Columns, UserCatalog, read_catalog
from core.data.chiplists import ChipFiles, read_chip_list
from core.data.chipwcs import ChipWCS
from core.data.exclusions import Exclusion, read_exclusion
from core.data.exposure import Chip, Exposure
from core.data.files import read_list
from core.errors import Refusal
from core.params import ParamSet
from core.params.when import is_blank
from core.runs.buffers import Buffers
from core.runs.memory import file_identity
from core.runs.spread import Workers

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Given:
    """The lists `catfile` and `exclusions`, by file name, and how the catalogs are to be read."""

    catalogs: Mapping[str, ChipFiles]
    exclusions: Mapping[str, ChipFiles]
    columns: Columns

    @classmethod
    def read(cls, values: ParamSet) -> Given:
        """From the parameter set `tweakreg`. An `input` of "@list" with catalogs behind the names is a `catfile` too.

        Raises `Refusal` when a list cannot be read or a file in it is missing.
        """
        source = _input_list(values["input"]) if is_blank(values["catfile"]) else values["catfile"]
        exclusions = values["exclusions"]
        return cls(
            read_chip_list(source, "catfile") if source else {},
            {} if is_blank(exclusions) else read_chip_list(exclusions, "exclusions"),
            columns_of(values, IMAGES),
        )

    def has_catalogs(self, path: Path) -> bool:
        """Whether the sources of a file come from catalogs."""
        return path.name in self.catalogs and bool(self.catalogs[path.name].files)

    def key(self, path: Path, params: FindParams, *, own: bool = True) -> Hashable:
        """What the catalogs of a file depend on, besides the file."""
        masks = _identities(self.exclusions.get(path.name))
        if own and self.has_catalogs(path):
            return _identities(self.catalogs[path.name]), self.columns, masks
        return params, masks

    def finders(
        self, exposure: Exposure, params: FindParams, *, own: bool = True
    ) -> list[Callable[[Workers, Buffers], Catalog]]:
        """What gives the sources of each chip: its catalog if there is one (and `own`), else finding in the pixels.

        Lists, masks and catalogs are read at once and refused here, pixels when the chip's turn comes.
        """
        exclusions = self.exclusions_of(exposure)
        if own and self.has_catalogs(exposure.path):
            listed = [_kept(c, e) for c, e in zip(self._own(exposure), exclusions, strict=True)]
            return [lambda _, __, catalog=catalog: catalog for catalog in listed]  # type: ignore[misc]
        return [
            partial(_found, chip, params, exclusion)
            for chip, exclusion in zip(exposure.chips, exclusions, strict=True)
        ]

    def exclusions_of(self, exposure: Exposure) -> tuple[Exclusion | None, ...]:
        """One for each chip, None for a chip that is good everywhere."""
        listed = self.exclusions.get(exposure.path.name)
        if listed is None:
            return (None,) * len(exposure.chips)
        paths = listed.per_chip(len(exposure.chips), exposure.path)
        return tuple(
            None if path is None else read_exclusion(path, chip.wcs, chip.header)
            for path, chip in zip(paths, exposure.chips, strict=True)
        )

    def plain_mask(self, path: Path, wcs: ChipWCS) -> NDArray[np.bool_] | None:
        """Where sources may be in a plain reference image, None for everywhere."""
        listed = self.exclusions.get(path.name)
        mask = None if listed is None else listed.per_chip(1, path)[0]
        return None if mask is None else read_exclusion(mask, wcs).mask()

    def files(self) -> tuple[Path, ...]:
        """All files that the lists name."""
        listed = (*self.catalogs.values(), *self.exclusions.values())
        return tuple(path for one in listed for path in one.files if path is not None)

    def unknown(self, paths: Sequence[Path]) -> list[str]:
        """Names in the lists that are no exposure of `paths`."""
        known = {path.name for path in paths}
        return sorted({*self.catalogs, *self.exclusions} - known)

    def _own(self, exposure: Exposure) -> tuple[Catalog, ...]:
        listed, chips = self.catalogs[exposure.path.name], exposure.chips
        whole = self.columns.units == "degrees" and len(listed.files) == 1
        if whole and listed.files[0] is not None:
            return split(read_catalog(listed.files[0], self.columns, "catfile"), chips)
        if len(listed.files) < len(chips):
            raise Refusal(
                f"{len(listed.files)} catalogs are listed for {exposure.name}, which has {len(chips)} chips.",
                file=listed.source,
                subject="catfile",
                advice="one catalog for each chip, None for a chip without.",
            )
        paths = listed.per_chip(len(chips), exposure.path)
        read = [None if path is None else read_catalog(path, self.columns, "catfile") for path in paths]
        return tuple(chip_catalog(chip, user) for chip, user in zip(chips, read, strict=True))


def _found(
    chip: Chip, params: FindParams, exclusion: Exclusion | None, workers: Workers, room: Buffers
) -> Catalog:
    return find(chip, params, workers, good=None if exclusion is None else exclusion.mask(), room=room)


def chip_catalog(chip: Chip, user: UserCatalog | None, rows: NDArray[np.int64] | None = None) -> Catalog:
    """A chip's catalog from a person's (of its `rows`); empty from None.

    Positions in degrees keep their places on the sky; their chip pixels, through the chip's full WCS, say where
    they are on the chip (NaN far from it).
    """
    if user is None:
        return _catalog(chip.extver, np.empty(0), np.empty(0), np.empty(0))
    take = np.arange(len(user)) if rows is None else rows
    first, second, flux = user.x[take], user.y[take], user.flux[take]
    if user.units == "pixels":
        return _catalog(chip.extver, first - 1.0, second - 1.0, flux)
    x, y = chip.wcs.sky_to_pix(first, second)
    return _catalog(chip.extver, x, y, flux, first, second)


def split(user: UserCatalog, chips: tuple[Chip, ...]) -> tuple[Catalog, ...]:
    """One catalog in degrees for a whole exposure: each source goes to the chip that it falls on, else the first."""
    chip_of = np.zeros(len(user), np.int64)
    for index, chip in reversed(list(enumerate(chips))):
        x, y = chip.wcs.sky_to_pix(user.x, user.y)
        rows, columns = chip.shape
        with np.errstate(invalid="ignore"):
            chip_of[(x >= -0.5) & (x <= columns - 0.5) & (y >= -0.5) & (y <= rows - 0.5)] = index
    return tuple(chip_catalog(chip, user, np.nonzero(chip_of == k)[0]) for k, chip in enumerate(chips))


def _kept(catalog: Catalog, exclusion: Exclusion | None) -> Catalog:
    """Without the sources at excluded places."""
    if exclusion is None:
        return catalog
    keep = exclusion.allows(catalog.x, catalog.y)
    sky = (None, None) if catalog.ra is None or catalog.dec is None else (catalog.ra[keep], catalog.dec[keep])
    return _catalog(catalog.extver, catalog.x[keep], catalog.y[keep], catalog.flux[keep], *sky)


def _catalog(
    extver: int, x: Floats, y: Floats, flux: Floats, ra: Floats | None = None, dec: Floats | None = None
) -> Catalog:
    unknown = np.full(len(x), np.nan)
    return Catalog(
        extver=extver,
        x=x,
        y=y,
        flux=flux,
        peak=unknown,
        sharp=unknown,
        round1=unknown,
        round2=unknown,
        number=np.arange(1, len(x) + 1, dtype=np.int64),
        ra=ra,
        dec=dec,
    )


def _identities(listed: ChipFiles | None) -> Hashable:
    if listed is None:
        return None
    return tuple(None if path is None else file_identity(path) for path in listed.files)


def _input_list(text: str) -> str:
    """The list among the names of `input` ("@list", or several names with commas) in which exposures have catalogs
    behind them, "" if there is none. Raises `Refusal` when there are two: their columns may differ."""
    names = (name.strip() for name in text.split(","))
    lists = [Path(name[1:].strip()) for name in names if name.startswith("@")]
    found = [one for one in lists if one.is_file() and any(len(line) > 1 for line in read_list(one))]
    if len(found) > 1:
        raise Refusal(
            f"{found[0].name} and {found[1].name} both have catalogs behind the names.",
            subject="input",
            advice="Write one list of them, or give it as catfile.",
        )
    return str(found[0]) if found else ""
