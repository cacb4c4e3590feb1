"""The peaks of the histogram of offsets in words: heights, places, how clear the chosen one is."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor

from core.align.results import Offset, PeakStatus
from ui import style
from ui.views.chart import signed
from ui.views.colors import plot_colours

BOX = 2  # bins around a peak that belong to it
ADVICE = {
    PeakStatus.GOOD: "one clear peak",
    PeakStatus.EDGE: "the peak lies at the edge: increase searchrad",
    PeakStatus.CENTRE_OF_MASS: "too few pairs for a fit, so their centre of mass was taken: does the peak stand out?",
    PeakStatus.BAD_FIT: "no clear maximum, the highest bin was taken: find more or better sources",
    PeakStatus.AMBIGUOUS: "two peaks stand out alike: choose the right one, or a searchrad that holds only one",
    PeakStatus.NO_DATA: "no pairs within the search radius: increase searchrad or find more sources",
    PeakStatus.NOT_USED: "the histogram was not used",
    PeakStatus.PATTERN: "the histogram left doubts, so the offset is that of the pattern of the stars",
    PeakStatus.CHOSEN: "you chose this place: Automatic goes back to the peak that is found",
}


def rival_of(offset: Offset) -> tuple[float, float] | None:
    """Where the second peak lies, in frame pixels; None when there is none."""
    if np.isfinite(offset.rival_x) and np.isfinite(offset.rival_y) and offset.status is not PeakStatus.CHOSEN:
        return offset.rival_x, offset.rival_y
    return second_peak(offset)


def second_peak(offset: Offset) -> tuple[int, int] | None:
    """The highest bin outside the 5 x 5 bins around the chosen place, as an offset in whole pixels."""
    counts, r = offset.histogram.copy(), offset.radius
    row, column = round(offset.y) + r, round(offset.x) + r
    counts[max(row - BOX, 0) : max(row + BOX + 1, 0), max(column - BOX, 0) : max(column + BOX + 1, 0)] = 0
    row, column = (int(place) for place in np.unravel_index(int(counts.argmax()), counts.shape))
    return (column - r, row - r) if counts[row, column] else None


def figures_of(offset: Offset, mas: float) -> str:
    """The peak in words: pairs, place in pixels and mas, significance, the second peak, status and advice."""
    colours = plot_colours()
    good = offset.status in (PeakStatus.GOOD, PeakStatus.CHOSEN, PeakStatus.PATTERN)
    if offset.status is PeakStatus.NO_DATA:
        return f'<b style="color:{colours.bad.name()}">{ADVICE[offset.status]}</b>'
    ratio = ""
    if offset.second > offset.height:
        ratio = ", higher than here"
    elif offset.second:
        ratio = f" ({offset.height / offset.second:.3g} times lower)"
    status = f"Status: {offset.status.value}. {_sentence(offset.status)}."
    colour = colours.text if good else colours.warn
    return (
        f"Peak of <b>{_pairs(offset.height)}</b> at x <b>{signed(offset.x)}</b>, y <b>{signed(offset.y)}</b> px "
        f"({signed(offset.x * mas, 1)}, {signed(offset.y * mas, 1)} mas); significance "
        f"{offset.significance:z.1f}; highest bin elsewhere {_pairs(offset.second)}{ratio}; "
        f"{offset.edge_distance} bins from the edge. "
        f'<span style="color:{colour.name()}">{status}</span>'
    )


def facts_of(offset: Offset, mas: float, failed: bool = False) -> str:
    """The same as a table, for the panel beside the plot; of an image that `failed` no status is in green."""
    colours = plot_colours()
    muted = f'style="color:{colours.muted.name()}; padding-right:10px"'
    good = offset.status in (PeakStatus.GOOD, PeakStatus.CHOSEN, PeakStatus.PATTERN)
    if offset.status is PeakStatus.NO_DATA:
        return f'<b style="color:{colours.bad.name()}">{_sentence(offset.status)}.</b>'
    rival = rival_of(offset)
    place = f"<br>x {signed(rival[0], 0)}, y {signed(rival[1], 0)} px" if rival and offset.second else ""
    ratio = f"{offset.height / offset.second:.3g} : 1" if offset.second else "no other pairs"
    bins = "1 bin" if offset.edge_distance == 1 else f"{offset.edge_distance} bins"
    rows = (
        ("Chosen peak", f"<b>{_pairs(offset.height)}</b>"),
        (
            "Offset",
            f"<b>x {signed(offset.x)}, y {signed(offset.y)} px</b><br>"
            f"{signed(offset.x * mas, 1)}, {signed(offset.y * mas, 1)} mas",
        ),
        ("Second peak", f"{_pairs(offset.second)}{place}"),
        ("Ratio", ratio),
        ("To the edge", bins),
        ("Significance", f"{offset.significance:z.1f}"),
    )
    cells = "".join(f"<tr><td {muted}>{name}</td><td>{value}</td></tr>" for name, value in rows)
    colour = QColor(style.current().good) if good and not failed else colours.warn
    status = (
        f'<b style="color:{colour.name()}">Status: {offset.status.value}</b><br>{_sentence(offset.status)}.'
    )
    return f'<table cellspacing="3">{cells}</table><p>{status}</p>'


def _sentence(status: PeakStatus) -> str:
    words = ADVICE.get(status, "look at the plots")
    return words[:1].upper() + words[1:]


def _pairs(count: int) -> str:
    return "1 pair" if count == 1 else f"{count} pairs"
