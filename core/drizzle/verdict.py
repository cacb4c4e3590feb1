"""What the figures of step 6 say of the alignment, before the final image is made and the exposures are flagged."""

from __future__ import annotations

from core.drizzle.cosmic import ruinous, suspicious
from core.drizzle.guard import Repeat, repeats, share_of
from core.drizzle.pairs import two_numbers
from core.drizzle.run import Figures, Run
from core.errors import Refusal
from core.params.checks.ondata import LEAST_SCALE

_APART = 0.75  # detector pixels: stars nearer than this are on the same place


def watch(run: Run, figures: Figures, moving: bool) -> None:
    """Warn when more is flagged than cosmic rays can be; raise Refusal, with `guard` = stop, when it is stars, because
    an exposure lies elsewhere, or so much that nothing would be left. With a `moving` target stars are flagged rightly.
    """
    _watch_cores(run)
    if not moving:
        _watch_stars(run, figures)
    _watch_fractions(run, figures)


def _watch_cores(run: Run) -> None:
    """Warn of limits that cost undersampled stars their light, whether or not their flagged cores can be told."""
    found = two_numbers(run.params["driz_cr_scale"], "driz_cr_scale")
    for detector in dict.fromkeys(exposure.facts.title for exposure in run.exposures):
        least = LEAST_SCALE.get(detector)
        if least is not None and (found[0] < least[0] or found[1] < least[1]):
            run.warn(
                f"With driz_cr_scale {found[0]:g} {found[1]:g} stars of {detector} lose up to a quarter of their light "
                "to step 6: their cores fall into one or two pixels and are taken for cosmic rays. Take 3.0 2.4, as "
                "the preset of the detector does."
            )


def _watch_stars(run: Run, figures: Figures) -> None:
    found_in = {
        exposure.name: [
            (chip.wcs, stars)
            for chip in exposure.chips
            if (stars := figures[chip.path, chip.extver].stars) is not None
        ]
        for exposure in run.exposures
    }
    shares = {name: share_of([stars for _, stars in chips]) for name, chips in found_in.items()}
    near = _APART * min(chip.wcs.linear().scale for _, chip in run.chips)
    found = repeats(found_in, run.sep_frame, near)
    apart = [each for each in found if each.distance > near]
    if apart:
        _stop(run, apart, shares)
        return
    for each in found:
        if not _lost(run, figures, each.name):  # else it is not the cores alone
            run.warn(_too_strict(each, shares))


def _lost(run: Run, figures: Figures, name: str) -> bool:
    chips = [chip for exposure in run.exposures if exposure.name == name for chip in exposure.chips]
    exptime = next(exposure.exptime for exposure in run.exposures if exposure.name == name)
    return any(ruinous(figures[chip.path, chip.extver].core_fraction, exptime) for chip in chips)


def _stop(run: Run, apart: list[Repeat], shares: dict[str, tuple[int, float]]) -> None:
    worst = max(apart, key=lambda each: each.distance)
    told = "; ".join(
        f'{each.name} is {each.distance:.2f}" off {each.other} ({each.stars} stars agree)' for each in apart
    )
    flagged, share = shares[worst.name]
    what = (
        f"The exposures are not aligned: {told}. So {100 * share:.0f} % of its stars ({flagged}) are flagged as cosmic "
        "rays."
    )
    if run.params["guard"] == "stop":
        raise Refusal(
            what + " Stopped before the final image; no exposure was changed.",
            file=worst.name,
            subject="guard",
            advice="Align the exposures and apply the solution, or leave this one out; guard = warn goes on all the "
            "same.",
        )
    run.warn(f"{worst.name}: {what}")


def _too_strict(each: Repeat, shares: dict[str, tuple[int, float]]) -> str:
    flagged, share = shares[each.name]
    return (
        f"{each.name}: {100 * share:.0f} % of its stars ({flagged}) are flagged as cosmic rays, the same ones as in "
        f'{each.other}, which lie {each.distance:.2f}" apart. Their cores are undersampled: raise driz_cr_scale (to '
        "3.0 2.4) or driz_cr_snr, or leave step 6 out where the calibration removed cosmic rays, as for WFC3/IR."
    )


def _watch_fractions(run: Run, figures: Figures) -> None:
    for exposure in run.exposures:
        found = {chip.extver: figures[chip.path, chip.extver].core_fraction for chip in exposure.chips}
        if not any(suspicious(fraction, exposure.exptime) for fraction in found.values()):
            continue
        shares = ", ".join(f"{100 * fraction:.1f} % of SCI,{extver}" for extver, fraction in found.items())
        what = f"{shares} are flagged as cosmic rays, more than cosmic rays can be."
        if run.params["guard"] == "stop" and any(ruinous(each, exposure.exptime) for each in found.values()):
            raise Refusal(
                what + " Stopped before the final image; no exposure was changed.",
                file=exposure.name,
                subject="guard",
                advice="Compare sky, exposure time and alignment of the exposures (blink the separate images): one of "
                "them does not fit, or driz_cr_snr is far too low; guard = warn goes on all the same.",
            )
        run.warn(
            f"{exposure.name}: {what} Check the alignment of the exposures (blink the separate images), their sky "
            "and their exposure time: where one does not fit the others, stars or sky are taken for cosmic rays."
        )
