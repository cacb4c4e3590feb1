"""The window: exposures and parameters on the left, what came of them on the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from ui import icons, layout, style, taborder
from ui.actions import Actions
from ui.banner import BUSY, Banner
from ui.closing import Closer
from ui.clusterdialog import ClusterChoice
from ui.controllers.align import AlignController
from ui.controllers.blink import BlinkController
from ui.controllers.carryback import CarryBackController
from ui.controllers.choices import ChoicesController
from ui.controllers.drizzle import DrizzleController
from ui.controllers.drops import DropsController
from ui.controllers.export import ExportController
from ui.controllers.files import FilesController
from ui.controllers.form import FormController
from ui.controllers.leaving import LeavingController
from ui.controllers.live import LiveController
from ui.controllers.marks import MarksController
from ui.controllers.pair import PairController
from ui.controllers.params import ParamsController
from ui.controllers.photometry import PhotometryController
from ui.controllers.pick import PickController
from ui.controllers.refresh import RefreshController
from ui.controllers.sessions import SessionsController
from ui.controllers.settools import SetTools
from ui.controllers.show import ShowController
from ui.controllers.steps import StepsController
from ui.controllers.versions import VersionsController
from ui.controllers.walk import WalkController
from ui.dialogs import Ask
from ui.engine import Engine
from ui.exposures import ExposureList
from ui.lane import Lane
from ui.logview import LogView
from ui.matchtable import MatchTable
from ui.menus import Menus
from ui.outcomes import counted, remarks_of
from ui.pictures import Steps, picture_steps
from ui.remedies import Remedies
from ui.runner import Brief, Runner, tell
from ui.session import PREVIEW, Session
from ui.settings import Settings
from ui.statusline import StatusLine
from ui.tables import AlignTable, CosmicTable
from ui.viewset import ViewSet
from ui.walkbar import WalkBar

if TYPE_CHECKING:
    from core.align.results import Suggestion


class MainWindow(QMainWindow):
    """The whole program in one window.

    `files` are opened at once; `settings` None keeps nothing for the next day; `folder` is where products go
    (None: the folder of the first exposure); `engine` and `ask` may be stand-ins.
    """

    def __init__(
        self,
        files: Iterable[Path] = (),
        settings: Settings | None = None,
        folder: Path | None = None,
        *,
        cfgs: Sequence[Path] = (),
        engine: Engine | None = None,
        ask: Ask | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.session = Session(folder=folder)
        self.engine, self.ask = engine or Engine(), ask or Ask(self)
        self.lane, self.quick = Lane("engine", self), Lane("views", self)
        self.log = LogView()
        self._build()
        self._control()
        self._connect()
        self.refresh.state()
        for path in cfgs:
            self.params.files.open_now(Path(path))
        self.files.add(files)

    # ---- making

    def _build(self) -> None:
        self.setWindowTitle("DrizzleDesk")
        self.setWindowIcon(icons.application_icon())
        self.setMinimumSize(860, 560)
        self.resize(1280, 800)
        self.actions_ = Actions(self)
        self.actions_.toolbar(self)
        self.listing = ExposureList()
        self.box = layout.ExposureBox(self.listing, self.actions_)
        self.param_tabs, self.foot = layout.tabs("Parameters"), layout.tabs("Results and log")
        self.views = ViewSet(self.quick.run)
        self.remedies, self.banner = Remedies(), Banner()
        self.align_table, self.cosmic_table = AlignTable(), CosmicTable()
        self.match_table = MatchTable(self.views.selection)
        for widget, title in (
            (self.align_table, "Alignment"),
            (self.match_table, "Matches"),
            (self.cosmic_table, "Cosmic rays"),
            (self.log, "Log"),
        ):
            self.foot.addTab(widget, title)
        middle = layout.between(self.banner, self.views.tabs, self.remedies)
        self.walk_bar = WalkBar()
        middle.layout().insertWidget(1, self.walk_bar)
        self.splitters = layout.panes(self.box, self.param_tabs, middle, self.foot)
        self.setCentralWidget(self.splitters[0])
        self.status = StatusLine(self.actions_["stop"], self)
        self.setStatusBar(self.status)

    def _control(self) -> None:
        self.runner = Runner(self.lane, self.session, self.log, self)
        self.files = FilesController(self, self.listing, self.quick, self.engine, self.log, self.settings)
        self.params = ParamsController(self, self.param_tabs, self.log, self.settings)
        common = (self.runner, self.engine, self.session, self.files, self.params)
        self.align = AlignController(*common, self.ask, self)
        self.drizzle = DrizzleController(*common, self.align, self.ask, self)
        tables = (self.align_table, self.match_table, self.cosmic_table)
        self.show_ = ShowController(self.session, self.views, *tables, self.remedies, self)
        self.choices = ChoicesController(
            self.session, self.views, self.show_, self.align, self.params.history, self.quick, self
        )
        self.live = LiveController(self.listing, self.params.states, self.quick, self.views, self.show_, self)
        self.walk = WalkController(
            self.session,
            self.views,
            self.listing,
            self.walk_bar,
            self.actions_,
            self.align,
            self.choices,
            self,
        )
        self.leaving = LeavingController(self.session, self.listing, self.actions_, self.choices, self)
        self.closer = Closer(self)
        self.blink = BlinkController(self.session, self.listing, self.views, self)
        self.tools = SetTools(self, self.params, self.files, self.quick)
        folder = self.settings.folder
        self.sessions = SessionsController(self, folder / "sessions" if folder is not None else None)
        openers = {
            "exposures": self._open_one,
            "cfg": self.params.open_file,
            "sessions": self.sessions.open,
        }
        self.cluster = ClusterChoice(self.actions_["cluster"], self.engine, self.settings, self)
        self.menus = Menus(self, self.actions_, self.settings, openers)
        self.marks = MarksController(self.session, self.views, self.show_, self)
        self.pick = PickController(self.views, self.live, self.marks, self)
        self.pair = PairController(self.align, self.listing, self.views, self.show_, self.quick, self)
        self.versions = VersionsController(self.align, self.listing, self.quick, self.ask, self)
        self.carry_back = CarryBackController(self.versions, self)
        self.export = ExportController(
            self.session,
            self.views,
            self.show_,
            self.drizzle,
            self.actions_,
            self.quick,
            self.log,
            self.ask,
            self,
        )
        self.export.fill(self.menus.export)
        self.views.tabs.setCornerWidget(self.export.button(self.views.tabs))
        self.match_table.add_buttons(self.choices.exclude_, self.choices.restore_)
        self.menus.view.addSeparator()
        self.actions_.fill(self.menus.view, "marks", "")
        self.views.add_shortcuts(self, self.menus.view)
        self.folder_line = layout.FolderLine()
        self.params.panels[-1].top.addWidget(self.folder_line)
        self.drops = DropsController(self)
        self.steps = StepsController(self)
        self.form = FormController(self)
        self.photometry = PhotometryController(self)
        self.refresh = RefreshController(self)

    def _connect(self) -> None:
        slots = {**self._slots(), **self.tools.slots(), **self.sessions.slots()}
        for name, slot in slots.items():
            self.actions_[name].triggered.connect(slot)
        self.folder_line.pressed.connect(self.drizzle.choose_folder)
        self.files.changed.connect(self.refresh.state)
        self.files.changed.connect(self.refresh.blink)
        self.runner.changed.connect(self._run_changed)
        self.runner.rested.connect(self._rested)
        self.runner.reported.connect(self.status.report)
        self.runner.refused.connect(self.params.reveal_subject)
        self.runner.concluded.connect(self.status.conclude)
        self.runner.broke.connect(self._broke)
        self.params.noted.connect(self._noted)
        self.align.applied.connect(self._applied)
        self.drizzle.folder_changed.connect(self.refresh.state)
        self.params.history.moved.connect(self.refresh.undo)
        self.params.changed.connect(self.refresh.title)
        self.param_tabs.currentChanged.connect(self.refresh.title)
        self.sessions.renamed.connect(self.refresh.title)
        self.params.changed.connect(self.refresh.stale)
        self.params.changed.connect(self.refresh.limit)
        self.listing.chosen.connect(self._chosen)
        self.align_table.chosen.connect(self.listing.choose)
        self.cosmic_table.chosen.connect(self.listing.choose)
        self.align.aligned.connect(self._aligned)
        self.align.refitted.connect(self._refitted)
        self.drizzle.drizzled.connect(self._drizzled)
        self.remedies.chosen.connect(self._try)
        self.views.products.figures.chosen.connect(self.params.reveal_subject)
        self.lane.troubled.connect(self._troubled)
        self.log.spoke.connect(self._spoke)
        style.switch().changed.connect(self.show_.show_figures)

    def _slots(self) -> dict[str, object]:
        params = self.params
        return {
            "open": self.files.ask,
            "remove": self.listing.remove_selected,
            "up": self._move_up,
            "down": self._move_down,
            "tables": self.align.write_outputs,
            "folder": self.drizzle.choose_folder,
            "quit": self.close,
            "undo": params.history.undo,
            "redo": params.history.redo,
            "search": self.form.search,
            "align": self.align.align,
            "apply": self.align.apply,
            "drizzle": self.drizzle.drizzle,
            "stop": self.runner.stop,
            "marks": self.marks.set_on,
            "versions": self.versions.open,
            "anew": self.versions.anew.begin,
            "carry_back": self.carry_back.begin,
        }

    # ---- showing

    def _run_changed(self) -> None:
        if self.session.running not in ("", PREVIEW):
            self.banner.drop("run")
        if not self.session.running:
            self.banner.drop(BUSY)
        self.status.set_running(self.session.running)
        self.remedies.set_busy(bool(self.session.running))
        self.refresh.state()
        self.closer.run_changed()

    def _rested(self) -> None:
        """What follows may be a question: nothing runs while it waits for its answer."""
        self.status.set_running("")
        self.refresh.state()

    def _chosen(self, path: Path | None) -> None:
        self.show_.show_current(path)
        self.choices.refresh()
        self.live.refresh()
        self.pair.refresh()
        self.blink.show_current(path)

    def _aligned(self) -> None:
        self.show_.show_alignment()
        self.refresh.stale()
        self.marks.forget_star()
        self._leave_reference()
        self.views.show("histogram")
        self.foot.setCurrentWidget(self.align_table)
        self.refresh.state()

    def _refitted(self) -> None:
        """The same view stays in front: the person looks at what the choice did."""
        self.show_.show_alignment()
        self.choices.refresh()
        self.marks.draw()
        self.refresh.state()

    def _try(self, suggestion: Suggestion) -> None:
        """Set what a suggestion says, and align again with it."""
        self.params.assign(suggestion.task, **suggestion.changes)
        self.align.align()

    def _leave_reference(self) -> None:
        """The reference has no histogram: show the first image that was matched against it."""
        alignment = self.session.alignment
        current = self.listing.current()
        if alignment is None or (current is not None and current.badge not in ("REFERENCE", "")):
            return
        matched = next((image for image in alignment.images if image.offset is not None), None)
        if matched is not None:
            self.listing.choose(matched.path)

    def _applied(self, _whole: bool) -> None:
        self.show_.show_figures()

    def _broke(self, brief: Brief) -> None:
        helps = (
            [(f"{self.actions_[brief.help].text()} again", self.actions_[brief.help])] if brief.help else []
        )
        self.banner.tell("run", "error", brief.head, brief.line.splitlines(), helps)

    def _noted(self, path: Path, head: str, lines: list[str]) -> None:
        """What there is to say about a parameter file that was opened."""
        self.banner.drop(f"cfg {path}")
        if head:
            self.banner.tell(f"cfg {path}", "warning" if lines else "error", head, lines)

    def _drizzled(self) -> None:
        self.show_.show_result()
        remarks = remarks_of(self.session.result)
        if remarks:
            self.banner.tell("run", "warning", f"{counted(len(remarks), 'remark')} on this run", remarks)
        if self.session.result is not None and self.session.result.products:
            self.views.show("products")
        self.foot.setCurrentWidget(self.cosmic_table)
        self.refresh.state()

    def _spoke(self, level: str) -> None:
        if level == "error":
            self.status.conclude(self.log.newest(), "error")
            self.foot.setCurrentWidget(self.log)
        elif level == "good":
            self.status.tell(self.log.newest(), "good")

    def _troubled(self, title: str, error: BaseException) -> None:
        self.refresh.state()

    def report_error(self, error: BaseException) -> None:
        """An error that nothing else caught: told in the log, the window goes on."""
        tell(self.log, "Internal error", error)

    def answer_with(self, ask: Ask) -> None:
        """Let `ask` answer the questions of the window from now on."""
        self.ask = self.align.ask = self.drizzle.ask = self.export.ask = ask
        self.versions.ask = ask

    # ---- small slots

    def _open_one(self, path: Path) -> None:
        self.files.add([path])

    def _move_up(self) -> None:
        self.listing.move_current(-1)

    def _move_down(self) -> None:
        self.listing.move_current(1)

    # ---- pictures and the end

    def picture_steps(self, folder: Path) -> Steps:
        """Pictures of the window with each view in front, step by step."""
        return picture_steps(self.views, self, self.param_tabs, self.foot, Path(folder))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Ask when something would be lost; a run is stopped first, without freezing the window."""
        event.setAccepted(self.closer.may_close())

    def focusNextPrevChild(self, forwards: bool) -> bool:  # noqa: N802
        """Tab and Shift+Tab."""
        return taborder.go(self, forwards) or super().focusNextPrevChild(forwards)

    def restore_places(self) -> None:
        """Size and splitters of last time."""
        self.closer.restore_places()

    def pages(self) -> dict[str, QWidget]:
        """The views by name."""
        return self.views.pages
