"""Session files in the window: closing and opening returns to where one was; autosave, and recovery after a kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from core.align.choices import Choices
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.params import TASKS, read_cfg, write_cfg
from core.simulate import Scene, simulate
from tests.core.data.test_madewith import DRIZZLEPAC, product
from tests.ui_standins import StandInEngine
from ui import autosave, sessionstate
from ui.controllers import sessions
from ui.engine import Engine
from ui.settings import Settings
from ui.window import MainWindow

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("a_flt.fits", "b_flt.fits", "c_flt.fits")


@pytest.fixture(autouse=True)
def soon(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "DEBOUNCE_MS", 30)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Files that are there, though only the stand-in reads them."""
    for name in NAMES:
        (tmp_path / name).write_bytes(name.encode())
    return [tmp_path / name for name in NAMES]


def aligned(qtbot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.session.alignment is not None and not window.runner.is_running)
    qtbot.waitUntil(lambda: not window.sessions.lane.is_busy)


def saved(qtbot, window: MainWindow, path: Path) -> None:
    window.sessions.save_to(path)
    qtbot.waitUntil(lambda: window.sessions.path == path)


def opened(qtbot, window: MainWindow, path: Path) -> None:
    with qtbot.waitSignal(window.sessions.restored):
        window.sessions.open(path)
    qtbot.waitUntil(lambda: not window.files.is_reading)


def badges(window: MainWindow) -> list[str]:
    return [entry.badge for entry in window.listing.entries()]


def test_closing_and_opening_returns_to_where_one_was(qtbot, make_window, files, tmp_path):
    window = make_window(*NAMES)
    mine = tmp_path / "mine.cfg"
    write_cfg(TASKS["astrodrizzle"].defaults().replaced(final_pixfrac=0.8), mine)
    window.params.files.open_now(mine)
    window.params.states["astrodrizzle"].edit("output", "x, 'y' %(z)s")
    window.drizzle.set_folder(tmp_path / "out")
    aligned(qtbot, window)
    window.params.states["tweakreg"].edit("nclip", "many")
    window.session.choices = Choices().replaced("b_flt.fits", left_out=True)
    window.views.show("vectors")
    window.param_tabs.setCurrentIndex(1)
    window.listing.choose(files[2])
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    assert not window.sessions.is_modified

    other = make_window()
    opened(qtbot, other, tmp_path / "run.drizzledesk")
    assert [entry.path for entry in other.listing.entries()] == files
    assert badges(other) == ["REFERENCE", "ALIGNED", "ALIGNED"]
    assert other.align_table.rowCount() == 3
    drizzle, align = other.params.states["astrodrizzle"], other.params.states["tweakreg"]
    assert drizzle.values == window.params.values("astrodrizzle")
    assert drizzle.path == mine
    assert drizzle.is_modified
    assert align.text_of_bad("nclip") == "many"
    assert other.session.choices == window.session.choices
    assert other.session.folder == tmp_path / "out"
    assert other.session.aligned_sets == window.session.aligned_sets
    assert other.views.current() == "vectors"
    assert other.param_tabs.currentIndex() == 1
    assert other.listing.current().path == files[2]
    assert other.banner.plain() == window.banner.plain()
    assert not other.sessions.is_modified
    assert other.windowTitle().startswith("run.drizzledesk")
    # what was undone before belongs to another session
    assert not other.params.history.can_undo
    drizzle.edit("final_pixfrac", "0.8")
    drizzle.edit("output", "")
    assert not drizzle.is_modified


def test_an_alignment_of_other_files_is_not_shown(qtbot, make_window, files, tmp_path):
    """Somebody wrote an exposure meanwhile: no plots that are not of these data, and a word why."""
    window = make_window(*NAMES)
    aligned(qtbot, window)
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    files[1].write_bytes(b"other pixels")
    other = make_window()
    opened(qtbot, other, tmp_path / "run.drizzledesk")
    assert other.session.alignment is None
    assert badges(other) == ["", "", ""]
    assert "b_flt.fits (changed)." in other.banner.plain()
    again = other.banner.helps()["Align again"]
    assert again.isEnabled()
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: other.session.alignment is not None and not other.runner.is_running)
    # what was told is so no more
    assert "b_flt.fits" not in other.banner.plain()
    assert not other.banner.helps()


