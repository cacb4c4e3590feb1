"""Names in a narrow list: what they have in common is dimmed, and left out first where there is no room."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from ui import style

Parts = tuple[str, str, str]
Index = QModelIndex | QPersistentModelIndex
NAME = Qt.ItemDataRole.UserRole + 1
_HEADS, _TAILS = re.compile(r"[_\-\s]"), re.compile(r"[_.\-\s]")
_NOTE = re.compile(r" \([^()]*\)$")
DOTS = "\u2026"


def split(names: Sequence[str]) -> list[Parts]:
    """What all names begin with, what tells them apart, and what all end with, cut between words. A note in brackets
    at the end of a name counts to its end, unless it is what tells names apart."""
    notes = [found.group() if (found := _NOTE.search(name)) else "" for name in names]
    bare = [name[: len(name) - len(note)] for name, note in zip(names, notes, strict=True)]
    if len(set(bare)) < len(names):
        notes, bare = [""] * len(names), list(names)
    if len(set(bare)) < 2:
        return [("", name, note) for name, note in zip(bare, notes, strict=True)]
    start = max((found.end() for found in _HEADS.finditer(_common(bare))), default=0)
    tail = _common([name[start:][::-1] for name in bare])[::-1]
    size = len(tail) - min((found.start() for found in _TAILS.finditer(tail)), default=len(tail))
    if any(len(name) - start - size <= 0 for name in bare):
        size = 0  # one name is the beginning of another
    ends = [len(name) - size for name in bare]
    return [
        (name[:start], name[start:end], name[end:] + note)
        for name, end, note in zip(bare, ends, notes, strict=True)
    ]


def split_near(names: Sequence[str]) -> list[Parts]:
    """As `split`, but each name beside those most like it only, so that one other name among them changes nothing;
    where two would be left with the same middle, as `split`."""
    order = sorted(set(names))
    shared = [len(_common(pair)) for pair in pairwise(order)]
    runs: dict[tuple[int, int], list[Parts]] = {}
    found: dict[str, Parts] = {}
    for place, name in enumerate(order):
        most = max(shared[max(place - 1, 0) : place + 1], default=0)
        first, last = place, place
        while first > 0 and shared[first - 1] >= most:
            first -= 1
        while last < len(shared) and shared[last] >= most:
            last += 1
        if (first, last) not in runs:
            runs[first, last] = split(order[first : last + 1])
        found[name] = runs[first, last][place - first]
    alone = len({middle for _, middle, _ in found.values()}) == len(order)
    return [found[name] for name in names] if alone else split(names)


def _common(texts: Sequence[str]) -> str:
    """The characters with which all texts begin."""
    first, last = min(texts), max(texts)
    return first[: next((n for n, letter in enumerate(first) if letter != last[n : n + 1]), len(first))]


def shortened(names: Sequence[str], room: int, width: Callable[[str], int]) -> list[Parts]:
    """The parts of each name that have `room` by the measure `width`: those in common are left out first, the tail
    before the head; what is left is shortened so that, where that is possible, no two look the same."""
    found = [shortened_one(parts, room, width) for parts in split(names)]
    too_long = [n for n, parts in enumerate(found) if width("".join(parts)) > room]
    if too_long:
        middles = [found[n][1] for n in too_long]
        cut = _told_apart(middles, room - width(2 * DOTS), width)
        for n, middle in zip(too_long, cut, strict=True):
            found[n] = (found[n][0], middle, found[n][2])
    return found


def shortened_one(parts: Parts, room: int, width: Callable[[str], int]) -> Parts:
    """The parts of one of the names; what tells it apart stays whole, though there be no room for it."""
    head, middle, tail = parts
    levels: list[Parts] = [
        parts,
        (head, middle, DOTS if tail else ""),
        (DOTS if head else "", middle, DOTS if tail else ""),
    ]
    fitting = next((level for level in levels if width("".join(level)) <= room), levels[-1])
    if fitting is levels[-1] and head:
        return _with_more(head, fitting, room, width)
    return _with_end(fitting, tail, room, width) if fitting is levels[1] else fitting


def _with_more(head: str, parts: Parts, room: int, width: Callable[[str], int]) -> Parts:
    """The end of the head before the rest, as much of it as there is room for."""
    _, middle, tail = parts
    for kept in range(len(head) - 1, 0, -1):
        if width(DOTS + head[-kept:] + middle + tail) <= room:
            return DOTS + head[-kept:], middle, tail
    return parts


def _with_end(parts: Parts, tail: str, room: int, width: Callable[[str], int]) -> Parts:
    """The end of the tail after the rest, as much of it as there is room for, cut between words."""
    head, middle, _ = parts
    ends = [tail[found.start() :] for found in _TAILS.finditer(tail)]
    return next(
        ((head, middle, DOTS + end) for end in ends if width(head + middle + DOTS + end) <= room), parts
    )


def _told_apart(texts: Sequence[str], room: int, width: Callable[[str], int]) -> list[str]:
    """Texts cut in their middle; at their beginning, or end, when some would look the same else."""
    cuts = [[_cut(text, share, room, width) for text in texts] for share in (0.5, 0.0, 1.0)]
    return max(cuts, key=lambda made: len(set(made)))


def _cut(text: str, share: float, room: int, width: Callable[[str], int]) -> str:
    """As much of a text as there is room for; this share of it from its beginning, the rest from its end."""
    if width(text) <= room:
        return text
    for kept in range(len(text) - 1, 0, -1):
        first = round(share * kept)
        made = text[:first] + DOTS + text[len(text) - (kept - first) :]
        if width(made) <= room:
            return made
    return DOTS


class NameDelegate(QStyledItemDelegate):
    """Draws the items of a list whose role `NAME` is a part of their text."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: N802
        super().initStyleOption(option, index)
        option.text = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        shown = QStyleOptionViewItem(option)
        super().initStyleOption(shown, index)
        look = shown.widget.style() if shown.widget is not None else None
        if look is None:
            return
        place = look.subElementRect(QStyle.SubElement.SE_ItemViewItemText, shown, shown.widget)
        self._write(painter, shown, place.adjusted(3, 0, -3, 0), index)

    def _write(self, painter: QPainter, shown: QStyleOptionViewItem, place: QRect, index: Index) -> None:
        model, name = index.model(), str(index.data(NAME))
        before, _, after = str(index.data()).partition(name)
        names = [str(model.index(row, 0).data(NAME)) for row in range(model.rowCount())]
        metrics = QFontMetrics(shown.font)
        room = place.width() - metrics.horizontalAdvance(before + after)
        head, middle, tail = shortened(names, room, metrics.horizontalAdvance)[index.row()]
        chosen = bool(shown.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        ink = shown.palette.color(role)
        dim = QColor(ink) if chosen else QColor(style.current().muted)
        dim.setAlphaF(0.72 if chosen else 1.0)
        painter.save()
        painter.setFont(shown.font)
        left = place.left()
        for text, colour in ((before, dim), (head, dim), (middle, ink), (tail, dim), (after, ink)):
            painter.setPen(colour)
            line = QRect(left, place.top(), place.right() - left + 1, place.height())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            left += metrics.horizontalAdvance(text)
        painter.restore()
