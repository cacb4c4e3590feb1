"""How the window looks: two calm themes from one list of colours, light and dark, following the system.

Widgets that paint themselves ask `current()` when they paint and repaint when the palette changes; plots listen
to `switch().changed`. Colours carry meaning only for statuses, and never alone: a word stands beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication

from ui.sheet import stylesheet


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for, as #rrggbb."""

    name: str
    window: str
    panel: str
    field: str
    raised: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    selection: str
    good: str
    warn: str
    bad: str
    plot: str
    plot_text: str
    plot_grid: str

    @property
    def is_dark(self) -> bool:
        return self.name == "dark"


LIGHT = Theme(
    name="light",
    window="#eef0f2",
    panel="#f8f9fa",
    field="#ffffff",
    raised="#e4e8eb",
    line="#d0d6db",
    text="#1f2a33",
    muted="#54626d",
    faint="#828f99",
    accent="#136d87",
    on_accent="#ffffff",
    selection="#d3e7ed",
    good="#266c43",
    warn="#855507",
    bad="#ad3229",
    plot="#fcfcfd",
    plot_text="#33414c",
    plot_grid="#dde2e6",
)
DARK = Theme(
    name="dark",
    window="#1b1f23",
    panel="#22272c",
    field="#181c20",
    raised="#2d343a",
    line="#3a434b",
    text="#dde3e8",
    muted="#a6b2bb",
    faint="#76838d",
    accent="#63b8ce",
    on_accent="#0d1a1f",
    selection="#26444f",
    good="#6fc18f",
    warn="#dfae55",
    bad="#f09a90",
    plot="#15181b",
    plot_text="#b9c3cb",
    plot_grid="#31383e",
)
USUAL_LINE = 15  # screen pixels
MODES = ("system", "light", "dark")


class ThemeSwitch(QObject):
    """Keeps the theme; `changed` is emitted after the whole application wears a new one."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mode = "system"
        self.theme = LIGHT
        self._worn = ""

    def start(self, mode: str = "system") -> None:
        """Dress the application, and follow the system from now on while the mode says so."""
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed, Qt.ConnectionType.UniqueConnection)
        self.set_mode(mode)

    def set_mode(self, mode: str) -> None:
        """`system`, `light` or `dark`; anything else is taken as `system`."""
        self.mode = mode if mode in MODES else "system"
        dark = self.mode == "dark" or (self.mode == "system" and _system_is_dark())
        self._wear(DARK if dark else LIGHT)

    def _system_changed(self) -> None:
        if self.mode == "system":
            self.set_mode("system")

    def _wear(self, theme: Theme) -> None:
        if theme.name == self._worn:
            return
        self.theme, self._worn = theme, theme.name
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setStyle("Fusion")
        application.setPalette(palette(theme))
        application.setStyleSheet(stylesheet(theme))
        pg.setConfigOptions(background=theme.plot, foreground=theme.plot_text, antialias=True)
        self.changed.emit()


_switch: ThemeSwitch | None = None


def switch() -> ThemeSwitch:
    """The one switch of the program; made at the first call, which needs the QApplication."""
    global _switch
    if _switch is None:
        _switch = ThemeSwitch()
    return _switch


def current() -> Theme:
    """The theme that is worn now."""
    return switch().theme


def palette(theme: Theme) -> QPalette:
    """The Qt palette of a theme, with a greyed form of every role that text uses."""
    roles = QPalette.ColorRole
    made = QPalette()
    pairs = {
        roles.Window: theme.window,
        roles.WindowText: theme.text,
        roles.Base: theme.field,
        roles.AlternateBase: theme.panel,
        roles.Text: theme.text,
        roles.Button: theme.raised,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.bad,
        roles.Highlight: theme.accent,
        roles.HighlightedText: theme.on_accent,
        roles.ToolTipBase: theme.panel,
        roles.ToolTipText: theme.text,
        roles.PlaceholderText: theme.faint,
        roles.Link: theme.accent,
        roles.Accent: theme.accent,
        roles.Light: theme.panel,
        roles.Midlight: theme.raised,
        roles.Mid: theme.line,
        roles.Dark: theme.line,
        roles.Shadow: theme.line,
    }
    for role, colour in pairs.items():
        made.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    return made


def mono(size: float = 0.0) -> QFont:
    """The system's fixed-width font; `size` in points, 0 keeps the system's."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    if size > 0:
        font.setPointSizeF(size)
    return font


def small(font: QFont, factor: float = 0.88) -> QFont:
    """The same font, smaller."""
    made = QFont(font)
    made.setPointSizeF(max(7.0, font.pointSizeF() * factor))
    return made


def scaled(pixels: int) -> int:
    """A length that fits the usual font, as large as the system's font needs it."""
    return round(pixels * max(1.0, QFontMetrics(QApplication.font()).height() / USUAL_LINE))


def _system_is_dark() -> bool:
    return QApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
