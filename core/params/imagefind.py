"""imagefindpars and refimagefindpars: how sources are found in the exposures and in the reference image."""

from core.params.model import Group, Kind, Param, build_task
from core.params.when import Condition, off, on

_LONG = Condition(lambda values: values["ratio"] != 1, "A round kernel (ratio 1) has no direction.")

_NOISE_PARAMS = (
    Param(
        "computesig",
        Kind.BOOL,
        True,
        "Measure the noise of the sky",
        "Measures the noise of each chip in its own pixels, in the way that noise says. Switch it off to "
        "give one value for all with skysigma, for instance where bright nebulosity leaves no clean sky.",
        level="basic",
    ),
    Param(
        "skysigma",
        Kind.FLOAT_OR_NONE,
        0.0,
        "Noise of the sky",
        "The standard deviation of the sky that takes the place of the measured one. It must be above 0: "
        "with 0 every pixel is a source. drizzlepac quietly measures the noise after all when nothing is "
        "found with it.",
        unit="units of the image",
        lo=0,
        level="basic",
        when=(off("computesig"),),
        smaller="Noise is taken for sources.",
        larger="Faint sources are missed.",
    ),
)

_KERNEL_PARAMS = (
    Param(
        "conv_width",
        Kind.FLOAT_OR_NONE,
        3.5,
        "Width of the kernel",
        "Full width at half maximum of the Gaussian that is looked for, about twice that of the "
        "stars: 3.5 for ACS/WFC and WFC3/UVIS, 2.5 for WFC3/IR. None takes 3.5.",
        unit="pixels",
        lo=0,
        above=True,
        level="basic",
        smaller="Cosmic rays and hot pixels are found as sources.",
        larger="Close stars melt together into one.",
    ),
)

_LIMIT_PARAMS = (
    Param(
        "peakmin",
        Kind.FLOAT_OR_NONE,
        None,
        "Lowest peak",
        "Sources whose brightest pixel does not exceed this are left out. The pixel is taken as it is, the "
        "sky included. None sets no limit.",
        unit="units of the image",
        level="basic",
        smaller="Has no effect below what the threshold finds anyway.",
        larger="Faint stars go, and few pairs remain.",
    ),
    Param(
        "peakmax",
        Kind.FLOAT_OR_NONE,
        None,
        "Highest peak",
        "Sources whose brightest pixel reaches this are left out: saturated stars, whose positions are "
        "poor, and bright cosmic rays. The pixel is taken as it is, the sky included; for 40 s with "
        "WFC3/UVIS 50000 serves well. None sets no limit.",
        unit="units of the image",
        level="basic",
        smaller="Good bright stars go with the saturated ones.",
        larger="Saturated stars stay, whose positions are poor.",
    ),
    Param(
        "threshold",
        Kind.FLOAT_OR_NONE,
        4.0,
        "Detection threshold",
        "A source must stand out of the convolved image by this many times the noise of the sky. A few "
        "hundred good sources are enough. The default of 4 finds mostly noise and cosmic rays in raw "
        "exposures, and drizzlepac runs out of memory on them; crowded short exposures want hundreds or "
        "thousands. What the number means depends on noise.",
        unit="sigma",
        lo=0,
        above=True,
        level="basic",
        smaller="Noise and cosmic rays are found by the ten thousand, and the match drowns in them.",
        larger="Too few stars remain for a match.",
    ),
)

_SHAPE_PARAMS = (
    Param(
        "nsigma",
        Kind.FLOAT_OR_NONE,
        1.5,
        "Extent of the kernel",
        "How far the kernel reaches, in sigma of its Gaussian. 1.5 gives 5 by 5 pixels with a width "
        "of 3.5. None takes 1.5.",
        unit="sigma of the kernel",
        lo=0,
        above=True,
        smaller="The kernel has too few pixels to tell a star from noise.",
        larger="Neighbours fall into the kernel and pull positions together.",
    ),
    Param(
        "ratio",
        Kind.FLOAT,
        1.0,
        "Axis ratio of the kernel",
        "Minor over major axis. 1 is round and right for well guided exposures; less for trailed "
        "stars. 0, a mere line, gives no position and is refused.",
        lo=0,
        hi=1,
        above=True,
        smaller="Round stars are passed over in favour of trails.",
        larger="Stars of a trailed exposure are missed or found twice.",
    ),
    Param(
        "theta",
        Kind.FLOAT,
        0.0,
        "Direction of the kernel",
        "Direction of the major axis, counted from X towards Y: 0 for trails along the rows, 90 for trails "
        "along the columns.",
        unit="degrees",
        lo=0,
        hi=180,
        when=(_LONG,),
        smaller="The kernel lies across the trails instead of along them.",
        larger="The kernel lies across the trails instead of along them.",
    ),
    Param(
        "fluxmin",
        Kind.FLOAT_OR_NONE,
        None,
        "Lowest flux",
        "Sources with a smaller flux are left out. The flux is the sum of the pixels within conv_width of "
        "the source, without the sky. None or 0 sets no limit.",
        unit="units of the image",
        level="basic",
        smaller="Has no effect below what the threshold finds anyway.",
        larger="Faint stars go, and few pairs remain.",
    ),
    Param(
        "fluxmax",
        Kind.FLOAT_OR_NONE,
        None,
        "Highest flux",
        "Sources with a larger flux are left out, such as galaxies and bright stars. The flux is the sum of "
        "the pixels within conv_width of the source, without the sky. None or 0 sets no limit.",
        unit="units of the image",
        level="basic",
        smaller="Good bright stars go too.",
        larger="Galaxies and saturated stars stay.",
    ),
    Param(
        "dqbits",
        Kind.STR,
        "",
        "Flags that count as good",
        "Which data quality flags do not keep a pixel from being searched. Blank ignores the DQ array; 0 "
        "leaves out every flagged pixel, which also removes cosmic rays flagged earlier. Write a sum (96), "
        "a list (64,32), or ~ before a list of the bad ones.",
        unit="DQ bits",
        semantic="dq-bits",
        smaller="With too few good flags, stars on flagged pixels are lost.",
        larger="With too many good flags, hot pixels and cosmic rays are found as sources.",
        level="basic",
    ),
)

