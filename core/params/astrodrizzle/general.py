"""What is combined, under which name, and what happens to the exposures."""

from core.params.model import Group, Kind, Param
from core.params.when import on, runs

_FILES = (
    Param(
        "input",
        Kind.STR,
        "*flt.fits",
        "Exposures to combine",
        "Calibrated and aligned exposures: a file, a wildcard, a comma list, an association table or an @listfile "
        "(whose second column may name inverse variance maps). "
        "With a single exposure nothing can be compared, so "
        "the steps from the separate images to the cosmic rays are left out.",
        semantic="input-files",
        level="basic",
    ),
    Param(
        "output",
        Kind.STR,
        "",
        "Name of the product",
        "The beginning of the product's file names; _drz (or _drc for CTE-corrected exposures) is added. Blank "
        "takes the name in the association table, the name of a single exposure, or final.",
        level="basic",
    ),
    Param(
        "runfile",
        Kind.STR,
        "astrodrizzle.log",
        "Log file",
        "The text file that holds the messages of the run, written anew by each run.",
        semantic="filename",
        writes=True,
    ),
    Param(
        "wcskey",
        Kind.STR,
        "",
        "WCS to use",
        "Letter or name of an alternate WCS of the exposures that is used in place of the primary one, to compare "
        "two alignments, say. Every exposure must have it. Blank uses the primary WCS. The exposures keep "
        "their primary WCS; `drizzledesk wcs switch` makes another one the primary.",
        semantic="wcs-key",
    ),
)

_DATA = (
    Param(
        "proc_unit",
        Kind.CHOICE,
        "native",
        "Units of the work",
        "The units that the product is left in. It makes no difference for ACS and WFC3/UVIS, whose exposures are "
        "in electrons already.",
        choices={
            "native": "The units of the exposures.",
            "electrons": "Electrons, with the gain where the exposures are in counts.",
        },
    ),
    Param(
        "coeffs",
        Kind.BOOL,
        True,
        "Correct the distortion",
        "Uses the distortion model in the headers. Off, the exposures are taken as if the sky were flat on the "
        "detector: stars then miss each other by many pixels towards the corners. For tests only.",
    ),
    Param(
        "context",
        Kind.BOOL,
        True,
        "Make the context image",
        "Writes an image whose bits say which chips of which exposures went into each pixel. It is as large as the "
        "product for every 32 chips, so large mosaics may do without.",
        when=(on("driz_combine"),),
    ),
    Param(
        "group",
        Kind.STR,
        "",
        "Only these extensions",
        "Combines some chips only, such as sci,1, or extension numbers such as 1,4. Blank combines all chips.",
        semantic="chips",
    ),
    Param(
        "build",
        Kind.BOOL,
        False,
        "All in one file",
        "Yes: science, weight, context and header table become extensions of one file. No: files of their own "
        "that end in _sci, _wht and _ctx.",
        level="basic",
        when=(on("driz_combine"),),
    ),
)

_FLAGS = (
    Param(
        "crbit",
        Kind.INT,
        4096,
        "Flag of a cosmic ray",
        "The DQ bit that is set in your exposures, when all is done, for the cosmic rays found: one "
        "of 1, 2, 4 ...; 0 sets none. 4096 is kept for it on WFC3 (UVIS and IR), ACS and "
        "WFPC2; 8192 is set by the calibration, on WFC3/IR where it found a jump between reads. When it is not "
        "among resetbits, the next run cannot judge these pixels anew.",
        unit="DQ bit",
        semantic="bit-value",
        lo=0,
        hi=16384,
        when=(runs("driz_cr"),),
    ),
    Param(
        "stepsize",
        Kind.INT,
        10,
        "Step of the pixel map",
        "Positions are computed exactly every so many pixels and interpolated between. 10 is off by at most "
        "0.003 pixel. 0 or 1 computes every pixel, at many times the cost.",
        unit="pixels",
        lo=0,
        hi=1000,
        smaller="Takes much longer for a difference that nobody can measure.",
        larger="Fine structure of the distortion is smoothed away.",
    ),
    Param(
        "resetbits",
        Kind.STR,
        "4096",
        "Flags to forget first",
        "These DQ bits count as not set, and are cleared in your exposures at the end, so that cosmic "
        "rays flagged by the pipeline or an earlier run are judged anew. 0 keeps all flags: then "
        "earlier mistakes stay masked. drizzlepac crashes when the field is blank.",
        unit="DQ bits",
        semantic="dq-bits",
        smaller="Pixels that an earlier run took for cosmic rays stay masked, right or wrong.",
        larger="Flags of the calibration are lost in your exposures, and bad pixels count as good.",
        level="basic",
    ),
    Param(
        "num_cores",
        Kind.INT_OR_NONE,
        None,
        "Processors",
        "How many processors may work at once. None takes all; 1 leaves the others to you. The result "
        "does not depend on it. It counts in every step; drizzlepac uses it in two of them and not "
        "with in_memory.",
        lo=0,
        smaller="The run takes longer and leaves the computer to you.",
        larger="More than there are brings nothing.",
    ),
    Param(
        "in_memory",
        Kind.BOOL,
        False,
        "Keep intermediate images in memory",
        "Only the products, the log and, with driz_cr_corr, the clean copies are written: no separate images, "
        "median, blots or masks to look at. Saves disk, and needs memory for all of them at once.",
    ),
    Param(
        "rules_file",
        Kind.STR,
        "",
        "Rules for the header",
        "A fitsblender file that says how the keywords of the exposures become those of the product. Blank takes "
        "the rules of the instrument.",
        semantic="filename",
        when=(on("driz_combine"),),
    ),
)

_STATE = (
    Param(
        "restore",
        Kind.BOOL,
        False,
        "Bring back the originals first",
        "Copies the exposures back from the folder OrIg_files before anything else, so a run starts from untouched "
        "data. Alignments made since the copy are lost with it.",
    ),
    Param(
        "preserve",
        Kind.BOOL,
        True,
        "Keep the originals",
        "Copies each exposure to the folder OrIg_files before it is changed, unless a copy is there "
        "already. The copies are read-only.",
    ),
    Param(
        "overwrite",
        Kind.BOOL,
        False,
        "Replace the kept originals",
        "Copies each exposure to OrIg_files before it is changed, even over a copy that is there. Do "
        "this only when the present files are the ones to return to.",
    ),
    Param(
        "clean",
        Kind.BOOL,
        False,
        "Remove intermediate files",
        "Deletes masks, separate images, median and blots at the end. Leave it off until you have looked at the "
        "median and at the cosmic ray masks; for three full WFC3/UVIS exposures they take 1.6 GB.",
        level="basic",
    ),
)

GROUPS = (
    Group("", "Images and files", (*_FILES, *_DATA, *_FLAGS), handbook="5.2 AstroDrizzle"),
    Group("STATE OF INPUT FILES", "Copies and clean-up", _STATE, handbook="6.3 Running AstroDrizzle"),
)
