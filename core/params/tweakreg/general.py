"""What is aligned, in which order, and what is written beside it."""

from core.params.model import Group, Kind, Param
from core.params.when import on

_INPUT = (
    Param(
        "input",
        Kind.STR,
        "*flt.fits",
        "Exposures to align",
        "Calibrated exposures: a file, a wildcard, a comma list, an association table or an "
        "@listfile. They are put in alphabetical order, and without a reference image the first is "
        "the reference. drizzlepac leaves wildcards in the order of the disk, so there the reference "
        "can change from one computer to the next.",
        semantic="input-files",
        level="basic",
    ),
    Param(
        "refimage",
        Kind.STR,
        "",
        "Reference image",
        "An image to whose sources and frame all exposures are aligned, for instance a product of an earlier "
        "visit. When blank, one of the exposures serves, and the frame is laid around all of them. A distorted "
        "image may be given; its distortion is taken out of the frame.",
        semantic="filename",
        level="basic",
    ),
    Param(
        "expand_refcat",
        Kind.BOOL,
        False,
        "Let the reference catalog grow",
        "After each exposure its new sources are added to the reference catalog. Switch it on for mosaics, "
        "where later exposures do not touch the first field; leave it off for exposures of one field and with "
        "a good external catalog, since every added source carries the errors of its own fit.",
        level="basic",
    ),
    Param(
        "enforce_user_order",
        Kind.BOOL,
        True,
        "Keep the order of the list",
        "Yes: exposures are aligned in the order of the list. No: the pair with the largest overlap comes "
        "first, then always the exposure that overlaps most with what is already aligned. The order matters "
        "only when the reference catalog grows.",
        when=(on("expand_refcat"),),
    ),
    Param(
        "exclusions",
        Kind.STR,
        "",
        "List of excluded regions",
        "A text file with one line per exposure: its name, then for each chip a DS9 region file, a FITS mask "
        "in which 0 excludes, or None. Use it to keep the finder away from saturated stars, galaxies or "
        "ghosts that upset the match; sources of catfile are left out there too. Regions count in their order; "
        "when none includes, all that is not excluded is good. Unlike drizzlepac no mask file is written.",
        semantic="filename",
    ),
)

_OUTPUT = (
    Param(
        "writecat",
        Kind.BOOL,
        True,
        "Write the catalogs",
        "Writes the source catalogs of each chip and exposure and the lists of matched sources as text files. "
        "They can be plotted, or given back through catfile. Without them a run leaves only the result itself.",
    ),
    Param(
        "clean",
        Kind.BOOL,
        False,
        "Remove catalogs at the end",
        "Deletes the catalog and match files when the run is over. With it on, writecat leaves nothing to look at.",
        when=(on("writecat"),),
    ),
    Param(
        "interactive",
        Kind.BOOL,
        True,
        "Stop at each plot (drizzlepac)",
        "In drizzlepac the run waits at the terminal after each plot for Enter, n or q. Here nothing "
        "waits: the plots stand in the window, and nothing is written before you say so. The value is "
        "kept so that a file saved here does in drizzlepac what it did before.",
        theirs=True,
    ),
    Param(
        "verbose",
        Kind.BOOL,
        False,
        "Tell more",
        "drizzlepac prints more while running. It does not change any result.",
        theirs=True,
    ),
    Param(
        "runfile",
        Kind.STR,
        "tweakreg.log",
        "Log file",
        "The text file to which the messages of the run are appended. Old runs stay in it; give another name to "
        "keep them apart.",
        semantic="filename",
        writes=True,
    ),
)

GROUPS = (Group("", "Images and files", (*_INPUT, *_OUTPUT), handbook="6.2 Image Alignment"),)
