"""`drizzledesk wcs`: versions and history of the WCS of exposures; restore, switch, tweak back, make anew."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.console import ConsoleProgress, fail, table
from app.reports import plain
from app.updatewcs import told
from core.align.results import Written
from core.align.tweakback import tweakback
from core.data import find_files
from core.data.history import State, previous_state, restore, states
from core.data.updatewcs import update_all
from core.data.wcsversions import WCSVersion, switch, versions
from core.errors import Refusal


def run(arguments: argparse.Namespace) -> int:
    """Do one of list, restore, switch, tweakback, update; returns 0 only if it was done for every file."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "restore": _restore,
        "switch": _switch,
        "tweakback": _tweakback,
        "update": _update,
    }
    return actions[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    found: dict[str, Any] = {}

    def one(path: Path) -> None:
        there, past = versions(path), states(path)
        found[str(path)] = {"versions": [asdict(v) for v in there], "states": [asdict(s) for s in past]}
        if not arguments.json:
            print(f"{path.name}\n{version_table(there)}")
            print(f"{state_table(past)}\n" if past else "no history\n")

    failures = _each(arguments.files, one)
    if arguments.json:
        print(json.dumps(plain(found), indent=1, ensure_ascii=False))
    return fail(failures)


def _restore(arguments: argparse.Namespace) -> int:
    def one(path: Path) -> None:
        number = arguments.state
        if number is None:
            back = previous_state(path)
            if back is None:
                raise Refusal("There is no state before the present one.", file=path)
            number = back.number
        made = restore(path, number, discard=arguments.discard)
        print(f"{path.name}: state {made.number}: {made.action}; WCS {made.wcsname}")
        if made.detail:
            print(f"  {made.detail}")

    return fail(_each(arguments.files, one))


def _switch(arguments: argparse.Namespace) -> int:
    def one(path: Path) -> None:
        made = switch(path, arguments.to)
        told = f"state {made.number}: {made.action} {made.detail}" if made else "is its WCS already"
        print(f"{path.name}: {told}")

    return fail(_each(arguments.files, one))


def _tweakback(arguments: argparse.Namespace) -> int:
    files = find_files(arguments.files) if arguments.files else []
    with ConsoleProgress(quiet=True) as progress:
        done = tweakback(
            arguments.drizzled,
            files,
            original=arguments.original,
            tweaked=arguments.tweaked,
            wcsname=arguments.wcsname,
            progress=progress,
        )
    print(table(("image", "header"), [(one.path.name, str(one.status)) for one in done]))
    return fail([one.reason for one in done if one.status is Written.FAILED])


def _update(arguments: argparse.Namespace) -> int:
    with ConsoleProgress() as progress:
        done = update_all(find_files(arguments.files), progress)
    for one in done:
        if not one.reason:
            print(told(one))
    return fail([one.reason for one in done if one.reason])


def _each(patterns: list[str], work: Callable[[Path], None]) -> list[str]:
    """Do it for every file; the failures, one line each."""
    failures = []
    for path in find_files(patterns):
        try:
            work(path)
        except Refusal as refusal:
            failures.append(str(refusal))
    return failures


def version_table(found: tuple[WCSVersion, ...]) -> str:
    """One row a version of the WCS."""
    rows = [
        (
            one.id,
            one.name or "-",
            *(f"{value:.8f}" for value in one.crval or ()),
            *(["-"] * (0 if one.crval else 2)),
            *("-" if value is None else f"{value:.2f}" for value in one.rms_mas),
            "-" if one.nmatch is None else str(one.nmatch),
            "" if one.usable else one.reason,
        )
        for one in found
    ]
    heads = ("wcs", "wcsname", "crval1", "crval2", "rms_ra_mas", "rms_dec_mas", "nmatch", "note")
    return table(heads, rows)


def state_table(found: tuple[State, ...]) -> str:
    """One row a state of the history."""
    rows = [
        ("*" if one.current else "", str(one.number), one.date, one.wcsname or "-", one.action, one.detail)
        for one in found
    ]
    return table(("", "state", "date", "wcsname", "action", "remarks"), rows)
