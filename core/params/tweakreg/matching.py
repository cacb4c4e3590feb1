"""Finding the offset, pairing the sources, fitting the pairs."""

from core.params.model import Group, Kind, Param
from core.params.when import Condition, off, on

_CLIPS = Condition(lambda values: values["nclip"] > 0, "Only used when nclip is above 0.")

_MATCH = Group(
    "OBJECT MATCHING PARAMETERS",
    "Matching",
    (
        Param(
            "minobj",
            Kind.INT,
            15,
            "Fewest sources",
            "An exposure with fewer sources or fewer matched pairs than this is not aligned. A shift "
            "needs 1 pair, rscale 2, general 3, and a trustworthy fit many more.",
            unit="sources",
            lo=1,
            level="basic",
            smaller="A chance match of a handful of sources passes for a solution.",
            larger="Sparse fields fail although their match is right.",
        ),
        Param(
            "searchrad",
            Kind.FLOAT,
            1.0,
            "Search radius",
            "The largest offset that the histogram can find: its half side. "
            "Pointing errors within a visit are below 0.1 arcsec, between visits up to about 1. The radius "
            "is rounded up to whole pixels on both sides alike; drizzlepac mixes both and is off by up to a "
            "pixel.",
            unit="searchunits",
            lo=0,
            above=True,
            level="basic",
            when=(on("use2dhist"),),
            smaller="The true offset lies outside the histogram, and a chance peak wins.",
            larger="Chance pairs pile up while the work grows, and the peak is harder to tell.",
        ),
        Param(
            "searchunits",
            Kind.CHOICE,
            "arcseconds",
            "Units of the search radius",
            "The unit in which searchrad is given. Set both together: 1 pixel where 1 arcsecond was meant "
            "finds nothing.",
            choices={
                "arcseconds": "Seconds of arc on the sky, turned into pixels with the scale of the reference frame.",
                "pixels": "Pixels of the reference frame.",
            },
            level="basic",
            when=(on("use2dhist"),),
        ),
        Param(
            "use2dhist",
            Kind.BOOL,
            True,
            "Find the offset by histogram",
            "Subtracts every reference position from every position of the exposure and takes the peak in "
            "the two-dimensional histogram of the differences as first offset. Switch it off when the "
            "offset is known, or the field so sparse that no peak stands out; then xoffset and yoffset are "
            "taken.",
            level="basic",
        ),
        Param(
            "see2dplot",
            Kind.BOOL,
            True,
            "Plot the histogram",
            "Whether drizzlepac draws the histogram with the peak that was chosen; in the window it "
            "is there in any case. Look at it whenever a fit fails: one sharp peak is right, several "
            "or none are not.",
            when=(on("use2dhist"),),
            theirs=True,
        ),
        Param(
            "separation",
            Kind.FLOAT,
            0.5,
            "Smallest separation",
            "Of two sources in the same list that lie closer together than this, one is dropped before "
            "pairing. It matters for catalogs with close doubles; sources found in the pixels lie further apart.",
            unit="pixels of the reference frame",
            lo=0,
            smaller="Double stars are mixed up with each other.",
            larger="Crowded fields lose their stars.",
        ),
        Param(
            "tolerance",
            Kind.FLOAT,
            1.0,
            "Matching tolerance",
            "Two sources are a pair when they lie this close after the first offset. It must cover what the "
            "offset leaves: the effect of rotation and scale at the edges, and the offset's own error of up "
            "to half a pixel. It counts with and without the histogram, though TEAL greys it.",
            unit="pixels of the reference frame",
            lo=0,
            above=True,
            level="basic",
            smaller="Pairs towards the edges are lost when the exposures are rotated or scaled against each other.",
            larger="Neighbours are paired by chance.",
        ),
        Param(
            "xoffset",
            Kind.FLOAT,
            0.0,
            "Known offset in X",
            "First offset in X, exposure minus reference, taken when the histogram is off. The same value "
            "serves for every exposure.",
            unit="pixels of the reference frame",
            when=(off("use2dhist"),),
            smaller="The pairs are looked for at the wrong place: none are found, or chance ones.",
            larger="The pairs are looked for at the wrong place: none are found, or chance ones.",
        ),
        Param(
            "yoffset",
            Kind.FLOAT,
            0.0,
            "Known offset in Y",
            "First offset in Y, exposure minus reference, taken when the histogram is off. The same value "
            "serves for every exposure.",
            unit="pixels of the reference frame",
            when=(off("use2dhist"),),
            smaller="The pairs are looked for at the wrong place: none are found, or chance ones.",
            larger="The pairs are looked for at the wrong place: none are found, or chance ones.",
        ),
    ),
    handbook="6.2 Image Alignment",
)