_FORM_PARAMS = (
    Param(
        "use_sharp_round",
        Kind.BOOL,
        False,
        "Choose by sharpness and roundness",
        "Keeps only sources whose sharpness and roundness lie within the limits below. A good way to be rid "
        "of hot pixels, cosmic rays and bad columns; look at the values in the catalog before you narrow "
        "them.",
    ),
    Param(
        "sharplo",
        Kind.FLOAT_OR_NONE,
        0.2,
        "Lowest sharpness",
        "Sources flatter than this, such as galaxies and blends, are left out. Stars lie near the middle "
        "between the two limits.",
        when=(on("use_sharp_round"),),
        smaller="Galaxies, blends and bad columns stay.",
        larger="Stars in good focus are left out as well.",
    ),
    Param(
        "sharphi",
        Kind.FLOAT_OR_NONE,
        1.0,
        "Highest sharpness",
        "Sources sharper than this, such as hot pixels and cosmic rays, are left out. Sharpness compares the "
        "centre with its surroundings, and a single bright pixel comes out above 1.",
        when=(on("use_sharp_round"),),
        smaller="The cores of undersampled stars are taken for hot pixels.",
        larger="Hot pixels and cosmic rays stay.",
    ),
    Param(
        "roundlo",
        Kind.FLOAT_OR_NONE,
        -1.0,
        "Lowest roundness",
        "Sources less round than this in one direction, such as pieces of bad rows, are left out. A round "
        "source has 0.",
        when=(on("use_sharp_round"),),
        smaller="Pieces of bad rows stay.",
        larger="Stars with slightly elongated images go.",
    ),
    Param(
        "roundhi",
        Kind.FLOAT_OR_NONE,
        1.0,
        "Highest roundness",
        "Sources less round than this in the other direction, such as pieces of bad columns and bleeding "
        "trails, are left out. A round source has 0.",
        when=(on("use_sharp_round"),),
        smaller="Stars with slightly elongated images go.",
        larger="Pieces of bad columns and bleeding trails stay.",
    ),
)

_NOISE = Param(
    "noise",
    Kind.CHOICE,
    "handbook",
    "Noise estimate",
    "How the noise behind the threshold is measured. The three differ by a factor of about 4 on short "
    "exposures, so a threshold copied from elsewhere only means the same with the same choice. In parameter "
    "files it stands in a comment line, which drizzlepac passes over.",
    choices={
        "handbook": "1.5 times the standard deviation after three rounds of clipping at 3 sigma, as the Handbook says.",
        "drizzlepac": "Square root of twice the mode of the pixels, as drizzlepac 3 does: for thresholds from its "
        "notebooks. It assumes electrons with the sky still in; near zero sky it breaks down.",
        "robust": "From the median absolute deviation of the pixels: the least disturbed by stars and cosmic rays.",
    },
    level="basic",
    when=(on("computesig"),),
)

_GROUP = Group(
    "",
    "Source finding",
    (*_NOISE_PARAMS, *_KERNEL_PARAMS, *_LIMIT_PARAMS, *_SHAPE_PARAMS, *_FORM_PARAMS),
    handbook="6.2 Image Alignment",
)

IMAGEFINDPARS = build_task("imagefindpars", "Find sources in the exposures", (_GROUP,), (_NOISE,))
REFIMAGEFINDPARS = build_task("refimagefindpars", "Find sources in the reference image", (_GROUP,), (_NOISE,))
