"""Whether a window can be opened here, and if not, why."""

from __future__ import annotations

import os
import subprocess
import sys

PROBE = "from PySide6.QtWidgets import QApplication; QApplication([])"
XCB = "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-xkb1 libxkbcommon-x11-0"
ADVICE = {
    "xcb": "Qt cannot reach the X server, or lacks libraries for it (Debian and Ubuntu: sudo apt-get install "
    f"{XCB}; Fedora: sudo dnf install xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms "
    "xcb-util-renderutil libxkbcommon-x11).",
}


def screen_problem() -> str:
    """An empty string when Qt can open a window, else the reason in one sentence.

    Qt ends the process when its platform does not start, so the trial is made in another one.
    """
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return f"QT_QPA_PLATFORM is {os.environ['QT_QPA_PLATFORM']}, so there is no screen."
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set)."
    try:
        done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "The screen does not answer."
    if done.returncode == 0:
        return ""
    for clue, advice in ADVICE.items():
        if clue in done.stderr:
            return advice
    told = [line for line in done.stderr.splitlines() if line.strip()]
    return f"Qt cannot open a window here: {told[0].strip() if told else 'it gives no reason'}"
