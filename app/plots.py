"""The report of an alignment as a page, for `tweakreg --report F.html`: plots are drawn by Qt without a screen."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.align.results import Alignment, Written
from core.align.session import AlignSettings
from ui.htmlreport import write_html

if TYPE_CHECKING:
    from ui.reportplots import Pictures


def write_page(path: Path, alignment: Alignment, settings: AlignSettings) -> None:
    """Write the page; where Qt cannot be loaded, without plots, and say so. Raises `Refusal` when it cannot be
    written."""
    applied = [one.path for one in alignment.applied if one.status is Written.WRITTEN]
    write_html(path, alignment, settings, _plots(alignment, settings), applied=applied)


def _plots(alignment: Alignment, settings: AlignSettings) -> Pictures:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from PySide6.QtCore import qInstallMessageHandler

        from ui.main import make_application
        from ui.reportplots import draw_now
    except ImportError as error:
        print(f"The report has no plots, because Qt cannot be loaded: {error}", file=sys.stderr)
        return {}
    # the offscreen platform complains about every window
    qInstallMessageHandler(_say_nothing)
    try:
        application = make_application(look="light")
        pictures = draw_now(alignment, settings.tweakreg["ylimit"])
        application.processEvents()
    finally:
        qInstallMessageHandler(None)
    return pictures


def _say_nothing(*_: object) -> None:
    pass