_FIT = Group(
    "CATALOG FITTING PARAMETERS",
    "Fitting",
    (
        Param(
            "fitgeometry",
            Kind.CHOICE,
            "rscale",
            "Fit",
            "What the fit may change besides the shift. Take the simplest that leaves no pattern in the "
            "vector plot: every further freedom needs more and better spread pairs, or it bends the frame "
            "to fit the noise.",
            choices={
                "shift": "A shift in x and y; for exposures of one visit, or with very few sources.",
                "rscale": "A shift, one rotation and one scale; right between visits.",
                "general": "A shift and a free linear term, so also different scales and a skew of the axes.",
            },
            level="basic",
        ),
        Param(
            "residplot",
            Kind.CHOICE,
            "both",
            "Plots of the residuals",
            "Which plots drizzlepac draws after each fit; the window has them all. Good residuals "
            "look like noise around zero, with an rms below 0.1 pixel; arrows that flow together mean "
            "that the fit was not free enough or pairs are wrong.",
            choices={
                "No plot": "None; the rms must do.",
                "vector": "An arrow for each pair at its place in the field.",
                "residuals": "Four panels: the residual in x and in y against x and against y.",
                "both": "The arrows and the four panels.",
            },
            theirs=True,
        ),
        Param(
            "ylimit",
            Kind.FLOAT_OR_NONE,
            None,
            "Half height of the residual panels",
            "Fixes the residual axis to plus and minus this value, so that plots of several exposures can be "
            "compared. None lets the residuals decide.",
            unit="pixels",
            lo=0,
            above=True,
            smaller="Stars that fit badly lie beyond the panel and are drawn at its rim.",
            larger="The scatter shrinks to a line in which no pattern shows.",
        ),
        Param(
            "labelsize",
            Kind.INT,
            8,
            "Size of the lettering",
            "Size of the axis labels in drizzlepac's plots; the window has its own lettering. It "
            "changes no result.",
            unit="points",
            lo=1,
            smaller="The letters cannot be read.",
            larger="The labels run into each other.",
            theirs=True,
        ),
        Param(
            "nclip",
            Kind.INT,
            3,
            "Clipping rounds",
            "How often pairs with large residuals are dropped and the rest fitted again. 0 fits once with "
            "all pairs; 3 rounds are usual.",
            unit="rounds",
            lo=0,
            level="basic",
            smaller="Wrong pairs stay in the fit.",
            larger="Good pairs are eaten, and the scatter looks better than it is.",
        ),
        Param(
            "sigma",
            Kind.FLOAT_OR_NONE,
            3.0,
            "Clipping limit",
            "A pair is dropped when its residual is larger than this many times the scatter. None "
            "clips nothing here, and drizzlepac crashes with it.",
            unit="sigma",
            lo=0,
            above=True,
            level="basic",
            when=(_CLIPS,),
            smaller="Good pairs go, and the scatter looks better than it is.",
            larger="Wrong pairs stay and pull the fit.",
        ),
    ),
    handbook="7.2 Verifying TweakReg Solutions",
)

_MATCHING = Param(
    "matching",
    Kind.CHOICE,
    "one-to-one",
    "How pairs are made",
    "The ordinary way pairs each source once. The others repeat what a version of drizzlepac does, faults "
    "included, for an alignment that was made with it and must come out again: the start from its own histogram, "
    "one pass from there, and a star may serve two reference entries. The result says so, and how far off the "
    "ordinary one lies. In parameter files it stands in a comment line, which drizzlepac passes over.",
    choices={
        "one-to-one": "Each source in one pair at most; matching and fitting take turns until the pairs stand.",
        "drizzlepac": "As drizzlepac since February 2020: the start lies up to a pixel off unless searchrad is "
        "a whole number of pixels, and may leave the peak.",
        "drizzlepac 3.0": "As drizzlepac 3.0 until then: the bins of its histogram are not quite a pixel.",
        "drizzlepac 2": "As drizzlepac 2: the start is half a pixel low, and with the histogram the tolerance is "
        "1.5 pixels, whatever tolerance says.",
    },
    section="OBJECT MATCHING PARAMETERS",
)

_CLIPPING = Param(
    "clipping",
    Kind.CHOICE,
    "radial",
    "How outliers are clipped",
    "The ordinary way looks at the length of a residual. The other repeats drizzlepac's fit, for an alignment that "
    "was made with it and must come out again: all pairs weigh the same, at the positions of the finder. In "
    "parameter files it stands in a comment line, which drizzlepac passes over.",
    choices={
        "radial": "By the length of the residual against the scatter of both axes; what was dropped may come "
        "back, and minobj pairs stay.",
        "per axis": "As drizzlepac: each axis against its own scatter, which is taken larger for few pairs; nothing "
        "comes back, and three pairs may be left.",
    },
    section="CATALOG FITTING PARAMETERS",
)

GROUPS = (_MATCH, _FIT)
EXTRAS = (_MATCHING, _CLIPPING)
