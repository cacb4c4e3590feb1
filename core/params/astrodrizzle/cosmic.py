"""Steps 5 and 6: the median brought back to each chip, and the cosmic rays found by comparison."""

from core.params.model import Group, Kind, Param
from core.params.when import off, on, one_of

_BLOT = Group(
    "STEP 5: BLOT BACK THE MEDIAN IMAGE",
    "5 Blot",
    (
        Param(
            "blot",
            Kind.BOOL,
            True,
            "Blot the median back",
            "Resamples the median to the distorted pixels of every chip: what the chip would have seen "
            "without cosmic rays. Blink it against the exposure; stars must not move. It runs also when it "
            "is off but the cosmic rays need it.",
            switch=True,
            level="basic",
        ),
        Param(
            "blot_interp",
            Kind.CHOICE,
            "poly5",
            "Interpolation",
            "How values between the pixels of the median are made. The error at a star decides how many "
            "false cosmic rays its core gives.",
            choices={
                "poly5": "Polynomial over 6 by 6 pixels: the most accurate for star images.",
                "nearest": "The nearest pixel: for masks and tests.",
                "linear": "Between the four neighbours: flattens stars.",
                "poly3": "Polynomial over 4 by 4 pixels: nearly as good as poly5.",
                "sinc": "Tapered sinc over 15 by 15 pixels: slow; broken in drizzlepac 3.11, where it gives garbage.",
            },
        ),
        Param(
            "blot_sinscl",
            Kind.FLOAT,
            1.0,
            "Width of the sinc",
            "Scales the sinc function that makes the values between the pixels; 1 is that of the pixel grid "
            "itself. Only with blot_interp sinc.",
            unit="pixels",
            lo=0,
            above=True,
            when=(one_of("blot_interp", "sinc"),),
            smaller="Values between the pixels ring around stars.",
            larger="Stars are smoothed, and their cores differ from the exposure.",
        ),
        Param(
            "blot_addsky",
            Kind.BOOL,
            True,
            "Add the sky again",
            "Adds to each blotted chip the sky that was found for it, so that it can be compared with the "
            "exposure, which still has its sky. Off, blot_skyval is added.",
        ),
        Param(
            "blot_skyval",
            Kind.FLOAT,
            0.0,
            "Sky to add",
            "The sky that is added to every blotted chip when blot_addsky is off.",
            unit="units of the image",
            when=(off("blot_addsky"),),
            smaller="The whole chip is brighter than its blot, and everything becomes a cosmic ray.",
            larger="The whole chip is darker than its blot, and cosmic rays are missed or everything is flagged.",
        ),
    ),
    handbook="5.2 AstroDrizzle",
)

_COSMIC = Group(
    "STEP 6: REMOVE COSMIC RAYS WITH DERIV, DRIZ_CR",
    "6 Cosmic rays",
    (
        Param(
            "driz_cr",
            Kind.BOOL,
            True,
            "Find cosmic rays",
            "Compares every chip with its blotted median. A pixel is a cosmic ray when the difference is "
            "larger than noise and the steepness of the image allow. Off, cosmic rays stay in the product, "
            "except those flagged in the DQ arrays.",
            switch=True,
            level="basic",
        ),
        Param(
            "driz_cr_corr",
            Kind.BOOL,
            False,
            "Write cleaned exposures",
            "Writes for each exposure a copy, *_crclean.fits, in which cosmic rays are replaced by the "
            "blotted median. Blink it against the exposure to see whether too much was taken. Other bad "
            "pixels stay as they are; drizzlepac replaces those too.",
            level="basic",
        ),
        Param(
            "driz_cr_snr",
            Kind.STR,
            "3.5 3.0",
            "Significance",
            "Two numbers: how many sigma a pixel must differ to be a cosmic ray, and how many a neighbour "
            "of one must. Blink crclean against the exposure: raise both when cores of stars are missing, "
            "lower them when hits are left.",
            unit="sigma",
            semantic="pair",
            parts=("for a cosmic ray", "for its neighbours"),
            level="basic",
            smaller="Noise and the cores of stars are eaten.",
            larger="Faint hits and the tails of bright ones stay.",
        ),
        Param(
            "driz_cr_grow",
            Kind.INT,
            1,
            "Growth",
            "Side of the box around each cosmic ray that is masked with it. 1 adds nothing, 3 one pixel all "
            "around. An even box sits off centre. 0 adds nothing here; in drizzlepac it switches off all "
            "flagging.",
            unit="pixels",
            lo=0,
            hi=101,
            level="basic",
            smaller="The faint rims of cosmic rays stay.",
            larger="Good pixels around each cosmic ray are lost, and with many of them depth.",
        ),
        Param(
            "driz_cr_ctegrow",
            Kind.INT,
            0,
            "Length of the CTE tail",
            "So many pixels behind each cosmic ray, away from the readout, are masked too. It has no effect "
            "on detectors without such tails, such as WFC3/IR; drizzlepac then masks the whole chip.",
            unit="pixels",
            lo=0,
            hi=4096,
            smaller="The tails of cosmic rays stay as faint streaks.",
            larger="Long stretches of good pixels are lost.",
        ),
        Param(
            "driz_cr_scale",
            Kind.STR,
            "1.2 0.7",
            "Allowance for steepness",
            "Two numbers, for cosmic rays and for their neighbours: how much of the steepness of the image a "
            "difference may reach.",
            semantic="pair",
            parts=("for a cosmic ray", "for its neighbours"),
            level="basic",
            smaller="The cores of stars are eaten wherever the alignment is not perfect.",
            larger="Cosmic rays that fall on stars stay.",
        ),
    ),
    handbook="5.2 AstroDrizzle",
)

GROUPS = (_BLOT, _COSMIC)

GUARD = Param(
    "guard",
    Kind.CHOICE,
    "stop",
    "When stars are flagged",
    "What happens when step 6 has flagged the stars themselves because an exposure lies elsewhere than the "
    "others, so that the final image would have holes in place of stars. It holds as well when far too much is "
    "flagged, and when a step that is run alone finds files of an earlier step that do not belong to the exposures "
    "as they are now. In parameter files it stands "
    "in a comment line, which drizzlepac passes over.",
    choices={
        "stop": "Stop before the final image, with the exposure and its distance named; no exposure is changed.",
        "warn": "Go on with a warning.",
    },
    section="STEP 6: REMOVE COSMIC RAYS WITH DERIV, DRIZ_CR",
    when=(on("driz_cr"),),
)
