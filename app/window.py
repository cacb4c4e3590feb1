"""`drizzledesk [FILES...]`: open the window."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.screen import screen_problem
from core.errors import Refusal


def run(arguments: argparse.Namespace) -> int:
    """Open the window on the files; returns when it is closed."""
    problem = screen_problem()
    if problem:
        raise Refusal(
            problem,
            advice="`drizzledesk tweakreg` and `drizzledesk astrodrizzle` need no screen; `drizzledesk demo "
            "--headless` shows the whole job.",
        )
    from core.data import find_files
    from ui.main import open_window

    files = find_files(arguments.files) if arguments.files else []
    return open_window([Path(f) for f in files], cfgs=arguments.cfg, argv=sys.argv[:1])
