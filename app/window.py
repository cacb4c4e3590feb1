"""`drizzledesk [FILES...]`: open the window."""

from __future__ import annotations

import argparse
import os
import sys
from difflib import get_close_matches
from pathlib import Path

from app.cli import COMMANDS
from app.screen import screen_problem
from core.errors import Refusal
from core.sessions.names import EXTENSION


def run(arguments: argparse.Namespace) -> int:
    """Open the window on the files; returns when it is closed."""
    _refuse_misspelt(arguments.files)
    problem = screen_problem()
    if problem:
        raise Refusal(
            problem,
            advice="`drizzledesk tweakreg` and `drizzledesk astrodrizzle` need no screen; `drizzledesk demo "
            "--headless` shows the whole job.",
        )
    from core.data import find_files, find_maps, find_product
    from ui.main import open_window

    sessions = [Path(name) for name in arguments.files if name.endswith(EXTENSION)]
    names = [name for name in arguments.files if not name.endswith(EXTENSION)]
    if len(sessions) > 1 or (sessions and names):
        raise Refusal(
            "A session file brings its own exposures.",
            file=sessions[0],
            advice="Give the session file alone.",
        )
    if sessions and not sessions[0].is_file():
        raise Refusal("There is no such file.", file=sessions[0], advice="Check the name and the folder.")
    files = find_files(names) if names else []
    session = sessions[0] if sessions else None
    return open_window(
        [Path(f) for f in files],
        maps=find_maps(names, catalogs=True),
        product=find_product(names),
        cfgs=arguments.cfg,
        session=session,
        argv=sys.argv[:1],
    )


def _refuse_misspelt(files: list[str]) -> None:
    """A command mistyped would be taken for a file."""
    near = get_close_matches(files[0], COMMANDS, n=1) if files and not os.path.exists(files[0]) else []
    if near:
        raise Refusal(
            f"There is no command and no file '{files[0]}'.",
            advice=f"`drizzledesk {near[0]}`, if you meant that.",
        )
