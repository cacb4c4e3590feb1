"""Where the program keeps what is its own: the folders that each system has for that."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

NAME = "DrizzleDesk"
VARIABLE = "DRIZZLEDESK_STATE"


def state_folder() -> Path:
    """The folder for recent files and autosaves; the environment may name another one."""
    other = os.environ.get(VARIABLE, "").strip()
    return Path(other) if other else Path(platformdirs.user_state_path(NAME, appauthor=False))
