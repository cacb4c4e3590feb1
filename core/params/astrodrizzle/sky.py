"""Steps 1 and 2: the static mask and the sky."""

from core.params.astrodrizzle.shared import bits
from core.params.model import Group, Kind, Param
from core.params.when import Condition, blank, off, on, one_of

_COMPUTED = (blank("skyfile", "Not used: the sky values come from skyfile."),)

_STATIC = Group(
    "STEP 1: STATIC MASK",
    "1 Static mask",
    (
        Param(
            "static",
            Kind.BOOL,
            True,
            "Find pixels that are always low",
            "Masks pixels far below the background, such as those whose dark current was over-subtracted. A "
            "pixel that is low in one exposure is masked in all exposures of the detector, so one bad "
            "exposure costs pixels of the others.",
            switch=True,
            level="basic",
        ),
        Param(
            "static_sig",
            Kind.FLOAT,
            4.0,
            "Limit of the static mask",
            "A pixel is masked when it lies this many times the scatter below the mode of its chip. 4 suits "
            "most data; look at the mask before you lower it.",
            unit="sigma",
            lo=0,
            above=True,
            smaller="Ordinary noise is masked.",
            larger="Dark pits stay in the image.",
        ),
    ),
    handbook="5.2 AstroDrizzle",
)

_METHOD = (
    Param(
        "skysub",
        Kind.BOOL,
        True,
        "Subtract the sky",
        "Takes the background off before drizzling, so that exposures with a different sky do not leave "
        "steps and are compared fairly for cosmic rays. The pixels of the exposures themselves keep their "
        "sky. Switch it off when an extended object fills the field and the sky is taken off already; then "
        "see skyuser.",
        switch=True,
        level="basic",
    ),
    Param(
        "skymethod",
        Kind.CHOICE,
        "localmin",
        "How the sky is found",
        "Whether each exposure has its own sky, or all share what their overlaps say. A single number per "
        "chip in any case: gradients stay.",
        choices={
            "globalmin+match": "First make the overlaps agree, then take the lowest level of all off: for mosaics "
            "of extended objects.",
            "localmin": "For each exposure the lower of its chips: for fields with empty sky on every exposure.",
            "globalmin": "The lowest level of all exposures is taken off every one of them.",
            "match": "Only makes the overlaps agree; the common sky stays in the image.",
        },
        level="basic",
        when=_COMPUTED,
    ),
    Param(
        "skystat",
        Kind.CHOICE,
        "median",
        "Statistic of the sky",
        "Which number of the clipped pixels stands for the sky. In nearly empty fields all three agree; the "
        "more a field is filled, the further they lie apart.",
        choices={
            "median": "The middle value: robust, a little high in crowded fields.",
            "mode": "The peak of the histogram: the least drawn up by stars, but noisy; it needs skywidth.",
            "mean": "The average: exact for empty fields, drawn up by anything that clipping leaves.",
        },
        level="basic",
        when=_COMPUTED,
    ),
    Param(
        "skywidth",
        Kind.FLOAT_OR_NONE,
        0.1,
        "Bin width of the mode",
        "Width of the histogram's bins. Only the mode uses it. None takes 0.1.",
        unit="sigma",
        lo=0,
        above=True,
        when=(*_COMPUTED, one_of("skystat", "mode")),
        smaller="The peak of the histogram is a matter of chance.",
        larger="The sky is known only to a coarse step.",
    ),
)

