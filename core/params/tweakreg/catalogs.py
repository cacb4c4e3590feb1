"""Catalogs that the user brings, for the exposures and for the reference."""

from core.params.model import Group, Kind, Param
from core.params.when import either, given

_COLUMN = "Columns are counted from 1, or named if the table names them."

_INPUT = Group(
    "COORDINATE FILE DESCRIPTION",
    "Own catalogs of the exposures",
    (
        Param(
            "catfile",
            Kind.STR,
            "",
            "List of catalogs",
            "A text file that gives for each exposure the catalogs of its chips, one per chip, or None for "
            "a chip without; in degrees one for the whole exposure will do. For these exposures nothing is "
            "searched in the pixels, and the source finding parameters have no effect; exposures without "
            "catalogs are searched. Catalogs may be text, ECSV, FITS or VOTable. A run with writecat on "
            "leaves such a list, which can be edited and given here.",
            switch=True,
            semantic="filename",
            level="basic",
        ),
        Param(
            "xcol",
            Kind.STR,
            "1",
            "Column of X or RA",
            f"Where the catalogs have X, or the right ascension. {_COLUMN} Several columns, separated by commas, "
            "are read as hours, minutes and seconds.",
            semantic="column",
            table="catfile",
        ),
        Param(
            "ycol",
            Kind.STR,
            "2",
            "Column of Y or Dec",
            f"Where the catalogs have Y, or the declination. {_COLUMN} Several columns, separated by commas, are "
            "read as degrees, minutes and seconds.",
            semantic="column",
            table="catfile",
        ),
        Param(
            "fluxcol",
            Kind.STR,
            "",
            "Column of the flux",
            f"Where the catalogs have the flux or magnitude. {_COLUMN} Needed for the limits below and for the "
            "choice of the brightest.",
            semantic="column",
            table="catfile",
        ),
        Param(
            "maxflux",
            Kind.FLOAT_OR_NONE,
            None,
            "Bright limit",
            "Sources brighter than this are left out: a larger number of counts, or a smaller magnitude. "
            "Use it against saturated stars. None sets no limit.",
            unit="fluxunits",
            smaller="Counts: only faint sources remain, whose positions are poor. Magnitudes: saturated stars come in.",
            larger="Counts: saturated stars come in. Magnitudes: only faint sources remain, whose positions are poor.",
        ),
        Param(
            "minflux",
            Kind.FLOAT_OR_NONE,
            None,
            "Faint limit",
            "Sources fainter than this are left out: a smaller number of counts, or a larger magnitude. "
            "None sets no limit.",
            unit="fluxunits",
            smaller="Counts: noise takes part in the match. Magnitudes: too few pairs remain.",
            larger="Counts: too few pairs remain. Magnitudes: noise takes part in the match.",
        ),
        Param(
            "fluxunits",
            Kind.CHOICE,
            "counts",
            "What the flux column holds",
            "Decides which end is bright, for the two limits and for the choice of the brightest. A wrong "
            "choice keeps the faintest sources in place of the brightest.",
            choices={
                "counts": "Counts, electrons or rates: the larger, the brighter.",
                "mag": "Magnitudes: the smaller, the brighter.",
            },
            when=(given("fluxcol"),),
        ),
        Param(
            "xyunits",
            Kind.CHOICE,
            "pixels",
            "What the positions are",
            "Says whether the positions still have to pass through the distortion model of the exposure.",
            choices={
                "pixels": "Positions on the chip, counted from 1, as measured on the exposure.",
                "degrees": "Right ascension and declination; the distortion is already taken out.",
            },
        ),
        Param(
            "nbright",
            Kind.INT_OR_NONE,
            None,
            "Use only the brightest",
            "Keeps this many of the brightest sources of each chip, of its catalog or found in its pixels. "
            "Here it counts by itself; drizzlepac ignores it unless a flux limit is given too, and for "
            "sources it finds. Left blank, at most the 20 000 brightest of the sources found in an image "
            "are matched, with a warning.",
            unit="sources",
            lo=1,
            apart=True,
            smaller="The few that remain may lie in one corner or be saturated, and the fit tilts.",
            larger="Faint sources with poor positions come in, and chance pairs with them.",
        ),
    ),
    handbook="6.2 Image Alignment",
)

