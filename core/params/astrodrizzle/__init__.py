"""astrodrizzle: combine aligned exposures, free of cosmic rays and distortion."""

from core.params.astrodrizzle import cosmic, final, general, instrument, median, separate, sky
from core.params.model import build_task

ASTRODRIZZLE = build_task(
    "astrodrizzle",
    "Combine exposures",
    (
        *general.GROUPS,
        *sky.GROUPS,
        *separate.GROUPS,
        *median.GROUPS,
        *cosmic.GROUPS,
        *final.GROUPS,
        *instrument.GROUPS,
    ),
    (cosmic.GUARD,),
)
