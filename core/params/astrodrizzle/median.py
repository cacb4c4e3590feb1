"""Step 4: the median of the separate images, a first picture without cosmic rays."""

from core.params.model import Group, Kind, Param
from core.params.when import none_of, on, one_of

_MASKED = none_of("combine_type", "sum")
_MINMED = one_of("combine_type", "minmed", "iminmed")
_RANKED = none_of("combine_type", "minmed", "iminmed", "sum")

_COMBINE = (
    Param(
        "median",
        Kind.BOOL,
        True,
        "Make the median image",
        "Combines the separate images into one that is free of cosmic rays, against which each exposure is "
        "then judged. Its stars should be round and as narrow as the alignment allows: look at it before "
        "you trust the cosmic ray masks. It runs also when it is off but a later step needs it.",
        switch=True,
        level="basic",
    ),
    Param(
        "median_newmasks",
        Kind.BOOL,
        True,
        "Leave out pixels of low weight",
        "Masks pixels of the separate images that have little weight, as combine_maskpt says. Off, bad "
        "pixels and the empty rims of the exposures go into the median like good ones.",
        when=(_MASKED,),
    ),
    Param(
        "combine_maskpt",
        Kind.FLOAT,
        0.3,
        "Weight that is too low",
        "A pixel is left out when its weight is below this fraction of the mean weight of its image. Weight "
        "is low where flagged pixels were left out, and at the rim.",
        unit="of the mean weight",
        lo=0,
        hi=1,
        when=(_MASKED, on("median_newmasks")),
        smaller="Half bad pixels stay.",
        larger="Good pixels with partly flagged neighbours go.",
    ),
    Param(
        "combine_type",
        Kind.CHOICE,
        "minmed",
        "Combination",
        "How the values of all exposures at a pixel become one. minmed serves for three to six exposures, "
        "where two cosmic rays may fall on the same place; with more, median with combine_nhigh 1 or 2 is "
        "better. The forms with i fill pixels that are bad in every exposure from one of them instead of "
        "with 0; in drizzlepac they do not.",
        choices={
            "minmed": "The median, or the lowest value where the median lies significantly above it.",
            "iminmed": "As minmed, with pixels that are bad everywhere filled from an exposure.",
            "median": "The middle value of the good pixels.",
            "mean": "The average of the good pixels: one cosmic ray is enough to spoil it.",
            "imedian": "As median, with pixels that are bad everywhere filled from an exposure.",
            "imean": "As mean, with pixels that are bad everywhere filled from an exposure.",
            "sum": "The plain sum of everything, masks and limits ignored.",
        },
        level="basic",
    ),
    Param(
        "combine_nsigma",
        Kind.STR,
        "4 3",
        "When the lowest value is taken",
        "Two numbers: the lowest value replaces the median where the median lies this many sigma above it, "
        "first for any pixel, then for neighbours of such pixels: the first finds cosmic rays, the second "
        "their halos.",
        unit="sigma",
        semantic="pair",
        parts=("for any pixel", "next to such pixels"),
        level="basic",
        when=(_MINMED,),
        smaller="The cores of stars sink to their lowest value.",
        larger="Cosmic rays that hit the same place twice stay in.",
    ),
)

_RANKS = (
    Param(
        "combine_nlow",
        Kind.INT,
        0,
        "Low values left out",
        "So many of the lowest values at each pixel are left out. Seldom needed: for pixels that fall low "
        "without being flagged.",
        unit="images",
        lo=0,
        level="basic",
        when=(_RANKED,),
        smaller="Has no effect on cosmic rays, which are high.",
        larger="The median is drawn upwards, and little is left of a few exposures.",
    ),
    Param(
        "combine_nhigh",
        Kind.INT,
        0,
        "High values left out",
        "So many of the highest values at each pixel are left out, where cosmic rays are. With n exposures "
        "keep it well below n, or little is left.",
        unit="images",
        lo=0,
        level="basic",
        when=(_RANKED,),
        smaller="Cosmic rays that hit the same place in several exposures stay in.",
        larger="The median is drawn downwards, and little is left of a few exposures.",
    ),
    Param(
        "combine_lthresh",
        Kind.FLOAT_OR_NONE,
        None,
        "Lowest value used",
        "Values of the separate images below this are left out. In electrons per second for ACS and WFC3. "
        "drizzlepac multiplies the limit by the gain once per exposure for other instruments, so there it "
        "is not what you wrote. None sets no limit.",
        unit="units of the separate images",
        when=(_RANKED,),
        smaller="Deep holes of bad pixels take part.",
        larger="The dark half of the sky's noise is cut off, and the median comes out too high.",
    ),
    Param(
        "combine_hthresh",
        Kind.FLOAT_OR_NONE,
        None,
        "Highest value used",
        "Values of the separate images from this on are left out. In electrons per second for ACS and WFC3. "
        "None sets no limit.",
        unit="units of the separate images",
        when=(_RANKED,),
        smaller="Bright stars get holes, and all their light is then flagged as cosmic rays.",
        larger="Has no effect above the brightest star.",
    ),
    Param(
        "combine_grow",
        Kind.INT,
        1,
        "Reach of the neighbours",
        "How far around a pixel that took the lowest value the second number of combine_nsigma applies: the "
        "halos of bright cosmic rays. 0 looks at no neighbours.",
        unit="pixels",
        lo=0,
        hi=50,
        when=(_MINMED,),
        smaller="The halos of bright cosmic rays stay in the median.",
        larger="More of the image takes its lowest value, which is biased.",
    ),
    Param(
        "combine_bufsize",
        Kind.FLOAT_OR_NONE,
        None,
        "Size of a piece",
        "Memory per image for the piece of rows that is worked on at a time. The result does not "
        "depend on it. None takes 1.",
        unit="MiB",
        lo=0,
        above=True,
        smaller="The work goes in many small pieces and takes a little longer.",
        larger="More memory is used at a time.",
    ),
)

GROUPS = (
    Group("STEP 4: CREATE MEDIAN IMAGE", "4 Median", (*_COMBINE, *_RANKS), handbook="5.2 AstroDrizzle"),
)
