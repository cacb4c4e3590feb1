"""What the engine must know of a detector and no header says, read from `resources/detectors/*.json`.

A detector without a table is used with the general rules: any keywords for gain and read noise that are in use,
no CTE direction, parity of the default instrument, flags without names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from astropy.io import fits

_AMPLIFIERS = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Flag:
    """One DQ bit: its value, a short name, a sentence."""

    bit: int
    name: str
    text: str


@dataclass(frozen=True)
class Instrument:
    """Facts of one detector (WFPC2: of all four, for one file holds them).

    `plate_scale` arcsec per pixel; `cr_bit` the DQ bit for cosmic rays found by drizzling; `cte_direction` by
    CCDCHIP, or `cte_by_amp` by the amplifier that is read: 1 when charge trails run to lower rows, -1 to higher rows,
    0 without CTE losses; `parity` the sense of the detector's axes against V2, V3; `full_shape` (rows, columns) and
    `chips` of the full frame, None and 0 when not known; `chip_keyword` of the SCI header says which chip it is.

    Gain (e-/DN) and read noise (e-): `gain_keywords` and `read_noise_keywords`, one per amplifier; or, where headers
    say nothing, `gain` and `read_noise`; or `calibrated` values of both by chip and by the number in the keyword
    `calibrated_by`.

    Inverse variance maps: dark current in electrons in `dark_keyword` of the SCI header, or `dark_rate` e-/s times
    the keyword `dark_time`; `flat_keywords` of the primary header name the flat fields, `flat_inverted` those that
    are to be divided by.

    Files: `imsets`: several SCI extensions are exposures, not chips; `dq_companion` ("c0m", "c1m"): the flags of a
    file named *_c0m.fits are in *_c1m.fits.
    """

    instrument: str
    detector: str
    plate_scale: float = 0.0
    native_units: str = "ELECTRONS"
    cr_bit: int = 4096
    gain_keywords: tuple[str, ...] = ()
    read_noise_keywords: tuple[str, ...] = ()
    full_shape: tuple[int, int] | None = None
    chips: int = 0
    cte_direction: dict[int, int] = field(default_factory=dict)
    parity: tuple[tuple[float, float], tuple[float, float]] = ((1.0, 0.0), (0.0, -1.0))
    dq: tuple[Flag, ...] = ()
    chip_keyword: str = "CCDCHIP"
    cte_by_amp: dict[str, int] = field(default_factory=dict)
    gain: float | None = None
    read_noise: float | None = None
    calibrated: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)
    calibrated_by: str = ""
    dark_keyword: str = ""
    dark_rate: float = 0.0
    dark_time: str = "EXPTIME"
    flat_keywords: tuple[str, ...] = ()
    flat_inverted: bool = False
    imsets: bool = False
    dq_companion: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.instrument}/{self.detector}" if self.detector else self.instrument

    @property
    def is_known(self) -> bool:
        """Whether there is a table for this detector."""
        return bool(self.dq)

    @property
    def has_cte(self) -> bool:
        """Whether charge trails behind sources on this detector."""
        return any(self.cte_direction.values()) or any(self.cte_by_amp.values())

    def cte_dir(self, ccdchip: int, amplifier: str = "") -> int:
        """Of a chip read by `amplifier` (CCDAMP, such as "C"); see `cte_direction`."""
        return self.cte_direction.get(ccdchip, self.cte_by_amp.get(amplifier.strip().upper()[:1], 0))


@cache
def instruments() -> dict[tuple[str, str], Instrument]:
    """The tables by (INSTRUME, DETECTOR)."""
    found = {}
    for entry in files("resources").joinpath("detectors").iterdir():
        if entry.name.endswith(".json"):
            one = _from_json(entry.read_text(encoding="utf-8"))
            found[one.instrument, one.detector] = one
    return found


def instrument_of(name: str, detector: str) -> Instrument:
    """The facts of a detector, or general ones."""
    name, detector = name.strip().upper(), detector.strip().upper()
    known = instruments()
    return known.get((name, detector)) or known.get((name, "")) or Instrument(name, detector)


def keyword_mean(headers: Sequence[fits.Header], names: Sequence[str]) -> float | None:
    """Mean of the keywords that are not 0 (amplifiers that are not read out say 0), as drizzlepac takes it.

    Every name must be in one of `headers`; None when one is missing or all are 0.
    """
    values = []
    for name in names:
        holders = [h for h in headers if name in h]
        if not holders or isinstance(holders[0][name], bool | str):
            return None
        values.append(float(holders[0][name]))
    used = [v for v in values if v != 0.0 and math.isfinite(v)]
    return sum(used) / len(used) if used else None


def gain_and_noise(facts: Instrument, headers: Sequence[fits.Header]) -> tuple[float | None, float | None]:
    """Gain (e-/DN) and read noise (e-), means over the amplifiers in use; None for what no keyword tells.

    `headers` are those of the file and of the chip. Of a detector without a table, whatever keywords there are.
    """
    if facts.calibrated:
        return _calibrated(facts, headers)
    if facts.gain is not None:
        return facts.gain, facts.read_noise
    gains = [facts.gain_keywords, [f"ATODGN{a}" for a in _AMPLIFIERS], ["ATODGAIN"], ["CCDGAIN"], ["GAIN"]]
    noises = [facts.read_noise_keywords, [f"READNSE{a}" for a in _AMPLIFIERS], ["READNSE"], ["RDNOISE"]]
    return _first(headers, gains), _first(headers, noises)


def _calibrated(facts: Instrument, headers: Sequence[fits.Header]) -> tuple[float | None, float | None]:
    commanded = keyword_mean(headers, [facts.calibrated_by])
    chip = keyword_mean(headers[::-1], [facts.chip_keyword])
    if commanded is None or chip is None:
        return None, None
    return facts.calibrated.get(f"{chip:.0f}", {}).get(f"{commanded:.0f}", (None, None))


def _first(headers: Sequence[fits.Header], choices: Sequence[Sequence[str]]) -> float | None:
    for names in choices:
        value = keyword_mean(headers, names) if names else None
        if value is not None:
            return value
    return None


def _from_json(text: str) -> Instrument:
    raw = json.loads(text)
    raw["dq"] = tuple(Flag(**flag) for flag in raw["dq"])
    raw["cte_direction"] = {int(k): int(v) for k, v in raw.get("cte_direction", {}).items()}
    raw["parity"] = tuple(tuple(float(v) for v in row) for row in raw["parity"])
    for chip in raw.get("calibrated", {}).values():
        chip.update({gain: tuple(values) for gain, values in chip.items()})
    for name in ("gain_keywords", "read_noise_keywords", "full_shape", "flat_keywords", "dq_companion"):
        if name in raw:
            raw[name] = tuple(raw[name])
    return Instrument(**raw)
