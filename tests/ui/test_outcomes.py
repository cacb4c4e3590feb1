"""How runs end: in the status bar, in the banner above the views, in the tables; nothing is told in the log only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel

from core.align.results import Status
from core.drizzle import plan
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.errors import Refusal
from core.params import TASKS, write_cfg
from core.runs.progress import Report
from tests.ui.test_window import NAMES, finished, press
from ui.outcomes import remarks_of
from ui.overall import STEPS, Overall
from ui.tables import signed


def test_the_log_shows_its_newest_line_also_when_it_was_hidden(qtbot, make_window):
    window = make_window()
    window.foot.setCurrentIndex(0)
    for number in range(200):
        window.log.say(f"line {number}")
    window.log.say("The newest.", "error")
    assert window.foot.currentWidget() is window.log
    bar = window.log.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())


def test_the_log_stays_where_the_person_reads_until_there_is_an_error(qtbot, make_window):
    window = make_window()
    window.foot.setCurrentWidget(window.log)
    for number in range(200):
        window.log.say(f"line {number}")
    bar = window.log.verticalScrollBar()
    bar.setValue(10)
    window.log.say("more")
    assert bar.value() == 10
    window.log.say("wrong", "error")
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())


def test_a_failure_is_told_in_status_bar_and_banner_until_the_next_run(qtbot, make_window, engine):
    window = make_window(*NAMES)
    assert window.status.step.text() == "Ready"
    engine.error = Refusal("The disk is full.", advice="Make room.")
    press(qtbot, window, "drizzle")
    finished(qtbot, window)
    assert "Drizzle failed" in window.status.step.text()
    assert "The disk is full." in window.status.step.text()
    assert window.banner.isVisible()
    assert "Drizzle failed\nThe disk is full." in window.banner.plain()
    engine.error = None
    press(qtbot, window, "align")
    assert not window.banner.isVisible()
    finished(qtbot, window)


def test_outcomes_in_the_status_bar(qtbot, make_window, engine):
    window = make_window(*NAMES)
    press(qtbot, window, "align")
    finished(qtbot, window)
    assert window.status.step.text() == "2 of 2 images aligned to a_flt.fits"
    press(qtbot, window, "apply")
    finished(qtbot, window)
    assert window.status.step.text() == "New WCS written to 2 headers"
    assert window.align_table.item(1, 1).text() == "APPLIED"
    assert window.listing.entries()[1].badge == "APPLIED"


def test_stop_says_what_is_left(qtbot, make_window, engine, tmp_path):
    window = make_window(*NAMES)
    engine.go.clear()
    press(qtbot, window, "drizzle")
    qtbot.waitUntil(lambda: bool(engine.given))
    press(qtbot, window, "stop")
    finished(qtbot, window)
    told = window.status.step.text()
    assert told == f"Stopped: the exposures are unchanged; finished intermediate files remain in {tmp_path}"


def test_remarks_of_a_run_stand_above_the_products_and_in_the_table(qtbot, make_window, engine, monkeypatch):
    def drizzle(files, params, folder, only, *, progress):
        figures = [
            ExposureFigures(path, (ChipFigures(1, 2.5, 9, 0.1), ChipFigures(2, 2.5))) for path in files
        ]
        left = ExposureFigures(folder / "x_flt.fits", (), reason="EXPTIME is 0.")
        told = ("a_flt.fits[SCI,2]: too many cosmic rays.", "MTFLAG = T, a moving target.")
        return DrizzleResult((*figures, left), None, None, None, None, (), {}, told)

    monkeypatch.setattr(engine, "drizzle", drizzle)
    window = make_window(*NAMES)
    press(qtbot, window, "drizzle")
    finished(qtbot, window)
    assert window.banner.isVisible()
    assert window.banner.plain().splitlines() == ["3 remarks on this run", *remarks_of(window.session.result)]
    assert "3 remarks" in window.status.step.text()
    table = window.cosmic_table
    remarks = {
        (table.item(row, 0).text(), table.item(row, 1).text()): table.item(row, 5).text() for row in range(7)
    }
    assert remarks["a_flt.fits", "1"] == ""
    assert "too many" in remarks["a_flt.fits", "2"]
    assert remarks["x_flt.fits", ""] == "EXPTIME is 0."
    qtbot.mouseClick(window.banner.shut, Qt.MouseButton.LeftButton)
    assert not window.banner.isVisible()


def test_a_parameter_file_that_is_none_is_told_above_the_views(make_window, tmp_path):
    (tmp_path / "x.cfg").write_bytes(bytes(range(256)))
    window = make_window(cfgs=[tmp_path / "x.cfg"])
    assert window.banner.isVisible()
    assert "x.cfg was not opened" in window.banner.plain()


@pytest.mark.parametrize("line", ["searchrad = banana", "nosuchname = 1"])
def test_lines_of_a_parameter_file_that_cannot_be_taken_are_told(make_window, tmp_path, line):
    path = tmp_path / "y.cfg"
    write_cfg(TASKS["tweakreg"].defaults(), path)
    name = line.split()[0]
    kept = [old for old in path.read_text().splitlines() if not old.startswith(f"{name} ")]
    place = kept.index(next(old for old in kept if old.startswith("[")))
    where = next(
        (n for n, old in enumerate(path.read_text().splitlines()) if old.startswith(f"{name} ")), place
    )
    kept.insert(where, line)
    path.write_text("\n".join(kept) + "\n")
    window = make_window()
    opened = window.params.files.open_now(path)
    assert window.banner.isVisible()
    assert name in window.banner.plain()
    if opened:
        write_cfg(TASKS["tweakreg"].defaults(), path)
        window.params.files.open_now(path)
        assert not window.banner.isVisible()


def test_the_bar_goes_over_all_steps_and_never_back():
    names = [
        plan.READING,
        plan.STATIC,
        plan.SKY,
        plan.SEPARATE,
        plan.MEDIAN,
        plan.BLOT,
        plan.COSMIC,
        plan.COMBINE,
    ]
    assert list(STEPS["Drizzle"]) == [*names, plan.WRITING]
    overall, last = Overall("Drizzle"), 0.0
    for name in [*names, plan.WRITING]:
        for done in (0, 3, 6):
            share = overall.share(Report(name, done, 6))
            assert share >= last
            last = share
    assert last == pytest.approx(1.0)
    assert overall.share(Report(plan.SKY, 0, 6)) == last
    assert Overall("Apply").share(Report("Write", 1, 4)) == 0.25


def test_nothing_has_no_sign():
    assert signed(-0.0000001, 5) == "0.00000"
    assert signed(-0.25, 2) == "-0.25"
    assert signed(0.25, 2) == "+0.25"


def test_counts_of_changed_parameters_agree(make_window):
    window = make_window()
    for panel in window.params.panels:
        for state in panel.states:
            for name in state.task.names:
                param = state.task.param(name)
                if name in ("noise", *(section.switch for section in state.task.sections)):
                    other = next((text for text in param.choices or () if text != state.values[name]), None)
                    value = not state.values[name] if isinstance(state.values[name], bool) else other
                    if value is not None:
                        state.load(state.values.replaced(**{name: value}), state.path)
        for state in panel.states:
            shown = sum(box.heading.changed_count() for box in panel.form.boxes if box.state is state)
            assert state.changed_names()
            assert shown == len(state.changed_names())


def test_an_empty_plot_says_what_is_missing(make_window):
    window = make_window()
    window.views.show("histogram")
    assert "dd exposures" in window.views.histogram.stack.message
    other = make_window(*NAMES)
    other.views.show("histogram")
    assert other.views.histogram.stack.message == "Nothing is aligned yet.\nPress Align (F5)."


def test_the_reference_is_not_counted(qtbot, make_window):
    from ui.outcomes import outcome_of

    window = make_window(*NAMES)
    press(qtbot, window, "align")
    finished(qtbot, window)
    alignment = window.session.alignment
    images = (alignment.images[0], replace(alignment.images[1], doubts=("few matches",)), alignment.images[2])
    assert outcome_of(replace(alignment, images=images)) == (
        "2 of 2 images aligned to a_flt.fits, 1 doubtful",
        "warning",
    )


def test_f1_lists_the_keys_of_the_blink_view(qtbot, make_window):
    window = make_window()
    window.activateWindow()
    window.actions_["shortcuts"].trigger()
    dialog = next(each for each in window.findChildren(QDialog) if each.isVisible())
    told = " ".join(label.text() for label in dialog.findChildren(QLabel))
    for keys in ("1 \u2026 9", "Space", "B, Shift+B", "Tab", "Page Up", ">M<", ">S<", "Arrows", "F5"):
        assert keys in told
    assert dialog.width() <= 1280
    assert dialog.height() <= 800
    dialog.close()


def test_a_fit_that_only_follows_a_choice_tells_its_outcome_too(qtbot, make_window, engine):
    window = make_window(*NAMES)
    press(qtbot, window, "align")
    finished(qtbot, window)
    engine.statuses[NAMES[1]] = Status.FAILED
    window.align.refit()
    finished(qtbot, window)
    assert window.status.step.text() == "1 of 2 images aligned to a_flt.fits, 1 failed"


@pytest.mark.parametrize("question", ["apply", "replace"])
def test_apply_that_is_cancelled_says_so(qtbot, make_window, engine, person, question):
    engine.taken, person.answers[question] = "TWEAK", False
    window = make_window(*NAMES)
    press(qtbot, window, "align")
    finished(qtbot, window)
    press(qtbot, window, "apply")
    qtbot.waitUntil(lambda: question in person.asked and not window.runner.is_running)
    assert window.status.step.text() == "Apply cancelled, nothing written"
    assert "Apply ended" not in window.log.plain()