_LIMITS = (
    Param(
        "skylower",
        Kind.FLOAT_OR_NONE,
        None,
        "Lowest value used",
        "Pixels below this take no part in the sky. In the units of the exposure, whatever older texts say "
        "of electrons. None sets no limit.",
        unit="units of the image",
        when=_COMPUTED,
        smaller="Bad low pixels take part and draw the sky down.",
        larger="The limit cuts into the noise, and the sky comes out too high.",
    ),
    Param(
        "skyupper",
        Kind.FLOAT_OR_NONE,
        None,
        "Highest value used",
        "Pixels above this take no part in the sky. In the units of the exposure. None sets no limit.",
        unit="units of the image",
        when=_COMPUTED,
        smaller="The limit cuts into the noise, and the sky comes out too low.",
        larger="Stars take part and draw the sky up.",
    ),
    Param(
        "skyclip",
        Kind.INT,
        5,
        "Clipping rounds",
        "How often outliers are cut off and the statistic taken again. 0 uses all pixels, stars included; 5 "
        "rounds are enough for nearly every field.",
        unit="rounds",
        lo=0,
        hi=1000,
        when=_COMPUTED,
        smaller="Stars and cosmic rays stay in and draw the sky up.",
        larger="Nothing more is cut off after a few rounds.",
    ),
    Param(
        "skylsigma",
        Kind.FLOAT,
        4.0,
        "Clipping below",
        "Pixels further below the mean than this are cut off in each round. Few pixels are low without "
        "being flagged, so it matters less than the limit above.",
        unit="sigma",
        lo=0,
        above=True,
        when=(
            *_COMPUTED,
            Condition(lambda values: values["skyclip"] > 0, "Only used when skyclip is above 0."),
        ),
        smaller="The lower half of the noise is cut off, and the sky comes out too high.",
        larger="Bad low pixels draw the sky down.",
    ),
    Param(
        "skyusigma",
        Kind.FLOAT,
        4.0,
        "Clipping above",
        "Pixels further above the mean than this are cut off in each round. Smaller than the lower limit "
        "suits crowded fields, where the sky is drawn up by stars.",
        unit="sigma",
        lo=0,
        above=True,
        when=(
            *_COMPUTED,
            Condition(lambda values: values["skyclip"] > 0, "Only used when skyclip is above 0."),
        ),
        smaller="The upper half of the noise is cut off, and the sky comes out too low.",
        larger="Faint stars draw the sky up.",
    ),
)

_MASKS = (
    Param(
        "skymask_cat",
        Kind.STR,
        "",
        "List of masks",
        "A text file that names for each exposure the mask of each chip whose pixels take no part in the "
        "sky: the way to keep a galaxy or nebula out. Lines like j1_flc.fits, mask1.fits, mask2.fits; 0 in "
        "a mask is left out.",
        semantic="filename",
        when=_COMPUTED,
    ),
    Param(
        "use_static",
        Kind.BOOL,
        True,
        "Leave out the static mask",
        "Pixels of the static mask take no part in the sky. Switch it off only where the mask takes much of "
        "a good sky away.",
        when=(*_COMPUTED, on("static")),
    ),
    Param(
        "sky_bits",
        Kind.STR,
        "0",
        "Flags that count as good",
        bits("", "", "Which data quality flags do not keep a pixel out of the sky.").help,
        unit="DQ bits",
        semantic="dq-bits",
        smaller="With too few good flags, little of the sky is left to measure.",
        larger="With too many good flags, bad pixels draw the sky off.",
        when=_COMPUTED,
    ),
    Param(
        "skyfile",
        Kind.STR,
        "",
        "File with sky values",
        "A text file with the name of each exposure and its sky, one value or one per chip, in the units of "
        "the exposure. The values are taken as they are and nothing is measured.",
        semantic="filename",
    ),
    Param(
        "skyuser",
        Kind.STR,
        "",
        "Sky taken off before",
        "The header keyword, or @file, with the sky that you took off the exposures yourself. It is not "
        "taken off again, but the noise of that sky counts when cosmic rays are judged; left blank, they "
        "are judged too strictly. Only when skysub is off.",
        semantic="keyword-or-file",
        apart=True,
        when=(off("skysub"),),
    ),
)

GROUPS = (
    _STATIC,
    Group("STEP 2: SKY SUBTRACTION", "2 Sky", (*_METHOD, *_LIMITS, *_MASKS), handbook="5.2 AstroDrizzle"),
)
