"""Declarations."""

from core.params.model import Group, Kind, Param, build_task

_GROUPS = (
    Group(
        "",
        "General",
        (
            Param("computesig", Kind.BOOL, True, "Compute the sky sigma", ""),
            Param("skysigma", Kind.FLOAT_OR_NONE, 0.0, "Sky sigma", "", unit="units of the image"),
            Param("conv_width", Kind.FLOAT_OR_NONE, 3.5, "Kernel FWHM", "", unit="pixels"),
            Param("peakmin", Kind.FLOAT_OR_NONE, None, "Lowest peak value", "", unit="units of the image"),
            Param("peakmax", Kind.FLOAT_OR_NONE, None, "Highest peak value", "", unit="units of the image"),
            Param("threshold", Kind.FLOAT_OR_NONE, 4.0, "Detection threshold", "", unit="sigma"),
            Param("nsigma", Kind.FLOAT_OR_NONE, 1.5, "Kernel extent", "", unit="kernel sigma"),
            Param("ratio", Kind.FLOAT, 1.0, "Kernel axis ratio", ""),
            Param(
                "theta", Kind.FLOAT, 0.0, "Kernel position angle", "", unit="degrees counter-clockwise from X"
            ),
            Param("fluxmin", Kind.FLOAT_OR_NONE, None, "Lowest total flux", "", unit="units of the image"),
            Param("fluxmax", Kind.FLOAT_OR_NONE, None, "Highest total flux", "", unit="units of the image"),
            Param(
                "dqbits",
                Kind.STR,
                "",
                "Good DQ bits for source finding",
                "",
                unit="DQ bit expression",
                semantic="dq-bits",
            ),
            Param("use_sharp_round", Kind.BOOL, False, "Filter on sharpness and roundness", ""),
            Param("sharplo", Kind.FLOAT_OR_NONE, 0.2, "Lowest sharpness", ""),
            Param("sharphi", Kind.FLOAT_OR_NONE, 1.0, "Highest sharpness", ""),
            Param("roundlo", Kind.FLOAT_OR_NONE, -1.0, "Lowest roundness", ""),
            Param("roundhi", Kind.FLOAT_OR_NONE, 1.0, "Highest roundness", ""),
        ),
    ),
)
_NOISE = Param(
    "noise",
    Kind.CHOICE,
    "handbook",
    "Noise estimate",
    "",
    choices={"handbook": "", "drizzlepac": "", "robust": ""},
    ours=True,
)
IMAGEFINDPARS = build_task("imagefindpars", "Find sources", _GROUPS, (_NOISE,))
REFIMAGEFINDPARS = build_task("refimagefindpars", "Find sources in the reference image", _GROUPS, (_NOISE,))