def test_what_the_engine_wrote_itself_is_no_change(qtbot, make_window, files, tmp_path, engine):
    """After Apply the headers are others, because of us."""
    window = make_window(*NAMES)
    aligned(qtbot, window)

    def write_headers(*_: object, **__: object) -> object:
        files[1].write_bytes(b"a new header")
        return StandInEngine.apply(engine, *_, **__)

    engine.apply = write_headers
    window.actions_["apply"].trigger()
    qtbot.waitUntil(lambda: bool(window.session.applied) and not window.runner.is_running)
    qtbot.waitUntil(lambda: not window.sessions.lane.is_busy)
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    other = make_window()
    opened(qtbot, other, tmp_path / "run.drizzledesk")
    assert badges(other) == ["REFERENCE", "APPLIED", "APPLIED"]
    assert other.session.to_apply() == []


def test_a_moved_folder_is_found_beside_the_session(qtbot, make_window, files, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    for path in files:
        shutil.move(path, old / path.name)
    window = make_window(*(f"old/{name}" for name in NAMES))
    aligned(qtbot, window)
    saved(qtbot, window, old / "run.drizzledesk")
    old.rename(new)
    other = make_window()
    opened(qtbot, other, new / "run.drizzledesk")
    assert [entry.path for entry in other.listing.entries()] == [new / name for name in NAMES]
    assert badges(other) == ["REFERENCE", "ALIGNED", "ALIGNED"]
    assert other.session.aligned_files == tuple(new / name for name in NAMES)


@pytest.mark.parametrize(("answer", "count"), [("find", 3), ("without", 2), ("", 0)])
def test_missing_exposures_are_asked_about(qtbot, make_window, files, tmp_path, person, answer, count):
    window = make_window(*NAMES)
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    (tmp_path / "far").mkdir()
    shutil.move(files[0], tmp_path / "far" / NAMES[0])
    person.answers |= {"missing": answer, "folder": tmp_path / "far"}
    other = make_window()
    other.sessions.open(tmp_path / "run.drizzledesk")
    qtbot.waitUntil(lambda: "missing" in person.asked)
    assert person.missing == [str(files[0])]
    qtbot.waitUntil(lambda: other.listing.count() == count)
    if answer == "find":
        assert other.listing.entries()[0].path == tmp_path / "far" / NAMES[0]


def test_a_damaged_session_is_refused_and_changes_nothing(qtbot, make_window, files, tmp_path):
    window = make_window(*NAMES)
    (tmp_path / "bad.drizzledesk").write_text('{"format": "drizzledesk session", "version": 1, "sets": 5}')
    window.sessions.open(tmp_path / "bad.drizzledesk")
    qtbot.waitUntil(lambda: "damaged" in window.banner.plain())
    assert window.listing.count() == 3
    assert window.sessions.path is None


def test_no_session_is_opened_into_a_run(qtbot, make_window, files, tmp_path, engine):
    window = make_window(*NAMES)
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    engine.go.clear()
    qtbot.keyClick(window, Qt.Key.Key_F5)
    window.sessions.open(tmp_path / "run.drizzledesk")
    window.sessions.new()
    assert "Align is running" in window.banner.plain()
    assert window.listing.count() == 3
    engine.go.set()
    qtbot.waitUntil(lambda: not window.runner.is_running)
    assert window.banner.plain() == ""
    opened(qtbot, window, tmp_path / "run.drizzledesk")


def test_a_changed_session_is_asked_about_and_saved_at_the_close(qtbot, make_window, files, tmp_path, person):
    window = make_window(*NAMES)
    path = tmp_path / "run.drizzledesk"
    saved(qtbot, window, path)
    before = path.read_text()
    window.params.states["tweakreg"].edit("nclip", "5")
    assert window.sessions.is_modified
    person.answers["unsaved"] = ""
    window.close()
    assert window.isVisible()
    person.answers["unsaved"] = "save"
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert path.read_text() != before
    other = make_window()
    opened(qtbot, other, path)
    assert other.params.values("tweakreg")["nclip"] == 5


def test_nothing_unsaved_is_lost_by_opening_another_session(qtbot, make_window, files, tmp_path, person):
    """Neither a set that came from a file nor a session that has none yet."""
    window = make_window(*NAMES)
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    other = make_window(*NAMES[:1])
    other.params.write(other.params.states["tweakreg"], tmp_path / "mine.cfg")
    other.params.states["tweakreg"].edit("nclip", "5")
    person.answers["unsaved"] = ""
    other.sessions.open(tmp_path / "run.drizzledesk")
    assert person.asked == ["unsaved"]
    assert not other.sessions.lane.is_busy
    assert other.params.values("tweakreg")["nclip"] == 5
    person.answers["unsaved"] = "discard"
    opened(qtbot, other, tmp_path / "run.drizzledesk")
    assert other.params.values("tweakreg")["nclip"] == 3


def test_a_restored_set_still_knows_its_file(qtbot, make_window, tmp_path):
    """A change of the file is noticed, and what was not understood in it is kept, as before the session."""
    old = tmp_path / "old.cfg"
    old.write_text("_task_name_ = tweakreg\nupdatewcs = no\n")
    window = make_window()
    window.params.files.open_now(old)
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    other = make_window()
    opened(qtbot, other, tmp_path / "run.drizzledesk")
    state = other.params.states["tweakreg"]
    state.edit("nclip", "5")
    assert other.params.save(state)
    assert [entry.key for entry in read_cfg(old).kept] == ["updatewcs"]
    os.utime(old, ns=(1, 1))
    other.params.files.check_disk()
    qtbot.waitUntil(lambda: "old.cfg was changed by another program" in other.banner.plain())


def test_a_new_session_is_empty(qtbot, make_window, files):
    window = make_window(*NAMES)
    aligned(qtbot, window)
    window.params.states["tweakreg"].edit("nclip", "5")
    qtbot.keyClick(
        window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    )
    assert window.listing.count() == 0
    assert window.session.alignment is None
    assert not window.params.values("tweakreg").changed()
    assert window.align_table.rowCount() == 0


def test_a_new_session_does_not_get_the_file_of_the_old_one(qtbot, make_window, files, tmp_path, person):
    """Saving runs in the background; what it tells at its end must not reach the empty session."""
    window = make_window(*NAMES)
    path = tmp_path / "run.drizzledesk"
    saved(qtbot, window, path)
    window.params.states["tweakreg"].edit("nclip", "5")
    person.answers["unsaved"] = "save"
    window.sessions.new()
    qtbot.waitUntil(lambda: not window.sessions.lane.is_busy and window.listing.count() == 0)
    assert window.sessions.path is None
    other = make_window()
    opened(qtbot, other, path)
    assert other.listing.count() == 3
    assert other.params.values("tweakreg")["nclip"] == 5


def test_a_save_that_goes_on_leaves_a_new_session_alone(qtbot, make_window, files, tmp_path, person):
    window = make_window(*NAMES)
    person.answers["unsaved"] = "discard"
    window.sessions.save_to(tmp_path / "run.drizzledesk")
    window.sessions.new()
    qtbot.waitUntil(lambda: not window.sessions.lane.is_busy)
    assert (tmp_path / "run.drizzledesk").exists()
    assert window.sessions.path is None


@pytest.mark.parametrize("what", ["open", "new"])
def test_a_save_that_fails_loses_nothing(qtbot, make_window, files, tmp_path, person, monkeypatch, what):
    from core.errors import Refusal

    saved(qtbot, make_window(*NAMES[:1]), tmp_path / "small.drizzledesk")
    window = make_window(*NAMES)
    path = tmp_path / "run.drizzledesk"
    saved(qtbot, window, path)
    window.params.states["tweakreg"].edit("nclip", "5")

    def full(*_: object) -> None:
        raise Refusal("Cannot write: No space left on device.", file=path)

    monkeypatch.setattr("core.sessions.writing.write_text", full)
    person.answers["unsaved"] = "save"
    if what == "open":
        window.sessions.open(tmp_path / "small.drizzledesk")
    else:
        window.sessions.new()
    qtbot.waitUntil(lambda: "was not saved" in window.banner.plain())
    qtbot.waitUntil(lambda: not window.sessions.lane.is_busy)
    assert window.listing.count() == 3
    assert window.params.values("tweakreg")["nclip"] == 5
    assert window.sessions.path == path


def test_a_session_is_opened_once_the_other_is_saved(qtbot, make_window, files, tmp_path, person):
    saved(qtbot, make_window(*NAMES[:1]), tmp_path / "small.drizzledesk")
    window = make_window(*NAMES)
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    window.params.states["tweakreg"].edit("nclip", "5")
    person.answers["unsaved"] = "save"
    opened(qtbot, window, tmp_path / "small.drizzledesk")
    assert window.sessions.path == tmp_path / "small.drizzledesk"
    assert window.listing.count() == 1
    opened(qtbot, window, tmp_path / "run.drizzledesk")
    assert window.params.values("tweakreg")["nclip"] == 5


def test_saved_and_opened_by_keys(qtbot, make_window, files, tmp_path, monkeypatch):
    window = make_window(*NAMES)
    answer = str(tmp_path / "mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (answer, ""))
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(window, Qt.Key.Key_S, keys)
    qtbot.waitUntil(lambda: window.sessions.path == tmp_path / "mine.drizzledesk")
    assert window.settings.all_recent("sessions") == [tmp_path / "mine.drizzledesk"]
    window.close()
    other = make_window()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (f"{answer}.drizzledesk", ""))
    with qtbot.waitSignal(other.sessions.restored):
        qtbot.keyClick(other, Qt.Key.Key_O, keys)
    assert other.listing.count() == 3


def test_two_windows_have_sets_of_their_own(qtbot, make_window, files, tmp_path):
    """Two windows of one program: each its sets, its session, its autosave."""
    one, two = (make_window(*NAMES, settings=Settings(None, tmp_path / "state")) for _ in range(2))
    one.params.states["astrodrizzle"].edit("output", "one")
    two.params.states["astrodrizzle"].edit("output", "two")
    qtbot.waitUntil(lambda: len(list((tmp_path / "state" / "sessions").glob("*.drizzledesk"))) == 2)
    assert one.params.values("astrodrizzle")["output"] == "one"
    assert autosave.orphans(tmp_path / "state" / "sessions") == []


# ---- autosave


def test_autosave_comes_and_goes(qtbot, make_window, files, tmp_path):
    settings = Settings(None, tmp_path / "state")
    folder = tmp_path / "state" / "sessions"
    window = make_window(settings=settings)
    assert not window.actions_["last_session"].isEnabled()
    with qtbot.waitSignal(window.sessions.autosaved):
        window.files.add(files)
    (path,) = folder.glob("*.drizzledesk")
    window.listing.selectAll()
    window.listing.remove_selected()
    qtbot.waitUntil(lambda: not path.exists())
    with qtbot.waitSignal(window.sessions.autosaved):
        window.params.states["tweakreg"].edit("nclip", "7")
    window.close()
    qtbot.waitUntil(lambda: [each.name for each in folder.iterdir()] == ["last.drizzledesk"])
    other = make_window(settings=settings)
    other.sessions.recovery.offer()
    assert other.ask.asked == []
    with qtbot.waitSignal(other.sessions.restored):
        other.actions_["last_session"].trigger()
    assert other.params.values("tweakreg")["nclip"] == 7
    assert other.sessions.path is None


def test_last_session_is_the_state_at_the_close(qtbot, make_window, files, tmp_path, monkeypatch):
    """Also what was typed within the seconds before, which no autosave has seen."""
    monkeypatch.setattr(sessions, "DEBOUNCE_MS", 60_000)
    settings = Settings(None, tmp_path / "state")
    window = make_window(*NAMES, settings=settings)
    window.params.states["tweakreg"].edit("nclip", "7")
    window.close()
    folder = tmp_path / "state" / "sessions"
    qtbot.waitUntil(lambda: [each.name for each in folder.iterdir()] == ["last.drizzledesk"])
    other = make_window(settings=settings)
    with qtbot.waitSignal(other.sessions.restored):
        other.actions_["last_session"].trigger()
    assert other.params.values("tweakreg")["nclip"] == 7
    assert other.listing.count() == 3


def test_an_autosave_running_at_the_close_leaves_nothing_behind(
    qtbot, make_window, files, tmp_path, monkeypatch
):
    """Its file comes before the last state, not after its place was let go."""
    began, go = threading.Event(), threading.Event()

    def slow(*given: object) -> Path:
        began.set()
        assert go.wait(10)
        return sessionstate.save(*given)

    monkeypatch.setattr(sessions, "save", slow)
    window = make_window(settings=Settings(None, tmp_path / "state"))
    folder = tmp_path / "state" / "sessions"
    window.params.states["tweakreg"].edit("nclip", "7")
    qtbot.waitUntil(began.is_set)
    window.params.states["tweakreg"].edit("nclip", "8")
    window.close()
    assert autosave.orphans(folder) == []
    go.set()
    window.sessions.lane._pool.shutdown(wait=True)
    assert [each.name for each in folder.iterdir()] == ["last.drizzledesk"]
    assert sessionstate.load(folder / "last.drizzledesk").document.sets["tweakreg"].values["nclip"] == 8


def test_typing_does_not_write_at_every_key(qtbot, make_window, tmp_path, monkeypatch):
    window = make_window(settings=Settings(None, tmp_path / "state"))
    count = []
    window.sessions.autosaved.connect(count.append)
    for text in ("0", "0.", "0.8", "0.85", "0.855"):
        window.params.states["astrodrizzle"].edit("final_pixfrac", text)
    qtbot.waitUntil(lambda: bool(count))
    qtbot.wait(100)
    assert len(count) == 1


def test_a_full_disk_is_told_and_harms_nothing(qtbot, make_window, files, tmp_path, monkeypatch):
    from core.errors import Refusal

    window = make_window(*NAMES, settings=Settings(None, tmp_path / "state"))

    def full(*_: object) -> None:
        raise Refusal("Cannot write: No space left on device.", file=tmp_path / "x")

    monkeypatch.setattr("core.sessions.writing.write_text", full)
    window.params.states["tweakreg"].edit("nclip", "7")
    qtbot.waitUntil(lambda: "No space left" in window.log.plain())
    window.sessions.save_to(tmp_path / "run.drizzledesk")
    qtbot.waitUntil(lambda: "was not saved" in window.banner.plain())
    assert window.sessions.path is None


VICTIM = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from ui.controllers import sessions
sessions.DEBOUNCE_MS = 30
from ui.main import make_application
from ui.places import state_folder
from ui.settings import Settings
from ui.window import MainWindow
application = make_application()
window = MainWindow([Path(name) for name in sys.argv[1:]], Settings(None, state_folder()))
window.show()
def saved(path):
    typed = "nclip" in window.params.states["tweakreg"].bad
    if window.session.alignment is not None and window.sessions._noted and typed:
        print(path, flush=True)
    else:
        QTimer.singleShot(50, window, window.sessions._changed)
window.sessions.autosaved.connect(saved)
state = window.params.states["imagefindpars"]
state.edit("threshold", "200")
window.params.states["tweakreg"].edit("searchrad", "2.5")
def align():
    if window.files.is_reading:
        QTimer.singleShot(50, window, align)
    else:
        window.align.align()
def edit():
    window.params.states["tweakreg"].edit("nclip", "not yet a number")
window.align.aligned.connect(edit)
align()
application.exec()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three simulated exposures of a cluster."""
    return list(simulate(Scene(seed=3, size="small", density=0.3), tmp_path_factory.mktemp("cluster")).files)


@pytest.fixture
def killed(tmp_path: Path, cluster: list[Path]) -> Path:
    """The state that a real window left which aligned, autosaved, and was killed without a chance to say goodbye."""
    state = tmp_path / "state"
    environment = {**os.environ, "DRIZZLEDESK_STATE": str(state), "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-c", VICTIM, *map(str, cluster)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as victim:
        assert victim.stdout is not None
        line = victim.stdout.readline().strip()
        os.kill(victim.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    assert victim.returncode != 0
    assert Path(line).exists()
    return state


def test_a_killed_window_is_recovered_with_its_plots(qtbot, make_window, killed, cluster, person):
    settings = Settings(None, killed)
    person.answers["recover"] = "recover"
    window = make_window(settings=settings)
    window.engine = Engine()
    window.files.engine = window.engine
    with qtbot.waitSignal(window.sessions.restored, timeout=20_000):
        window.sessions.recovery.offer()
    assert "3 exposures, 3 changed parameters, an alignment" in person.told
    assert window.params.values("tweakreg")["searchrad"] == 2.5
    assert window.params.states["tweakreg"].text_of_bad("nclip") == "not yet a number"
    assert badges(window) == ["REFERENCE", "ALIGNED", "ALIGNED"]
    # the numbers behind the plots, to the last bit as a run gives them again
    from core.align.session import align

    sets = window.session.aligned_sets
    again = align(cluster, sets.settings())
    for kept, made in zip(window.session.alignment.images[1:], again.images[1:], strict=True):
        assert (kept.fit.rx == made.fit.rx).all()
        assert (kept.fit.rms_x, kept.fit.rms_y) == (made.fit.rms_x, made.fit.rms_y)
    window.listing.choose(cluster[1])
    window.views.show("residuals")
    assert window.show_.image().fit is window.session.alignment.images[1].fit
    # what was recovered is kept by this window's own autosave, and offered to nobody
    qtbot.waitUntil(lambda: not window.sessions.lane.is_busy)
    assert len(list((killed / "sessions").glob("*.drizzledesk"))) == 1
    assert autosave.orphans(killed / "sessions") == []


@pytest.mark.parametrize(("answer", "left"), [("discard", 0), ("later", 1)])
def test_an_autosave_may_be_discarded_or_left(qtbot, make_window, tmp_path, person, answer, left):
    folder = tmp_path / "state" / "sessions"
    donor = make_window(settings=Settings(None, tmp_path / "donor"))
    with qtbot.waitSignal(donor.sessions.autosaved):
        donor.params.states["tweakreg"].edit("nclip", "7")
    folder.mkdir(parents=True)
    shutil.copy(donor.sessions._slot.path, folder / "orphan.drizzledesk")
    person.answers["recover"] = answer
    window = make_window(settings=Settings(None, tmp_path / "state"))
    window.sessions.recovery.offer()
    qtbot.waitUntil(lambda: "recover" in person.asked)
    qtbot.waitUntil(lambda: (folder / "orphan.drizzledesk").exists() == bool(left))
    assert window.params.values("tweakreg")["nclip"] == 3
    assert len(autosave.orphans(folder)) == left


def test_a_damaged_autosave_is_set_aside(qtbot, make_window, tmp_path, person):
    folder = tmp_path / "state" / "sessions"
    folder.mkdir(parents=True)
    (folder / "bad.drizzledesk").write_bytes(b"\x80\x04 not a session")
    window = make_window(settings=Settings(None, tmp_path / "state"))
    window.sessions.recovery.offer()
    qtbot.waitUntil(lambda: (folder / "bad.drizzledesk.damaged").exists())
    assert person.asked == []
    assert autosave.orphans(folder) == []


@pytest.mark.parametrize("changed", [False, True])
def test_products_come_back_while_they_are_the_same(qtbot, make_window, files, tmp_path, engine, changed):
    path = product(tmp_path / "out_drz.fits", DRIZZLEPAC)
    figures = (ExposureFigures(files[0], (ChipFigures(1, 2.5, 120, 0.004),)),)
    engine.drizzle = lambda *_, **__: DrizzleResult(figures, path, path, None, None, (path,), {"Sky": 0.1})
    window = make_window(*NAMES)
    qtbot.keyClick(window, Qt.Key.Key_F7)
    qtbot.waitUntil(lambda: window.session.result is not None and not window.runner.is_running)
    saved(qtbot, window, tmp_path / "run.drizzledesk")
    if changed:
        product(path, {**DRIZZLEPAC, "D001PIXF": 0.5})
    other = make_window()
    opened(qtbot, other, tmp_path / "run.drizzledesk")
    if changed:
        assert other.session.result is None
        assert "out_drz.fits (changed)" in other.banner.plain()
        qtbot.mouseClick(other.banner.helps()["Drizzle again"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: other.session.result is not None and not other.runner.is_running)
        assert "products are not shown" not in other.banner.plain()
        return
    assert other.session.result.science == path
    assert other.session.weights == "EXP"
    assert other.cosmic_table.rowCount() == 1
    assert other.views.current() == "products"
