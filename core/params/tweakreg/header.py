"""What becomes of the solution: headers, headerlets, shift files."""

from core.params.model import Group, Kind, Param
from core.params.when import either, on

_NAME_USED = either("Only used when updatehdr or headerlet is on.", on("updatehdr"), on("headerlet"))

_UPDATE = Group(
    "UPDATE HEADER",
    "Header update",
    (
        Param(
            "updatehdr",
            Kind.BOOL,
            False,
            "Write the solution into the headers",
            "Puts the fitted shift, rotation and scale into the WCS of every aligned exposure. Leave it off "
            "until the residuals are good: a run without it changes no exposure. An exposure that could not "
            "be aligned keeps its WCS and its WCS name; drizzlepac renames it, so it looks as if it had "
            "been aligned.",
            switch=True,
            level="basic",
        ),
        Param(
            "wcsname",
            Kind.STR,
            "TWEAK",
            "Name of the new WCS",
            "The WCSNAME of the new solution; the former one stays in the header under the next free "
            "letter. The name must not be in use in any of the exposures, so choose a new one for each "
            "attempt, or switch reusename on. Blank means TWEAK.",
            level="basic",
            apart=True,
            when=(_NAME_USED,),
        ),
        Param(
            "reusename",
            Kind.BOOL,
            False,
            "The name may be in use",
            "Allows the present solution to be overwritten when it already has this name. It is then not "
            "kept as an alternate WCS. The name of an alternate WCS stays forbidden in any case.",
        ),
    ),
    handbook="6.2 Image Alignment",
)

_HEADERLET = Group(
    "HEADERLET CREATION",
    "Headerlets",
    (
        Param(
            "headerlet",
            Kind.BOOL,
            False,
            "Make headerlets",
            "Stores each solution in a small FITS file of its own, which colleagues can apply to their "
            "copies of the same exposures. Works with or without the header update, and needs hdrname or "
            "wcsname.",
            switch=True,
        ),
        Param(
            "attach",
            Kind.BOOL,
            True,
            "Attach to the exposure",
            "Appends the headerlet to the exposure as an HDRLET extension, besides the file of its own, "
            "when its header is updated. With updatehdr off the exposure stays as it is and only the file "
            "is written.",
        ),
        Param(
            "hdrfile",
            Kind.STR,
            "",
            "Headerlet file",
            "A name with .fits in it is taken as it is; anything else becomes the middle of "
            "ROOT_NAME_hlet.fits. With several exposures give only the middle part, or they share one file "
            "name.",
            semantic="filename",
            writes=True,
        ),
        Param(
            "clobber",
            Kind.BOOL,
            False,
            "Replace an existing headerlet file",
            "Allows a headerlet file of the same name to be replaced. When off, such an exposure gets no new "
            "headerlet file and is reported.",
        ),
        Param(
            "hdrname",
            Kind.STR,
            "",
            "Headerlet name",
            "The HDRNAME by which the headerlet is known; it should be unique. Blank takes the WCS name.",
        ),
        Param(
            "author",
            Kind.STR,
            "",
            "Author",
            "Who made the solution, so that whoever applies the headerlet knows whom to ask. Recorded as "
            "AUTHOR; it changes nothing else.",
        ),
        Param(
            "descrip",
            Kind.STR,
            "",
            "Description",
            "One line that says what the solution is, for instance which catalog and which filter it rests "
            "on. Recorded in the headerlet as DESCRIP.",
        ),
        Param(
            "catalog",
            Kind.STR,
            "",
            "Astrometric catalog",
            "The name of the catalog that the alignment refers to, such as GAIA DR3. It is recorded and not "
            "read: the catalog itself is given by refcat.",
        ),
        Param(
            "history",
            Kind.STR,
            "",
            "History file",
            "A text file whose lines become HISTORY cards of the headerlet: the place to tell how the "
            "solution was found. The file itself is not needed afterwards.",
            semantic="filename",
        ),
    ),
    handbook="4.6 Using Headerlets",
)

_SHIFTS = Group(
    "OPTIONAL SHIFTFILE OUTPUT",
    "Shift file",
    (
        Param(
            "shiftfile",
            Kind.BOOL,
            False,
            "Write a shift file",
            "Writes the fitted shift, rotation, scale and residuals of every exposure into one text file. "
            "It is a record for people: no program of today reads it back, the headers carry the solution.",
            switch=True,
        ),
        Param(
            "outshifts",
            Kind.STR,
            "shifts.txt",
            "Name of the shift file",
            "One line per exposure: name, dx, dy, rot, scale, xrms, yrms, in pixels and degrees of the "
            "reference frame. Exposures that were not aligned have nan.",
            semantic="filename",
            writes=True,
        ),
        Param(
            "outwcs",
            Kind.STR,
            "shifts_wcs.fits",
            "Name of the frame file",
            "A FITS file without pixels whose header holds the frame that the shifts refer to.",
            semantic="filename",
            writes=True,
        ),
    ),
    handbook="6.2 Image Alignment",
)

GROUPS = (_UPDATE, _HEADERLET, _SHIFTS)
