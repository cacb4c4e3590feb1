"""What each of the seven steps reads, as one key: where the key is the same, the files and numbers are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.data.chipwcs import ChipWCS
from core.drizzle.choose import CHAIN, NAMES
from core.drizzle.cosmic import CosmicParams
from core.drizzle.median import MedianParams
from core.drizzle.run import Run
from core.drizzle.settings import BlotParams, SeparateParams
from core.errors import Refusal
from core.params.when import is_blank
from core.runs.alike import engine
from core.runs.memory import file_identity, fingerprint

INPUTS = (
    "wcskey", "group", "coeffs", "gain", "gnkeyword", "rdnoise", "rnkeyword", "exptime", "expkeyword",
)  # fmt: skip
_READ: dict[str, tuple[str, ...]] = {
    "static": ("static_sig",),
    "sky": ("sky", "use_static"),
    "separate": ("driz_sep_", "stepsize"),
    "median": ("combine_", "median_newmasks"),
    "blot": ("blot_",),
    "cosmic": ("driz_cr_", "crbit", "final_bits"),
    "combine": ("",),
}


def read_by(step: str, params: Mapping[str, Any]) -> dict[str, str]:
    """The parameters that a step reads, as texts; the last one reads all, for the product's header tells them."""
    return {name: str(params[name]) for name in params if name.startswith(_READ[step])}


def names_of(run: Run, step: str) -> list[str]:
    """The files that a step leaves in the folder."""
    makers: dict[str, Callable[[], list[str]]] = {
        "static": run.static_names,
        "separate": run.single_names,
        "median": run.median_names,
        "blot": lambda: run.chip_names("blt"),
        "cosmic": run.crmask_names,
        "combine": lambda: _products(run),
    }
    return makers.get(step, list)()


def whole(run: Run) -> tuple[str, ...]:
    """The steps that a run of all that lies before its last step would do, in their order."""
    here = run.plan.doing | run.plan.given
    last = max((CHAIN.index(name) for name in CHAIN if name in here), default=-1)
    names = {*here, *CHAIN[: last + 1], "sky"} | ({"static"} if run.params["static"] else set())
    return tuple(name for name in NAMES if name in names)


def keys_of(run: Run, token: str) -> dict[str, str]:
    """The key of each step of `whole`, each made of its own parts and the key before it.

    `token` stands for the content of the exposures. Raises Refusal where a list of masks or skies cannot be read.
    """
    inputs = [run.params[name] for name in INPUTS]
    key = fingerprint(engine(), token, inputs, run.plan.reset)  # another engine may do steps otherwise
    found = {}
    for name in whole(run):
        found[name] = key = fingerprint(key, name, _parts(run, name))
    return found


def _parts(run: Run, step: str) -> list[object]:
    params, plan = run.params, run.plan
    if step == "static":
        return [run.called.root, params["static_sig"]]
    if step == "sky":
        return [*(params[n] for n in params if n.startswith(_READ["sky"])), *run.sky_files()]
    if step == "separate":
        sep = _typed(SeparateParams, run)
        return [sep, plan.sep_bits, params["driz_sep_compress"], frame_key(run.sep_frame)]
    if step == "median":
        return [_typed(MedianParams, run), run.called.median]
    if step == "blot":
        return [_typed(BlotParams, run)]
    if step == "cosmic":
        return [_typed(CosmicParams, run), plan.final_bits, plan.crbit, params["driz_cr_corr"]]
    return [read_by("combine", params), frame_key(run.final_frame), _beside(run), _masks_of_others(run)]


def _typed(kind: Any, run: Run) -> object:
    """The parameters of a step, typed; wrong ones of a step that does not run concern nobody."""
    try:
        return kind.of(run.params)
    except Refusal as refusal:
        return str(refusal)


def _beside(run: Run) -> list[object]:
    """Files that the last step reads beside the exposures: inverse variance maps, flats, rules of the headers."""
    paths = [*run.maps.given.values(), *(flat for flats in run.maps.flats.values() for flat in flats)]
    rules = str(run.params["rules_file"]).strip()
    paths += [Path(rules)] if not is_blank(rules) else []
    return [file_identity(path) for path in paths if path.is_file()] + [rules]


def _masks_of_others(run: Run) -> list[object]:
    """Cosmic ray masks of an earlier run that the last step will use though step 6 is no part of the run."""
    if "cosmic" in whole(run) or len(run.exposures) < 2:
        return []
    paths = [run.space.folder / name for name in run.chip_names("crmask")]
    return [file_identity(path) for path in paths if path.is_file()]


def _products(run: Run) -> list[str]:
    parts = ("sci", "wht", "ctx") if run.params["context"] else ("sci", "wht")
    return list(dict.fromkeys(run.called.of(part) for part in parts))


def frame_key(frame: ChipWCS) -> str:
    """A frame without distortion, as text."""
    return repr((frame.crpix.tolist(), frame.crval.tolist(), frame.cd.tolist(), frame.naxis))
