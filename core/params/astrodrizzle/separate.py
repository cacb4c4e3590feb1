"""Step 3: each exposure drizzled by itself on a common frame."""

from core.params.astrodrizzle.shared import bits, frame, kernel, pixfrac, weight_scale
from core.params.model import Group, Kind, Param
from core.params.when import runs

_SEPARATE = Group(
    "STEP 3: DRIZZLE SEPARATE IMAGES",
    "3 Separate images",
    (
        Param(
            "driz_separate",
            Kind.BOOL,
            True,
            "Drizzle each exposure by itself",
            "Lays every exposure on the same undistorted frame, so that the median can compare them pixel "
            "by pixel. It runs also when it is off but a later step needs it.",
            switch=True,
            level="basic",
        ),
        kernel(
            "driz_sep_kernel",
            "turbo",
            ("turbo", "square", "point", "gaussian", "tophat", "lanczos3"),
            "The shape in which the light of a pixel is laid down in the separate images. They serve only "
            "to find cosmic rays, so the quick turbo is good enough.",
        ),
        weight_scale("driz_sep_wt_scl", "In drizzlepac 3.11 expsq does the same as exptime."),
        pixfrac(
            "driz_sep_pixfrac",
            "Side of the drop relative to the pixel. Keep it at 1 here, where each exposure is drizzled "
            "alone.",
            "A single exposure gets holes, which are lost for the median.",
            "all",
        ),
        Param(
            "driz_sep_fillval",
            Kind.FLOAT_OR_NONE,
            None,
            "Value of empty pixels",
            "Written where an exposure has no weight. None writes 0. Such pixels take no part in the "
            "median as long as median_newmasks is on.",
            semantic="fill",
            smaller="A low number looks like a hole to whoever opens the separate images.",
            larger="A high number looks like a source.",
        ),
        bits(
            "driz_sep_bits",
            "Flags that count as good",
            "Which data quality flags do not keep a pixel out of the separate images. For WFC3/UVIS 64,32 "
            "lets warm pixels and unstable ones (older files: tails of hot pixels) in.",
        ),
        Param(
            "driz_sep_compress",
            Kind.BOOL,
            False,
            "Compress the separate images",
            "Writes them as compressed FITS: less disk, more time. Worth it only when they are kept; "
            "reading them again takes longer too.",
        ),
    ),
    handbook="5.2 AstroDrizzle",
)

_FRAME = Group(
    "STEP 3a: CUSTOM WCS FOR SEPARATE OUTPUTS",
    "3a Frame of the separate images",
    (
        Param(
            "driz_sep_wcs",
            Kind.BOOL,
            False,
            "Give the frame by hand",
            "Uses the values below for the separate images. Off, the frame is laid around all exposures, "
            "whatever the frame of the final image.",
            switch=True,
            when=(runs("driz_separate"),),
        ),
        *frame("driz_sep", "the separate images"),
    ),
    handbook="6.3 Running AstroDrizzle",
)

GROUPS = (_SEPARATE, _FRAME)
