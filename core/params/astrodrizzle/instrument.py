"""Numbers of the detector that take the place of those known for the instrument."""

from core.params.model import Group, Kind, Param


def _value(name: str, label: str, unit: str, keyword: str, text: str, smaller: str, larger: str) -> Param:
    return Param(
        name,
        Kind.STR,
        "",
        label,
        f"{text} A number, or several separated by commas, whose average is taken. Blank leaves it to {keyword} or "
        "to what is known of the instrument.",
        unit=unit,
        semantic="per-amp",
        smaller=smaller,
        larger=larger,
    )


def _keyword(name: str, label: str, value: str, text: str) -> Param:
    return Param(
        name,
        Kind.STR,
        "",
        label,
        f"{text} Several separated by commas are averaged. Give either this or {value}, not both. Blank takes the "
        "keyword that the instrument uses.",
        semantic="keyword",
    )


_PARAMS = (
    _value(
        "gain",
        "Gain",
        "electrons/count",
        "gnkeyword",
        "Takes the place of the detector's gain, from which the noise follows by which cosmic rays are judged.",
        "The noise is taken for larger than it is, and faint cosmic rays stay.",
        "The noise is taken for smaller than it is, and noise is flagged as cosmic rays.",
    ),
    _keyword("gnkeyword", "Keyword of the gain", "gain", "The header keyword that holds the gain."),
    _value(
        "rdnoise",
        "Read noise",
        "electrons",
        "rnkeyword",
        "Takes the place of the detector's read noise.",
        "Noise of the dark sky is flagged as cosmic rays.",
        "Faint cosmic rays stay.",
    ),
    _keyword(
        "rnkeyword", "Keyword of the read noise", "rdnoise", "The header keyword that holds the read noise."
    ),
    _value(
        "exptime",
        "Exposure time",
        "seconds",
        "expkeyword",
        "Takes the place of the exposure time, with which counts become rates and exposures are weighted.",
        "Rates come out too high, and the exposures weigh too little.",
        "Rates come out too low, and the exposures weigh too much.",
    ),
    _keyword(
        "expkeyword", "Keyword of the time", "exptime", "The header keyword that holds the exposure time."
    ),
)

GROUPS = (Group("INSTRUMENT PARAMETERS", "Instrument", _PARAMS, handbook="6.3 Running AstroDrizzle"),)
