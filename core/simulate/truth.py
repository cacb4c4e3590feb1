"""What is true of simulated exposures, kept beside them, and how far an alignment is from it.

A folder holds truth.json (scene, pointing errors, true WCS of every chip), truth_<root>.npz (star positions,
cosmic rays, unflagged hot pixels) and truth.ecsv (the stars).
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from core.data.chipwcs import ChipWCS, Floats
from core.data.exposure import open_exposure
from core.data.safe import replacing, write_text
from core.errors import Refusal
from core.simulate.sphere import directions, pointing_error, separation_mas
from core.simulate.stars import ZERO_POINT, Stars


@dataclass(frozen=True, eq=False)
class ChipTruth:
    """One chip: WCS terms of the header and true ones (degrees; CRPIX, SIP and tables are as in the file).

    `arrays` holds star_id, star_x, star_y (0-based chip pixels), star_counts (electrons), star_pam (pixel area
    over IDCSCALE squared), cr_index (flat), cr_charge (electrons), unflagged_hot (flat). `facts` holds counts.
    """

    ccdchip: int
    header_crval: Floats
    header_cd: Floats
    true_crval: Floats
    true_cd: Floats
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def true_wcs(self, wcs: ChipWCS) -> ChipWCS:
        """`wcs` of the file with the true CRVAL and CD."""
        return wcs.moved(self.true_crval, self.true_cd)


@dataclass(frozen=True, eq=False)
class ExposureTruth:
    """One exposure. true = E(header), E a rotation of the sphere from `anchor` to `anchor_true` (RA, Dec in
    degrees) with `err_roll_deg`, and a scale 1 + `err_scale` about `anchor_true`."""

    root: str
    file: str
    anchor: tuple[float, float]
    anchor_true: tuple[float, float]
    err_roll_deg: float
    err_scale: float
    chips: tuple[ChipTruth, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    def error(self) -> Floats:
        """E (3, 3), over directions."""
        return pointing_error(self.anchor, self.anchor_true, self.err_roll_deg, self.err_scale)

    def chip(self, ccdchip: int) -> ChipTruth:
        for chip in self.chips:
            if chip.ccdchip == ccdchip:
                return chip
        raise Refusal(f"The truth has no chip {ccdchip}.", file=self.file, subject="CCDCHIP")


@dataclass(frozen=True, eq=False)
class Truth:
    """Everything known of a simulated set; `scene` as written, `folder` where it lies."""

    folder: Path
    scene: dict[str, Any]
    stars: Stars
    exposures: tuple[ExposureTruth, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """The exposures, in order."""
        return tuple(self.folder / exposure.file for exposure in self.exposures)

    def exposure(self, name: str | Path) -> ExposureTruth:
        """The truth of the file of that name; Refusal if it is none of these."""
        for exposure in self.exposures:
            if exposure.file == Path(name).name:
                return exposure
        raise Refusal("Nothing is known of the truth of this file.", file=name)

    def save(self, folder: str | Path | None = None) -> Path:
        """Write truth.json, truth_<root>.npz and truth.ecsv; the path of truth.json."""
        target = Path(folder or self.folder)
        for exposure in self.exposures:
            stored: dict[str, Any] = {
                f"{k}_{chip.ccdchip}": v for chip in exposure.chips for k, v in chip.arrays.items()
            }
            with replacing(target / f"truth_{exposure.root}.npz") as part, part.open("wb") as stream:
                np.savez_compressed(stream, **stored)
        write_text(_ecsv(self.stars), target / "truth.ecsv")
        record = {
            "scene": self.scene,
            "zp": ZERO_POINT,
            "nstars": len(self.stars),
            "exposures": [_record(exposure) for exposure in self.exposures],
        }
        write_text(json.dumps(record, indent=1), target / "truth.json")
        return target / "truth.json"

    @classmethod
    def load(cls, folder: str | Path) -> Truth:
        """Read what `save` wrote. Raises Refusal if there is no truth or it does not read."""
        source = Path(folder)
        try:
            record = json.loads((source / "truth.json").read_text("utf-8"))
            table = Table.read(source / "truth.ecsv", format="ascii.ecsv")
            stars = Stars(*(np.array(table[name], float) for name in ("ra", "dec", "mag", "rate")))
            exposures = tuple(_exposure(source, entry) for entry in record["exposures"])
        except (OSError, ValueError, KeyError) as error:
            raise Refusal(f"The truth cannot be read: {error}", file=source / "truth.json") from error
        return cls(source, record.get("scene", record.get("args", {})), stars, exposures)


def alignment_error(truth: Truth, files: Sequence[str | Path], reference: str | Path) -> dict[str, float]:
    """How far the headers of `files` are from the truth: rms over a grid of all chips, in mas, by file name.

    Alignment is relative: pixel p of an exposure should lie at E_ref^-1(true(p)), E_ref being the pointing
    error of the exposure that served as `reference`.
    """
    undo = np.asarray(np.linalg.inv(truth.exposure(reference).error()), float)
    result: dict[str, float] = {}
    for path in files:
        known = truth.exposure(path)
        squares = [
            _grid_error(chip.wcs, known.chip(chip.ccdchip).true_wcs(chip.wcs), undo) ** 2
            for chip in open_exposure(path).chips
        ]
        result[Path(path).name] = float(np.sqrt(np.mean(np.concatenate(squares))))
    return result


def _grid_error(present: ChipWCS, true: ChipWCS, undo: Floats, nodes: int = 16) -> Floats:
    x, y = np.meshgrid(
        np.linspace(0.0, present.naxis[0] - 1.0, nodes), np.linspace(0.0, present.naxis[1] - 1.0, nodes)
    )
    wanted = directions(*true.pix_to_sky(x.ravel(), y.ravel())) @ undo.T
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    return separation_mas(directions(*present.pix_to_sky(x.ravel(), y.ravel())), wanted)


def _ecsv(stars: Stars) -> str:
    columns = {
        "id": np.arange(len(stars)),
        "ra": stars.ra,
        "dec": stars.dec,
        "mag": stars.mag,
        "rate": stars.rate,
    }
    note = "rate: e-/s at infinite aperture for a pixel of area IDCSCALE^2"
    text = io.StringIO()
    Table(columns, meta={"zp": ZERO_POINT, "note": note}).write(text, format="ascii.ecsv")
    return text.getvalue()


def _record(exposure: ExposureTruth) -> dict[str, Any]:
    chips = [
        {
            "ccdchip": chip.ccdchip,
            **{
                name: np.asarray(getattr(chip, name)).tolist()
                for name in ("header_crval", "header_cd", "true_crval", "true_cd")
            },
            **chip.facts,
        }
        for chip in exposure.chips
    ]
    named = ("root", "file", "anchor", "anchor_true", "err_roll_deg", "err_scale")
    return {**{name: getattr(exposure, name) for name in named}, **exposure.facts, "chips": chips}


def _exposure(folder: Path, entry: dict[str, Any]) -> ExposureTruth:
    named = ("root", "file", "err_roll_deg", "err_scale")
    with np.load(folder / f"truth_{entry['root']}.npz", allow_pickle=False) as stored:
        chips = tuple(_chip(chip, stored) for chip in entry["chips"])
    rest = {k: v for k, v in entry.items() if k not in (*named, "anchor", "anchor_true", "chips")}
    return ExposureTruth(
        anchor=tuple(entry["anchor"]),
        anchor_true=tuple(entry["anchor_true"]),
        chips=chips,
        facts=rest,
        **{name: entry[name] for name in named},
    )


def _chip(entry: dict[str, Any], stored: Any) -> ChipTruth:
    named = ("header_crval", "header_cd", "true_crval", "true_cd")
    end = f"_{entry['ccdchip']}"
    return ChipTruth(
        ccdchip=entry["ccdchip"],
        arrays={name.removesuffix(end): stored[name] for name in stored.files if name.endswith(end)},
        facts={k: v for k, v in entry.items() if k not in (*named, "ccdchip")},
        **{name: np.array(entry[name]) for name in named},
    )
