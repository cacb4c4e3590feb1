"""The stylesheet: what the palette cannot say, kept small because every widget made has to be matched with it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.style import Theme

_SHEET = """
QToolTip {{ color: {text}; background: {panel}; border: 1px solid {line}; padding: 4px; }}
QMainWindow::separator {{ background: {window}; width: 5px; height: 5px; }}
QSplitter::handle {{ background: {window}; }}
QSplitter::handle:hover {{ background: {line}; }}
QToolBar {{ background: {panel}; border: 0; border-bottom: 1px solid {line}; padding: 3px 6px; spacing: 2px; }}
QToolBar::separator {{ background: {line}; width: 1px; margin: 6px 6px; }}
QToolBar QToolButton {{ padding: 4px 10px; border: 1px solid transparent; border-radius: 4px; }}
QToolBar QToolButton:hover:enabled {{ background: {raised}; }}
QToolBar QToolButton:pressed:enabled {{ background: {selection}; }}
QToolBar QToolButton:focus {{ border-color: {accent}; }}
QMenuBar {{ background: {panel}; }}
QMenuBar::item {{ padding: 4px 9px; background: transparent; }}
QMenuBar::item:selected {{ background: {raised}; }}
QMenu {{ background: {panel}; border: 1px solid {line}; padding: 4px 0; }}
QMenu::item {{ padding: 5px 26px 5px 14px; }}
QMenu::icon, QMenu::indicator {{ padding-left: 8px; }}
QMenu::item:selected {{ background: {selection}; color: {text}; }}
QMenu::item:disabled {{ color: {faint}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QStatusBar {{ background: {window}; }}
QStatusBar::item {{ border: 0; }}
QWidget#form {{ background: transparent; }}
QFrame#pane {{ background: {panel}; border: 1px solid {line}; border-radius: 5px; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QFrame#banner {{ background: {field}; border: 0; border-bottom: 1px solid {line}; }}
QFrame#walk {{ background: {selection}; border: 0; border-bottom: 1px solid {line}; }}
QFrame#remedies {{ background: {field}; border: 0; border-top: 1px solid {line}; }}
QTabWidget::pane {{ border: 0; border-top: 1px solid {line}; }}
QTabBar::tab {{ padding: 6px 11px; color: {muted}; background: transparent; border: 0;
    border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
QTabBar::tab:hover:!selected {{ color: {text}; border-bottom: 2px solid {line}; }}
QTabBar::tab:selected:focus {{ background: {selection}; }}
QTabBar::tab:disabled {{ color: {faint}; }}
QHeaderView::section {{ background: {panel}; color: {muted}; border: 0; border-bottom: 1px solid {line};
    padding: 4px 6px; }}
QTableView, QListView, QTreeView, QPlainTextEdit {{ border: 0; background: {field}; }}
QListView {{ selection-background-color: {selection}; selection-color: {text}; }}
QListView#frames::item {{ padding: 3px 2px; }}
QTableView {{ gridline-color: transparent; selection-background-color: {selection}; selection-color: {text};
    alternate-background-color: {panel}; }}
QLineEdit {{ border: 1px solid {line}; border-radius: 3px; background: {field}; padding: 2px 4px;
    selection-background-color: {accent}; selection-color: {on_accent}; }}
QLineEdit:focus {{ border-color: {accent}; }}
QLineEdit:disabled {{ background: {panel}; }}
QAbstractSpinBox QLineEdit, QComboBox QLineEdit {{ border: 0; padding: 0; }}
QCheckBox::indicator, QAbstractItemView::indicator {{ width: 13px; height: 13px; border: 1px solid {muted};
    border-radius: 3px; background: {field}; }}
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{ background: {accent};
    border-color: {accent}; image: url({tick}); }}
QCheckBox:focus, QRadioButton:focus {{ background: {selection}; border-radius: 3px; }}
QCheckBox::indicator:disabled {{ border-color: {line}; background: {panel}; }}
QCheckBox::indicator:checked:disabled {{ background: {faint}; border-color: {faint}; }}
QRadioButton::indicator {{ width: 11px; height: 11px; border: 1px solid {muted}; border-radius: 6px;
    background: {field}; }}
QRadioButton::indicator:checked {{ border: 4px solid {accent}; width: 5px; height: 5px; }}
QToolButton#filter {{ border: 1px solid {line}; border-radius: 3px; padding: 3px 6px; background: {panel}; }}
QToolButton#filter:hover {{ background: {raised}; }}
QToolButton#filter:checked {{ background: {selection}; border-color: {accent}; }}
QToolButton#filter:focus {{ border: 2px solid {accent}; padding: 2px 5px; }}
QToolButton#menu {{ border: 1px solid transparent; border-radius: 3px; padding: 2px 18px 2px 6px;
    background: transparent; }}
QToolButton#menu:hover {{ background: {raised}; }}
QToolButton#menu:focus {{ border-color: {accent}; }}
QToolButton#filter[popupMode="2"] {{ padding-right: 18px; }}
QToolButton#filter[popupMode="2"]:focus {{ padding-right: 17px; }}
QToolButton::menu-indicator {{ subcontrol-origin: padding; subcontrol-position: right center; right: 5px; }}
QPushButton#strip {{ border: 0; padding: 4px 10px; text-align: left; color: {muted}; background: transparent; }}
QPushButton#strip[level="error"] {{ color: {bad}; }}
QPushButton#strip[level="warning"] {{ color: {warn}; }}
QPushButton#strip:focus {{ text-decoration: underline; }}
QTreeWidget#problems::item {{ padding: 3px 6px; }}
QPushButton#link {{ border: 0; padding: 1px 10px 3px 10px; text-align: left; color: {accent};
    background: transparent; }}
QPushButton#link:disabled {{ color: {faint}; }}
QPushButton#link:hover, QPushButton#link:focus {{ text-decoration: underline; }}
QLabel#note {{ background: {selection}; padding: 5px 10px; }}
QTextBrowser#help {{ border: 0; border-top: 1px solid {line}; background: {field}; }}
QFrame#popup {{ background: {panel}; border: 1px solid {line}; }}
QTableView::item {{ padding: 0 5px; }}
QProgressBar {{ border: 1px solid {line}; border-radius: 4px; background: {field}; text-align: center;
    max-height: 14px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: 11px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 11px; margin: 0; }}
QScrollBar::handle {{ background: {line}; border-radius: 4px; margin: 2px; min-height: 28px; min-width: 28px; }}
QScrollBar::handle:hover {{ background: {faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""


def stylesheet(theme: Theme) -> str:
    """The sheet of a theme."""
    name = "tick-dark.svg" if theme.is_dark else "tick-light.svg"
    tick = Path(str(files("resources").joinpath("icons", name))).as_posix()
    return _SHEET.format(tick=f'"{tick}"', **vars(theme))
