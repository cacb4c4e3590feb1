"""Step 7: all exposures drizzled together."""

from core.params.astrodrizzle.shared import bits, frame, kernel, pixfrac, weight_scale
from core.params.model import Group, Kind, Param
from core.params.when import blank, on, one_of

_SHAPE = (
    Param(
        "driz_combine",
        Kind.BOOL,
        True,
        "Combine all exposures",
        "Drizzles all exposures, without what the masks leave out, into the product. Off, the run ends with the "
        "cosmic ray masks.",
        switch=True,
        level="basic",
    ),
    Param(
        "final_wht_type",
        Kind.CHOICE,
        "EXP",
        "Weighting",
        "By what the exposures count against each other, and what the weight image means.",
        choices={
            "EXP": "By exposure time; the weight image shows seconds. Right where the sources' own light is the noise.",
            "ERR": "By the inverse square of the ERR arrays: all noise counts, sources included, so bright pixels "
            "weigh less.",
            "IVM": "By the inverse variance of the background, from maps given with the input or from flat, dark and "
            "read noise: for faint sources.",
        },
        level="basic",
    ),
    kernel(
        "final_kernel",
        "square",
        ("square", "point", "gaussian", "turbo", "tophat", "lanczos3"),
        "The shape in which the light of a pixel is laid down. Photometry wants square; the others trade exactness "
        "for speed or sharpness.",
    ),
    weight_scale(
        "final_wt_scl",
        "Only with the weighting EXP. In drizzlepac 3.11 expsq does the same as exptime.",
        when=(one_of("final_wht_type", "EXP"),),
    ),
    pixfrac(
        "final_pixfrac",
        "Side of the drop relative to the pixel. Smaller drops give sharper stars and less correlated noise: "
        "shrink them as far as the scatter of the weight image stays below a fifth of its median. 0 is the point "
        "kernel.",
        "Few or badly dithered exposures leave holes and uneven weights.",
        "basic",
    ),
)

_VALUES = (
    Param(
        "final_fillval",
        Kind.FLOAT_OR_NONE,
        None,
        "Value of pixels without weight",
        "Written where no good pixel contributed. None takes final_maskval, or nan without that. In "
        "drizzlepac a masked pixel leaves its bad value there unless a number is given.",
        unit="output units",
        semantic="fill",
        smaller="A low number looks like a hole, and statistics count it.",
        larger="A high number looks like a source.",
    ),
    Param(
        "final_maskval",
        Kind.FLOAT_OR_NONE,
        None,
        "Value outside the exposures",
        "Written where no exposure reaches, and wherever else nothing contributed, as long as "
        "final_fillval is None. None writes nan.",
        unit="output units",
        semantic="fill",
        when=(blank("final_fillval", "Not used: final_fillval is written instead."),),
        smaller="A low number looks like a hole, and statistics count it.",
        larger="A high number looks like a source.",
    ),
    bits(
        "final_bits",
        "Flags that count as good",
        "Which data quality flags do not keep a pixel out of the product. For WFC3/UVIS 64,32 lets warm pixels and "
        "unstable ones (older files: tails of hot pixels) in.",
    ),
    Param(
        "final_units",
        Kind.CHOICE,
        "cps",
        "Units of the product",
        "Whether the product is a rate or a total. Photometry programs that work out the noise from the counts want "
        "counts, and the sky added again.",
        choices={
            "counts": "Total counts: the rate times the total exposure time.",
            "cps": "Counts or electrons per second.",
        },
        level="basic",
    ),
)

_FRAME = Group(
    "STEP 7a: CUSTOM WCS FOR FINAL OUTPUT",
    "7a Frame of the product",
    (
        Param(
            "final_wcs",
            Kind.BOOL,
            False,
            "Give the frame by hand",
            "Uses the values below for the product. Off, they have no effect and the frame is laid around all "
            "exposures with the scale and orientation of the first.",
            switch=True,
            level="basic",
            when=(on("driz_combine"),),
        ),
        *frame("final", "the product"),
    ),
    handbook="6.3 Running AstroDrizzle",
)

GROUPS = (
    Group(
        "STEP 7: DRIZZLE FINAL COMBINED IMAGE",
        "7 Final image",
        (*_SHAPE, *_VALUES),
        handbook="3.2 Drizzle Concept, 3.3 Weight Maps",
    ),
    _FRAME,
)
