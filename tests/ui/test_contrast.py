"""What is written can be read: contrast of the themes' colours as WCAG 2.2 (1.4.3) asks, 4.5 to 1 for text."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from ui.style import DARK, LIGHT, Theme

GROUNDS = ("window", "panel", "field", "raised", "selection")


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2, definitions)."""
    parts = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_stands_out_from_every_ground(theme: Theme):
    for ground in GROUNDS:
        for ink in ("text", "muted", "accent", "good", "warn", "bad"):
            assert contrast(getattr(theme, ink), getattr(theme, ground)) >= 4.5, (ink, ground)
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.plot_text, theme.plot) >= 4.5
    # what is greyed need not, but is read all the same
    assert min(contrast(theme.faint, getattr(theme, ground)) for ground in ("panel", "field")) >= 3.0