_REFERENCE = Group(
    "REFERENCE CATALOG DESCRIPTION",
    "Reference catalog",
    (
        Param(
            "refcat",
            Kind.STR,
            "",
            "Reference catalog",
            "A catalog in text, ECSV, FITS or VOTable, such as an extract of Gaia, to whose positions the "
            "exposures are aligned in place of sources found in a reference image. If it has proper motions "
            "(pmra, pmdec in mas/yr) and their epoch (ref_epoch), the positions are taken to the date of "
            "each exposure; drizzlepac leaves them where they are. If it has the errors of its places "
            "(ra_error, dec_error), stars that are known better weigh more in the fit.",
            switch=True,
            semantic="filename",
            level="basic",
        ),
        Param(
            "refxcol",
            Kind.STR,
            "1",
            "Column of RA or X",
            f"Where the reference catalog has the right ascension, or X. {_COLUMN}",
            semantic="column",
            table="refcat",
            level="basic",
        ),
        Param(
            "refycol",
            Kind.STR,
            "2",
            "Column of Dec or Y",
            f"Where the reference catalog has the declination, or Y. {_COLUMN}",
            semantic="column",
            table="refcat",
            level="basic",
        ),
        Param(
            "refxyunits",
            Kind.CHOICE,
            "degrees",
            "What the reference positions are",
            "Whether the reference catalog holds places on the sky or on an image. Positions in pixels "
            "refer to the frame of the reference image, so they need one.",
            choices={
                "degrees": "Right ascension and declination.",
                "pixels": "Pixels of the undistorted reference frame, counted from 1.",
            },
        ),
        Param(
            "rfluxcol",
            Kind.STR,
            "",
            "Column of the reference flux",
            f"Where the reference catalog has the flux or magnitude, for the limits below. {_COLUMN}",
            semantic="column",
            table="refcat",
        ),
        Param(
            "rmaxflux",
            Kind.FLOAT_OR_NONE,
            None,
            "Bright limit of the reference",
            "Reference sources brighter than this are left out: more counts, or a smaller magnitude. Stars "
            "that are saturated in the exposures have poor positions there and are best left out here. None "
            "sets no limit.",
            unit="rfluxunits",
            smaller="Counts: only faint stars remain. Magnitudes: stars that are saturated in the exposures come in.",
            larger="Counts: stars that are saturated in the exposures come in. Magnitudes: only faint stars remain.",
        ),
        Param(
            "rminflux",
            Kind.FLOAT_OR_NONE,
            None,
            "Faint limit of the reference",
            "Reference sources fainter than this are left out: fewer counts, or a larger magnitude. A limit "
            "near the depth of the exposures keeps chance pairs down. None sets no limit.",
            unit="rfluxunits",
            smaller="Counts: stars fainter than the exposures reach make chance pairs. Magnitudes: few pairs remain.",
            larger="Counts: few pairs remain. Magnitudes: stars fainter than the exposures reach make chance pairs.",
        ),
        Param(
            "rfluxunits",
            Kind.CHOICE,
            "mag",
            "What the reference flux column holds",
            "Decides which end is bright, for the limits and for the choice of the brightest. A wrong "
            "choice keeps the faintest stars in place of the brightest.",
            choices={
                "counts": "Counts, electrons or rates: the larger, the brighter.",
                "mag": "Magnitudes: the smaller, the brighter.",
            },
            when=(given("rfluxcol"),),
        ),
        Param(
            "refnbright",
            Kind.INT_OR_NONE,
            None,
            "Use only the brightest of the reference",
            "Keeps this many of the brightest sources of the catalog, or of those found in each chip of the "
            "reference image. Here it counts by itself; drizzlepac ignores it unless a flux limit is given "
            "too, and for sources it finds.",
            unit="sources",
            lo=1,
            apart=True,
            when=(either("Only used when refcat or refimage is given.", given("refcat"), given("refimage")),),
            smaller="Too few of them fall on each exposure to make a fit.",
            larger="Stars that the exposures cannot show come in and make chance pairs.",
        ),
    ),
    handbook="4.5 Absolute Astrometry",
)

GROUPS = (_INPUT, _REFERENCE)
