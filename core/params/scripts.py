"""A set as something to run elsewhere: our own command line, and Python for drizzlepac."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from core.errors import Refusal
from core.params.model import Param, Value
from core.params.paramset import ParamSet
from core.params.values import format_value

_PREFIX = {
    "tweakreg": "",
    "astrodrizzle": "",
    "imagefindpars": "imagefind.",
    "refimagefindpars": "refimagefind.",
}
_CUSTOM = {"driz_sep_wcs": "driz_sep_", "final_wcs": "final_"}
_FRAME = ("refimage", "rot", "scale", "outnx", "outny", "ra", "dec", "crpix1", "crpix2")


def as_command(sets: Sequence[ParamSet], files: Sequence[str] = ()) -> str:
    """The `drizzledesk` command that runs these sets, quoted for a POSIX shell: what differs from the defaults.

    `sets` begins with that of the task; those of source finding may follow tweakreg's. Without `files` the parameter
    `input` says what is read. Raises Refusal for a text with a control character.
    """
    main = _main(sets)
    words = ["drizzledesk", main.task.name, *files]
    for each in sets:
        prefix = _PREFIX[each.task.name] if each is not main else ""
        for name, value in each.changed().items():
            if name == "input" and files:
                continue
            _check_plain(name, value)
            words += ["-p", f"{prefix}{name}={format_value(each.task.param(name), value)}"]
    return " ".join(map(shlex.quote, words))


def as_python(sets: Sequence[ParamSet], files: Sequence[str] = ()) -> str:
    """A Python script that runs drizzlepac's task with these sets.

    Both source finding sets are given whole to TweakReg, for it would fill what is missing from whatever parameter
    files lie in the folder or at home. What drizzlepac has no name for stands in comments.
    """
    main = _main(sets)
    return _tweakreg(sets, files) if main.task.name == "tweakreg" else _astrodrizzle(main, files)


def _main(sets: Sequence[ParamSet]) -> ParamSet:
    if not sets or sets[0].task.name not in ("tweakreg", "astrodrizzle"):
        raise Refusal(
            "A set of source finding does not run alone.",
            subject=sets[0].task.name if sets else "",
            advice="Copy that of tweakreg: it takes both source finding sets along.",
        )
    return sets[0]


def _tweakreg(sets: Sequence[ParamSet], files: Sequence[str]) -> str:
    main = sets[0]
    found = {each.task.name: each for each in sets[1:]}
    lines = ["from drizzlepac import tweakreg", "", *_remarks(sets), "tweakreg.TweakReg("]
    lines.append(f"    {_input(main, files)},")
    for task, argument in (("imagefindpars", "imagefindcfg"), ("refimagefindpars", "refimagefindcfg")):
        if task in found:
            lines.append(f"    {argument}={{")
            lines += [
                f"        {p.name!r}: {_literal(found[task][p.name])}," for p in found[task].task.params
            ]
            lines.append("    },")
    lines += [f"    {name}={_literal(value)}," for name, value in _arguments(main).items()]
    return "\n".join([*lines, ")"]) + "\n"


def _astrodrizzle(main: ParamSet, files: Sequence[str]) -> str:
    lines = ["from drizzlepac import astrodrizzle", "", *_remarks([main]), "astrodrizzle.AstroDrizzle("]
    lines.append(f"    {_input(main, files)},")
    lines += [f"    {name}={_literal(value)}," for name, value in _arguments(main).items()]
    return "\n".join([*lines, ")"]) + "\n"


def _arguments(main: ParamSet) -> dict[str, Value]:
    """What differs from the defaults; of a custom frame only what is switched on, for naming it would switch it on."""
    changed = {n: v for n, v in main.changed().items() if n != "input" and not main.task.param(n).ours}
    for switch, prefix in _CUSTOM.items():
        if switch in main.task and not main[switch]:
            changed = {n: v for n, v in changed.items() if n not in {prefix + part for part in _FRAME}}
    return changed


def _remarks(sets: Sequence[ParamSet]) -> list[str]:
    """Comments on what the script cannot say."""
    lines = []
    for each in sets:
        for param in each.task.extras:
            if _matters(each, param):
                lines.append(
                    f"# {each.task.name}: {param.name}={each[param.name]} is known to DrizzleDesk only"
                )
        left = sorted(
            set(each.changed()) - set(_arguments(each)) - {"input"} - {p.name for p in each.task.extras}
        )
        if left:
            lines.append(f"# without effect while their switch is off: {', '.join(left)}")
    return lines


def _matters(each: ParamSet, param: Param) -> bool:
    """The noise estimate changes what a threshold means, so it is told whatever its value, unless unused."""
    return bool(each["computesig"]) if "computesig" in each.task else not each.is_default(param.name)


def _input(main: ParamSet, files: Sequence[str]) -> str:
    if len(files) == 1:
        return repr(files[0])
    return repr(list(files)) if files else _literal(main["input"])


def _literal(value: Value) -> str:
    """A Python expression without names; `float()` for what has no literal."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return f"float({str(value)!r})"
    return repr(value)


def _check_plain(name: str, value: Value) -> None:
    if isinstance(value, str) and any(ord(char) < 32 and char != "\t" for char in value):
        raise Refusal(
            "A text with a line end or control character does not go on a command line.",
            subject=name,
            advice="Save a .cfg file and give it with --cfg.",
        )
