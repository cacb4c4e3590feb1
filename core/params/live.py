"""Whether a parameter matters, worked out afresh from all values, with the reason in words.

TEAL kept a chain of triggers whose result depended on the order of the edits; a function of all values does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.params.model import Param, Section
from core.params.paramset import ParamSet
from core.params.when import STEPS, Values, is_blank, needing_step, step_runs


@dataclass(frozen=True)
class Liveness:
    """`live`: a change of the parameter would change the run; `reason`: why not ("" when nothing needs saying)."""

    live: bool
    reason: str = ""


def is_live(values: ParamSet, name: str, *, tweakreg: ParamSet | None = None, exposures: int = 0) -> Liveness:
    """Whether `name` matters with these values; KeyError for an unknown name.

    For the two source finding tasks the values of `tweakreg`, where given, count as well: a reference
    catalog, for instance, leaves nothing to find in the reference image. `exposures` is their number, 0 when it is
    not known: with a single one astrodrizzle has nothing to compare and leaves out steps 3 to 6.
    """
    param = values.task.param(name)
    section = values.task.section_of(name)
    reason = _task_reason(values, tweakreg)
    if exposures == 1 and section.switch in (*STEPS, "driz_sep_wcs"):
        reason = "With a single exposure there is nothing to compare, so steps 3 to 6 are left out."
    if reason:
        return Liveness(False, reason)
    section_live = _section_liveness(values, param, section)
    if not section_live.live:
        return section_live
    for condition in param.when:
        if not condition.test(values):
            return Liveness(False, condition.reason)
    return section_live


def _section_liveness(values: ParamSet, param: Param, section: Section) -> Liveness:
    switch = section.switch
    if switch is None or param.switch or param.apart:
        return Liveness(True)
    own = is_live(values, switch)
    if not own.live:
        return own
    if not _is_on(values, switch):
        state = "blank" if isinstance(values[switch], str) else "off"
        return Liveness(False, f"The section is switched off: {switch} is {state}.")
    if not values[switch]:
        return Liveness(
            True, f"{switch} is off, but {needing_step(values, switch)} needs the step, so it runs."
        )
    return Liveness(True)


def _is_on(values: Values, switch: str) -> bool:
    value = values[switch]
    if switch == "catfile" and str(values["input"]).strip().startswith("@"):
        return True  # a list of exposures may have their catalogs in its further columns
    return not is_blank(value) if isinstance(value, str) else step_runs(values, switch)


def _task_reason(values: ParamSet, tweakreg: ParamSet | None) -> str:
    if tweakreg is None or values.task.name != "refimagefindpars":
        return ""
    if not is_blank(tweakreg["refcat"]):
        return "The reference catalog refcat takes the place of sources found in a reference image."
    if is_blank(tweakreg["refimage"]):
        return "Only used when tweakreg's refimage is given: without it the reference is one of the inputs."
    return ""
